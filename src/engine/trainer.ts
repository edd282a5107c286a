// Trains a model on the GPU: an execution of its own that changes the parameters which the model reads. Loaded when training is asked for.
import { DerivedExecution } from "./derived.ts";
import { ModelError, UnsupportedError } from "./errors.ts";
import type { Execution } from "./execution.ts";
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
  targetsType,
  trainingOf,
} from "./gradient/training/training.ts";
import type { Graph, TypedGraph, ValueType } from "./graph/graph.ts";
import type { Model } from "./model.ts";
import { loadCatalog } from "./ops/catalog.ts";
import { inferGraph } from "./passes/infer.ts";
import { sizeOf } from "./shapes.ts";
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

export class Trainer {
  readonly batch: number;
  readonly loss: LossName;
  /** Name of the model's input. */
  readonly input: string;
  /** Learning rate of the next steps. */
  rate: number;
  readonly #optimizer: OptimizerOptions;
  readonly #execution: DerivedExecution;
  readonly #inputType: ValueType;
  readonly #targetsType: ValueType;
  #steps = 0;

  private constructor(plan: TrainingPlan, types: { readonly input: ValueType; readonly targets: ValueType }, execution: DerivedExecution) {
    this.batch = plan.batch;
    this.loss = plan.loss;
    this.input = plan.input;
    this.rate = plan.optimizer.rate ?? usualRate(plan.optimizer);
    this.#optimizer = plan.optimizer;
    this.#inputType = types.input;
    this.#targetsType = types.targets;
    this.#execution = execution;
  }

  /**
   * Plans and compiles a step of training. All constants of the model that can be become parameters first.
   *
   * @throws ModelError for options that make no sense for the model
   * @throws UnsupportedError that names every node on the way whose gradient has no rule
   */
  static async make(model: Model, options: TrainingOptions = {}): Promise<Trainer> {
    const { network } = await model.changeable();
    const { graph } = network;
    const plan = planOf(graph, options, (name) => network.valueName(name));
    const catalog = await loadCatalog(undefined, { hasRareCases: true, isForTraining: true });
    const infer = (one: Graph): TypedGraph => {
      const { graph: typed, obstacles } = inferGraph(one, catalog);
      if (obstacles.length > 0) throw new UnsupportedError(obstacles);
      return typed;
    };
    const input = graph.types.get(plan.input) as ValueType;
    const output = graph.types.get(plan.value) as ValueType;
    const withBatch = ({ dtype, shape }: ValueType): ValueType => ({ dtype, shape: [plan.batch, ...shape.slice(1)] });
    const types = { input: withBatch(input), targets: targetsType(withBatch(output), plan.loss) };
    const execution = await DerivedExecution.make(network, (base) => trainingOf(base, plan, infer), { startsSettled: true });
    return new Trainer(plan, types, execution);
  }

  /** How many steps were submitted. */
  get steps(): number {
    return this.#steps;
  }

  /**
   * Submits one step. Reads nothing back and waits for nothing.
   *
   * @throws ModelError for inputs and targets of other sizes
   */
  step(batch: TrainingBatch): void {
    checkFinite("rate", this.rate);
    const inputs = asTensor("inputs", batch.inputs, this.#inputType);
    const targets = asTensor("targets", batch.targets, this.#targetsType);
    this.#steps++;
    const rates = Tensor.float32([8], ratesAt(this.#optimizer, this.rate, this.#steps));
    this.#execution.write({ [inputsOperand]: inputs, [targetsOperand]: targets, [ratesOperand]: rates });
    this.#execution.run();
  }

  /** The loss of the last step, before the parameters took it. */
  async readLoss(): Promise<number> {
    const { [lossResult]: loss } = await this.#execution.read([lossResult]);
    return (loss as Tensor).toFloat32()[0] as number;
  }

  /** What the loss of the last step was of, [batch, …]. */
  async readScores(): Promise<Tensor> {
    const { [scoresResult]: scores } = await this.#execution.read([scoresResult]);
    return scores as Tensor;
  }

  /** What runs a step: for profiles of it. @internal */
  get runningExecution(): Execution {
    return this.#execution.running;
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

function planOf(graph: TypedGraph, options: TrainingOptions, valueName: (name: string) => string): TrainingPlan {
  const { loss = "cross-entropy", optimizer: named = "sgd", batch = 32, seed = 0, frozen, clipNorm } = options;
  const optimizer = typeof named === "string" ? { name: named } : named;
  if (!lossNames.includes(loss)) throw new ModelError(`loss '${loss}': expected one of ${lossNames.join(", ")}.`);
  if (!optimizerNames.includes(optimizer.name))
    throw new ModelError(`optimizer '${optimizer.name}': expected one of ${optimizerNames.join(", ")}.`);
  checkCount("batch", batch, 1, 2 ** 16);
  checkFinite("seed", seed);
  if (clipNorm !== undefined && !(clipNorm > 0)) throw new ModelError(`clipNorm ${clipNorm}: expected a number above 0.`);
  const [input, other] = graph.inputs;
  if (!input || other) throw new ModelError(`training takes a model with one input; this one has ${graph.inputs.length}.`);
  const value =
    options.of !== undefined ? valueName(options.of) : loss === "cross-entropy" ? scoresOf(graph) : (graph.outputs[0] as string);
  return { value, loss, input: input.name, batch, optimizer, isFrozen: frozen ?? (() => false), clipNorm, seed };
}

function asTensor(what: string, given: Tensor | Float32Array | Int32Array, { dtype, shape }: ValueType): Tensor {
  const count = given instanceof Tensor ? given.size : given.length;
  if (count !== sizeOf(shape)) throw new ModelError(`${what}: ${count} elements, expected ${sizeOf(shape)} ([${shape.join(", ")}]).`);
  if (given instanceof Tensor) return given.dtype === dtype ? given : Tensor.from(dtype, shape, given.toNumbers());
  if (dtype === "float32" && given instanceof Float32Array) return Tensor.float32(shape, given);
  return Tensor.from(dtype, shape, given);
}
