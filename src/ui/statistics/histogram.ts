// How the elements of a value, or of one of its channels, are spread: counted on the GPU. Loaded when someone asks.
import type { Device } from "../../engine/gpu/device.ts";
import { gpuTypeOf } from "../../engine/tensor.ts";
import shader from "../../shaders/histogram.wgsl";
import { ComputeStep } from "../compute-step.ts";
import { type MapSource, valueTypes } from "./channel-statistics.ts";
import { Computation } from "./computation.ts";
import { type ChannelSummary, readStatistics } from "./read-statistics.ts";

/** As histogram.wgsl has them. */
const binCount = 64;
const workgroupSize = 64;
/** Elements that an invocation counts where there are many. */
const elementsEach = 64;

export interface Histogram {
  /** Of the finite elements. */
  readonly low: number;
  readonly high: number;
  /** How many elements lie in each of as many equal parts between them. */
  readonly counts: readonly number[];
  /** Whether elements that are 0 are left out, of which there may be so many that nothing else is seen. */
  readonly isWithoutZeros: boolean;
}

/** Above this share of zeros they are left out. */
const mostZeros = 0.25;

/**
 * @param channel all of them where absent
 * @param statistics of every channel, where somebody reads them already
 */
export async function readHistogram(
  device: Device,
  label: string,
  source: MapSource,
  channel?: number,
  statistics: Promise<readonly ChannelSummary[]> = readStatistics(device, label, source),
): Promise<Histogram> {
  const [all, pipeline] = await Promise.all([statistics, device.pipeline(shader, { VALUE_TYPE: valueTypes[gpuTypeOf(source.dtype)] })]);
  const channels = channel === undefined ? all : all.slice(channel, channel + 1);
  const { low, high, zeroShare } = rangeOf(channels);
  const { channels: count, height, width: mapWidth, ...strides } = source.view;
  const area = height * mapWidth;
  const elements = area * (channel === undefined ? count : 1);
  const workgroups = Math.max(1, Math.ceil(elements / (workgroupSize * elementsEach)));
  const isWithoutZeros = zeroShare > mostZeros;
  return Computation.with(device, `${label} histogram`, async (computation) => {
    const bins = computation.buffer(binCount * 4);
    const params = {
      ...{ offset: strides.offset, channelStride: strides.channelStride, rowStride: strides.rowStride, columnStride: strides.columnStride },
      ...{ mapWidth, area, firstChannel: channel ?? 0, count: elements, stride: workgroups * workgroupSize },
      ...{ skipZeros: isWithoutZeros ? 1 : 0, low, scale: high > low ? binCount / (high - low) : 0 },
    };
    const buffers = { values: source.buffer, bins };
    const step = computation.keep(new ComputeStep(device, label, { shader, pipeline, params, buffers, workgroups }));
    const [counts = []] = await computation.compute(
      (pass) => step.encode(pass),
      [{ buffer: bins, offsetBytes: 0, sizeBytes: binCount * 4 }],
    );
    return { low, high, counts: [...counts], isWithoutZeros };
  });
}

function rangeOf(channels: readonly ChannelSummary[]): { readonly low: number; readonly high: number; readonly zeroShare: number } {
  const least = channels.reduce((low, channel) => Math.min(low, channel.low), Infinity);
  const most = channels.reduce((high, channel) => Math.max(high, channel.high), -Infinity);
  const zeroShare = channels.reduce((sum, channel) => sum + channel.zeroShare, 0) / Math.max(1, channels.length);
  return { low: Number.isFinite(least) ? least : 0, high: Number.isFinite(most) ? most : 0, zeroShare };
}
