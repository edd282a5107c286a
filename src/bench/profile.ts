// Times a model on the GPU's own clock, whole and dispatch by dispatch, and the CPU time to encode and submit a frame.
import type { Model } from "../engine/model.ts";
import { type Profile as EngineProfile, type ProfileOptions, profile as profileExecution } from "../engine/profile.ts";
import { median } from "../engine/statistics.ts";
import type { Trainer, TrainingBatch } from "../engine/trainer.ts";
import type { Profile } from "./engine.ts";

interface BenchProfileOptions extends ProfileOptions {
  /** Frames behind the median of the CPU time. */
  readonly frameCount?: number;
}

export async function profileModel(model: Model, { frameCount = 20, ...options }: BenchProfileOptions = {}): Promise<Profile> {
  const encodeMs = await timeEncoding(model, () => model.run(), frameCount);
  return profileOf(model, encodeMs, () => model.profile(options));
}

/** The same of steps of training, which change what was learned. */
export async function profileTraining(model: Model, trainer: Trainer, batch: TrainingBatch): Promise<Profile> {
  const encodeMs = await timeEncoding(model, () => trainer.step(batch), 10);
  const { network } = await model.changeable();
  return profileOf(model, encodeMs, () => profileExecution(network, trainer.running));
}

async function profileOf(model: Model, encodeMs: number, measure: () => Promise<EngineProfile>): Promise<Profile> {
  if (!model.device.gpu.features.has("timestamp-query")) return { gpuMs: null, encodeMs, layers: [] };
  const { ms, steps } = await measure();
  const layers = steps.map(({ node, kernel, ms: gpuMs, macs, bytes }) => ({ name: node, kernel, gpuMs, macs, bytes }));
  return { gpuMs: ms, encodeMs, layers };
}

/** The median CPU time of a frame from encoder to submit, with the GPU idle before each. */
async function timeEncoding(model: Model, run: () => void, frameCount: number): Promise<number> {
  const samples: number[] = [];
  const { queue } = model.device.gpu;
  const started = performance.now();
  for (let i = 0; i < frameCount && (i < 3 || performance.now() - started < 3000); i++) {
    await queue.onSubmittedWorkDone();
    const before = performance.now();
    run();
    samples.push(performance.now() - before);
  }
  await queue.onSubmittedWorkDone();
  return median(samples);
}
