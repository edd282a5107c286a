// One node whose place others take: what is known of it, and what writes them.
import { ModelError, UnsupportedError } from "../../errors.ts";
import { AttributeReader } from "../../graph/attributes.ts";
import type { AttributeValue, Body, Node, ValueType } from "../../graph/graph.ts";
import { Tensor } from "../../tensor.ts";
import type { Known } from "../families.ts";
import { innerNames, renameNodes } from "./bodies.ts";
import { UnknownValueError } from "./unknown-value.ts";

/** Nodes that loops and branches of one graph may become: no network we can draw is this large. */
export const mostNodes = 10_000;

/** A sequence, or an optional value: names of its values. */
export interface List {
  readonly values: readonly string[];
  /** An optional value that is absent. */
  readonly isNone?: boolean;
}

/** What one node is replaced with, and with what. */
export class Expansion {
  readonly node: Node;
  readonly known: Known;
  readonly #state: State;
  readonly nodes: Node[] = [];

  constructor(node: Node, known: Known, state: State) {
    this.node = node;
    this.known = known;
    this.#state = state;
  }

  get opset(): number {
    return this.known.opsets.get("") ?? 1;
  }

  get attributes(): AttributeReader {
    return new AttributeReader(this.node);
  }

  /** How many nodes the graph may still become. */
  get left(): number {
    return mostNodes - this.#state.made;
  }

  /** @throws UnsupportedError that names the node */
  unsupported(message: string): never {
    throw new UnsupportedError(`${this.node.operator} '${this.node.name}': ${message}.`);
  }

  /**
   * Refuses the node as long as a value is not known.
   *
   * @param isWithin whether some of what the node stands for is written already, so that one must begin with it anew
   * @throws UnknownValueError that names both
   */
  demand(message: string, value: string, isWithin = false): never {
    throw new UnknownValueError(`${this.node.operator} '${this.node.name}': ${message}.`, [value], isWithin);
  }

  /** Refuses a node some of whose results until now have no types, for what they hang on is not known. @throws UnknownValueError */
  demandWithin(values: readonly string[]): never {
    throw new UnknownValueError(
      `${this.node.operator} '${this.node.name}': shapes within it depend on what the network computes, and it holds sequences.`,
      values,
      true,
    );
  }

  /** Refuses a node whose body reads values behind an obstacle that is listed already. @throws UnknownValueError */
  demandLater(): never {
    throw new UnknownValueError(`${this.node.operator} '${this.node.name}': its body reads values behind another obstacle.`, []);
  }

  /** @throws ModelError that names the node */
  invalid(message: string): never {
    throw new ModelError(`${this.node.operator} '${this.node.name}': ${message}.`);
  }

  body(name: string): Body {
    const value = this.node.attributes.get(name);
    if (typeof value !== "object" || !("subgraph" in value)) return this.invalid(`attribute '${name}' must be a graph`);
    return value.body ?? this.unsupported(`its graph '${value.subgraph}' was not read`);
  }

  type(name: string): ValueType {
    return this.known.types.get(name) ?? this.invalid(`'${name}' is a sequence, not a tensor`);
  }

  /** The numbers of a value that must be known. @param isWithin see {@link demand} */
  numbers(name: string, what: string, isWithin = false): readonly number[] {
    const tensor = this.known.constants.get(name);
    if (!tensor) {
      this.type(name);
      return this.demand(`${what} ('${name}') must be known at load, but depends on what the network computes`, name, isWithin);
    }
    if (tensor.size > mostNodes) this.invalid(`${what} ('${name}') has ${tensor.size} elements`);
    return tensor.toNumbers();
  }

  number(name: string, what: string, isWithin = false): number {
    const [value, ...more] = this.numbers(name, what, isWithin);
    if (value === undefined || more.length > 0) return this.invalid(`${what} ('${name}') is not one number`);
    return value;
  }

  list(name: string): List | undefined {
    return this.#state.lists.get(name);
  }

  sequence(name: string): readonly string[] {
    const list = this.list(name);
    return list && !list.isNone ? list.values : this.invalid(`'${name}' is no sequence`);
  }

  setList(name: string, values: readonly string[], isNone = false): void {
    if (!name) return;
    if (this.#state.outputs.has(name))
      this.unsupported(`the network answers '${name}', a sequence or an optional value: only tensors can be outputs`);
    this.#state.lists.set(name, { values, isNone });
  }

  setConstant(name: string, tensor: Tensor): void {
    if (!name) return;
    this.known.constants.set(name, tensor);
    this.known.types.set(name, tensor);
  }

  integers(name: string, ...values: readonly number[]): string {
    this.setConstant(name, Tensor.int64([values.length], values));
    return name;
  }

  /** A name that nothing in the file has. @param base of this node or one of its values; with its suffix, once in each node */
  fresh(base: string, suffix: string | number): string {
    return `${base}${this.#state.mark}${suffix}`;
  }

  add(
    operator: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): void {
    const name = this.fresh(outputs[0] as string, operator);
    this.push({ name, operator, domain: "", inputs, outputs, attributes: new Map(Object.entries(attributes)) });
  }

  push(...nodes: readonly Node[]): void {
    for (const node of nodes) this.nodes.push(node);
    this.#state.made += nodes.length;
    if (this.left < 0) this.unsupported(`loops and branches come to more than ${mostNodes} nodes`);
  }

  /** Gives a value, or a list, another name. */
  alias(value: string, name: string): void {
    if (!name) return;
    const list = this.list(value);
    if (list) this.setList(name, list.values, list.isNone);
    else this.add("Identity", [value], [name]);
  }

  /** Axes of extent 1 put in or taken away. */
  reaxis(operator: "Squeeze" | "Unsqueeze", value: string, axis: number, name: string): void {
    if (this.opset < 13) this.add(operator, [value], [name], { axes: [axis] });
    else this.add(operator, [value, this.integers(this.fresh(name, "axes"), axis)], [name]);
  }

  /** Side by side along a new axis, or along one that there is. */
  join(values: readonly string[], axis: number, isNew: boolean, name: string): void {
    if (!name) return;
    const parts = values.map((value, i) => {
      if (!isNew) return value;
      const part = this.fresh(name, `part ${i}`);
      this.reaxis("Unsqueeze", value, axis, part);
      return part;
    });
    this.add("Concat", parts, [name], { axis });
  }

  /** Parts of input `index` along one axis. @param keepsAxis else each is 1 long, and loses it */
  split(index: number, axis: number, sizes: readonly number[], keepsAxis: boolean): readonly string[] {
    const value = this.node.inputs[index] as string;
    const parts = sizes.map((_, i) => this.fresh(this.node.outputs.find(Boolean) ?? this.node.name, `element ${index} ${i}`));
    const ends = keepsAxis ? parts : parts.map((part) => this.fresh(part, "whole"));
    if (this.opset < 13) this.add("Split", [value], ends, { axis, split: sizes });
    else this.add("Split", [value, this.integers(this.fresh(parts[0] as string, "sizes"), ...sizes)], ends, { axis });
    if (!keepsAxis) for (const [i, part] of parts.entries()) this.reaxis("Squeeze", ends[i] as string, axis, part);
    return parts;
  }

  /**
   * Writes the nodes of a body, for the given inputs.
   *
   * @param suffix what its values and nodes are called besides their names; none where they are written once
   * @returns its outputs
   */
  inline(body: Body, inputs: readonly string[], suffix: string, wanted: readonly string[] = []): readonly string[] {
    const own = innerNames(body);
    const names = new Map<string, string>();
    for (const [i, input] of body.inputs.entries()) names.set(input, inputs[i] as string);
    if (!suffix)
      for (const [i, output] of body.outputs.entries())
        if (wanted[i] && own.outputs.has(output) && !names.has(output)) names.set(output, wanted[i]);
    const rename = (name: string) => names.get(name) ?? (suffix && own.all.has(name) ? this.fresh(name, suffix) : name);
    this.push(...renameNodes(body.nodes, rename, (name) => (suffix ? this.fresh(name, suffix) : name)));
    return body.outputs.map(rename);
  }

  /** Goes on with this node where it is now known what was written. */
  later(node: Node, next: (expansion: Expansion) => void): void {
    this.push(node);
    this.#state.later.set(node, next);
  }
}

export interface State {
  /** What no name in the file has within. */
  readonly mark: string;
  readonly outputs: ReadonlySet<string>;
  readonly lists: Map<string, List>;
  readonly later: Map<Node, (expansion: Expansion) => void>;
  made: number;
}
