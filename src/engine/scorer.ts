// Scores of many examples at once, with the parameters that the model has: to evaluate it. Loaded when it is asked for.
import { DerivedExecution } from "./derived.ts";
import { partWithBatch } from "./gradient/batch.ts";
import { checkCount } from "./gradient/check.ts";
import { classCountOf, scoresOf } from "./gradient/target.ts";
import type { TypedGraph, ValueType } from "./graph/graph.ts";
import type { Model } from "./model.ts";
import { sizeOf } from "./shapes.ts";
import { Tensor } from "./tensor.ts";

const scores = "scores";

export class Scorer {
  readonly batch: number;
  /** Numbers that there are for each example. */
  readonly length: number;
  /** How many classes there are scores of; undefined where there are several numbers for each. */
  readonly classes: number | undefined;
  readonly #execution: DerivedExecution;
  readonly #input: ValueType;

  private constructor(batch: number, scores: ValueType, input: ValueType, execution: DerivedExecution) {
    this.batch = batch;
    this.length = sizeOf(scores.shape.slice(1));
    this.classes = scores.shape.length > 1 ? classCountOf(scores) : undefined;
    this.#input = input;
    this.#execution = execution;
  }

  /** @param options `of`: a value or layer; by default the scores before a last Softmax. `batch`: how many examples are computed at once */
  static async make(model: Model, { of, batch = 64 }: { readonly of?: string | undefined; readonly batch?: number } = {}): Promise<Scorer> {
    checkCount("batch", batch, 1, 2 ** 16);
    const { network } = await model.changeable();
    const value = of === undefined ? scoresOf(network.graph) : network.valueName(of);
    const [{ name } = { name: "" }] = network.graph.inputs;
    const { dtype, shape } = network.graph.types.get(name) as ValueType;
    const type: ValueType = { dtype, shape: [batch, ...shape.slice(1)] };
    const execution = await DerivedExecution.make(network, (base: TypedGraph) => ({
      graph: partWithBatch(base, value, name, type.shape),
      results: new Map([[scores, value]]),
      operands: { inputs: { name, initial: Tensor.filled(type.dtype, type.shape, 0) } },
    }));
    return new Scorer(batch, network.graph.types.get(value) as ValueType, type, execution);
  }

  /**
   * The scores of examples, [count, …].
   *
   * @param inputs of `count` examples, at most a batch
   */
  async scores(inputs: Float32Array, count: number): Promise<Float32Array> {
    const { dtype, shape } = this.#input;
    const whole = new Float32Array(sizeOf(shape));
    whole.set(inputs);
    this.#execution.write({ inputs: Tensor.from(dtype, shape, whole) });
    const { [scores]: all } = await this.#execution.predict(undefined, [scores]);
    return (all as Tensor).toFloat32().subarray(0, count * this.length);
  }

  dispose(): void {
    this.#execution.dispose();
  }
}
