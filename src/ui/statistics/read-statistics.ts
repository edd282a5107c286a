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

/** @returns one summary per channel, of the value as it is on the GPU now */
export async function readStatistics(device: Device, label: string, source: MapSource): Promise<ChannelSummary[]> {
  const [statistics, pipeline] = await Promise.all([ChannelStatistics.create(device, label, source), device.pipeline(shader)]);
  const { channelCount, partialsPerChannel, partials } = statistics;
  const { MAP_READ, COPY_DST, COPY_SRC, STORAGE } = GPUBufferUsage;
  const sizeBytes = channelCount * recordBytes;
  const channels = device.createBuffer(`${label} statistics`, sizeBytes, STORAGE | COPY_SRC);
  const staging = device.createBuffer(`${label} statistics read-back`, sizeBytes, MAP_READ | COPY_DST);
  const params = { channelCount, partialsPerChannel };
  const merging = new ComputeStep(device, label, { shader, pipeline, params, buffers: { partials, channels }, workgroups: channelCount });
  try {
    const encoder = device.gpu.createCommandEncoder({ label: `${label} statistics` });
    const pass = encoder.beginComputePass({ label: `${label} statistics` });
    statistics.encode(pass);
    merging.encode(pass);
    pass.end();
    encoder.copyBufferToBuffer(channels, 0, staging, 0, sizeBytes);
    device.gpu.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    return summarize(new Float32Array(staging.getMappedRange()), source.view.height * source.view.width);
  } finally {
    statistics.dispose();
    merging.dispose();
    for (const buffer of [channels, staging]) device.destroyBuffer(buffer);
  }
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
