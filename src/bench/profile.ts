// Times a model on the GPU's own clock, whole and dispatch by dispatch, and the CPU time to encode and submit a frame.
import type { Model } from "../engine/model.ts";
import type { ProfileOptions } from "../engine/profile.ts";
import type { Profile } from "./engine.ts";
import { median } from "./statistics.ts";

interface BenchProfileOptions extends ProfileOptions {
  /** Frames behind the median of the CPU time. */
  readonly frameCount?: number;
}

export async function profileModel(model: Model, { frameCount = 20, ...options }: BenchProfileOptions = {}): Promise<Profile> {
  const encodeMs = await timeEncoding(model, frameCount);
  if (!model.device.gpu.features.has("timestamp-query")) return { gpuMs: null, encodeMs, layers: [] };
  const { ms, steps } = await model.profile(options);
  const layers = steps.map(({ node, kernel, ms: gpuMs, macs, bytes }) => ({ name: node, kernel, gpuMs, macs, bytes }));
  return { gpuMs: ms, encodeMs, layers };
}

/** The median CPU time of a frame from encoder to submit, with the GPU idle before each. */
async function timeEncoding(model: Model, frameCount: number): Promise<number> {
  const samples: number[] = [];
  const { queue } = model.device.gpu;
  const started = performance.now();
  for (let i = 0; i < frameCount && (i < 3 || performance.now() - started < 3000); i++) {
    await queue.onSubmittedWorkDone();
    const before = performance.now();
    model.run();
    samples.push(performance.now() - before);
  }
  await queue.onSubmittedWorkDone();
  return median(samples);
}
