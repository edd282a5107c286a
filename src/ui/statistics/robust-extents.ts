// How far the elements of a value reach but for a few: bounds for the ranges of mosaics, on the GPU.
import type { Device } from "../../engine/gpu/device.ts";
import type { GpuType } from "../../engine/tensor.ts";
import robustExtentShader from "../../shaders/robust-extent.wgsl";
import { ComputeStep } from "../compute-step.ts";
import { type MapSource, type Statistics, valueTypes } from "./channel-statistics.ts";

/** How many elements one extent is made from: enough for a percentile, and a small part of a frame. */
const mostSamples = 4096;

export class RobustExtents implements Statistics {
  readonly #step: ComputeStep;

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
    this.#step = new ComputeStep(device, label, {
      shader: robustExtentShader,
      pipeline,
      params: {
        ...{ rangeCount, offset, channelStride, rowStride, columnStride, mapWidth, area, sampleStride },
        sampleCount: Math.floor(sampled / sampleStride),
      },
      buffers: { values: buffer, extents },
      workgroups: rangeCount,
    });
  }

  encode(pass: GPUComputePassEncoder): void {
    this.#step.encode(pass);
  }

  dispose(): void {
    this.#step.dispose();
  }
}
