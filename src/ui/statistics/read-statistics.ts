// Reads the statistics of every channel of a value, for tables and for tests. Loaded when someone asks.
import type { Device } from "../../engine/gpu/device.ts";
import shader from "../../shaders/channel-statistics.wgsl";
import { ComputeStep } from "../compute-step.ts";
import { ChannelStatistics, type MapSource, recordBytes } from "./channel-statistics.ts";

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
  const pipeline = await device.pipeline(shader);
  const made = await Promise.all(values.map(async ({ label, source }) => gather(device, label, source, pipeline)));
  const { MAP_READ, COPY_DST } = GPUBufferUsage;
  const totalBytes = made.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const staging = device.createBuffer("statistics read-back", Math.max(4, totalBytes), MAP_READ | COPY_DST);
  try {
    const encoder = device.gpu.createCommandEncoder({ label: "statistics" });
    const pass = encoder.beginComputePass({ label: "statistics" });
    for (const { statistics } of made) statistics.encode(pass);
    for (const { merging } of made) merging.encode(pass);
    pass.end();
    let at = 0;
    for (const { channels, sizeBytes } of made) {
      encoder.copyBufferToBuffer(channels, 0, staging, at, sizeBytes);
      at += sizeBytes;
    }
    device.gpu.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const words = new Float32Array(staging.getMappedRange());
    let end = 0;
    return made.map(({ sizeBytes, area }) => {
      end += sizeBytes / 4;
      return summarize(words.subarray(end - sizeBytes / 4, end), area);
    });
  } finally {
    for (const { dispose } of made) dispose();
    device.destroyBuffer(staging);
  }
}

/** What computes the statistics of one value, and where they lie then. */
async function gather(device: Device, label: string, source: MapSource, pipeline: GPUComputePipeline) {
  const statistics = await ChannelStatistics.create(device, label, source);
  const { channelCount, partialsPerChannel, partials } = statistics;
  const { COPY_SRC, STORAGE } = GPUBufferUsage;
  const sizeBytes = channelCount * recordBytes;
  const channels = device.createBuffer(`${label} statistics`, sizeBytes, STORAGE | COPY_SRC);
  const params = { channelCount, partialsPerChannel };
  const merging = new ComputeStep(device, label, { shader, pipeline, params, buffers: { partials, channels }, workgroups: channelCount });
  const dispose = () => {
    statistics.dispose();
    merging.dispose();
    device.destroyBuffer(channels);
  };
  return { statistics, merging, channels, sizeBytes, area: source.view.height * source.view.width, dispose };
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
