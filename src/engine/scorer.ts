// Scores of many examples at once, with the parameters that the model has: to evaluate it. Loaded when it is asked for.
import { DerivedExecution } from "./derived.ts";
import { partWithBatch } from "./gradient/batch.ts";
import { checkCount } from "./gradient/check.ts";
import { classCountOf, scoresOf } from "./gradient/target.ts";
import type { TypedGraph, ValueType } from "./graph/graph.ts";
import type { Model } from "./model.ts";
import { sizeOf } from "./shapes.ts";
import { Tensor } from "./tensor.ts";

export class Scorer {
  readonly batch: number;
  /** What there are scores of. */
  readonly of: readonly string[];
  /** Numbers that there are for each example, of the first. */
  readonly length: number;
  /** How many classes there are scores of; undefined where there are several numbers for each. */
  readonly classes: number | undefined;
  readonly #execution: DerivedExecution;
  readonly #input: ValueType;

  private constructor(batch: number, of: readonly string[], scores: ValueType, input: ValueType, execution: DerivedExecution) {
    this.batch = batch;
    this.of = of;
    this.length = sizeOf(scores.shape.slice(1));
    this.classes = scores.shape.length > 1 ? classCountOf(scores) : undefined;
    this.#input = input;
    this.#execution = execution;
  }

  /**
   * @param options `of`: a value or layer, or several; by default the scores before a last Softmax. `batch`: how many examples are computed at once
   */
  static async make(
    model: Model,
    { of, batch = 64 }: { readonly of?: string | readonly string[] | undefined; readonly batch?: number } = {},
  ): Promise<Scorer> {
    checkCount("batch", batch, 1, 2 ** 16);
    const { network } = await model.changeable();
    const asked = typeof of === "string" ? [of] : of;
    const values = asked?.map((name) => network.valueName(name)) ?? [scoresOf(network.graph, network)];
    const names = asked ?? values;
    const [{ name } = { name: "" }] = network.graph.inputs;
    const { dtype, shape } = network.graph.types.get(name) as ValueType;
    const type: ValueType = { dtype, shape: [batch, ...shape.slice(1)] };
    const execution = await DerivedExecution.make(network, (base: TypedGraph) => ({
      graph: partWithBatch(base, values, name, type.shape),
      results: new Map(names.map((one, i) => [one, values[i] as string])),
      operands: { inputs: { name, initial: Tensor.filled(type.dtype, type.shape, 0) } },
    }));
    return new Scorer(batch, names, network.graph.types.get(values[0] as string) as ValueType, type, execution);
  }

  /**
   * The scores of examples, [count, …], of the first value.
   *
   * @param inputs of `count` examples, at most a batch
   */
  async scores(inputs: Float32Array, count: number): Promise<Float32Array> {
    const [first = ""] = this.of;
    return (await this.allScores(inputs, count))[first] as Float32Array;
  }

  /** The same of all values, by their names. */
  async allScores(inputs: Float32Array, count: number): Promise<Readonly<Record<string, Float32Array>>> {
    const { dtype, shape } = this.#input;
    const whole = new Float32Array(sizeOf(shape));
    whole.set(inputs);
    this.#execution.write({ inputs: Tensor.from(dtype, shape, whole) });
    const all = await this.#execution.predict(undefined, this.of);
    const part = (tensor: Tensor) => tensor.toFloat32().subarray(0, (count * tensor.size) / this.batch);
    return Object.fromEntries(this.of.map((name) => [name, part(all[name] as Tensor)]));
  }

  dispose(): void {
    this.#execution.dispose();
  }
}
