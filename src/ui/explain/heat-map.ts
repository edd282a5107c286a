// The heat of an explanation that lies on the GPU: its size at each place, as a share of the largest, smoothed over time.
import type { Device } from "../../engine/gpu/device.ts";
import heatShader from "../../shaders/heat.wgsl";
import rangeShader from "../../shaders/range.wgsl";
import { encodeParams, type ParamValues, type Shader } from "../../shaders/shader.ts";
import { bind } from "../bind.ts";
import { ChannelStatistics, type MapSource } from "../statistics/channel-statistics.ts";

export interface HeatPipelines {
  readonly partials: GPUComputePipeline;
  readonly range: GPUComputePipeline;
  readonly heat: GPUComputePipeline;
}

/** Time constant of the smoothing. */
const smoothingMs = 150;

export class HeatMap {
  /** From 0 to 1, dense. */
  readonly heat: GPUBuffer;
  readonly columns: number;
  readonly rows: number;
  /** As f32: how many elements are NaN and how many infinite, then less and plus the largest size. */
  readonly extent: GPUBuffer;
  readonly #device: Device;
  readonly #pipelines: HeatPipelines;
  readonly #statistics: ChannelStatistics;
  readonly #clock: GPUBuffer;
  readonly #rangeGroup: GPUBindGroup;
  readonly #heatGroup: GPUBindGroup;
  readonly #buffers: GPUBuffer[] = [];

  static async pipelines(device: Device): Promise<HeatPipelines> {
    const [partials, range, heat] = await Promise.all([
      ChannelStatistics.pipeline(device, "f32"),
      device.pipeline(rangeShader),
      device.pipeline(heatShader),
    ]);
    return { partials, range, heat };
  }

  /** @param chosen see {@link ClassChoice.chosen}: another class's heat is not smoothed with this one's */
  constructor(device: Device, pipelines: HeatPipelines, source: MapSource, chosen: GPUBuffer) {
    const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
    const { channels, height, width, offset, channelStride, rowStride, columnStride } = source.view;
    this.#device = device;
    this.#pipelines = pipelines;
    this.columns = width;
    this.rows = height;
    this.#statistics = new ChannelStatistics(device, "explanation", source, pipelines.partials);
    this.heat = this.#buffer("heat", height * width * 4, STORAGE | COPY_SRC);
    this.extent = this.#buffer("heat extent", 16, STORAGE | COPY_SRC);
    this.#clock = this.#buffer("heat clock", 4, STORAGE | COPY_DST);
    // The largest itself is never smoothed, and never bounded.
    const exact = this.#buffer("heat exact clock", 4, STORAGE | COPY_DST);
    device.gpu.queue.writeBuffer(exact, 0, Float32Array.of(1));
    this.#rangeGroup = this.#group(rangeShader, pipelines.range, {
      params: this.#uniform(rangeShader, {
        rangeCount: 1,
        partialsPerRange: channels * this.#statistics.partialsPerChannel,
        // As range.wgsl numbers them: 0 takes the extremes.
        rule: 0,
        symmetric: 1,
        total: channels * height * width,
      }),
      partials: this.#statistics.partials,
      clock: exact,
      result: this.extent,
      extents: this.#buffer("heat extents", 4, STORAGE),
    });
    this.#heatGroup = this.#group(heatShader, pipelines.heat, {
      params: this.#uniform(heatShader, { map: [width, height], channels, offset, channelStride, rowStride, columnStride }),
      values: source.buffer,
      range: this.extent,
      chosen,
      clock: this.#clock,
      heat: this.heat,
    });
  }

  /** @param elapsedMs since the last heat; undefined where this one has nothing to do with it */
  tick(elapsedMs: number | undefined): void {
    const share = elapsedMs === undefined ? 1 : 1 - Math.exp(-elapsedMs / smoothingMs);
    this.#device.gpu.queue.writeBuffer(this.#clock, 0, Float32Array.of(share));
  }

  /** Computes it from the explanation as it is now. */
  encode(pass: GPUComputePassEncoder): void {
    this.#statistics.encode(pass);
    pass.setPipeline(this.#pipelines.range);
    pass.setBindGroup(0, this.#rangeGroup);
    pass.dispatchWorkgroups(1);
    pass.setPipeline(this.#pipelines.heat);
    pass.setBindGroup(0, this.#heatGroup);
    pass.dispatchWorkgroups(Math.ceil(this.columns / 8), Math.ceil(this.rows / 8));
  }

  dispose(): void {
    this.#statistics.dispose();
    for (const buffer of this.#buffers.splice(0)) this.#device.destroyBuffer(buffer);
  }

  #group(shader: Shader, pipeline: GPUComputePipeline, resources: Readonly<Record<string, GPUBuffer>>): GPUBindGroup {
    const layout = pipeline.getBindGroupLayout(0);
    return this.#device.gpu.createBindGroup({ label: shader.name, layout, entries: bind(shader, resources) });
  }

  #uniform(shader: Shader, values: ParamValues): GPUBuffer {
    const content = encodeParams(shader, values);
    const buffer = this.#buffer(`${shader.name} params`, content.byteLength, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST);
    this.#device.gpu.queue.writeBuffer(buffer, 0, content);
    return buffer;
  }

  #buffer(label: string, sizeBytes: number, usage: GPUBufferUsageFlags): GPUBuffer {
    const buffer = this.#device.createBuffer(label, sizeBytes, usage);
    this.#buffers.push(buffer);
    return buffer;
  }
}
