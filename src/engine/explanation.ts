// Why a model gives a class its score: an execution of its own that computes an explanation, frame by frame if need be. Loaded when the first
// is asked for.
import { ModelError } from "./errors.ts";
import type { Derivation, Execution, GpuValue, Inputs } from "./execution.ts";
import { type ExplanationGraph, type ExplanationMethod, explanationMethods, explanationOf, isActivationMap } from "./gradient/explain.ts";
import { oneHot, scoresOf } from "./gradients.ts";
import type { Graph, TypedGraph, ValueType } from "./graph/graph.ts";
import type { Network } from "./network.ts";
import { sizeOf } from "./shapes.ts";
import { isFloat, type Tensor } from "./tensor.ts";

export { ModelGradient } from "./gradients.ts";

export interface ExplanationRequest {
  readonly method: ExplanationMethod;
  /** The class whose score is explained, by its index. */
  readonly of: { readonly class: number };
  /** The layer that a map is of; for other methods the value that is differentiated by. By default the last layer with rows and columns, and the first input of floats. */
  readonly layer?: string | undefined;
}

export class Explanation implements Derivation {
  readonly method: ExplanationMethod;
  /** The value that it is of. */
  readonly layer: string;
  readonly #scores: string;
  readonly #type: ValueType;
  #seed: Tensor;
  #planned: ExplanationGraph | undefined;
  #execution: Execution | undefined;

  private constructor(network: Network, { method, of, layer }: ExplanationRequest) {
    if (!explanationMethods.includes(method)) throw new ModelError(`method '${method}': expected ${explanationMethods.join(", ")}.`);
    const { graph } = network;
    this.method = method;
    this.#scores = scoresOf(graph);
    this.#type = graph.types.get(this.#scores) as ValueType;
    this.#seed = oneHot(this.#type, of.class);
    this.layer = layer === undefined ? (isActivationMap(method) ? lastMaps(graph) : firstInput(graph)) : network.valueName(layer);
  }

  /**
   * @throws ModelError for methods, layers and classes that there are not
   * @throws UnsupportedError that names every node on the way whose gradient has no rule
   */
  static async make(network: Network, request: ExplanationRequest): Promise<Explanation> {
    const explanation = new Explanation(network, request);
    explanation.#execution = await network.execute({ derivation: explanation });
    return explanation;
  }

  derive(graph: TypedGraph): Graph {
    this.#planned = explanationOf(graph, this.method, this.#scores, this.layer);
    return this.#planned.graph;
  }

  operands(): Readonly<Record<string, Tensor>> {
    return this.#planned ? { [this.#planned.seed]: this.#seed } : {};
  }

  /** Explains another class from the next run on. Nothing is planned anew. */
  setClass(index: number): void {
    this.#seed = oneHot(this.#type, index);
    this.#execution?.writeOperands(this.operands());
  }

  /** Settles when it runs on the pipelines that it will keep, as `model.settled` does. */
  get settled(): Promise<void> {
    return this.#running.startup.settled;
  }

  /** Writes the given inputs and submits one run. Reads nothing back and waits for nothing. */
  run(inputs?: Inputs): void {
    this.#running.run(inputs);
  }

  /** Where the explanation lies on the GPU: [n, 1, rows, columns] for a map, else of the layer's shape. */
  value(): GpuValue {
    return this.#running.value(this.#result);
  }

  /** Runs once and reads the explanation back. */
  async predict(inputs?: Inputs): Promise<Tensor> {
    const results = await this.#running.predict(inputs, [this.#result]);
    return results[this.#result] as Tensor;
  }

  get #running(): Execution {
    return this.#execution as Execution;
  }

  get #result(): string {
    return (this.#planned as ExplanationGraph).result;
  }

  /** Returns its bytes to the GPU. The model goes on. */
  dispose(): void {
    this.#execution?.dispose();
  }
}

/** The last value with rows and columns: what a network's head pools or flattens. */
function lastMaps({ nodes, types }: TypedGraph): string {
  const hasMaps = (name: string): boolean => {
    const type = types.get(name);
    return type !== undefined && isFloat(type.dtype) && type.shape.length >= 3 && sizeOf(type.shape.slice(2)) > 1;
  };
  const node = nodes.findLast(({ outputs: [output = ""] }) => hasMaps(output));
  if (!node) throw new ModelError("no layer of the model has rows and columns, so there is no map of one.");
  return node.outputs[0] as string;
}

function firstInput({ inputs }: TypedGraph): string {
  const input = inputs.find(({ dtype }) => isFloat(dtype));
  if (!input) throw new ModelError("no input of the model holds floats. Name a layer to differentiate by.");
  return input.name;
}
