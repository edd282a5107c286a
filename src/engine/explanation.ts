// Why a model gives what it gives: an execution of its own that computes an explanation, frame by frame if need be. Loaded when the first is
// asked for.
import { DerivedExecution } from "./derived.ts";
import { ModelError } from "./errors.ts";
import type { GpuValue, Inputs } from "./execution.ts";
import { NoBatchError } from "./gradient/batch.ts";
import {
  type ExplanationMethod,
  explanationMethods,
  explanationOf,
  isOfPicture,
  type Pass,
  type SampledOptions,
  scoreResult,
} from "./gradient/explain.ts";
import { changedWeights, convolutionMaps, mapsOf, scoresOf, type Target, weightsOf } from "./gradient/target.ts";
import { loadAxes } from "./graph/axes.ts";
import type { Graph, TypedGraph, ValueType } from "./graph/graph.ts";
import { ancestorsOf } from "./graph/reach.ts";
import type { Network } from "./network.ts";
import { loadCatalog } from "./ops/catalog.ts";
import { inferGraph } from "./passes/infer.ts";
import { isFloat, Tensor } from "./tensor.ts";

export { makeBranch } from "./branch.ts";
export { type ExplanationMethod, explanationMethods, isActivationMap, resultOf, takesOneLayer } from "./gradient/explain.ts";
export { checkClassIndex, classCountOf, convolutionMaps, scoresType, tellsProbabilities } from "./gradient/target.ts";
export { ModelGradient } from "./gradients.ts";

export interface ExplanationRequest extends SampledOptions {
  readonly method: ExplanationMethod;
  /** What is explained: the score of a class; or a value, or a layer's first output, by its name. */
  readonly of: Target;
  /** What each element of a value counts, of its shape: a mask, a box, one element. By default 1 each. Not for a class. */
  readonly weights?: Tensor | undefined;
  /**
   * The layer that a map is of; for other methods the value that is differentiated by. By default the last layer with rows and columns, and the
   * first input of floats.
   */
  readonly layer?: string | undefined;
  /** Several layers at once; "all" for those of all convolutions. Not for methods that take several runs. */
  readonly layers?: readonly string[] | "all" | undefined;
  /** For methods that take several runs: each call of `run` does one, and the result is what the latest give. By default a call does all. */
  readonly live?: boolean | undefined;
}

/** How far Integrated Gradients are complete: what the elements add up to, and what they should. */
export interface Completeness {
  readonly attributed: number;
  /** The score of the picture less that of the baseline. */
  readonly expected: number;
}

export class Explanation {
  readonly method: ExplanationMethod;
  /** The values that it is of, as they were named. */
  readonly layers: readonly string[];
  readonly #of: Target;
  /** Of what is explained. */
  readonly #type: ValueType;
  readonly #execution: DerivedExecution;
  readonly #passesOf: (followsTop: boolean) => readonly Pass[];
  readonly #isLive: boolean;
  #passes: readonly Pass[];
  /** Settles when a prediction that waits between its runs, or a reckoning of completeness, has ended; absent where none goes on. */
  #underWay: Promise<void> | undefined;
  /** What the runs until now have left their states in. */
  #memory: object | undefined;
  /** Runs since it began. */
  #runs = 0;

  private constructor(request: ExplanationRequest, { layers, type, passesOf, followsTop }: Prepared, execution: DerivedExecution) {
    this.method = request.method;
    this.layers = layers;
    this.#of = request.of;
    this.#type = type;
    this.#execution = execution;
    this.#passesOf = passesOf;
    this.#isLive = request.live ?? false;
    this.#passes = passesOf(followsTop);
  }

  /**
   * @throws ModelError for methods, layers and classes that there are not
   * @throws UnsupportedError that names every node on the way whose gradient has no rule
   */
  static async make(network: Network, request: ExplanationRequest): Promise<Explanation> {
    const { method, of, weights: given } = request;
    if (!explanationMethods.includes(method)) throw new ModelError(`method '${method}': expected ${explanationMethods.join(", ")}.`);
    const { graph } = network;
    const value = typeof of === "string" ? network.valueName(of) : scoresOf(graph, network);
    const type = graph.types.get(value) as ValueType;
    const weights = weightsOf(type, of, given);
    if (request.layer !== undefined) network.valueName(request.layer);
    const layers = layersOf(graph, request, value).map((name) => [name, network.valueName(name)] as const);
    const values = [...new Set(layers.map(([, layer]) => layer))];
    const axes = await loadAxes(graph);
    const infer = await inference();
    let passesOf: Prepared["passesOf"] = () => [];
    const execution = await DerivedExecution.make(network, (base) => {
      const { passes, ...derived } = explanationOf(base, method, { value, target: of, weights }, values, { ...request, axes, infer });
      if (passes) passesOf = passes;
      return {
        ...derived,
        results: new Map([...derived.results, ...layers.map(([name, layer]) => [name, derived.results.get(layer) ?? ""] as const)]),
      };
    });
    const prepared = { layers: layers.map(([name]) => name), type, passesOf, followsTop: weights.followsTop };
    return new Explanation(request, prepared, execution);
  }

  /** The value that it is of; the first of several. */
  get layer(): string {
    return this.layers[0] as string;
  }

  /**
   * Explains another class, or weighs the elements of a value otherwise, from the next run on. Nothing is planned anew.
   *
   * @param target a class, where "top" follows the one that has the highest score; or a weight for each element of the value, of its shape and type
   * @throws ModelError for a class that there is not, "top" where a value was named to be explained, and weights of another type
   */
  setTarget(target: Exclude<Target, string> | Tensor): void {
    const weights = changedWeights(this.#type, this.#of, target);
    this.#execution.write({ seed: weights.seed, follow: this.#number(weights.followsTop ? 1 : 0) });
    this.#passes = this.#passesOf(weights.followsTop);
    this.restart();
  }

  /** @see setTarget */
  setClass(index: number | "top"): void {
    this.setTarget({ class: index });
  }

  /** Of several runs, the next is the first again: of another picture, say. */
  restart(): void {
    this.#runs = 0;
  }

  /** How many runs of an explanation are done, and how many it takes. */
  get progress(): { readonly done: number; readonly total: number } {
    const total = Math.max(1, this.#passes.length);
    return { done: Math.min(this.#runs, total), total };
  }

  /** Settles when it runs on the pipelines that it will keep, as `model.settled` does. */
  get settled(): Promise<void> {
    return this.#execution.settled;
  }

  /** Writes the given inputs and submits one run, or all that the method takes. Reads nothing back and waits for nothing. */
  run(inputs?: Inputs): void {
    if (!this.#isLive) this.restart();
    this.#step(inputs);
    if (!this.#isLive) while (this.#runs < this.#passes.length) this.#step();
  }

  #step(inputs?: Inputs): void {
    this.#preparePass();
    this.#execution.run(inputs);
  }

  /** Writes what the next run is to do. */
  #preparePass(): void {
    const { memory } = this.#execution;
    if (memory !== this.#memory) this.restart();
    this.#memory = memory;
    const passes = this.#passes;
    const pass = passes[this.#runs % passes.length];
    this.#runs++;
    if (!pass) return;
    const { share, ...others } = pass;
    // Beyond the first round the mean forgets: the latest samples count as much as one round's.
    const isLater = this.#runs > passes.length && share;
    const given: Pass = { ...others, ...(share !== undefined && { share: isLater ? Math.min(share, 1 / passes.length) : share }) };
    const tensors = Object.entries(given).map(
      ([role, one]) => [role, typeof one === "number" ? this.#number(one) : this.#ofEach(one)] as const,
    );
    this.#execution.write(Object.fromEntries(tensors));
  }

  /** A number for each of several copies. */
  #ofEach(numbers: readonly number[]): Tensor {
    return Tensor.from(this.#type.dtype, [numbers.length, 1, 1, 1], numbers);
  }

  #number(value: number): Tensor {
    return Tensor.from(this.#type.dtype, [], [value]);
  }

  /** Where the explanation of a layer lies on the GPU: [n, 1, rows, columns] for a map, else of the layer's shape. */
  value(layer = this.layer): GpuValue {
    return this.#execution.value(layer);
  }

  /** Where one of the model's inputs lies in the explanation's own memory, for code that writes it on the GPU before {@link run}. */
  input(name: string): GpuValue {
    return this.#execution.input(name);
  }

  /**
   * Where the weights of the scores, or of the value's elements, lie: of their shape, 1 for a class that is explained. Code on the GPU chooses
   * another class by writing them.
   */
  seed(): GpuValue {
    return this.#execution.operand("seed");
  }

  /** Runs, as {@link run} does, and reads the explanation of the first layer back. */
  async predict(inputs?: Inputs): Promise<Tensor> {
    return (await this.predictAll(inputs))[this.layer] as Tensor;
  }

  /**
   * Runs, and reads the explanation of each layer back.
   *
   * @param onProgress called after each of several runs, for which it then waits
   */
  async predictAll(inputs?: Inputs, onProgress?: (done: number, total: number) => void): Promise<Record<string, Tensor>> {
    // Without progress all runs are submitted at once, so that nothing comes between them.
    if (!onProgress && !this.#underWay) return this.#predictAll(inputs);
    return this.#alone(() => this.#predictAll(inputs, onProgress));
  }

  /** Does what takes several waits when nothing else of the kind is under way: both would write the same operands and states. */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    while (this.#underWay) await this.#underWay;
    const result = work();
    const end = () => {
      this.#underWay = undefined;
    };
    this.#underWay = result.then(end, end);
    return result;
  }

  async #predictAll(inputs?: Inputs, onProgress?: (done: number, total: number) => void): Promise<Record<string, Tensor>> {
    if (!this.#isLive) this.restart();
    const { total } = this.progress;
    for (let given = inputs; !this.#isLive && this.#runs < total - 1; given = undefined) {
      this.#step(given);
      if (onProgress) await this.#execution.done();
      onProgress?.(this.#runs, total);
    }
    this.#preparePass();
    const results = await this.#execution.predict(total === 1 || this.#isLive ? inputs : undefined, this.layers);
    onProgress?.(total, total);
    return results;
  }

  /**
   * Of Integrated Gradients, after a run: how much of the difference between the scores of the picture and of the baseline the elements add
   * up to. Few steps leave more of it out.
   *
   * @throws ModelError for other methods
   */
  async completeness(): Promise<Completeness> {
    if (this.method !== "integrated-gradients")
      throw new ModelError(`${this.method} does not add up to a score; integrated-gradients does.`);
    return this.#alone(() => this.#completeness());
  }

  async #completeness(): Promise<Completeness> {
    const scoreAt = async (alpha: number): Promise<number> => {
      this.#execution.write({ alpha: this.#number(alpha), share: this.#number(0), decide: this.#number(0) });
      const { [scoreResult]: score } = await this.#execution.predict(undefined, [scoreResult]);
      return sum(score as Tensor);
    };
    const [picture, baseline] = [await scoreAt(1), await scoreAt(0)];
    const { [this.layer]: elements } = await this.#execution.read([this.layer]);
    return { attributed: sum(elements as Tensor), expected: picture - baseline };
  }

  /** Returns its bytes to the GPU. The model goes on. */
  dispose(): void {
    this.#execution.dispose();
  }
}

interface Prepared {
  readonly layers: readonly string[];
  /** Of the value that is explained. */
  readonly type: ValueType;
  readonly passesOf: (followsTop: boolean) => readonly Pass[];
  readonly followsTop: boolean;
}

/** Types graphs in the making. */
async function inference(): Promise<(graph: Graph) => TypedGraph> {
  const catalog = await loadCatalog(undefined, { hasRareCases: true });
  return (graph) => {
    const { graph: typed, obstacles } = inferGraph(graph, catalog);
    if (obstacles.length > 0) throw new NoBatchError(obstacles.join("\n"));
    return typed;
  };
}

function sum(tensor: Tensor): number {
  return tensor.toNumbers().reduce((a, b) => a + b, 0);
}

/**
 * The layers that are asked for, by the names that they are asked by; of those that are not named such as the value depends on.
 *
 * @param value what is explained
 */
function layersOf(graph: TypedGraph, { method, layer, layers }: ExplanationRequest, value: string): readonly string[] {
  if (layer !== undefined && layers !== undefined) throw new ModelError("give layer or layers, not both.");
  if (layers !== undefined && layers !== "all" && !Array.isArray(layers))
    throw new ModelError(`layers: ${String(layers)} is no list of names, nor "all". Give one layer as \`layer\`.`);
  if (layers === "all") {
    const all = convolutionMaps(graph, value);
    if (all.length === 0) throw new ModelError("no convolution of the model has rows and columns, so there are no maps of them.");
    return all;
  }
  if (layers?.length === 0) throw new ModelError("layers is empty: name one at least.");
  return layers ?? [layer ?? (isOfPicture(method) ? firstInput(graph, value) : lastMaps(graph, value))];
}

/** What a network's head pools or flattens. @param of as `mapsOf` takes it */
export function lastMaps(graph: TypedGraph, of?: string): string {
  const last = mapsOf(graph, of).at(-1);
  if (last === undefined) throw new ModelError("no layer of the model has rows and columns, so there is no map of one.");
  return last;
}

function firstInput(graph: TypedGraph, value: string): string {
  const counts = ancestorsOf(graph, [value]);
  const floats = graph.inputs.filter(({ dtype }) => isFloat(dtype));
  const input = floats.find(({ name }) => counts.has(name)) ?? floats[0];
  if (!input) throw new ModelError("no input of the model holds floats. Name a layer to differentiate by.");
  return input.name;
}
