// One value, or two, drawn as a mosaic: the ranges of its channels, and its pixels.
import type { Device } from "../../engine/gpu/device.ts";
import mosaicShader from "../../shaders/mosaic.wgsl";
import rangeShader from "../../shaders/range.wgsl";
import { encodeParams, type ParamValues } from "../../shaders/shader.ts";
import { bind } from "../bind.ts";
import { ComputeStep } from "../compute-step.ts";
import { ChannelStatistics, type Statistics } from "../statistics/channel-statistics.ts";
import { RobustExtents } from "../statistics/robust-extents.ts";
import type { Color } from "./color-map.ts";
import type { MosaicLayout } from "./layout.ts";
import { isPerChannel, type Normalization } from "./normalization.ts";
import { type Colors, type LegendColors, paletteOf } from "./palette.ts";
import type { MosaicOptions, MosaicRenderer, MosaicSource } from "./renderer.ts";

export interface Pipelines {
  readonly pixels: GPUComputePipeline | GPURenderPipeline;
  readonly partials: GPUComputePipeline;
  readonly range: GPUComputePipeline;
  /** Where ranges are robust. */
  readonly extents: GPUComputePipeline | undefined;
}

/** The ranges of one source, and what computes them and counts what is not finite. */
interface Ranges {
  readonly buffer: GPUBuffer;
  readonly count: number;
  readonly statistics: readonly Statistics[];
  readonly finish: ComputeStep;
}

const black: Color = [0, 0, 0];

export class Mosaic {
  readonly layout: MosaicLayout;
  readonly legend: LegendColors;
  /** Whether a second value is drawn into the same tiles. */
  readonly isCompared: boolean;
  /** Whether 0 lies in the middle of its ranges. */
  readonly isSymmetric: boolean;
  readonly rangeCount: number;
  readonly #renderer: MosaicRenderer;
  readonly #label: string;
  readonly #pipeline: GPUComputePipeline | GPURenderPipeline;
  readonly #allRanges: readonly Ranges[];
  /** What else is this mosaic's own, to be disposed of here. */
  readonly #parts: { dispose(): void }[] = [];
  readonly #entries: readonly GPUBindGroupEntry[];
  readonly #origin: readonly [number, number];
  readonly #buffers: GPUBuffer[] = [];
  /** For the fragment shader, whose bindings never change. */
  readonly #group: GPUBindGroup | undefined;

  constructor(
    renderer: MosaicRenderer,
    { pipelines, colors }: { readonly pipelines: Pipelines; readonly colors: Colors },
    label: string,
    source: MosaicSource,
    options: MosaicOptions,
  ) {
    this.#renderer = renderer;
    this.#label = label;
    this.#pipeline = pipelines.pixels;
    this.layout = options.layout;
    this.legend = options.compare?.legend ?? { ramp: colors.ramp, zero: colors.zero };
    this.#origin = options.origin ?? [0, 0];
    const compared = options.compare?.source;
    this.isCompared = compared !== undefined;
    const canBeSymmetric = options.normalization !== "chollet" && typeof options.normalization !== "object";
    this.isSymmetric = canBeSymmetric && (colors.map === "diverging" || this.isCompared);
    const first = this.#buildRanges(source, pipelines, options);
    const second = compared && this.#buildRanges(compared, pipelines, options);
    this.#allRanges = second ? [first, second] : [first];
    this.rangeCount = first.count;
    const params = this.#words("params", encodeParams(mosaicShader, this.#params(source, options, first.count)), GPUBufferUsage.UNIFORM);
    const tiles = options.channels ?? Array.from({ length: options.layout.channels }, (_, channel) => channel);
    const table = Uint32Array.from([...paletteOf(colors, options.background ?? [0, 0, 0, 0]), ...tiles]);
    const palette = this.#words("palette", table, GPUBufferUsage.STORAGE);
    this.#entries = bind(mosaicShader, {
      params,
      palette,
      values: source.buffer,
      drawn: first.buffer,
      // One layout serves both cases: a lone value is bound twice and read once.
      valuesB: (compared ?? source).buffer,
      drawnB: (second ?? first).buffer,
    });
    if (!renderer.usesCompute) this.#group = this.#bindGroup(this.#entries);
  }

  /** Updates the ranges. */
  encodeRanges(pass: GPUComputePassEncoder): void {
    encodeRanges(pass, [this]);
  }

  /** What its ranges are computed from. */
  get statistics(): readonly Statistics[] {
    return this.#allRanges.flatMap(({ statistics }) => statistics);
  }

  /** Of the first value, then of the second, as f32: how many elements are NaN and how many infinite, then [low, high] of each range. */
  get ranges(): readonly GPUBuffer[] {
    return this.#allRanges.map(({ buffer }) => buffer);
  }

  /** The second half of it, see {@link encodeRanges}. */
  finishRanges(pass: GPUComputePassEncoder): void {
    for (const { finish } of this.#allRanges) finish.encode(pass);
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
    for (const part of this.#parts.splice(0)) part.dispose();
  }

  #buildRanges(source: MosaicSource, pipelines: Pipelines, options: MosaicOptions): Ranges {
    const { device, clock } = this.#renderer;
    const { normalization } = options;
    const { view } = source;
    const area = view.height * view.width;
    // A dense unit is one element: a range of its own would say nothing, and the strongest unit is no outlier but the answer.
    const isDense = area === 1;
    const isOwn = isPerChannel(normalization) && !isDense;
    const count = isOwn ? view.channels : 1;
    const { STORAGE, COPY_DST, COPY_SRC } = GPUBufferUsage;
    const buffer = this.#buffer("ranges", 8 + count * 8, STORAGE | COPY_DST | COPY_SRC);
    if (typeof normalization === "object") device.gpu.queue.writeBuffer(buffer, 8, Float32Array.of(normalization.low, normalization.high));
    const statistics = source.statistics ?? this.#gather(source, pipelines);
    const extents = this.#buffer("extents", count * 4, STORAGE);
    const robust = isDense ? undefined : this.#bound(source, pipelines, count, extents);
    const range = { source, statistics, count, normalization, isSymmetric: this.isSymmetric, extents, result: buffer, clock };
    const finish = this.#own(makeRangeStep(device, this.#label, pipelines.range, range));
    return { buffer, count, statistics: robust ? [statistics, robust] : [statistics], finish };
  }

  #gather(source: MosaicSource, { partials }: Pipelines): ChannelStatistics {
    return this.#own(new ChannelStatistics(this.#renderer.device, this.#label, source, partials));
  }

  /** Bounds for the ranges, where these are robust. */
  #bound(source: MosaicSource, { extents: pipeline }: Pipelines, count: number, extents: GPUBuffer): RobustExtents | undefined {
    if (!pipeline) return undefined;
    return this.#own(new RobustExtents(this.#renderer.device, this.#label, source, count, extents, pipeline));
  }

  #own<T extends { dispose(): void }>(part: T): T {
    this.#parts.push(part);
    return part;
  }

  #params(source: MosaicSource, options: MosaicOptions, rangeCount: number): ParamValues {
    const { layout } = options;
    const { view } = source;
    const other = options.compare?.source.view ?? view;
    const [colorA, colorB] = options.compare?.colors ?? [black, black];
    return {
      origin: this.#origin,
      size: [layout.width, layout.height],
      tile: [layout.tileWidth, layout.tileHeight],
      map: [view.width, view.height],
      columns: layout.columns,
      channels: layout.channels,
      gap: layout.gap,
      perChannel: rangeCount > 1 ? 1 : 0,
      symmetric: this.isSymmetric ? 1 : 0,
      offset: view.offset,
      channelStride: view.channelStride,
      rowStride: view.rowStride,
      columnStride: view.columnStride,
      offsetB: other.offset,
      channelStrideB: other.channelStride,
      rowStrideB: other.rowStride,
      columnStrideB: other.columnStride,
      colorA: [...colorA, 1],
      colorB: [...colorB, 1],
    };
  }

  #bindGroup(entries: readonly GPUBindGroupEntry[]): GPUBindGroup {
    return this.#renderer.device.gpu.createBindGroup({
      label: this.#label,
      layout: this.#pipeline.getBindGroupLayout(0),
      entries: [...entries],
    });
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

interface RangeParts {
  readonly source: MosaicSource;
  readonly statistics: ChannelStatistics;
  /** Ranges. */
  readonly count: number;
  readonly normalization: Normalization;
  readonly isSymmetric: boolean;
  readonly extents: GPUBuffer;
  readonly result: GPUBuffer;
  readonly clock: GPUBuffer;
}

/** Makes ranges of statistics. @param pipeline of range.wgsl */
export function makeRangeStep(
  device: Device,
  label: string,
  pipeline: GPUComputePipeline,
  { source, statistics, count, normalization, isSymmetric, extents, result, clock }: RangeParts,
): ComputeStep {
  const { channels, height, width } = source.view;
  const area = height * width;
  const params = {
    rangeCount: count,
    partialsPerRange: (channels * statistics.partialsPerChannel) / count,
    // As range.wgsl numbers them: 0 extremes, 1 chollet, 2 fixed.
    rule: typeof normalization === "object" ? 2 : normalization === "chollet" && area > 1 ? 1 : 0,
    symmetric: isSymmetric ? 1 : 0,
    total: channels * area,
  };
  const buffers = { partials: statistics.partials, clock, result, extents };
  return new ComputeStep(device, label, { shader: rangeShader, pipeline, params, buffers, workgroups: count });
}

/**
 * Updates the ranges of mosaics, half by half: dispatches that do not wait for each other may run side by side. Statistics that several
 * share are gathered once.
 */
export function encodeRanges(
  pass: GPUComputePassEncoder,
  mosaics: readonly { readonly statistics: readonly Statistics[]; finishRanges(pass: GPUComputePassEncoder): void }[],
): void {
  for (const statistics of new Set(mosaics.flatMap((mosaic) => mosaic.statistics))) statistics.encode(pass);
  for (const mosaic of mosaics) mosaic.finishRanges(pass);
}
