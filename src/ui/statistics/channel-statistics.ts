// Statistics of a value's channels, on the GPU. Ranges of mosaics, legends and tables share them.
import type { Device } from "../../engine/gpu/device.ts";
import { workgroupCount } from "../../engine/ops/dispatch.ts";
import { type DataType, type GpuType, gpuTypeOf } from "../../engine/tensor.ts";
import partialsShader from "../../shaders/range-partials.wgsl";
import { ComputeStep } from "../compute-step.ts";
import type { MapView } from "../mosaic/maps.ts";

/** A value as it lies on the GPU, seen as maps. */
export interface MapSource {
  readonly buffer: GPUBuffer;
  readonly dtype: DataType;
  readonly view: MapView;
}

/** What ranges are made from. */
export interface Statistics {
  /** Computes them from the value as it is now. */
  encode(pass: GPUComputePassEncoder): void;
}

/** The value's element type in WGSL. */
export const valueTypes: Readonly<Record<GpuType, number>> = { f32: 0, i32: 1, u32: 2 };

const workgroupSize = 64;
/** Bytes of one record of `partials`, and of one channel's statistics. */
export const recordBytes = 28;
/** Invocations that range.wgsl and channel-statistics.wgsl merge partial statistics with. */
const mergingLanes = 64;

export class ChannelStatistics implements Statistics {
  readonly channelCount: number;
  readonly partialsPerChannel: number;
  /** Partial statistics as range-partials.wgsl writes them, channel after channel. */
  readonly partials: GPUBuffer;
  readonly #device: Device;
  readonly #step: ComputeStep;

  static pipeline(device: Device, type: GpuType): Promise<GPUComputePipeline> {
    return device.pipeline(partialsShader, { VALUE_TYPE: valueTypes[type] });
  }

  static async create(device: Device, label: string, source: MapSource): Promise<ChannelStatistics> {
    return new ChannelStatistics(device, label, source, await ChannelStatistics.pipeline(device, gpuTypeOf(source.dtype)));
  }

  /** @param pipeline of {@link ChannelStatistics.pipeline} for the source's element type */
  constructor(device: Device, label: string, { buffer, view }: MapSource, pipeline: GPUComputePipeline) {
    const { channels, height, width: mapWidth, offset, channelStride, rowStride, columnStride } = view;
    const area = height * mapWidth;
    const slices = chooseSlices(channels, area);
    const count = channels * slices;
    this.#device = device;
    this.channelCount = channels;
    this.partialsPerChannel = slices;
    this.partials = device.createBuffer(`${label} range partials`, count * recordBytes, GPUBufferUsage.STORAGE);
    this.#step = new ComputeStep(device, label, {
      shader: partialsShader,
      pipeline,
      params: { offset, channelStride, rowStride, columnStride, mapWidth, area, slices, count },
      buffers: { values: buffer, partials: this.partials },
      workgroups: workgroupCount(count, workgroupSize),
    });
  }

  encode(pass: GPUComputePassEncoder): void {
    this.#step.encode(pass);
  }

  dispose(): void {
    this.#device.destroyBuffer(this.partials);
    this.#step.dispose();
  }
}

/**
 * Into how many parts the statistics of a channel are split: about as many elements in a part as parts for each lane that
 * merges them, since both are read one after another.
 */
function chooseSlices(channels: number, area: number): number {
  const parts = Math.sqrt(channels * area * mergingLanes);
  return Math.max(1, Math.min(Math.ceil(area / 16), Math.round(parts / channels)));
}
