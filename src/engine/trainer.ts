// Trains a model on the GPU: an execution of its own that changes the parameters which the model reads. Loaded when training is asked for.
import { DerivedExecution } from "./derived.ts";
import { DeviceError, ModelError, UnsupportedError } from "./errors.ts";
import type { Execution, GpuValue } from "./execution.ts";
import { ratesAt } from "./gradient/training/optimizers.ts";
import type { TrainingOptions } from "./gradient/training/options.ts";
import {
  gradientResultOf,
  inputsOperand,
  type KeptGradients,
  type LossName,
  lossResult,
  lossResultOf,
  ratesOperand,
  scoresResultOf,
  type TrainingPlan,
  targetsOperandOf,
  trainingOf,
} from "./gradient/training/training.ts";
import { isUsual, usualPlan } from "./gradient/training/usual.ts";
import { usualRates } from "./gradient/training/usual-rates.ts";
import type { Graph, TypedGraph, ValueType } from "./graph/graph.ts";
import type { Model } from "./model.ts";
import { loadCatalog } from "./ops/catalog.ts";
import type { Parameters } from "./parameters.ts";
import { inferGraph } from "./passes/infer.ts";
import { usesOf } from "./passes/parameters.ts";
import type { PieceRunner, Pieces, PiecesOptions } from "./pieces.ts";
import { isWeight } from "./reinitialize.ts";
import type { ModelSource } from "./source.ts";
import { Tensor } from "./tensor.ts";
import { asTensor, fillFrom, isSource, type TrainingBatch, targetsByName } from "./training-batch.ts";

export type { LossOptions, LossScaleOptions, TrainingOptions } from "./gradient/training/options.ts";

export type { BatchSource, Targets, TrainingBatch } from "./training-batch.ts";

type Made = ReturnType<typeof trainingOf>;
type MadePlan = TrainingPlan & { readonly kept: KeptGradients };

/** What one part of a step takes. */
interface Part {
  /** By their roles. */
  readonly operands: Readonly<Record<string, Tensor>>;
  /** Writes the inputs, where they are made on the GPU. */
  readonly fill: () => void;
}

/** Loads what only some trainings take. */
type LoadParts = () => Promise<typeof import("./training-parts.ts")>;

/** @throws DeviceError where what it trains is lost */
function checkDevice(isLost: boolean): void {
  if (isLost) throw new DeviceError("the GPU was lost. Make another trainer, and restore a checkpoint.");
}

export class Trainer {
  /** Examples in a step. */
  readonly batch: number;
  /** Of several, the first. */
  readonly loss: LossName;
  /** What its losses are of, by the names that its options gave. */
  readonly of: readonly string[];
  /** Name of the model's input. */
  readonly input: string;
  /** Names of the parameters that learn. */
  readonly parameters: readonly string[];
  #rate = 0;
  readonly #plan: TrainingPlan;
  readonly #loadParts: LoadParts;
  readonly #made: Made;
  readonly #execution: DerivedExecution;
  readonly #changeable: Parameters;
  /** What it trains lies in; another after the model was moved. */
  readonly #memory: object;
  #pieces: PieceRunner | undefined;
  /** What is derived asks it. */
  readonly #kept: KeptGradients;
  #steps = 0;
  /** Those that were taken before it. */
  #stepsBefore = 0;
  #isTelling = false;
  /** What is under way: calls that would disturb it are refused, and the refusal names it. */
  #underWay = "";

  private constructor(plan: MadePlan, loadParts: LoadParts, made: Made, execution: DerivedExecution, changeable: Parameters) {
    this.batch = plan.batch * plan.parts;
    this.loss = (plan.losses[0] as (typeof plan.losses)[number]).loss;
    this.of = plan.losses.map(({ name }) => name);
    this.input = plan.input;
    this.rate = plan.optimizer.rate ?? usualRates[plan.optimizer.name];
    this.parameters = made.trained;
    this.#plan = plan;
    this.#loadParts = loadParts;
    this.#made = made;
    this.#execution = execution;
    this.#changeable = changeable;
    this.#memory = execution.memory;
    this.#kept = plan.kept;
  }

  /**
   * Plans and compiles a step of training. Where the model has no parameters yet, all constants that can be become parameters first.
   *
   * @throws ModelError for options that make no sense for the model
   * @throws DeviceError where the GPU was lost
   * @throws UnsupportedError that names every node on the way whose gradient has no rule
   */
  static async make(model: Model, options: TrainingOptions, loadParts: LoadParts): Promise<Trainer> {
    const changeable = await model.changeable();
    const { network } = changeable;
    checkDevice(network.device.isLost);
    const hasHalves = network.halves?.values === "between";
    const asked = options && isUsual(network.graph, options) && !hasHalves ? undefined : await loadParts();
    const valueName = (name: string) => network.valueName(name);
    const found = asked ? asked.planOf(network.graph, options, valueName, hasHalves) : usualPlan(network.graph, options);
    const plan: MadePlan = { ...found, kept: {} };
    const catalog = await loadCatalog(network.graph, { target: network.device.target, isForTraining: plan.scale ? "scaled" : true });
    const infer = (one: Graph): TypedGraph => {
      const { graph: typed, obstacles } = inferGraph(one, catalog);
      if (obstacles.length > 0) throw new UnsupportedError(obstacles);
      return typed;
    };
    let made: Made | undefined;
    const derive = (base: TypedGraph) => {
      const uses = usesOf(base);
      const isFrozen = (name: string) => plan.isFrozen(name) || !isWeight(base.types.get(name) as ValueType, uses.get(name));
      made = trainingOf(base, { ...plan, isFrozen }, infer, catalog.families.scaling);
      return made;
    };
    const fitted = (await asked?.fit(network, derive, options)) ?? derive;
    const execution = await DerivedExecution.make(network, fitted, { startsSettled: true });
    return new Trainer(plan, loadParts, made as Made, execution, changeable);
  }

  /** What runs: for profiles, which change what was learned. */
  get running(): Execution {
    return this.#execution.running;
  }

  /** Learning rate of the next steps, before the schedule. */
  get rate(): number {
    return this.#rate;
  }

  /** @throws ModelError for what is below 0, infinite, NaN or no number */
  set rate(rate: number) {
    if (!(rate >= 0 && rate < 2 ** 128 && Number.isFinite(rate)))
      throw new ModelError(`rate: got ${rate}, expected a number of 0 or more.`);
    this.#rate = rate;
  }

  /** How many steps were submitted, with those before a checkpoint that was restored. */
  get steps(): number {
    return this.#steps;
  }

  /** What the next step's learning rate is by the schedule. */
  get scheduledRate(): number {
    return this.rate * (this.#plan.share?.(this.#steps + 1) ?? 1);
  }

  /**
   * Submits one step. Reads nothing back and waits for nothing.
   *
   * @throws ModelError for inputs and targets of other sizes, and labels that are no classes; and while a step in pieces or {@link restore} is under way
   * @throws DeviceError after the GPU was lost, also where the model was moved to another: {@link restore} goes on there
   */
  step(batch: TrainingBatch): void {
    for (const { operands, fill } of this.#partsOf(batch)) {
      this.#execution.write(operands);
      fill();
      this.#execution.run();
    }
    this.#steps++;
    this.#tell();
  }

  /**
   * Takes one step in several submits, each of about 16 ms at most and awaited, so that a page that trains goes on drawing and answering. What is
   * computed is the same, bit for bit. Parameters change in the last piece: runs of the model meanwhile have those of the step before.
   *
   * @returns when the GPU has done the step: how it was cut
   * @throws ModelError as {@link step}
   * @throws DeviceError where it was disposed of meanwhile, or the GPU was lost
   */
  async stepInPieces(batch: TrainingBatch, options: PiecesOptions = {}): Promise<Pieces> {
    const parts = this.#partsOf(batch);
    this.#underWay = "a step in pieces";
    try {
      const { PieceRunner } = await this.#loadParts();
      this.#pieces ??= new PieceRunner(this.#execution, () => this.#check(""));
      return await this.#pieces.runAll(parts, options, () => this.#steps++);
    } finally {
      this.#underWay = "";
      this.#tell();
    }
  }

  /** What each part of the next step takes. */
  #partsOf(batch: TrainingBatch | null | undefined): readonly Part[] {
    this.#check();
    const { inputs, targets } = batch ?? {};
    const whole = this.#operandsOf(inputs, targets);
    const { parts: count, batch: size, partOf } = this.#plan;
    return Array.from({ length: count }, (_, part) => ({
      operands: {
        ...Object.fromEntries(whole.map(([role, tensor]) => [role, partOf?.(tensor, part) ?? tensor])),
        [ratesOperand]: Tensor.float32([8], ratesAt(this.#plan.optimizer, this.scheduledRate, this.#steps + 1, part, count)),
      },
      fill: () => {
        if (isSource(inputs)) fillFrom(inputs, this.#execution.operand(inputsOperand), part * size, size);
      },
    }));
  }

  #check(busy = this.#underWay): void {
    checkDevice(this.#execution.memory !== this.#memory || this.#changeable.network.device.isLost);
    if (busy) throw new ModelError(`${busy} is under way. Await it first.`);
  }

  /**
   * Everything that it goes on with, as the bytes of an .onnx file: the network with its parameters and running statistics, and beside it, where no
   * node reads them, what the optimiser remembers, the steps and the rate. Such a file runs like any other, and is the larger by the moments.
   * Await it before the next step.
   *
   * @throws ModelError while a step in pieces is under way
   * @throws DeviceError after the GPU was lost
   */
  async checkpoint(): Promise<Uint8Array<ArrayBuffer>> {
    const { encodeCheckpoint } = await this.#loadParts();
    this.#check();
    return encodeCheckpoint(this.#changeable, this.#execution, this);
  }

  /**
   * Goes on from a {@link checkpoint} of a trainer with the same options, as if it had not stopped: with the same batches, the same bits.
   *
   * @throws ModelError for another network or optimiser, and files without moments; nothing is changed then
   */
  async restore(checkpoint: ModelSource): Promise<void> {
    this.#check();
    this.#underWay = "restore";
    try {
      const { restoreCheckpoint } = await this.#loadParts();
      const { steps, rate } = await restoreCheckpoint(this.#changeable, this.#execution, checkpoint);
      this.#steps = this.#stepsBefore = steps;
      this.rate = rate;
    } finally {
      this.#underWay = "";
    }
  }

  /** The inputs and targets of a whole batch, by the roles of their operands. */
  #operandsOf(
    inputs: TrainingBatch["inputs"] | undefined,
    targets: TrainingBatch["targets"] | undefined,
  ): readonly (readonly [role: string, tensor: Tensor])[] {
    const { operands, types } = this.#made;
    const typeOf = (role: string): ValueType => {
      const { dtype, shape } = (operands[role] as (typeof operands)[string]).initial;
      return { dtype, shape: shape.with(0, this.batch) };
    };
    const given = targetsByName(targets, this.of);
    const right = this.#plan.losses.map(({ name, loss }, i) => {
      const what = this.of.length > 1 ? `targets: '${name}'` : "targets";
      const role = targetsOperandOf(name);
      return [role, asTensor(what, given[name], typeOf(role), loss === "cross-entropy" ? types[i]?.shape[1] : undefined)] as const;
    });
    return isSource(inputs) ? right : [[inputsOperand, asTensor("inputs", inputs, typeOf(inputsOperand))], ...right];
  }

  /** Whoever shows the model hears of it: once for all steps of a task. */
  #tell(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    queueMicrotask(() => {
      this.#isTelling = false;
      if (!this.#changeable.network.isDisposed) this.#changeable.network.reportChange();
    });
  }

  /**
   * The loss of the last step, before the parameters took it: of several, their weighted sum.
   *
   * @throws ModelError before the first step
   */
  async readLoss(): Promise<number> {
    return (await this.#readNumbers([lossResult]))[0] as number;
  }

  /**
   * Each loss of the last step by the name of what it is of, before it was weighted.
   *
   * @throws ModelError before the first step
   */
  async readLosses(): Promise<Readonly<Record<string, number>>> {
    const numbers = await this.#readNumbers(this.of.map(lossResultOf));
    return Object.fromEntries(this.of.map((name, i) => [name, numbers[i] as number]));
  }

  async #readNumbers(results: readonly string[]): Promise<readonly (number | undefined)[]> {
    if (this.#steps === this.#stepsBefore) throw new ModelError("no step was taken yet.");
    return Object.values(await this.#execution.read(results)).map((tensor) => tensor.toFloat32()[0]);
  }

  /** By what the next step's loss is multiplied, and how many steps were not taken, since a gradient was not finite. */
  async readScale(): Promise<{ readonly scale: number; readonly skipped: number }> {
    return (await this.#loadParts()).readScale(this.#made.results, this.#execution);
  }

  /**
   * What a loss of the last step was of, [batch, …]; where a step is computed in parts, that of the last.
   *
   * @param of its name, where there are several. By default the first.
   */
  async readScores(of = this.of[0] as string): Promise<Tensor> {
    return Object.values(await this.#execution.read([scoresResultOf(of)]))[0] as Tensor;
  }

  /**
   * Keeps the gradients of these parameters after each step, and of no others. It takes the memory of them, and steps are planned anew; they
   * compute the same.
   */
  async keepGradients(names: readonly string[]): Promise<void> {
    await (await this.#loadParts()).keepGradients(names, this, this.#kept);
  }

  /** Where the gradient of the last step lies, of a parameter that {@link keepGradients} named: before it was shortened; zeros before the first. */
  gradient(name: string): GpuValue {
    return this.#execution.value(gradientResultOf(name));
  }

  /** Resolves when the GPU has done what was submitted. */
  async finished(): Promise<void> {
    await this.#execution.done();
  }

  get isDisposed(): boolean {
    return this.running.isDisposed;
  }

  /** Returns its bytes to the GPU. The model goes on with the parameters that it has learned. */
  dispose(): void {
    // Whoever draws a gradient must find something else first.
    if (this.#kept.write && !this.#changeable.network.isDisposed) this.#changeable.network.reportMove();
    this.#execution.dispose();
  }
}
