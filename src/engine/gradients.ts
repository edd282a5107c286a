// Gradients of a model on the GPU: an execution of its own that computes them beside the forward values. Loaded when the first is asked for.
import { DerivedExecution } from "./derived.ts";
import { ModelError } from "./errors.ts";
import type { GpuValue, Inputs } from "./execution.ts";
import { Draft } from "./gradient/draft.ts";
import { changedWeights, scoresOf, type Target, weightsOf } from "./gradient/target.ts";
import type { ValueType } from "./graph/graph.ts";
import type { Network } from "./network.ts";
import { isFloat, Tensor } from "./tensor.ts";

export interface GradientRequest {
  /** What is differentiated: the score of a class; or a value, or a layer's first output, by its name. */
  readonly of: Target;
  /** Values (or layers, by name), or inputs. By default all inputs of floats. */
  readonly withRespectTo?: readonly string[] | undefined;
  /** The weight of each element of `of`, of its shape: the gradient is that of the weighted sum. By default 1 for each. Not with a class. */
  readonly seed?: Tensor | undefined;
}

export class ModelGradient {
  readonly #names: readonly string[];
  readonly #of: Target;
  /** Of what is differentiated. */
  readonly #type: ValueType;
  readonly #execution: DerivedExecution;

  private constructor(names: readonly string[], of: Target, type: ValueType, execution: DerivedExecution) {
    this.#names = names;
    this.#of = of;
    this.#type = type;
    this.#execution = execution;
  }

  /**
   * @throws ModelError for names, classes and seeds that the model does not have or take
   * @throws UnsupportedError that names every node on the way whose gradient has no rule
   */
  static async make(network: Network, { of, withRespectTo, seed }: GradientRequest): Promise<ModelGradient> {
    const { graph } = network;
    const value = typeof of === "string" ? network.valueName(of) : scoresOf(graph, network);
    const type = graph.types.get(value) as ValueType;
    const weights = weightsOf(type, of, seed);
    if (withRespectTo !== undefined && !Array.isArray(withRespectTo))
      throw new ModelError(`withRespectTo: ${String(withRespectTo)} is no list of names.`);
    const names: readonly string[] = withRespectTo ?? graph.inputs.filter(({ dtype }) => isFloat(dtype)).map(({ name }) => name);
    const wanted = names.map((name) => [name, network.valueName(name)] as const);
    const values = [...new Set(wanted.map(([, one]) => one))];
    const execution = await DerivedExecution.make(network, (base) => {
      const draft = new Draft(base);
      const { gradients } = draft.differentiate({ value, target: of, weights }, values);
      return draft.finish(new Map(wanted.map(([name, one]) => [name, gradients[values.indexOf(one)] as string])));
    });
    return new ModelGradient(names, of, type, execution);
  }

  /**
   * Asks for another class, or other weights of what is differentiated, from the next run on. Nothing is planned anew.
   *
   * @param seed a class; or a weight for each element, of the shape and type of what is differentiated
   * @throws ModelError for a class that there is not, and weights of another type
   */
  setSeed(seed: Exclude<Target, string> | Tensor): void {
    const weights = changedWeights(this.#type, this.#of, seed);
    this.#execution.write({ seed: weights.seed, follow: Tensor.from(this.#type.dtype, [], [weights.followsTop ? 1 : 0]) });
  }

  /** Settles when it runs on the pipelines that it will keep, as `model.settled` does. */
  get settled(): Promise<void> {
    return this.#execution.settled;
  }

  /** Writes the given inputs and submits one run. Reads nothing back and waits for nothing. */
  run(inputs?: Inputs): void {
    this.#execution.run(inputs);
  }

  /** Where a gradient lies on the GPU, by the name it was asked for; it has the shape of the value. */
  value(name: string): GpuValue {
    return this.#execution.value(name);
  }

  /** Runs once and reads all gradients back, by the names they were asked for. */
  predict(inputs?: Inputs): Promise<Record<string, Tensor>> {
    return this.#execution.predict(inputs, this.#names);
  }

  /** Returns its bytes to the GPU. The model goes on. */
  dispose(): void {
    this.#execution.dispose();
  }
}
