// How long each dispatch of a run takes. They are timed one by one, on a program beside the one that runs, because repeating a dispatch overwrites
// values. Loaded when somebody asks.
import { DeviceError } from "./errors.ts";
import type { Execution } from "./execution.ts";
import { type Clock, createClock } from "./gpu/clock.ts";
import { Program } from "./gpu/program.ts";
import type { Network } from "./network.ts";
import type { Plan } from "./plan/plan.ts";
import { median } from "./statistics.ts";

export interface ProfileOptions {
  /** A dispatch is repeated inside one pass until the pass takes this long: browsers round timestamps to 0.1 ms. Default 4. */
  readonly passMs?: number | undefined;
  /** Passes of the whole network behind its median. Default 5. */
  readonly passCount?: number | undefined;
}

export interface StepTime {
  /** The name of the node that it computes; of nodes that were fused, the last one's. */
  readonly node: string;
  readonly kernel: string;
  readonly ms: number;
  /** Multiply-adds. */
  readonly macs: number;
  /** Of memory, read and written. */
  readonly bytes: number;
}

export interface Profile {
  /** The GPU's own clock, or, where it has none, the time from submitting until the work is done. */
  readonly clock: "gpu" | "wall";
  /** The whole network in one pass, the median. */
  readonly ms: number;
  /** In the order of execution. */
  readonly steps: readonly StepTime[];
}

/** A dispatch is not repeated more often. */
const mostRepeats = 64;

/** @throws DeviceError if the network is disposed of meanwhile, or has no room for a second copy of its values and weights */
export async function profile(network: Network, { plan }: Execution, options: ProfileOptions = {}): Promise<Profile> {
  const { device } = network;
  const clock = createClock(device);
  try {
    const times = await timeSteps(network, plan, clock, options);
    return { clock: device.gpu.features.has("timestamp-query") ? "gpu" : "wall", ...times };
  } finally {
    clock.dispose();
  }
}

async function timeSteps(
  network: Network,
  plan: Plan,
  clock: Clock,
  { passMs = 4, passCount = 5 }: ProfileOptions,
): Promise<Omit<Profile, "clock">> {
  const { device, parameters } = network;
  // A plan that has been made real has no contents any more: the program gets weights of its own, all zeros.
  const program = await Program.create(device, plan, { parameters });
  const time = (encode: (pass: GPUComputePassEncoder) => void): Promise<number> => {
    // Its parameters are shared, and would be gone.
    if (network.isDisposed || network.device !== device) throw new DeviceError("The network was disposed of while it was timed.");
    return clock.time(encode);
  };
  try {
    const passes: number[] = [];
    for (let i = 0; i < passCount; i++) passes.push(await time((pass) => program.encode(pass)));
    const steps: StepTime[] = [];
    for (const [index, { node, kernel, macs, bytes }] of plan.steps.entries()) {
      const once = await time((pass) => program.encodeStep(pass, index));
      const count = Math.max(1, Math.min(mostRepeats, Math.ceil(passMs / Math.max(once, 0.05))));
      const all =
        count === 1
          ? once
          : await time((pass) => {
              for (let i = 0; i < count; i++) program.encodeStep(pass, index);
            });
      steps.push({ node, kernel, ms: all / count, macs, bytes });
    }
    return { ms: median(passes), steps };
  } finally {
    program.dispose();
  }
}
