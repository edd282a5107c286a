// Runs a Graph on TensorFlow.js, as its converter would have made of it: BatchNormalization folded, activations fused, values freed
// after their last reader.
import * as tf from "@tensorflow/tfjs-core";
// Not part of the module itself.
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import type { Task, TaskTraining } from "../../src/bench/engine.ts";
import { gradientSeed } from "../../src/bench/gradient-reference.ts";
import { oneHotRows } from "../../src/bench/learner.ts";
import { scoresOf } from "../../src/engine/gradient/target.ts";
import { GraphEdit } from "../../src/engine/graph/edit.ts";
import type { Node, TypedGraph } from "../../src/engine/graph/graph.ts";
import { simplify } from "../simplify.ts";
import { type Activation, activationOf } from "./activation.ts";
import { nhwcShape, type Operand, reorder, toNchw, toNhwc } from "./layout.ts";
import { fusesActivation, lowerNode } from "./lower.ts";
import type { Compute } from "./lowering.ts";

interface Step {
  readonly compute: Compute;
  /** Values read, constants left out. */
  readonly inputs: readonly string[];
  readonly output: string;
  /** Values that nobody reads later. */
  readonly dead: readonly string[];
}

export class Interpreter {
  readonly #graph: TypedGraph;
  readonly #steps: readonly Step[];
  readonly #kept: tf.Tensor[] = [];
  readonly #inputs: readonly { name: string; shape: number[]; data: Float32Array }[];
  readonly #gradient: { readonly of: string; readonly seed: tf.Tensor } | undefined;
  readonly #training: (TaskTraining & { readonly of: string; readonly rows: Float32Array; readonly optimizer: tf.Optimizer }) | undefined;
  readonly #losses: number[] = [];
  #outputs: readonly { shape: readonly number[]; data: Float32Array; isNhwc: boolean }[] = [];

  /** Use {@link Interpreter.create}. */
  private constructor(graph: TypedGraph, task: Task) {
    this.#graph = graph;
    this.#inputs = this.#graph.inputs.map(({ name, shape }) => {
      const data = task.inputs[name]?.data as Float32Array;
      return { name, shape: shape.length === 4 ? nhwcShape(shape) : [...shape], data: reorder(data, shape, "nhwc") };
    });
    if (task.training) {
      const of = scoresOf(graph);
      const rows = oneHotRows(task.training, graph.types.get(of)?.shape[1] ?? 1);
      this.#training = { ...task.training, of, rows, optimizer: tf.train.sgd(task.training.rate) };
    }
    this.#steps = this.#lower();
    if (!task.gradient) return;
    const { of, seed } = gradientSeed(graph, task);
    const isNhwc = seed.shape.length === 4;
    const elements = reorder(seed.toFloat32(), seed.shape, "nhwc");
    this.#gradient = { of, seed: tf.keep(tf.tensor(elements, isNhwc ? nhwcShape(seed.shape) : [...seed.shape], "float32")) };
    this.#kept.push(this.#gradient.seed);
  }

  /** @throws UnsupportedError for what this interpreter does not know */
  static async create(task: Task): Promise<Interpreter> {
    return new Interpreter(await simplify(task), task);
  }

  /** Uploads the inputs, computes, reads the outputs back. */
  async run(): Promise<void> {
    const values = new Map<string, Operand>();
    for (const { name, shape, data } of this.#inputs)
      values.set(name, { tensor: tf.tensor(data, shape, "float32"), isNhwc: shape.length === 4 });
    for (const { compute, inputs, output, dead } of this.#steps) {
      const operands = inputs.map((name) => values.get(name) as Operand);
      const result: { operand?: Operand } = {};
      tf.tidy(() => {
        result.operand = compute(operands);
        return result.operand.tensor;
      });
      values.set(output, result.operand as Operand);
      for (const name of dead) {
        values.get(name)?.tensor.dispose();
        values.delete(name);
      }
    }
    const results = this.#graph.outputs.map((name) => values.get(name) as Operand);
    const data = await Promise.all(results.map(({ tensor }) => tensor.data() as Promise<Float32Array>));
    this.#outputs = results.map(({ isNhwc }, i) => {
      const shape = this.#graph.types.get(this.#graph.outputs[i] as string)?.shape ?? [];
      return { shape, data: data[i] as Float32Array, isNhwc };
    });
    for (const { tensor } of values.values()) tensor.dispose();
  }

  /** Uploads the first input, computes forward and backward, reads the input's gradient back. */
  async runGradient(): Promise<void> {
    const [input] = this.#inputs;
    if (!input || !this.#gradient) throw new Error("the task asks for no gradient");
    const { of, seed } = this.#gradient;
    const gradient = tf.tidy(() => tf.grad((x: tf.Tensor) => this.#value(of, x))(tf.tensor(input.data, input.shape, "float32"), seed));
    const data = (await gradient.data()) as Float32Array;
    gradient.dispose();
    const shape = this.#graph.types.get(input.name)?.shape ?? [];
    this.#outputs = [{ shape, data, isNhwc: input.shape.length === 4 }];
  }

  /** A value of the graph, of the first input. */
  #value(of: string, x: tf.Tensor): tf.Tensor {
    const values = new Map<string, Operand>([[this.#inputs[0]?.name ?? "", { tensor: x, isNhwc: x.rank === 4 }]]);
    for (const { compute, inputs, output } of this.#steps) {
      if (values.has(of)) break;
      values.set(output, compute(inputs.map((name) => values.get(name) as Operand)));
    }
    const result = values.get(of);
    if (!result) throw new Error(`TensorFlow.js computes no '${of}'`);
    return result.tensor.rank === 4 ? toNhwc(result) : toNchw(result);
  }

  /** Uploads the first input, takes one step of gradient descent, reads the loss back. */
  async step(): Promise<void> {
    const [input] = this.#inputs;
    if (!input || !this.#training) throw new Error("the task asks for no training");
    const { labels, of, optimizer, rows } = this.#training;
    const loss = tf.tidy(() => {
      const [x, targets] = [tf.tensor(input.data, input.shape, "float32"), tf.tensor2d(rows, [labels.length, rows.length / labels.length])];
      return optimizer.minimize(
        () => tf.losses.softmaxCrossEntropy(targets, this.#value(of, x)),
        true,
        this.#kept as tf.Variable[],
      ) as tf.Scalar;
    });
    this.#losses.push((await loss?.data())?.[0] ?? Number.NaN);
    loss?.dispose();
  }

  /** Of the last run, as ONNX has them; of training, the losses of the steps that are compared. */
  outputs(): readonly Float32Array[] {
    if (this.#training) return [Float32Array.from(this.#losses.slice(0, this.#training.checkedSteps))];
    return this.#outputs.map(({ data, shape, isNhwc }) => (isNhwc ? reorder(data, shape, "nchw") : data));
  }

  dispose(): void {
    for (const tensor of this.#kept) tensor.dispose();
    this.#kept.length = 0;
  }

  #lower(): readonly Step[] {
    const graph = this.#graph;
    const { nodes, activations } = fuseActivations(graph);
    const keep = <T extends tf.Tensor>(tensor: T): T => {
      const kept = this.#training ? (tf.variable(tensor) as unknown as T) : tf.keep(tensor);
      if (kept !== tensor) tensor.dispose();
      this.#kept.push(kept);
      return kept;
    };
    const lastReader = new Map<string, Node>();
    const variable = nodes.map((node) => node.inputs.filter((name) => name && !graph.initializers.has(name)));
    for (const [i, names] of variable.entries()) for (const name of names) lastReader.set(name, nodes[i] as Node);
    return nodes.map((node, i) => {
      const inputs = variable[i] as string[];
      const dead = [...new Set(inputs)].filter((name) => lastReader.get(name) === node && !graph.outputs.includes(name));
      return { compute: lowerNode(graph, node, activations.get(node.name), keep), inputs, output: node.outputs[0] as string, dead };
    });
  }
}

/** Nodes whose activation follows as their only reader take it in and write its output. */
function fuseActivations(graph: TypedGraph): { nodes: readonly Node[]; activations: ReadonlyMap<string, Activation> } {
  const edit = new GraphEdit(graph);
  const activations = new Map<string, Activation>();
  const fused = new Set<Node>();
  const nodes = graph.nodes.map((node) => {
    const next = fusesActivation.has(node.operator) ? edit.soleReader(node.outputs[0] as string) : undefined;
    const activation = next && activationOf(graph, next);
    if (!next || !activation) return node;
    activations.set(node.name, activation);
    fused.add(next);
    return { ...node, outputs: next.outputs };
  });
  return { nodes: nodes.filter((_, i) => !fused.has(graph.nodes[i] as Node)), activations };
}
