// Trains a model on the GPU: an execution of its own that changes the parameters which the model reads. Loaded when training is asked for.
import { DerivedExecution } from "./derived.ts";
import { ModelError, UnsupportedError } from "./errors.ts";
import { checkCount, checkFinite } from "./gradient/check.ts";
import { scoresOf } from "./gradient/target.ts";
import { type OptimizerOptions, optimizerNames, ratesAt, usualRate } from "./gradient/training/optimizers.ts";
import {
  inputsOperand,
  type LossName,
  lossNames,
  lossResult,
  ratesOperand,
  scoresResult,
  type TrainingPlan,
  targetsOperand,
  trainingOf,
} from "./gradient/training/training.ts";
import { type Graph, producersOf, type TypedGraph, type ValueType } from "./graph/graph.ts";
import type { Model } from "./model.ts";
import type { Network } from "./network.ts";
import { loadCatalog } from "./ops/catalog.ts";
import { inferGraph } from "./passes/infer.ts";
import { usesOf } from "./passes/parameters.ts";
import { PieceRunner, type Pieces, type PiecesOptions } from "./pieces.ts";
import { isWeight } from "./reinitialize.ts";
import { sameShape, sizeOf } from "./shapes.ts";
import { Tensor } from "./tensor.ts";

export interface TrainingOptions {
  /** What is to become small. By default cross-entropy. */
  readonly loss?: LossName | undefined;
  /** The value, or layer, that the loss is of: for cross-entropy the scores before a last Softmax, else the first output. */
  readonly of?: string | undefined;
  /** The optimiser, by name or with its numbers. By default sgd with a momentum of 0.9. */
  readonly optimizer?: OptimizerOptions | OptimizerOptions["name"] | undefined;
  /** Examples in a step. By default 32. */
  readonly batch?: number | undefined;
  /** Begins the masks of Dropouts, and the order of examples. The same seed gives the same bits on the same device. By default 0. */
  readonly seed?: number | undefined;
  /** Parameters that stay as they are, by name. */
  readonly frozen?: ((name: string) => boolean) | undefined;
  /** Gradients longer than this, all together, are shortened to it. */
  readonly clipNorm?: number | undefined;
}

/** A batch of examples: pictures as the model's input takes them, and what is right for each. */
export interface TrainingBatch {
  /** [batch, …], as the model's input. */
  readonly inputs: Tensor | Float32Array;
  /** Numbers of classes for cross-entropy, [batch]; else of the shape of what the loss is of. */
  readonly targets: Tensor | Float32Array | Int32Array;
}

type Made = ReturnType<typeof trainingOf>;

export class Trainer {
  readonly batch: number;
  readonly loss: LossName;
  /** Name of the model's input. */
  readonly input: string;
  /** Learning rate of the next steps. */
  rate: number;
  /** Names of the parameters that learn. */
  readonly parameters: readonly string[];
  readonly #optimizer: OptimizerOptions;
  readonly #made: Made;
  readonly #execution: DerivedExecution;
  readonly #network: Network;
  /** What it trains lies in; another after the model was moved. */
  readonly #memory: object;
  readonly #pieces: PieceRunner;
  #steps = 0;
  #isTelling = false;
  #isInPieces = false;

  private constructor(plan: TrainingPlan, made: Made, execution: DerivedExecution, network: Network) {
    this.batch = plan.batch;
    this.loss = plan.loss;
    this.input = plan.input;
    this.rate = plan.optimizer.rate ?? usualRate(plan.optimizer);
    this.parameters = made.trained;
    this.#optimizer = plan.optimizer;
    this.#made = made;
    this.#execution = execution;
    this.#network = network;
    this.#memory = execution.memory;
    this.#pieces = new PieceRunner(execution.running);
  }

  /**
   * Plans and compiles a step of training. Where the model has no parameters yet, all constants that can be become parameters first.
   *
   * @throws ModelError for options that make no sense for the model
   * @throws UnsupportedError that names every node on the way whose gradient has no rule
   */
  static async make(model: Model, options: TrainingOptions = {}): Promise<Trainer> {
    const { network } = await model.changeable();
    if (network.halves)
      throw new ModelError('a model of precision "float16" computes in 16 bits between layers. Load it with "float32" to train it.');
    const plan = planOf(network.graph, options, (name) => network.valueName(name));
    const catalog = await loadCatalog(undefined, { hasRareCases: true, isForTraining: true });
    const infer = (one: Graph): TypedGraph => {
      const { graph: typed, obstacles } = inferGraph(one, catalog);
      if (obstacles.length > 0) throw new UnsupportedError(obstacles);
      return typed;
    };
    let made: Made | undefined;
    const derive = (base: TypedGraph) => {
      const uses = usesOf(base);
      const isFrozen = (name: string) => plan.isFrozen(name) || !isWeight(base.types.get(name) as ValueType, uses.get(name));
      made = trainingOf(base, { ...plan, isFrozen }, infer);
      return made;
    };
    const execution = await DerivedExecution.make(network, derive, { startsSettled: true });
    return new Trainer(plan, made as Made, execution, network);
  }

  /** How many steps were submitted. */
  get steps(): number {
    return this.#steps;
  }

  /**
   * Submits one step. Reads nothing back and waits for nothing.
   *
   * @throws ModelError for inputs and targets of other sizes, and labels that are no classes; after the model was moved to another device; and while a
   *   step in pieces is under way
   */
  step(batch: TrainingBatch): void {
    this.#write(batch);
    this.#steps++;
    this.#execution.run();
    this.#tell();
  }

  /**
   * Takes one step in several submits, each of about 16 ms at most and awaited, so that a page that trains goes on drawing and answering. What is
   * computed is the same, bit for bit. Parameters change in the last piece: runs of the model meanwhile have those of the step before.
   *
   * @returns when the GPU has done the step: how it was cut
   * @throws ModelError as {@link step}
   * @throws DeviceError where it was disposed of meanwhile
   */
  async stepInPieces(batch: TrainingBatch, { between, ...options }: PiecesOptions = {}): Promise<Pieces> {
    this.#write(batch);
    this.#isInPieces = true;
    const check = async () => {
      await between?.();
      this.#checkMemory();
    };
    try {
      return await this.#pieces.run({ ...options, between: check }, () => this.#steps++);
    } finally {
      this.#isInPieces = false;
      this.#tell();
    }
  }

  /** Writes what the next step takes. */
  #write(batch: TrainingBatch): void {
    checkFinite("rate", this.rate);
    this.#checkMemory();
    if (this.#isInPieces) throw new ModelError("a step in pieces is under way, and takes what would be overwritten. Await it first.");
    const { operands, classes } = this.#made;
    const inputs = asTensor("inputs", batch.inputs, operands[inputsOperand].initial);
    const targets = asTensor("targets", batch.targets, operands[targetsOperand].initial);
    if (this.loss === "cross-entropy") checkLabels(targets, classes);
    const rates = Tensor.float32([8], ratesAt(this.#optimizer, this.rate, this.#steps + 1));
    this.#execution.write({ [inputsOperand]: inputs, [targetsOperand]: targets, [ratesOperand]: rates });
  }

  #checkMemory(): void {
    if (this.#execution.memory === this.#memory) return;
    throw new ModelError(
      "the model was moved to another device, and what it had learned was lost with the first. Set its parameters from a checkpoint, and make another trainer.",
    );
  }

  /** Whoever shows the model hears of it: once for all steps of a task. */
  #tell(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    queueMicrotask(() => {
      this.#isTelling = false;
      if (!this.#network.isDisposed) this.#network.reportChange();
    });
  }

  /**
   * The loss of the last step, before the parameters took it.
   *
   * @throws ModelError before the first step
   */
  async readLoss(): Promise<number> {
    if (this.#steps === 0) throw new ModelError("no step was taken yet, so there is no loss.");
    const { [lossResult]: loss } = await this.#execution.read([lossResult]);
    return (loss as Tensor).toFloat32()[0] as number;
  }

  /** What the loss of the last step was of, [batch, …]. */
  async readScores(): Promise<Tensor> {
    const { [scoresResult]: scores } = await this.#execution.read([scoresResult]);
    return scores as Tensor;
  }

  /** Resolves when the GPU has done what was submitted. */
  async finished(): Promise<void> {
    await this.#execution.done();
  }

  /** Returns its bytes to the GPU. The model goes on with the parameters that it has learned. */
  dispose(): void {
    this.#execution.dispose();
  }
}

const optimizerKeys = ["name", "rate", "momentum", "nesterov", "betas", "epsilon", "weightDecay"];

/** @throws ModelError for numbers that no optimiser takes, and options that there are not */
function checkOptimizer(optimizer: OptimizerOptions): void {
  if (typeof optimizer !== "object" || optimizer === null)
    throw new ModelError(`optimizer: got ${String(optimizer)}, expected a name or options.`);
  const { name, ...numbers } = optimizer;
  if (!optimizerNames.includes(name)) throw new ModelError(`optimizer '${name}': expected one of ${optimizerNames.join(", ")}.`);
  const unknown = Object.keys(numbers).find((key) => !optimizerKeys.includes(key));
  if (unknown !== undefined) throw new ModelError(`optimizer: there is no '${unknown}'; there are ${optimizerKeys.join(", ")}.`);
  const { rate, momentum, betas, epsilon, weightDecay } = numbers;
  const within = (what: string, value: number | undefined, isRight: (value: number) => boolean, expected: string) => {
    if (value !== undefined && !isRight(value)) throw new ModelError(`optimizer: ${what} ${value}; expected ${expected}.`);
  };
  within("rate", rate, (value) => value >= 0 && Number.isFinite(value), "a number of 0 or more");
  within("momentum", momentum, (value) => value >= 0 && value < 1, "0 or more, and less than 1");
  for (const beta of betas ?? []) within("betas", beta, (value) => value >= 0 && value < 1, "0 or more, and less than 1");
  within("epsilon", epsilon, (value) => value > 0 && Number.isFinite(value), "a number above 0");
  within("weightDecay", weightDecay, (value) => value >= 0 && Number.isFinite(value), "a number of 0 or more");
}

function planOf(graph: TypedGraph, options: TrainingOptions, valueName: (name: string) => string): TrainingPlan {
  const { loss = "cross-entropy", optimizer: named = "sgd", batch = 32, seed = 0, frozen, clipNorm } = options;
  const optimizer = typeof named === "string" ? { name: named } : named;
  if (!lossNames.includes(loss)) throw new ModelError(`loss '${loss}': expected one of ${lossNames.join(", ")}.`);
  checkOptimizer(optimizer);
  checkCount("batch", batch, 1, 2 ** 16);
  checkFinite("seed", seed);
  if (clipNorm !== undefined && !(clipNorm > 0)) throw new ModelError(`clipNorm ${clipNorm}: expected a number above 0.`);
  const [input, other] = graph.inputs;
  if (!input || other) throw new ModelError(`training takes a model with one input; this one has ${graph.inputs.length}.`);
  const value = options.of === undefined ? lossOf(graph, loss) : valueName(options.of);
  return { value, loss, input: input.name, batch, optimizer, isFrozen: frozen ?? (() => false), clipNorm, seed };
}

/** What a loss is of where nothing is named: before a last Softmax or Sigmoid, which the loss takes in. */
function lossOf(graph: TypedGraph, loss: LossName): string {
  if (loss === "cross-entropy") return scoresOf(graph);
  const [output = ""] = graph.outputs;
  const node = producersOf(graph).get(output);
  return loss === "binary-cross-entropy" && node?.operator === "Sigmoid" ? (node.inputs[0] as string) : output;
}

function asTensor(what: string, given: Tensor | Float32Array | Int32Array, { dtype, shape }: ValueType): Tensor {
  const isTensor = given instanceof Tensor;
  if (!isTensor && !ArrayBuffer.isView(given))
    throw new ModelError(`${what}: got ${String(given)}, expected a Tensor or an array of numbers.`);
  const count = isTensor ? given.size : given.length;
  if (isTensor ? !sameShape(given.shape, shape) : count !== sizeOf(shape))
    throw new ModelError(
      `${what}: ${isTensor ? `[${given.shape.join(", ")}]` : `${count} elements`}, expected ${sizeOf(shape)} ([${shape.join(", ")}]).`,
    );
  if (isTensor) return given.dtype === dtype ? given : Tensor.from(dtype, shape, given.toNumbers());
  if (dtype === "float32" && given instanceof Float32Array) return Tensor.float32(shape, given);
  return Tensor.from(dtype, shape, given);
}

function checkLabels(targets: Tensor, classes: number): void {
  const wrong = targets.toNumbers().find((label) => !Number.isInteger(label) || label < 0 || label >= classes);
  if (wrong !== undefined) throw new ModelError(`targets: ${wrong} is no class; there are ${classes}, so expected 0 to ${classes - 1}.`);
}
