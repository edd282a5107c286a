// Draws heat over a picture that is already on the target, in its place there.
import type { Device } from "../../engine/gpu/device.ts";
import shader from "../../shaders/heat-overlay.wgsl";
import { encodeParams } from "../../shaders/shader.ts";
import { bind } from "../bind.ts";
import type { ColorMap } from "../mosaic/color-map.ts";
import { paletteOf, paletteSize } from "../mosaic/palette.ts";
import { stopsOf } from "../mosaic/rare-colors.ts";
import type { HeatMap } from "./heat-map.ts";
import { strongestOfBoth } from "./request.ts";

export interface OverlayLook {
  readonly colorMap: ColorMap;
  /** Of the heat, from 0 to 1. */
  readonly opacity: number;
  /** Whether heat is drawn without the picture. */
  readonly isAlone: boolean;
}

interface OverlayPlace {
  /** The picture's top left and its size, in pixels of the target. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Whether pixels between the middles of places show what is between their values; else the nearest place. */
  readonly interpolates: boolean;
  /** Whether heat goes from -1 to 1. */
  readonly hasBothSides: boolean;
}

export class HeatOverlay {
  readonly #device: Device;
  readonly #pipeline: GPURenderPipeline;
  readonly #heat: HeatMap;
  readonly #place: OverlayPlace;
  readonly #params: GPUBuffer;
  readonly #palette: GPUBuffer;
  readonly #group: GPUBindGroup;

  /** @internal @param format of the target */
  static pipeline({ gpu }: Device, format: GPUTextureFormat): Promise<GPURenderPipeline> {
    const module = gpu.createShaderModule({ label: shader.name, code: shader.code });
    const over: GPUBlendComponent = { srcFactor: "one", dstFactor: "one-minus-src-alpha" };
    return gpu.createRenderPipelineAsync({
      label: shader.name,
      layout: "auto",
      vertex: { module, entryPoint: "vertex" },
      fragment: { module, entryPoint: "fragment", targets: [{ format, blend: { color: over, alpha: over } }] },
    });
  }

  constructor(device: Device, pipeline: GPURenderPipeline, heat: HeatMap, place: OverlayPlace) {
    const { UNIFORM, STORAGE, COPY_DST } = GPUBufferUsage;
    this.#device = device;
    this.#pipeline = pipeline;
    this.#heat = heat;
    this.#place = place;
    this.#params = device.createBuffer("heat-overlay params", shader.params?.sizeBytes ?? 0, UNIFORM | COPY_DST);
    this.#palette = device.createBuffer(
      "heat palette",
      paletteOf({ stops: stopsOf("magma") }, [0, 0, 0, 0]).byteLength,
      STORAGE | COPY_DST,
    );
    this.#group = device.gpu.createBindGroup({
      label: shader.name,
      layout: pipeline.getBindGroupLayout(0),
      entries: bind(shader, { params: this.#params, heat: heat.heat, palette: this.#palette }),
    });
  }

  /** Changes its colours from the next frame on. */
  look({ colorMap, opacity, isAlone }: OverlayLook): void {
    const { x, y, width, height, interpolates, hasBothSides } = this.#place;
    // Of a map with 0 in its middle a size takes the upper half.
    const first = colorMap === "diverging" || hasBothSides ? (paletteSize - 1) / 2 : 0;
    const share = hasBothSides ? strongestOfBoth : 1;
    const params = encodeParams(shader, {
      origin: [x, y],
      size: [width, height],
      map: [this.#heat.columns, this.#heat.rows],
      opacity,
      interpolates: interpolates ? 1 : 0,
      first,
      span: (paletteSize - 1 - first) * share,
      isAlone: isAlone ? 1 : 0,
    });
    this.#device.gpu.queue.writeBuffer(this.#params, 0, params);
    this.#device.gpu.queue.writeBuffer(this.#palette, 0, paletteOf({ stops: stopsOf(colorMap) }, [0, 0, 0, 0]));
  }

  /** Draws it in its place of the pass's target. */
  draw(pass: GPURenderPassEncoder): void {
    const { x, y, width, height } = this.#place;
    pass.setViewport(x, y, width, height, 0, 1);
    pass.setPipeline(this.#pipeline);
    pass.setBindGroup(0, this.#group);
    pass.draw(3);
  }

  dispose(): void {
    this.#device.destroyBuffer(this.#params);
    this.#device.destroyBuffer(this.#palette);
  }
}
