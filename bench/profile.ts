// Times a model on the GPU's own clock, whole and dispatch by dispatch, and the CPU time to encode and submit a frame.
import type { Device } from "../src/engine/gpu/device.ts";
import { Program } from "../src/engine/gpu/program.ts";
import { readBack } from "../src/engine/gpu/read-back.ts";
import type { Model } from "../src/engine/model.ts";
import type { Profile } from "./engines/engine.ts";
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
  // A second Program over the same plan: what repeating a dispatch leaves behind is nobody's result.
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

/** Timestamps at the beginning and end of one compute pass. */
export class PassClock {
  readonly #device: Device;
  readonly #queries: GPUQuerySet;
  readonly #resolved: GPUBuffer;

  constructor(device: Device) {
    this.#device = device;
    this.#queries = device.gpu.createQuerySet({ label: "bench clock", type: "timestamp", count: 2 });
    this.#resolved = device.createBuffer("bench clock", 16, GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC);
  }

  /** Milliseconds that what `encode` adds to a pass takes. */
  async time(encode: (pass: GPUComputePassEncoder) => void): Promise<number> {
    const encoder = this.#device.gpu.createCommandEncoder({ label: "bench clock" });
    const timestampWrites = { querySet: this.#queries, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 };
    const pass = encoder.beginComputePass({ label: "bench clock", timestampWrites });
    encode(pass);
    pass.end();
    encoder.resolveQuerySet(this.#queries, 0, 2, this.#resolved, 0);
    this.#device.gpu.queue.submit([encoder.finish()]);
    const [begin = 0n, end = 0n] = new BigUint64Array(await readBack(this.#device, this.#resolved, 16));
    return Number(end - begin) / 1e6;
  }

  dispose(): void {
    this.#queries.destroy();
    this.#device.destroyBuffer(this.#resolved);
  }
}
