// How far the elements of a value reach but for a few: bounds for the ranges of mosaics, on the GPU.
import type { Device } from "../../engine/gpu/device.ts";
import { foldWorkgroups } from "../../engine/ops/dispatch.ts";
import type { GpuType } from "../../engine/tensor.ts";
import robustExtentShader from "../../shaders/robust-extent.wgsl";
import { encodeParams } from "../../shaders/shader.ts";
import { bind } from "../bind.ts";
import { type MapSource, type Statistics, valueTypes } from "./channel-statistics.ts";

/** How many elements one extent is made from: enough for a percentile, and a small part of a frame. */
const mostSamples = 4096;

export class RobustExtents implements Statistics {
  readonly #device: Device;
  readonly #pipeline: GPUComputePipeline;
  readonly #params: GPUBuffer;
  readonly #group: GPUBindGroup;
  readonly #rangeCount: number;

  static pipeline(device: Device, type: GpuType): Promise<GPUComputePipeline> {
    return device.pipeline(robustExtentShader, { VALUE_TYPE: valueTypes[type] });
  }

  /**
   * @param rangeCount 1, or one for each channel
   * @param extents takes one f32 for each range
   * @param pipeline of {@link RobustExtents.pipeline} for the source's element type
   */
  constructor(
    device: Device,
    label: string,
    { buffer, view }: MapSource,
    rangeCount: number,
    extents: GPUBuffer,
    pipeline: GPUComputePipeline,
  ) {
    const { channels, height, width: mapWidth, offset, channelStride, rowStride, columnStride } = view;
    const area = height * mapWidth;
    const sampled = (channels * area) / rangeCount;
    const sampleStride = Math.ceil(sampled / mostSamples);
    this.#device = device;
    this.#pipeline = pipeline;
    this.#rangeCount = rangeCount;
    const params = encodeParams(robustExtentShader, {
      ...{ rangeCount, offset, channelStride, rowStride, columnStride, mapWidth, area, sampleStride },
      sampleCount: Math.floor(sampled / sampleStride),
    });
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    this.#params = device.createBuffer(`${label} robust-extent params`, params.byteLength, usage);
    device.gpu.queue.writeBuffer(this.#params, 0, params);
    this.#group = device.gpu.createBindGroup({
      label: `${label} robust-extent`,
      layout: pipeline.getBindGroupLayout(0),
      entries: bind(robustExtentShader, { params: this.#params, values: buffer, extents }),
    });
  }

  encode(pass: GPUComputePassEncoder): void {
    pass.setPipeline(this.#pipeline);
    pass.setBindGroup(0, this.#group);
    pass.dispatchWorkgroups(...foldWorkgroups(this.#rangeCount));
  }

  dispose(): void {
    this.#device.destroyBuffer(this.#params);
  }
}
