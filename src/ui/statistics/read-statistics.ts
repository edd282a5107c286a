// Reads the statistics of every channel of a value, for tables and for tests. Loaded when someone asks.
import type { Device } from "../../engine/gpu/device.ts";
import { gpuTypeOf } from "../../engine/tensor.ts";
import shader from "../../shaders/channel-statistics.wgsl";
import { ComputeStep } from "../compute-step.ts";
import { ChannelStatistics, type MapSource, recordBytes } from "./channel-statistics.ts";
import { Computation } from "./computation.ts";

/** Of the finite elements of one channel, but for the last two. */
export interface ChannelSummary {
  readonly low: number;
  readonly high: number;
  readonly mean: number;
  readonly deviation: number;
  /** How many of the finite elements are 0, of 1. */
  readonly zeroShare: number;
  readonly nanCount: number;
  readonly infinityCount: number;
}

/** A value, and what its buffers are called. */
export interface NamedSource {
  readonly label: string;
  readonly source: MapSource;
}

/** @returns one summary per channel, of the value as it is on the GPU now */
export async function readStatistics(device: Device, label: string, source: MapSource): Promise<ChannelSummary[]> {
  const [channels] = await readAllStatistics(device, [{ label, source }]);
  return channels as ChannelSummary[];
}

/** @returns for each value one summary per channel, all as they are on the GPU now: one submit, one wait */
export async function readAllStatistics(device: Device, values: readonly NamedSource[]): Promise<ChannelSummary[][]> {
  const types = [...new Set(values.map(({ source }) => gpuTypeOf(source.dtype)))];
  const [merge, ...own] = await Promise.all([device.pipeline(shader), ...types.map((type) => ChannelStatistics.pipeline(device, type))]);
  const gatherBy = new Map(types.map((type, i) => [type, own[i] as GPUComputePipeline]));
  return Computation.with(device, "statistics", async (computation) => {
    const made = values.map(({ label, source }) => {
      const gathering = gatherBy.get(gpuTypeOf(source.dtype)) as GPUComputePipeline;
      const statistics = computation.keep(new ChannelStatistics(device, label, source, gathering));
      const { channelCount, partialsPerChannel, partials } = statistics;
      const sizeBytes = channelCount * recordBytes;
      const channels = computation.buffer(sizeBytes);
      const params = { channelCount, partialsPerChannel };
      const options = { shader, pipeline: merge, params, buffers: { partials, channels }, workgroups: channelCount };
      const merging = computation.keep(new ComputeStep(device, label, options));
      return { statistics, merging, part: { buffer: channels, offsetBytes: 0, sizeBytes } };
    });
    const encode = (pass: GPUComputePassEncoder) => {
      for (const { statistics } of made) statistics.encode(pass);
      for (const { merging } of made) merging.encode(pass);
    };
    const read = await computation.compute(
      encode,
      made.map(({ part }) => part),
    );
    return values.map(({ source }, i) =>
      summarize(new Float32Array((read[i] as Uint32Array).buffer), source.view.height * source.view.width),
    );
  });
}

/** @param area elements of one channel */
function summarize(words: Float32Array, area: number): ChannelSummary[] {
  const length = recordBytes / 4;
  return Array.from({ length: words.length / length }, (_, channel) => {
    const record = [...words.subarray(channel * length, (channel + 1) * length)];
    const [low = 0, high = 0, mean = 0, deviation = 0, count = 0, zeros = 0, nanCount = 0] = record;
    return { low, high, mean, deviation, zeroShare: zeros / Math.max(1, count), nanCount, infinityCount: area - count - nanCount };
  });
}
