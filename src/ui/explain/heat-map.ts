// The heat of an explanation that lies on the GPU, at most 1 at each place, smoothed over time: of a map as a share of the largest; of other
// numbers up to the size which 99% of those other than 0 do not exceed, as a few are far larger.
import type { Device } from "../../engine/gpu/device.ts";
import { workgroupCount } from "../../engine/ops/dispatch.ts";
import heatShader from "../../shaders/heat.wgsl";
import rangeShader from "../../shaders/range.wgsl";
import { ComputeStep } from "../compute-step.ts";
import { ChannelStatistics, type MapSource } from "../statistics/channel-statistics.ts";
import { RobustExtents } from "../statistics/robust-extents.ts";

export interface HeatPipelines {
  readonly partials: GPUComputePipeline;
  readonly range: GPUComputePipeline;
  readonly extents: GPUComputePipeline;
  readonly heat: GPUComputePipeline;
}

/** What heat shows of numbers: what is above 0; both sides of 0, from -1 to 1; or how far from 0 they are. */
export type Sides = "above" | "both" | "size";

/** As heat.wgsl numbers them. */
const sidesCodes: Readonly<Record<Sides, number>> = { size: 0, above: 1, both: 2 };

export interface HeatKind {
  readonly sides: Sides;
  /** Whether the largest is full heat; else 1% of what is not 0 lies above. */
  readonly isMap: boolean;
}

/** Time constant of the smoothing. */
const smoothingMs = 150;

export class HeatMap {
  /** As heat.wgsl writes it, dense. */
  readonly heat: GPUBuffer;
  readonly columns: number;
  readonly rows: number;
  /** As f32: how many elements are NaN and how many infinite, the least, and where heat is full. */
  readonly extent: GPUBuffer;
  readonly #device: Device;
  readonly #clock: GPUBuffer;
  readonly #parts: readonly Pick<ComputeStep, "encode" | "dispose">[];
  readonly #buffers: GPUBuffer[] = [];

  static async pipelines(device: Device): Promise<HeatPipelines> {
    const [partials, range, extents, heat] = await Promise.all([
      ChannelStatistics.pipeline(device, "f32"),
      device.pipeline(rangeShader),
      RobustExtents.pipeline(device, "f32"),
      device.pipeline(heatShader),
    ]);
    return { partials, range, extents, heat };
  }

  /**
   * @param chosen see {@link ClassChoice.chosen}: another class's heat is not smoothed with this one's
   */
  constructor(device: Device, pipelines: HeatPipelines, source: MapSource, { sides, isMap }: HeatKind, chosen: GPUBuffer) {
    const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
    const { channels, height, width, offset, channelStride, rowStride, columnStride } = source.view;
    this.#device = device;
    this.columns = width;
    this.rows = height;
    this.heat = this.#buffer("heat", height * width * 4, STORAGE | COPY_SRC);
    this.extent = this.#buffer("heat extent", 16, STORAGE | COPY_SRC);
    this.#clock = this.#buffer("heat clock", 4, STORAGE | COPY_DST);
    // Where heat is full is never smoothed.
    const exact = this.#buffer("heat exact clock", 4, STORAGE | COPY_DST);
    device.gpu.queue.writeBuffer(exact, 0, Float32Array.of(1));
    const extents = this.#buffer("heat extents", 4, STORAGE);
    const label = "explanation";
    const statistics = new ChannelStatistics(device, label, source, pipelines.partials);
    const robust = isMap ? [] : [new RobustExtents(device, label, source, 1, extents, pipelines.extents)];
    const range = new ComputeStep(device, label, {
      shader: rangeShader,
      pipeline: pipelines.range,
      params: {
        rangeCount: 1,
        partialsPerRange: channels * statistics.partialsPerChannel,
        // As range.wgsl numbers them: 0 takes the extremes.
        rule: 0,
        symmetric: sides === "above" ? 0 : 1,
        total: channels * height * width,
      },
      buffers: { partials: statistics.partials, clock: exact, result: this.extent, extents },
      workgroups: 1,
    });
    const count = height * width;
    const heat = new ComputeStep(device, label, {
      shader: heatShader,
      pipeline: pipelines.heat,
      params: { count, columns: width, channels, offset, channelStride, rowStride, columnStride, sides: sidesCodes[sides] },
      buffers: { values: source.buffer, range: this.extent, chosen, clock: this.#clock, heat: this.heat },
      workgroups: workgroupCount(count, 64),
    });
    this.#parts = [statistics, ...robust, range, heat];
  }

  /** @param elapsedMs since the last heat; undefined where this one has nothing to do with it */
  tick(elapsedMs: number | undefined): void {
    const share = elapsedMs === undefined ? 1 : 1 - Math.exp(-elapsedMs / smoothingMs);
    this.#device.gpu.queue.writeBuffer(this.#clock, 0, Float32Array.of(share));
  }

  /** Computes it from the explanation as it is now. */
  encode(pass: GPUComputePassEncoder): void {
    for (const part of this.#parts) part.encode(pass);
  }

  dispose(): void {
    for (const part of this.#parts) part.dispose();
    for (const buffer of this.#buffers) this.#device.destroyBuffer(buffer);
  }

  #buffer(label: string, sizeBytes: number, usage: GPUBufferUsageFlags): GPUBuffer {
    const buffer = this.#device.createBuffer(label, sizeBytes, usage);
    this.#buffers.push(buffer);
    return buffer;
  }
}
