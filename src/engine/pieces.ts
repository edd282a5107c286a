// A run in several submits, each awaited, so that a page goes on drawing and answering meanwhile. Loaded with training.
import type { DerivedExecution } from "./derived.ts";
import { ModelError } from "./errors.ts";
import type { Execution } from "./execution.ts";
import type { Program } from "./gpu/program.ts";
import type { Plan, Step } from "./plan/plan.ts";
import type { Tensor } from "./tensor.ts";

/** What one run takes. */
interface Run {
  readonly operands: Readonly<Record<string, Tensor>>;
  /** Writes what is made on the GPU, whenever the run begins. */
  readonly fill: () => void;
}

export interface PiecesOptions {
  /** About how long the GPU is given one piece at most. By default 16: a picture of a screen at 60 a second. A dispatch that takes longer is a piece alone. */
  readonly milliseconds?: number | undefined;
  /** Called, and awaited, between two pieces: whoever has other work for the GPU lets it go first. */
  readonly between?: (() => unknown) | undefined;
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
   * Runs once for each set of operands. What a run does to parameters is one piece, its last: whoever reads them meanwhile finds those before the run
   * or those after it. Where the execution is planned anew, or somebody sets parameters meanwhile, the first run begins anew.
   *
   * @param beforeLast called before the last piece of the last run is submitted
   * @throws ModelError for options that make no sense
   * @throws DeviceError once the execution has been disposed of
   */
  async runAll(runs: readonly Run[], options: PiecesOptions, beforeLast: () => void): Promise<Pieces> {
    const { milliseconds, between } = checked(options);
    const { device, startup } = this.#execution;
    const { queue } = device.gpu;
    let [count, longestMs, index, first, version] = [0, 0, 0, 0, -1];
    for (;;) {
      const { plan, program } = this.#execution;
      // Gradients of some parameters are not applied to others, and not added to those of others.
      if (program !== this.#program || versionOf(plan, program) !== version) [index, first] = [0, 0];
      if (program !== this.#program) this.#guesses = plan.steps.map((step) => guess(step, device.target.profile));
      this.#program = program;
      const { operands, fill } = runs[index] as Run;
      const end = endOf(this.#guesses, first, firstUpdate(plan), milliseconds);
      const endsRun = end >= plan.steps.length;
      const isLast = endsRun && index === runs.length - 1;
      if (first === 0) {
        this.#derived.write(operands);
        fill();
      }
      if (isLast) beforeLast();
      const before = performance.now();
      device.faults.attempt(this.#execution, () => {
        const encoder = device.gpu.createCommandEncoder();
        const pass = encoder.beginComputePass();
        program?.encode(pass, first, end);
        pass.end();
        queue.submit([encoder.finish()]);
      });
      startup.reportRun();
      // With what the run itself has changed.
      version = versionOf(plan, program);
      await queue.onSubmittedWorkDone();
      const ms = performance.now() - before;
      count++;
      longestMs = Math.max(longestMs, ms);
      this.#learn(first, end, ms);
      if (isLast) return { count, longestMs };
      [index, first] = endsRun ? [index + 1, 0] : [index, end];
      await between?.();
      this.#check();
    }
  }

  #learn(first: number, end: number, ms: number): void {
    const guessed = this.#guesses.slice(first, end).reduce((sum, one) => sum + one, 0);
    const factor = 1 - trust + trust * Math.min(16, ms / Math.max(guessed, 1e-3));
    for (let i = first; i < end; i++) this.#guesses[i] = (this.#guesses[i] as number) * factor;
  }
}

/** @throws ModelError for options that make no sense */
function checked(options: PiecesOptions) {
  if (typeof options !== "object" || options === null)
    throw new ModelError(`stepInPieces: got ${String(options)}, expected options such as { milliseconds: 16 }.`);
  const { milliseconds = 16, between } = options;
  if (!(typeof milliseconds === "number" && milliseconds > 0))
    throw new ModelError(`stepInPieces: milliseconds ${String(milliseconds)}; expected a number above 0.`);
  if (between !== undefined && typeof between !== "function")
    throw new ModelError(`stepInPieces: between ${String(between)}; expected a function.`);
  return { milliseconds, between };
}

function guess({ macs, bytes }: Step, profile: "software" | "gpu" = "gpu"): number {
  const speed = speeds[profile];
  return Math.max(macs / speed.macs, bytes / speed.bytes, 1e-3);
}

/** Another one whenever a parameter that the plan reads is changed, but not by what else runs meanwhile. */
function versionOf({ buffers }: Plan, program: Program | undefined): number {
  return buffers.reduce((sum, { parameter }) => sum + (parameter === undefined ? 0 : (program?.parameters.versionOf(parameter) ?? 0)), 0);
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
