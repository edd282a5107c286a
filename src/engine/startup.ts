// The stages of an execution's pipelines.
//
//   quick-start   few pipelines that serve every layer, where compiling takes long
//        │        after the first run: each layer's own pipelines are compiled, and the program changes to them
//   settled       the kernels that the cost model chose
//        │        see tune/tuning.ts: other kernels are measured while the device is idle, and the fastest are planned
//   tuned
import { DeviceError } from "./errors.ts";
import type { Device } from "./gpu/device.ts";
import type { Program } from "./gpu/program.ts";
import { quickStartShader } from "./ops/convolution/direct.ts";
import type { Operation } from "./ops/operator.ts";
import type { Plan } from "./plan/plan.ts";

/** Where compiling takes long: compiles the quick-start convolution while the network downloads. It never rejects. */
export async function prepareKernels(device: Device): Promise<void> {
  if (device.target.profile === "software") await device.pipeline(quickStartShader(device.target)).catch(() => {});
}

/** What {@link Startup} needs to know of the execution whose stages it keeps. */
export interface StartingExecution {
  readonly device: Device;
  /** The program that runs now. */
  readonly program: Program | undefined;
}

export class Startup {
  readonly #execution: StartingExecution;
  /** Whether its pipelines are quick-start ones. */
  #isQuick: boolean;
  #settled: Promise<void> = Promise.resolve();
  #reportRun: () => void = () => {};
  readonly #firstRun = new Promise<void>((resolve) => {
    this.#reportRun = resolve;
  });

  constructor(execution: StartingExecution, isQuick: boolean) {
    this.#execution = execution;
    this.#isQuick = isQuick;
  }

  /** Settles when no quick-start pipelines are in use, or could not be replaced, whatever is planned meanwhile. It never rejects. */
  get settled(): Promise<void> {
    return this.#untilSettled();
  }

  async #untilSettled(): Promise<void> {
    for (let latest: Promise<void> | undefined; latest !== this.#settled; ) {
      latest = this.#settled;
      await latest;
    }
  }

  /** Output channels of the one block that convolutions take in a plan made now; `undefined` where each is to have its own. */
  quickBlock(operations: Iterable<Operation>): 16 | 32 | undefined {
    return this.#isQuick ? quickStartBlock(operations) : undefined;
  }

  /** A run was encoded and is about to be submitted, or none needs to be waited for. */
  reportRun(): void {
    this.#reportRun();
  }

  /**
   * Refines a program that was planned with {@link quickBlock}. It begins after the first run, so that the first picture does not wait.
   *
   * @param plan for the same graph without quick-start pipelines
   */
  settle(program: Program, plan: () => Plan): void {
    this.#settled = this.#refine(program, plan).catch((error: unknown) => {
      // The quick-start pipelines stay in use, and compute what they should.
      if (program === this.#execution.program) this.#execution.device.faults.report(new DeviceError((error as Error).message));
    });
  }

  async #refine(program: Program, plan: () => Plan): Promise<void> {
    await this.#firstRun;
    // The caller submits what was encoded.
    await new Promise((resolve) => setTimeout(resolve));
    const { device } = this.#execution;
    await device.gpu.queue.onSubmittedWorkDone();
    if (program !== this.#execution.program) return;
    await program.refine(plan());
    this.#isQuick = false;
  }
}

/** Networks with more multiply-adds gain more by a larger block in the first run than its compiling costs. */
const largeNetworkMacs = 3e9;

function quickStartBlock(operations: Iterable<Operation>): 16 | 32 {
  let total = 0;
  for (const { macs = 0 } of operations) total += macs;
  return total > largeNetworkMacs ? 32 : 16;
}
