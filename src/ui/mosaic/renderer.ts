// Draws values that lie on the GPU as mosaics. Everything is built beforehand; a frame only dispatches.
import type { Device } from "../../engine/gpu/device.ts";
import { foldWorkgroups, workgroupCount } from "../../engine/ops/dispatch.ts";
import { type DataType, type GpuType, gpuTypeOf } from "../../engine/tensor.ts";
import mosaicShader from "../../shaders/mosaic.wgsl";
import rangeShader from "../../shaders/range.wgsl";
import partialsShader from "../../shaders/range-partials.wgsl";
import { encodeParams, type ParamValues, type Shader } from "../../shaders/shader.ts";
import { type Color, type ColorMap, type ComparePair, comparePairs, paletteOf } from "./color-map.ts";
import type { MapView, MosaicLayout } from "./layout.ts";
import { isPerChannel, type Normalization } from "./normalization.ts";

/** A value as it lies on the GPU, seen as maps. */
export interface MosaicSource {
  readonly buffer: GPUBuffer;
  readonly dtype: DataType;
  readonly view: MapView;
}

export interface MosaicOptions {
  readonly layout: MosaicLayout;
  /** Default "layer". */
  readonly normalization?: Normalization;
  /** "auto", the default, takes viridis, and blue-white-red where the value can be negative. */
  readonly colorMap?: ColorMap | "auto";
  /** Whether the value can be negative, see signedness.ts. */
  readonly isSigned: boolean;
  /** A second value of the same extents, drawn into the same tiles. */
  readonly compare?: { readonly source: MosaicSource; readonly pair: ComparePair };
  /** Colour of gaps and empty cells, and its opacity. Default transparent. */
  readonly background?: readonly [number, number, number, number];
  /** Top left of the mosaic in the target, in pixels. Default 0, 0. */
  readonly origin?: readonly [number, number];
}

/** The colour map that these options come to. */
export function effectiveColorMap(options: Pick<MosaicOptions, "colorMap" | "isSigned" | "normalization">): ColorMap {
  if (options.colorMap && options.colorMap !== "auto") return options.colorMap;
  // Chollet's rule centres on the mean, not on 0.
  return options.isSigned && options.normalization !== "chollet" ? "diverging" : "viridis";
}

const valueTypes: Readonly<Record<GpuType, number>> = { f32: 0, i32: 1, u32: 2 };
const workgroupSize = 64;
const partialBytes = 20;
/** Invocations that range.wgsl merges partial statistics with. */
const mergingLanes = 64;

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
    const pipelines = await this.#compile(gpuTypeOf(source.dtype), options.compare !== undefined, !isMagnified(options.layout));
    return new Mosaic(this, pipelines, label, source, options);
  }

  /** Compiles what most mosaics take, before anyone knows which there will be. */
  async prepare(): Promise<void> {
    if (this.usesCompute) await Promise.all([false, true].map((averages) => this.#compile("f32", false, averages)));
  }

  async #compile(type: GpuType, compares: boolean, averages: boolean): Promise<Pipelines> {
    const constants = { VALUE_TYPE: valueTypes[type], COMPARE: Number(compares), AVERAGE: Number(averages) };
    const shader = this.format === "bgra8unorm" ? swapStorageFormat(mosaicShader) : mosaicShader;
    const [pixels, partials, range] = await Promise.all([
      this.usesCompute ? this.device.pipeline(shader, constants) : this.#renderPipeline(constants),
      this.device.pipeline(partialsShader, { VALUE_TYPE: valueTypes[type] }),
      this.device.pipeline(rangeShader),
    ]);
    return { pixels, partials, range };
  }

  dispose(): void {
    this.device.destroyBuffer(this.clock);
  }

  #renderPipeline(constants: Record<string, number>): Promise<GPURenderPipeline> {
    const key = JSON.stringify(constants);
    let pipeline = this.#renderPipelines.get(key);
    if (!pipeline) {
      const { gpu } = this.device;
      const module = gpu.createShaderModule({ label: "mosaic", code: mosaicShader.code });
      pipeline = gpu.createRenderPipelineAsync({
        label: "mosaic",
        layout: "auto",
        vertex: { module, entryPoint: "vertex" },
        fragment: { module, entryPoint: "fragment", constants, targets: [{ format: this.format }] },
      });
      this.#renderPipelines.set(key, pipeline);
    }
    return pipeline;
  }
}

interface Pipelines {
  readonly pixels: GPUComputePipeline | GPURenderPipeline;
  readonly partials: GPUComputePipeline;
  readonly range: GPUComputePipeline;
}

interface Dispatch {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly workgroups: readonly [number, number, number];
}

/** The statistics of one source: two dispatches, unless its range is fixed, and the ranges they write. */
interface Statistics {
  readonly ranges: GPUBuffer;
  readonly rangeCount: number;
  readonly gather?: Dispatch;
  readonly finish?: Dispatch;
}

export class Mosaic {
  readonly layout: MosaicLayout;
  readonly colorMap: ColorMap;
  /** [low, high] as f32, one pair per range; for the legend. */
  readonly ranges: GPUBuffer;
  readonly rangeCount: number;
  readonly #renderer: MosaicRenderer;
  readonly #label: string;
  readonly #pipeline: GPUComputePipeline | GPURenderPipeline;
  readonly #statistics: readonly Statistics[];
  readonly #entries: readonly GPUBindGroupEntry[];
  readonly #origin: readonly [number, number];
  readonly #buffers: GPUBuffer[] = [];
  /** For the fragment shader, whose bindings never change. */
  readonly #group: GPUBindGroup | undefined;

  constructor(renderer: MosaicRenderer, pipelines: Pipelines, label: string, source: MosaicSource, options: MosaicOptions) {
    this.#renderer = renderer;
    this.#label = label;
    this.#pipeline = pipelines.pixels;
    this.layout = options.layout;
    this.colorMap = effectiveColorMap(options);
    this.#origin = options.origin ?? [0, 0];
    const compared = options.compare?.source;
    const first = this.#buildStatistics(source, pipelines, options);
    const second = compared && this.#buildStatistics(compared, pipelines, options);
    this.#statistics = second ? [first, second] : [first];
    this.ranges = first.ranges;
    this.rangeCount = first.rangeCount;
    const params = this.#uniform(mosaicShader, this.#params(source, options, first.rangeCount));
    const palette = this.#words("palette", paletteOf(this.colorMap, options.background ?? [0, 0, 0, 0]), GPUBufferUsage.STORAGE);
    this.#entries = bind(mosaicShader, {
      params,
      palette,
      values: source.buffer,
      ranges: first.ranges,
      // One layout serves both cases: a lone value is bound twice and read once.
      valuesB: (compared ?? source).buffer,
      rangesB: (second ?? first).ranges,
    });
    if (!renderer.usesCompute) this.#group = this.#bindGroup(this.#entries);
  }

  /** Updates the ranges. */
  encodeRanges(pass: GPUComputePassEncoder): void {
    encodeRanges(pass, [this]);
  }

  /** One half of it, see {@link encodeRanges}. */
  encodeStatistics(pass: GPUComputePassEncoder, half: "gather" | "finish"): void {
    for (const { [half]: dispatch } of this.#statistics) {
      if (!dispatch) continue;
      pass.setPipeline(dispatch.pipeline);
      pass.setBindGroup(0, dispatch.group);
      pass.dispatchWorkgroups(...dispatch.workgroups);
    }
  }

  /** Writes the pixels from within a compute pass; where {@link MosaicRenderer.usesCompute}. */
  encodePixels(pass: GPUComputePassEncoder, target: GPUTextureView): void {
    pass.setPipeline(this.#pipeline as GPUComputePipeline);
    pass.setBindGroup(0, this.#bindGroup([...this.#entries, ...bind(mosaicShader, { output: target })]));
    pass.dispatchWorkgroups(Math.ceil(this.layout.width / 8), Math.ceil(this.layout.height / 8));
  }

  /** Draws the pixels in a render pass of their own; where not {@link MosaicRenderer.usesCompute}. */
  draw(encoder: GPUCommandEncoder, target: GPUTextureView): void {
    const pass = encoder.beginRenderPass({
      label: this.#label,
      colorAttachments: [{ view: target, loadOp: "load", storeOp: "store" }],
    });
    pass.setPipeline(this.#pipeline as GPURenderPipeline);
    pass.setBindGroup(0, this.#group ?? null);
    pass.setViewport(...this.#origin, this.layout.width, this.layout.height, 0, 1);
    pass.draw(3);
    pass.end();
  }

  dispose(): void {
    for (const buffer of this.#buffers) this.#renderer.device.destroyBuffer(buffer);
    this.#buffers.length = 0;
  }

  #buildStatistics(source: MosaicSource, pipelines: Pipelines, options: MosaicOptions): Statistics {
    const { device, clock } = this.#renderer;
    const { view } = source;
    const normalization = options.normalization ?? "layer";
    const area = view.height * view.width;
    // A dense unit is one element: a range of its own would say nothing.
    const rangeCount = isPerChannel(normalization) && area > 1 ? view.channels : 1;
    const { STORAGE, COPY_DST, COPY_SRC } = GPUBufferUsage;
    const ranges = this.#buffer("ranges", rangeCount * 8, STORAGE | COPY_DST | COPY_SRC);
    if (typeof normalization === "object") {
      device.gpu.queue.writeBuffer(ranges, 0, new Float32Array([normalization.low, normalization.high]));
      return { ranges, rangeCount };
    }
    const slices = chooseSlices(view.channels, area);
    const count = view.channels * slices;
    const partials = this.#buffer("range partials", count * partialBytes, STORAGE);
    const { offset, channelStride, rowStride, columnStride, width: mapWidth } = view;
    const gather = this.#uniform(partialsShader, { offset, channelStride, rowStride, columnStride, mapWidth, area, slices, count });
    const finish = this.#uniform(rangeShader, {
      rangeCount,
      partialsPerRange: count / rangeCount,
      rule: normalization === "chollet" && area > 1 ? 2 : normalization.endsWith("robust") ? 1 : 0,
      symmetric: this.#isSymmetric(options) ? 1 : 0,
    });
    const group = (shader: Shader, pipeline: GPUComputePipeline, buffers: Readonly<Record<string, GPUBuffer>>) =>
      device.gpu.createBindGroup({
        label: `${this.#label} ${shader.name}`,
        layout: pipeline.getBindGroupLayout(0),
        entries: bind(shader, buffers),
      });
    return {
      ranges,
      rangeCount,
      gather: {
        pipeline: pipelines.partials,
        group: group(partialsShader, pipelines.partials, { params: gather, values: source.buffer, partials }),
        workgroups: foldWorkgroups(workgroupCount(count, workgroupSize)),
      },
      finish: {
        pipeline: pipelines.range,
        group: group(rangeShader, pipelines.range, { params: finish, partials, clock, ranges }),
        workgroups: foldWorkgroups(rangeCount),
      },
    };
  }

  #isSymmetric(options: MosaicOptions): boolean {
    if (options.normalization === "chollet" || typeof options.normalization === "object") return false;
    return this.colorMap === "diverging" || options.compare !== undefined;
  }

  #params(source: MosaicSource, options: MosaicOptions, rangeCount: number): ParamValues {
    const { layout } = options;
    const { view } = source;
    const other = options.compare?.source.view ?? view;
    const [colorA, colorB] = comparePairs[options.compare?.pair ?? "magenta-green"];
    const opaque = (color: Color) => [...color, 1];
    return {
      origin: this.#origin,
      size: [layout.width, layout.height],
      tile: [layout.tileWidth, layout.tileHeight],
      map: [view.width, view.height],
      columns: layout.columns,
      channels: layout.channels,
      gap: layout.gap,
      perChannel: rangeCount > 1 ? 1 : 0,
      symmetric: this.#isSymmetric(options) ? 1 : 0,
      offset: view.offset,
      channelStride: view.channelStride,
      rowStride: view.rowStride,
      columnStride: view.columnStride,
      offsetB: other.offset,
      channelStrideB: other.channelStride,
      rowStrideB: other.rowStride,
      columnStrideB: other.columnStride,
      colorA: opaque(colorA),
      colorB: opaque(colorB),
    };
  }

  #bindGroup(entries: readonly GPUBindGroupEntry[]): GPUBindGroup {
    return this.#renderer.device.gpu.createBindGroup({
      label: this.#label,
      layout: this.#pipeline.getBindGroupLayout(0),
      entries: [...entries],
    });
  }

  #uniform(shader: Shader, values: ParamValues): GPUBuffer {
    return this.#words(`${shader.name} params`, encodeParams(shader, values), GPUBufferUsage.UNIFORM);
  }

  #words(what: string, content: ArrayBuffer | Uint32Array<ArrayBuffer>, usage: GPUBufferUsageFlags): GPUBuffer {
    const buffer = this.#buffer(what, content.byteLength, usage | GPUBufferUsage.COPY_DST);
    this.#renderer.device.gpu.queue.writeBuffer(buffer, 0, content);
    return buffer;
  }

  #buffer(what: string, sizeBytes: number, usage: GPUBufferUsageFlags): GPUBuffer {
    const buffer = this.#renderer.device.createBuffer(`${this.#label} ${what}`, sizeBytes, usage);
    this.#buffers.push(buffer);
    return buffer;
  }
}

/** Updates the ranges of mosaics, half by half: dispatches that do not wait for each other may run side by side. */
export function encodeRanges(pass: GPUComputePassEncoder, mosaics: readonly Mosaic[]): void {
  for (const mosaic of mosaics) mosaic.encodeStatistics(pass, "gather");
  for (const mosaic of mosaics) mosaic.encodeStatistics(pass, "finish");
}

/**
 * Into how many parts the statistics of a channel are split: about as many elements in a part as parts for each lane that
 * merges them, since both are read one after another.
 */
function chooseSlices(channels: number, area: number): number {
  const parts = Math.sqrt(channels * area * mergingLanes);
  return Math.max(1, Math.min(Math.ceil(area / 16), Math.round(parts / channels)));
}

/** Whether every element is a block of whole pixels. */
function isMagnified({ tileWidth, tileHeight, mapWidth, mapHeight }: MosaicLayout): boolean {
  return tileWidth % mapWidth === 0 && tileHeight % mapHeight === 0;
}

/** Bind group entries by binding name. */
export function bind(
  shader: Shader,
  resources: Readonly<Record<string, GPUBuffer | GPUTextureView | GPUExternalTexture>>,
): GPUBindGroupEntry[] {
  return Object.entries(resources).map(([name, resource]) => {
    const binding = shader.bindings[name]?.binding;
    if (binding === undefined) throw new Error(`${shader.name}: no binding '${name}'`);
    return { binding, resource: "size" in resource && "usage" in resource ? { buffer: resource } : (resource as GPUTextureView) };
  });
}

/** A storage texture's format is part of WGSL's type, which no override reaches. */
function swapStorageFormat(shader: Shader): Shader {
  return { ...shader, name: "mosaic-bgra", code: shader.code.replace("texture_storage_2d<rgba8unorm", "texture_storage_2d<bgra8unorm") };
}
