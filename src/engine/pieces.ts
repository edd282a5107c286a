// A run in several submits, each awaited, so that a page goes on drawing and answering meanwhile. Loaded with training.
import type { DerivedExecution } from "./derived.ts";
import type { Execution } from "./execution.ts";
import type { Program } from "./gpu/program.ts";
import type { Plan, Step } from "./plan/plan.ts";
import type { Tensor } from "./tensor.ts";

export interface PiecesOptions {
  /** About how long the GPU is given one piece at most. By default 16: a picture of a screen at 60 a second. A dispatch that takes longer is a piece alone. */
  readonly milliseconds?: number | undefined;
  /** Called, and awaited, between two pieces: whoever has other work for the GPU lets it go first. */
  readonly between?: (() => unknown) | undefined;
}

/** What is told of the pieces. */
interface Heard {
  /** Called before the first piece is submitted, also where a run begins anew. */
  readonly beforeFirst?: () => void;
  readonly beforeLast?: () => void;
}

/** How a run was cut. */
export interface Pieces {
  readonly count: number;
  /** The longest time from a submit until the GPU had done it. */
  readonly longestMs: number;
}

/** Multiply-adds and bytes in a millisecond, before anything was measured. */
const speeds = { software: { macs: 6e6, bytes: 1e6 }, gpu: { macs: 5e8, bytes: 5e7 } } as const;

/** How far a guess follows one measurement: another program may have had the GPU for a while. */
const trust = 0.5;

export class PieceRunner {
  readonly #derived: DerivedExecution;
  readonly #execution: Execution;
  readonly #check: () => void;
  #program: Program | undefined;
  /** How long each step of the program is thought to take. */
  #guesses: number[] = [];

  /** @param check called between pieces: throws where it must not go on */
  constructor(derived: DerivedExecution, check: () => void) {
    this.#derived = derived;
    this.#execution = derived.running;
    this.#check = check;
  }

  /**
   * Runs once for each set of operands, see {@link PieceRunner.#run}. `fill` writes what is made on the GPU, whenever a run begins.
   *
   * @param beforeLast called before the last piece of the last run is submitted
   */
  async runAll(
    runs: readonly { readonly operands: Readonly<Record<string, Tensor>>; readonly fill: () => void }[],
    { between, ...options }: PiecesOptions,
    beforeLast: () => void,
  ): Promise<Pieces> {
    const check = async () => {
      await between?.();
      this.#check();
    };
    let [count, longestMs] = [0, 0];
    for (const [i, { operands, fill }] of runs.entries()) {
      if (i > 0) await check();
      this.#derived.write(operands);
      const isLast = i === runs.length - 1;
      const pieces = await this.#run({ ...options, between: check }, { beforeFirst: fill, ...(isLast && { beforeLast }) });
      count += pieces.count;
      longestMs = Math.max(longestMs, pieces.longestMs);
    }
    return { count, longestMs };
  }

  /**
   * Runs once. What a run does to parameters is one piece, the last: whoever reads them meanwhile finds those before the run or those after it. Where
   * the execution is planned anew, or somebody sets parameters meanwhile, the run begins anew.
   *
   * @throws DeviceError once the execution has been disposed of
   */
  async #run({ milliseconds = 16, between }: PiecesOptions, { beforeFirst, beforeLast }: Heard): Promise<Pieces> {
    const { device, startup } = this.#execution;
    const { queue } = device.gpu;
    let [count, longestMs, first, version] = [0, 0, 0, -1];
    for (;;) {
      const { plan, program } = this.#execution;
      if (program !== this.#program) {
        this.#program = program;
        this.#guesses = plan.steps.map((step) => guess(step, device.target.profile));
        first = 0;
      }
      // Gradients of some parameters are not applied to others.
      if (program?.parameters.version !== version) first = 0;
      version = program?.parameters.version ?? -1;
      const end = endOf(this.#guesses, first, firstUpdate(plan), milliseconds);
      const isLast = end >= plan.steps.length;
      if (first === 0) beforeFirst?.();
      if (isLast) beforeLast?.();
      const before = performance.now();
      device.faults.attempt(this.#execution, () => {
        const encoder = device.gpu.createCommandEncoder();
        const pass = encoder.beginComputePass();
        program?.encode(pass, first, end);
        pass.end();
        queue.submit([encoder.finish()]);
      });
      startup.reportRun();
      await queue.onSubmittedWorkDone();
      const ms = performance.now() - before;
      count++;
      longestMs = Math.max(longestMs, ms);
      this.#learn(first, end, ms);
      if (isLast) return { count, longestMs };
      first = end;
      await between?.();
    }
  }

  #learn(first: number, end: number, ms: number): void {
    const guessed = this.#guesses.slice(first, end).reduce((sum, one) => sum + one, 0);
    const factor = 1 - trust + trust * Math.min(16, ms / Math.max(guessed, 1e-3));
    for (let i = first; i < end; i++) this.#guesses[i] = (this.#guesses[i] as number) * factor;
  }
}

function guess({ macs, bytes }: Step, profile: "software" | "gpu" = "gpu"): number {
  const speed = speeds[profile];
  return Math.max(macs / speed.macs, bytes / speed.bytes, 1e-3);
}

/** The first step that changes a parameter: all of them come behind what computes gradients. */
function firstUpdate({ buffers, steps }: Plan): number {
  const index = steps.findIndex(({ bindings, shader }) =>
    Object.entries(shader.bindings).some(
      ([name, { kind }]) => kind === "read_write" && buffers[bindings[name] as number]?.role === "parameter",
    ),
  );
  return index < 0 ? steps.length : index;
}

/** Where a piece that begins at a step ends. */
function endOf(guesses: readonly number[], first: number, update: number, milliseconds: number): number {
  if (first >= update) return guesses.length;
  let end = first + 1;
  for (let sum = guesses[first] as number; end < update; end++) {
    sum += guesses[end] as number;
    if (sum > milliseconds) break;
  }
  // A run that is shorter than a piece takes one submit.
  const rest = guesses.slice(first).reduce((sum, one) => sum + one, 0);
  return end === update && rest <= milliseconds ? guesses.length : end;
}
