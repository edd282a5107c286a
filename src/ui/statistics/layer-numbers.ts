// All that is said of a layer, or of one of its channels: statistics, a histogram, and how much of it is saturated. Loaded when someone asks.
import type { Device } from "../../engine/gpu/device.ts";
import { gpuTypeOf, largestFloat } from "../../engine/tensor.ts";
import shader from "../../shaders/count-saturated.wgsl";
import { ComputeStep } from "../compute-step.ts";
import { type MapSource, valueTypes } from "./channel-statistics.ts";
import { Computation } from "./computation.ts";
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
  const all = [
    reading,
    readHistogram(device, label, source, channel, reading),
    bounds && countSaturated(device, label, source, bounds),
  ] as const;
  // Who holds the value's buffer for this goes on holding it until the last is done, also where one fails.
  await Promise.allSettled(all);
  const [channels, histogram, counts] = await Promise.all(all);
  return { channels, histogram, saturation: bounds && counts && { ...bounds, counts } };
}

async function countSaturated(device: Device, label: string, { buffer, dtype, view }: MapSource, bounds: Bounds): Promise<number[]> {
  const pipeline = await device.pipeline(shader, { VALUE_TYPE: valueTypes[gpuTypeOf(dtype)] });
  const { channels: channelCount, height, width: mapWidth, offset, channelStride, rowStride, columnStride } = view;
  // A shader cannot hold infinity.
  const [least, most] = limitsOf(bounds).map((limit) => Math.min(largestFloat, Math.max(-largestFloat, limit))) as [number, number];
  return Computation.with(device, `${label} saturated`, async (computation) => {
    const sizeBytes = channelCount * 4;
    const saturated = computation.buffer(sizeBytes);
    const params = {
      ...{ offset, channelStride, rowStride, columnStride, mapWidth, area: height * mapWidth, channelCount },
      ...{ least, most },
    };
    const buffers = { values: buffer, saturated };
    const step = computation.keep(new ComputeStep(device, label, { shader, pipeline, params, buffers, workgroups: channelCount }));
    const [counts = []] = await computation.compute((pass) => step.encode(pass), [{ buffer: saturated, offsetBytes: 0, sizeBytes }]);
    return [...counts];
  });
}
