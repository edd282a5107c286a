// Gradients of a model on the GPU: an execution of its own that computes them beside the forward values. Loaded when the first is asked for.
import { ModelError } from "./errors.ts";
import type { Derivation, Execution, GpuValue, Inputs } from "./execution.ts";
import { type Gradient, gradientOf } from "./gradient/differentiate.ts";
import { type Graph, producersOf, type TypedGraph, type ValueType } from "./graph/graph.ts";
import type { Network } from "./network.ts";
import { sizeOf } from "./shapes.ts";
import { isFloat, Tensor } from "./tensor.ts";

export interface GradientRequest {
  /**
   * What is differentiated: a class, by its index among the scores of the first output, or a value (or a layer's first output). The scores
   * are those before a last Softmax, whose own gradient vanishes where the model is sure.
   */
  readonly of: { readonly class: number } | string;
  /** Values (or layers, by name), or inputs. By default all inputs of floats. */
  readonly withRespectTo?: readonly string[] | undefined;
  /** The weight of each element of `of`, of its shape: the gradient is that of the weighted sum. By default 1 for each. Not with a class. */
  readonly seed?: Tensor | undefined;
}

export class ModelGradient implements Derivation {
  /** What is differentiated. */
  readonly #of: string;
  readonly #type: ValueType;
  /** Values by the names that were asked for. */
  readonly #wanted: ReadonlyMap<string, string>;
  #seed: Tensor;
  /** As planned last. */
  #gradient: Gradient | undefined;
  #execution: Execution | undefined;

  private constructor(of: string, type: ValueType, seed: Tensor, wanted: ReadonlyMap<string, string>) {
    checkSeed(type, seed);
    this.#of = of;
    this.#type = type;
    this.#seed = seed;
    this.#wanted = wanted;
  }

  /**
   * @throws ModelError for names, classes and seeds that the model does not have or take
   * @throws UnsupportedError that names every node on the way whose gradient has no rule
   */
  static async make(network: Network, { of, withRespectTo, seed }: GradientRequest): Promise<ModelGradient> {
    const { graph } = network;
    const value = typeof of === "string" ? network.valueName(of) : scoresOf(graph);
    const type = graph.types.get(value) as ValueType;
    const names = withRespectTo ?? graph.inputs.filter(({ dtype }) => isFloat(dtype)).map(({ name }) => name);
    const wanted = new Map(names.map((name) => [name, network.valueName(name)]));
    if (seed && typeof of !== "string") throw new ModelError("a class has no seed: name a value as `of` to give one.");
    const weights = typeof of === "string" ? (seed ?? Tensor.filled(type.dtype, type.shape, 1)) : oneHot(type, of.class);
    const gradient = new ModelGradient(value, type, weights, wanted);
    gradient.#execution = await network.execute({ derivation: gradient });
    return gradient;
  }

  derive(graph: TypedGraph): Graph {
    this.#gradient = gradientOf(graph, this.#of, [...new Set(this.#wanted.values())]);
    return this.#gradient.graph;
  }

  operands(): Readonly<Record<string, Tensor>> {
    return this.#gradient ? { [this.#gradient.seed]: this.#seed } : {};
  }

  get #running(): Execution {
    return this.#execution as Execution;
  }

  /** Asks for another class, or other weights of what is differentiated, from the next run on. Nothing is planned anew. */
  setSeed(seed: { readonly class: number } | Tensor): void {
    const weights = seed instanceof Tensor ? seed : oneHot(this.#type, seed.class);
    checkSeed(this.#type, weights);
    this.#seed = weights;
    this.#running.writeOperands(this.operands());
  }

  /** Settles when it runs on the pipelines that it will keep, as `model.settled` does. */
  get settled(): Promise<void> {
    return this.#running.startup.settled;
  }

  /** Writes the given inputs and submits one run. Reads nothing back and waits for nothing. */
  run(inputs?: Inputs): void {
    this.#running.run(inputs);
  }

  /** Where a gradient lies on the GPU, by the name it was asked for; it has the shape of the value. */
  value(name: string): GpuValue {
    return this.#running.value(this.#nameOf(name));
  }

  /** Runs once and reads all gradients back, by the names they were asked for. */
  async predict(inputs?: Inputs): Promise<Record<string, Tensor>> {
    const names = [...this.#wanted.keys()];
    const results = await this.#running.predict(inputs, [...new Set(names.map((name) => this.#nameOf(name)))]);
    return Object.fromEntries(names.map((name) => [name, results[this.#nameOf(name)] as Tensor]));
  }

  #nameOf(name: string): string {
    const gradient = this.#gradient?.gradients.get(this.#wanted.get(name) ?? name);
    if (gradient) return gradient;
    const known = [...this.#wanted.keys()].map((one) => `'${one}'`).join(", ");
    throw new ModelError(`the gradient of '${name}' was not asked for. There are those of ${known}.`);
  }

  /** Returns its bytes to the GPU. The model goes on. */
  dispose(): void {
    this.#running.dispose();
  }
}

/** The first output of floats, or what goes into the Softmax that computes it. */
export function scoresOf(graph: TypedGraph): string {
  const producers = producersOf(graph);
  const output = graph.outputs.find((name) => isFloat(graph.types.get(name)?.dtype ?? "bool"));
  if (!output) throw new ModelError("no output of the model holds floats, so there are no scores of classes.");
  for (let value = output; ; ) {
    const node = producers.get(value);
    const [input = ""] = node?.inputs ?? [];
    if (node?.operator === "Softmax" || node?.operator === "LogSoftmax") return input;
    const isView = node && ["Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity", "Dropout"].includes(node.operator);
    if (!isView) return output;
    value = input;
  }
}

/** 1 for one class, of every element of a batch. */
export function oneHot({ dtype, shape }: ValueType, index: number): Tensor {
  const channels = shape.length > 1 ? 1 : 0;
  const classes = shape[channels] ?? 1;
  if (sizeOf(shape.slice(channels + 1)) !== 1)
    throw new ModelError(
      `the scores are [${shape.join(", ")}], several for each class. Name the value and give a seed that chooses among them.`,
    );
  if (!Number.isInteger(index) || index < 0 || index >= classes)
    throw new ModelError(`class ${index}: the model has ${classes} scores, so expected 0 to ${classes - 1}.`);
  const weights = new Float32Array(sizeOf(shape));
  for (let i = index; i < weights.length; i += classes) weights[i] = 1;
  return Tensor.from(dtype, shape, weights);
}

function checkSeed({ dtype, shape }: ValueType, seed: Tensor): void {
  if (seed.dtype === dtype && String(seed.shape) === String(shape)) return;
  throw new ModelError(
    `the seed is ${seed.dtype} [${seed.shape.join(", ")}], but what is differentiated is ${dtype} [${shape.join(", ")}].`,
  );
}
