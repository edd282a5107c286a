// Draws values that lie on the GPU as mosaics. Everything is built beforehand; a frame only dispatches.
import type { Device } from "../../engine/gpu/device.ts";
import { type GpuType, gpuTypeOf } from "../../engine/tensor.ts";
import mosaicShader from "../../shaders/mosaic.wgsl";
import rangeShader from "../../shaders/range.wgsl";
import { renderShader, type Shader } from "../../shaders/shader.ts";
import { ChannelStatistics, type MapSource, valueTypes } from "../statistics/channel-statistics.ts";
import { RobustExtents } from "../statistics/robust-extents.ts";
import type { Color, ColorMap } from "./color-map.ts";
import type { MosaicLayout } from "./layout.ts";
import { Mosaic, type Pipelines } from "./mosaic.ts";
import { isRobust, type Normalization } from "./normalization.ts";
import { colorsOf, type LegendColors } from "./palette.ts";

export { encodeRanges, type Mosaic } from "./mosaic.ts";

/** A value as it lies on the GPU, seen as maps, and its statistics where somebody else gathers them, too. */
export interface MosaicSource extends MapSource {
  readonly statistics?: ChannelStatistics | undefined;
}

export interface MosaicOptions {
  readonly layout: MosaicLayout;
  readonly normalization: Normalization;
  /** "auto", the default, takes viridis, and blue-white-red where the value can be negative. */
  readonly colorMap?: ColorMap | "auto";
  /** To which power of a number's share of the range its colour lies in the map: below 1, small numbers are brighter. Default 1. */
  readonly gamma?: number | undefined;
  /** Whether the value can be negative, see signedness.ts. */
  readonly isSigned: boolean;
  /** A second value of the same extents, drawn into the same tiles. */
  readonly compare?: { readonly source: MosaicSource; readonly colors: readonly [Color, Color]; readonly legend: LegendColors };
  /** Which channel each tile of the layout shows; the first ones in order where absent. */
  readonly channels?: readonly number[] | undefined;
  /** Colour of gaps and empty cells, and its opacity. Default transparent. */
  readonly background?: readonly [number, number, number, number];
  /** Top left of the mosaic in the target, in pixels. Default 0, 0. */
  readonly origin?: readonly [number, number];
}

/** What the shaders of a mosaic differ by. */
interface Variant {
  readonly type: GpuType;
  readonly compares: boolean;
  readonly averages: boolean;
  readonly isRobust: boolean;
}

export class MosaicRenderer {
  readonly device: Device;
  /** @internal */
  readonly format: GPUTextureFormat;
  /** Whether targets are written by a compute shader; else a fragment shader draws the same pixels. */
  readonly usesCompute: boolean;
  readonly clock: GPUBuffer;
  readonly #smoothingMs: number;
  readonly #renderPipelines = new Map<string, Promise<GPURenderPipeline>>();
  readonly #clockValue = new Float32Array(1);

  /**
   * @internal
   * @param format of the textures drawn into
   * @param options.smoothingMs time constant with which ranges narrow, default 150
   * @param options.forceFragment draws with the fragment shader even where compute could
   */
  constructor(device: Device, format: GPUTextureFormat, options: { smoothingMs?: number; forceFragment?: boolean } = {}) {
    this.device = device;
    this.format = format;
    const canStore = format === "rgba8unorm" || (format === "bgra8unorm" && device.gpu.features.has("bgra8unorm-storage"));
    this.usesCompute = canStore && !options.forceFragment;
    this.#smoothingMs = options.smoothingMs ?? 150;
    this.clock = device.createBuffer("mosaic clock", 4, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST);
    this.tick();
  }

  /** What a canvas or texture must allow to be drawn into. */
  get targetUsage(): number {
    return GPUTextureUsage.RENDER_ATTACHMENT | (this.usesCompute ? GPUTextureUsage.STORAGE_BINDING : 0);
  }

  /** Says how much time passed since the last frame; without it ranges take their new value at once. */
  tick(elapsedMs?: number): void {
    this.#clockValue[0] = elapsedMs === undefined || this.#smoothingMs <= 0 ? 1 : 1 - Math.exp(-elapsedMs / this.#smoothingMs);
    this.device.gpu.queue.writeBuffer(this.clock, 0, this.#clockValue);
  }

  /** Prepares the mosaic of a value. */
  async mosaic(label: string, source: MosaicSource, options: MosaicOptions): Promise<Mosaic> {
    const [pipelines, colors] = await Promise.all([
      this.#compile({
        type: gpuTypeOf(source.dtype),
        compares: options.compare !== undefined,
        averages: !isMagnified(options.layout),
        isRobust: isRobust(options.normalization),
      }),
      colorsOf(effectiveColorMap(options), options.gamma),
    ]);
    return this.device.checked(label, () => new Mosaic(this, { pipelines, colors }, label, source, options));
  }

  /** Compiles what most mosaics take, before anyone knows which there will be. */
  async prepare(): Promise<void> {
    const usual = { type: "f32", compares: false, isRobust: true } as const;
    if (this.usesCompute) await Promise.all([false, true].map((averages) => this.#compile({ ...usual, averages })));
  }

  /** The pipeline that writes pixels: `main` where {@link usesCompute}, else `vertex` and `fragment` of the same shader. */
  pixelPipeline(shader: Shader, constants: Readonly<Record<string, number>> = {}): Promise<GPUComputePipeline | GPURenderPipeline> {
    if (!this.usesCompute) return this.#renderPipeline(shader, constants);
    return this.device.pipeline(this.format === "bgra8unorm" ? swapStorageFormat(shader) : shader, constants);
  }

  async #compile({ type, compares, averages, isRobust }: Variant): Promise<Pipelines> {
    const constants = { VALUE_TYPE: valueTypes[type], COMPARE: Number(compares), AVERAGE: Number(averages) };
    const [pixels, partials, range, extents] = await Promise.all([
      this.pixelPipeline(mosaicShader, constants),
      ChannelStatistics.pipeline(this.device, type),
      this.device.pipeline(rangeShader),
      isRobust ? RobustExtents.pipeline(this.device, type) : undefined,
    ]);
    return { pixels, partials, range, extents };
  }

  dispose(): void {
    this.device.destroyBuffer(this.clock);
  }

  #renderPipeline({ name, code }: Shader, constants: Readonly<Record<string, number>>): Promise<GPURenderPipeline> {
    const key = name + JSON.stringify(constants);
    let pipeline = this.#renderPipelines.get(key);
    if (!pipeline) {
      const { gpu } = this.device;
      const module = gpu.createShaderModule({ label: name, code });
      pipeline = gpu.createRenderPipelineAsync({
        label: name,
        layout: "auto",
        vertex: { module, entryPoint: "vertex" },
        fragment: { module, entryPoint: "fragment", constants, targets: [{ format: this.format }] },
      });
      this.#renderPipelines.set(key, pipeline);
    }
    return pipeline;
  }
}

/** The colour map that these options come to. */
function effectiveColorMap({ colorMap = "auto", isSigned, normalization }: MosaicOptions): ColorMap {
  if (colorMap !== "auto") return colorMap;
  // Chollet's rule centres on the mean, not on 0.
  return isSigned && normalization !== "chollet" ? "diverging" : "viridis";
}

/** Whether every element is a block of whole pixels. */
function isMagnified({ tileWidth, tileHeight, mapWidth, mapHeight }: MosaicLayout): boolean {
  return tileWidth % mapWidth === 0 && tileHeight % mapHeight === 0;
}

/** A storage texture's format is part of WGSL's type, which no override reaches. */
function swapStorageFormat(shader: Shader): Shader {
  const types = { ...shader.types, output: "texture_storage_2d<bgra8unorm, write>" };
  return renderShader({ ...shader, name: `${shader.name}-bgra`, types });
}
