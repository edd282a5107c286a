// All that is said of a layer, or of one of its channels: statistics, a histogram, and how much of it is saturated. Loaded when someone asks.
import type { Device } from "../../engine/gpu/device.ts";
import { gpuTypeOf } from "../../engine/tensor.ts";
import shader from "../../shaders/count-saturated.wgsl";
import { ComputeStep } from "../compute-step.ts";
import { type MapSource, valueTypes } from "./channel-statistics.ts";
import { type Histogram, readHistogram } from "./histogram.ts";
import { type ChannelSummary, readStatistics } from "./read-statistics.ts";
import { type Bounds, limitsOf } from "./saturation.ts";

export interface Saturation extends Bounds {
  /** How many elements of each channel lie at a bound, or within the margin. */
  readonly counts: readonly number[];
}

export interface LayerNumbers {
  /** Of every channel. */
  readonly channels: readonly ChannelSummary[];
  /** Of the layer, or of the channel that was asked for. */
  readonly histogram: Histogram;
  /** Absent where the value is computed by no activation that saturates. */
  readonly saturation?: Saturation | undefined;
}

/**
 * @param channel of the histogram; all of them where absent
 * @param bounds of the activation that computes the value
 */
export async function readLayerNumbers(
  device: Device,
  label: string,
  source: MapSource,
  { channel, bounds }: { readonly channel?: number | undefined; readonly bounds?: Bounds | undefined } = {},
): Promise<LayerNumbers> {
  const reading = readStatistics(device, label, source);
  const [channels, histogram, counts] = await Promise.all([
    reading,
    readHistogram(device, label, source, channel, reading),
    bounds && countSaturated(device, label, source, bounds),
  ]);
  return { channels, histogram, saturation: bounds && counts && { ...bounds, counts } };
}

/** Beyond all f32, for a shader that cannot hold infinity. */
const largest = 3.4028234663852886e38;

async function countSaturated(device: Device, label: string, { buffer, dtype, view }: MapSource, bounds: Bounds): Promise<number[]> {
  const pipeline = await device.pipeline(shader, { VALUE_TYPE: valueTypes[gpuTypeOf(dtype)] });
  const { channels: channelCount, height, width: mapWidth, offset, channelStride, rowStride, columnStride } = view;
  const [least, most] = limitsOf(bounds).map((limit) => Math.min(largest, Math.max(-largest, limit))) as [number, number];
  const { MAP_READ, COPY_DST, COPY_SRC, STORAGE } = GPUBufferUsage;
  const saturated = device.createBuffer(`${label} saturated`, channelCount * 4, STORAGE | COPY_SRC);
  const staging = device.createBuffer(`${label} saturated read-back`, channelCount * 4, MAP_READ | COPY_DST);
  const params = {
    ...{ offset, channelStride, rowStride, columnStride, mapWidth, area: height * mapWidth, channelCount },
    ...{ least, most },
  };
  const step = new ComputeStep(device, label, {
    ...{ shader, pipeline, params, workgroups: channelCount },
    buffers: { values: buffer, saturated },
  });
  try {
    const encoder = device.gpu.createCommandEncoder({ label: `${label} saturated` });
    const pass = encoder.beginComputePass({ label: `${label} saturated` });
    step.encode(pass);
    pass.end();
    encoder.copyBufferToBuffer(saturated, 0, staging, 0, channelCount * 4);
    device.gpu.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    return [...new Uint32Array(staging.getMappedRange())];
  } finally {
    step.dispose();
    for (const one of [saturated, staging]) device.destroyBuffer(one);
  }
}
