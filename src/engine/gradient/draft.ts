// A graph of an explanation in the making: the network's graph with operands, states that last from run to run, and gradients.
import { GraphEdit } from "../graph/edit.ts";
import type { Graph, GraphInput, Node, TypedGraph, ValueType } from "../graph/graph.ts";
import { type Axes, type Shape, sameShape } from "../shapes.ts";
import { Tensor } from "../tensor.ts";
import { mixesPictures, NoBatchError, needsRepeating, nodesBetween, shapeWithBatch } from "./batch.ts";
import { gradientOf } from "./differentiate.ts";
import { Emitter } from "./emitter.ts";
import type { Rules } from "./rule.ts";
import { classAxis, type Target, type Weights } from "./target.ts";

/** What is explained: a value, and what each of its elements counts. */
export interface Explained {
  readonly value: string;
  readonly target: Target;
  readonly weights: Weights;
}

export class Draft {
  readonly #opset: number;
  readonly #types: Map<string, ValueType>;
  readonly #operands: Record<string, { readonly name: string; readonly initial: Tensor }> = {};
  readonly #parameters: Map<string, Tensor>;
  readonly #updates: Map<string, string>;
  #inputs: (GraphInput & ValueType)[];
  #edit: GraphEdit;
  #emit: Emitter;

  constructor(graph: TypedGraph) {
    this.#opset = graph.opsets.get("") ?? 1;
    this.#types = new Map(graph.types);
    this.#inputs = [...graph.inputs];
    this.#parameters = new Map(graph.parameters);
    this.#updates = new Map(graph.updates);
    this.#edit = new GraphEdit(graph);
    this.#emit = this.#emitter();
  }

  get emit(): Emitter {
    return this.#emit;
  }

  #emitter(): Emitter {
    const emit = new Emitter(this.#edit, this.#types, this.#opset);
    emit.writeFor("explanation");
    return emit;
  }

  /** The network's input is computed from now on. @param make writes the nodes that compute it. @returns its name */
  computeInput(input: string, make: () => string): void {
    this.#inputs = this.#inputs.filter(({ name }) => name !== input);
    this.#edit.add({ operator: "Identity", inputs: [make()], outputs: [input] });
  }

  /** Types everything that was written, so that it can be differentiated through. */
  type(infer: (graph: Graph) => TypedGraph): void {
    const typed = infer(this.#graph());
    for (const [name, type] of typed.types) this.#types.set(name, type);
    this.#inputs = [...typed.inputs];
    this.#edit = new GraphEdit(typed);
    this.#emit = this.#emitter();
  }

  /** Changes the nodes that are there. Values keep their names and types. */
  rewrite(change: (edit: GraphEdit) => void): void {
    change(this.#edit);
  }

  /** An input with a role, which can be written between runs. */
  operand(role: string, initial: Tensor): string {
    const name = this.#edit.fresh(`explanation ${role}`);
    this.#declareInput(role, name, initial);
    return name;
  }

  #declareInput(role: string, name: string, initial: Tensor): void {
    const { dtype, shape } = initial;
    this.#inputs.push({ name, dtype, shape });
    this.#types.set(name, { dtype, shape });
    this.#operands[role] = { name, initial };
  }

  /** A number with a role, of the element type of a value. */
  number(role: string, initial: number, like: string): string {
    return this.operand(role, Tensor.from(this.#emit.typeOf(like).dtype, [], [initial]));
  }

  /** A value that lasts from run to run. {@link update} says what it becomes. @param initial or its type, for zeros */
  state(role: string, initial: Tensor | ValueType): string {
    const name = this.#edit.fresh(`explanation ${role}`);
    const { dtype, shape } = initial;
    this.#types.set(name, { dtype, shape });
    this.#parameters.set(name, initial instanceof Tensor ? initial : Tensor.filled(dtype, shape, 0));
    return name;
  }

  update(state: string, value: string): void {
    this.#updates.set(state, value);
  }

  /**
   * Whoever reads a value reads another of its type instead.
   *
   * @param make writes the nodes that compute it, which may read the first. @returns its name
   */
  replace(value: string, make: () => string): string {
    const name = this.#edit.fresh(`${value} changed`);
    this.#edit.replaceUses(value, name);
    this.#edit.add({ operator: "Identity", inputs: [make()], outputs: [name] });
    this.#types.set(name, this.#emit.typeOf(value));
    return name;
  }

  /** The first picture of a batch. */
  firstOf(value: string): string {
    const { dtype, shape } = this.#emit.typeOf(value);
    const first = this.#emit.slice(value, [0], [1], [0]);
    this.#types.set(first, { dtype, shape: shape.with(0, 1) });
    return first;
  }

  /**
   * The value with its channels before rows and columns, [n, channels, …]; an axis that it lacks has extent 1. Whoever reads the value depends on
   * this one then, so that it can be differentiated by and replaced.
   *
   * @param axes of the value; unless all are known it is taken as it is
   * @returns its name; the value itself where it lies so
   */
  channelsFirst(value: string, axes: Axes | undefined): string {
    const order = [..."ncdhw"].filter((letter) => "nc".includes(letter) || axes?.includes(letter));
    if (!axes || axes.includes("_") || axes === order.join("")) return value;
    const emit = this.#emit;
    const { dtype, shape } = emit.typeOf(value);
    const perm = order.flatMap((letter) => (axes.includes(letter) ? [axes.indexOf(letter)] : []));
    const permuted = perm.map((axis) => shape[axis] as number);
    const whole = order.map((letter) => (axes.includes(letter) ? (shape[axes.indexOf(letter)] as number) : 1));
    const typed = (name: string, own: Shape): string => {
      this.#types.set(name, { dtype, shape: own });
      return name;
    };
    let turned = "";
    this.replace(value, () => {
      const first = typed(emit.transpose(value, perm), permuted);
      turned = sameShape(permuted, whole) ? first : typed(emit.reshape(first, whole), whole);
      const again = turned === first ? first : typed(emit.reshape(turned, permuted), permuted);
      return typed(emit.transpose(again, inverseOf(perm)), shape);
    });
    return turned;
  }

  /**
   * Writes what lies between two values once more, for a batch of copies of the first. What is written from now on comes behind.
   *
   * @param copies the first value's, [batch, …]
   * @param infer types a graph, and throws where it cannot
   * @returns the copies of the second
   * @throws NoBatchError where a node on the way does not compute each copy by itself
   */
  copyWithBatch(from: string, to: string, batch: number, copies: string, infer: (graph: Graph) => TypedGraph): string {
    const graph = this.#typed();
    const nodes = nodesBetween(graph, from, to);
    const names = new Map([[from, copies]]);
    const refuse = (node: Node, why: string): never => {
      throw new NoBatchError(
        `${node.operator} '${node.name}' ${why}, so copies of '${from}' cannot be computed at once. importance takes any layer.`,
      );
    };
    for (const node of nodes) {
      const outputs = node.outputs.map((output) => {
        const { shape } = output ? this.#emit.typeOf(output) : { shape: [1] };
        if (shape[0] !== 1) refuse(node, `makes [${shape.join(", ")}] of it, which has no batch`);
        return output && this.#edit.fresh(`${output} copy`);
      });
      const fixed = shapeWithBatch(graph, node, batch);
      const inputs = node.inputs.map((input, i) => {
        if (fixed?.index === i) return this.#emit.constant(fixed.shape);
        const copy = names.get(input);
        if (copy !== undefined || !input) return copy ?? "";
        const { shape } = this.#emit.typeOf(input);
        return needsRepeating(node, shape) ? this.#emit.expand(input, shape.with(0, batch)) : input;
      });
      const { operator, domain, attributes } = node;
      this.#edit.add({ operator, domain, attributes, inputs, outputs, name: `${node.name} copy` });
      for (const [i, output] of node.outputs.entries()) if (output) names.set(output, outputs[i] as string);
    }
    this.type(infer);
    for (const node of nodes) {
      const isOfEach = (output: string) => {
        const shape = this.#types.get(output)?.shape ?? [];
        return sameShape(this.#emit.shapeOf(names.get(output) ?? ""), shape.with(0, batch));
      };
      if (mixesPictures(graph, node) || !node.outputs.every((output) => !output || isOfEach(output)))
        refuse(node, "does not compute each copy by itself");
    }
    return names.get(to) ?? to;
  }

  /**
   * Differentiates what is explained by values. What is written from now on comes behind.
   *
   * @param decide of {@link seed}
   * @returns the gradients in the order of the values, and what each element of what is explained counts
   */
  differentiate(
    explained: Explained,
    values: readonly string[],
    { rules, decide }: { readonly rules?: Rules | undefined; readonly decide?: string } = {},
  ): { readonly seed: string; readonly gradients: readonly string[] } {
    const { graph, seed, gradients } = gradientOf(this.#typed(), explained.value, values, { rules });
    this.#edit = new GraphEdit({ ...graph, inputs: [] });
    this.#emit = this.#emitter();
    this.#edit.add({ operator: "Identity", inputs: [this.seed(explained, decide)], outputs: [seed] });
    return { seed, gradients: values.map((name) => gradients.get(name) as string) };
  }

  /**
   * What each element counts: as written, and 1 besides for the class that has the highest score.
   *
   * @param decide where it is 0, the class stays the one of the run before
   */
  seed({ value, target, weights }: Explained, decide?: string): string {
    const given = this.operand("seed", weights.seed);
    if (typeof target === "string") return given;
    const emit = this.#emit;
    const type = emit.typeOf(value);
    const { axis, count } = classAxis(type);
    const follows = this.number("follow", weights.followsTop ? 1 : 0, value);
    const best = emit.node("ArgMax", [value], { axis, keepdims: 1 });
    const classes = emit.counting(
      "int64",
      type.shape.map((_, i) => (i === axis ? count : 1)),
    );
    const top = emit.castTo(emit.node("Equal", [best, classes]), type.dtype);
    return emit.add(given, emit.multiply(decide === undefined ? top : this.#held(top, type, decide), follows));
  }

  /** The value of the last run in which `decide` was 1. */
  #held(value: string, type: ValueType, decide: string): string {
    const state = this.state("class", type);
    const held = this.choose(decide, value, state);
    this.update(state, held);
    return held;
  }

  /** `value` where the operand is 1, else `otherwise`: also where that is NaN. */
  choose(operand: string, value: string, otherwise: string): string {
    const emit = this.#emit;
    return emit.where(emit.node("Greater", [operand, emit.number(0.999, operand)]), value, otherwise);
  }

  #typed(): TypedGraph {
    return { ...this.#graph(), inputs: this.#inputs, types: this.#types };
  }

  #graph(): Graph {
    const graph = this.#edit.graph();
    return { ...graph, inputs: this.#inputs, parameters: this.#parameters, updates: this.#updates };
  }

  /** @param results the values that hold them, by the names that callers know */
  finish(results: ReadonlyMap<string, string>) {
    return { graph: { ...this.#graph(), outputs: [...new Set(results.values())] }, results, operands: this.#operands };
  }
}

function inverseOf(perm: readonly number[]): readonly number[] {
  return perm.map((_, axis) => perm.indexOf(axis));
}
