// Times a model on the GPU's own clock, whole and dispatch by dispatch, and the CPU time to encode and submit a frame.
import { Program } from "../engine/gpu/program.ts";
import type { Model } from "../engine/model.ts";
import { PassClock } from "../engine/tune/clock.ts";
import type { Profile } from "./engine.ts";
import { median } from "./statistics.ts";

export interface ProfileOptions {
  /** A dispatch is repeated inside one pass until the pass takes this long: browsers round timestamps to 0.1 ms. */
  readonly passMs?: number;
  /** Passes of the whole network behind its median. */
  readonly passCount?: number;
  /** Frames behind the median of the CPU time. */
  readonly frameCount?: number;
}

export async function profileModel(model: Model, options: ProfileOptions = {}): Promise<Profile> {
  const { passMs = 4, passCount = 5, frameCount = 20 } = options;
  const { device, plan } = model;
  const encodeMs = await timeEncoding(model, frameCount);
  if (!device.gpu.features.has("timestamp-query")) return { gpuMs: null, encodeMs, layers: [] };
  const clock = new PassClock(device);
  // A second Program of the same plan, because repeating a dispatch overwrites values.
  const program = await Program.create(device, plan);
  try {
    const passes: number[] = [];
    for (let i = 0; i < passCount; i++) passes.push(await clock.time((pass) => program.encode(pass)));
    const layers: Profile["layers"][number][] = [];
    for (const [index, { node, kernel, macs, bytes }] of plan.steps.entries()) {
      const once = await clock.time((pass) => program.encodeStep(pass, index));
      const count = Math.max(1, Math.min(64, Math.ceil(passMs / Math.max(once, 0.05))));
      const all = await clock.time((pass) => {
        for (let i = 0; i < count; i++) program.encodeStep(pass, index);
      });
      layers.push({ name: node, kernel, gpuMs: all / count, macs, bytes });
    }
    return { gpuMs: median(passes), encodeMs, layers };
  } finally {
    program.dispose();
    clock.dispose();
  }
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
