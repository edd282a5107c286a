// Changes a graph step by step: adds, replaces and drops nodes, and finds the readers of a value at any time. Passes are written with it.
import type { Tensor } from "../tensor.ts";
import { type AttributeValue, fusedDomain, type Graph, type Node } from "./graph.ts";

/** A node to add. What is left out gets a fresh name, the domain of ONNX and no attributes. */
export interface NewNode {
  readonly operator: string;
  readonly domain?: string;
  /** Value names; "" stands for an omitted optional input. */
  readonly inputs: readonly string[];
  readonly attributes?: ReadonlyMap<string, AttributeValue> | Readonly<Record<string, AttributeValue>>;
  /** The node's name. Made unique where it is taken. By default the first output's. */
  readonly name?: string;
  /** Value names. By default one output, called after the node. */
  readonly outputs?: readonly string[];
}

/**
 * An edit of one graph, which is not modified: {@link GraphEdit.graph} makes the new one.
 *
 * Every change shows at once: after `drop(node)` the node reads nothing any more. Nodes may be added in any order, since the new
 * graph is sorted; nodes whose order is right already keep it.
 *
 * ```ts
 * const edit = new GraphEdit(graph);
 * const gated = edit.add({ operator: "Mul", inputs: ["conv_1", edit.constant("scale", scale)], name: "conv_1/gate" });
 * edit.replaceUses("conv_1", gated);
 * const gatedGraph = edit.graph();
 * ```
 */
export class GraphEdit {
  readonly #from: Graph;
  /** With that of Convcam's own operators, once there are any. */
  readonly #opsets: Map<string, number>;
  /** By name, in the order of the file; what was added lies at the end. */
  readonly #nodes: Map<string, Node>;
  readonly #initializers: Map<string, Tensor>;
  readonly #producers = new Map<string, Node>();
  /** Names of the nodes that read a value. */
  readonly #readers = new Map<string, Set<string>>();
  readonly #taken: Set<string>;
  /** Where counting goes on for a name that was wanted before. */
  readonly #next = new Map<string, number>();
  readonly #wanted: ReadonlySet<string>;
  #isChanged = false;

  /** @param keep values that must still exist afterwards, besides the graph's outputs */
  constructor(graph: Graph, keep: Iterable<string> = []) {
    this.#from = graph;
    this.#opsets = new Map(graph.opsets);
    this.#wanted = new Set([...graph.outputs, ...keep]);
    this.#nodes = new Map(graph.nodes.map((node) => [node.name, node]));
    this.#initializers = new Map(graph.initializers);
    this.#taken = new Set([
      ...this.#nodes.keys(),
      ...graph.inputs.map(({ name }) => name),
      ...graph.initializers.keys(),
      ...(graph.parameters?.keys() ?? []),
      ...graph.nodes.flatMap(({ outputs }) => outputs),
    ]);
    for (const node of graph.nodes) this.#connect(node);
  }

  /** The nodes as they are now, those of the original graph first. */
  get nodes(): readonly Node[] {
    return [...this.#nodes.values()];
  }

  get initializers(): ReadonlyMap<string, Tensor> {
    return this.#initializers;
  }

  /** The node of this name as it is now; `undefined` once it is dropped. */
  node(name: string): Node | undefined {
    return this.#nodes.get(name);
  }

  /** The node that computes a value; `undefined` for inputs and constants. */
  producer(value: string): Node | undefined {
    return this.#producers.get(value);
  }

  /** The nodes that read a value, each once. */
  readers(value: string): readonly Node[] {
    return [...(this.#readers.get(value) ?? [])].map((name) => this.#nodes.get(name) as Node);
  }

  /** How many nodes read a value: cheaper than the list of them where there are many. */
  readerCount(value: string): number {
    return this.#readers.get(value)?.size ?? 0;
  }

  /** Whether a value must exist afterwards: it is an output, or to be kept. */
  isWanted(value: string): boolean {
    return this.#wanted.has(value);
  }

  /** The only reader of a value, if there is just one, which reads it once, and the value itself is not wanted. */
  soleReader(value: string): Node | undefined {
    if (this.isWanted(value) || this.readerCount(value) !== 1) return undefined;
    const [reader] = this.readers(value);
    return reader?.inputs.filter((input) => input === value).length === 1 ? reader : undefined;
  }

  /** A name that no node and no value has: `wanted`, or `wanted_2` and so on. */
  fresh(wanted: string): string {
    let name = wanted;
    let i = this.#next.get(wanted) ?? 2;
    for (; this.#taken.has(name); i++) name = `${wanted}_${i}`;
    this.#next.set(wanted, i);
    this.#taken.add(name);
    return name;
  }

  /** Adds an initializer under a fresh name, which is answered. */
  constant(wanted: string, tensor: Tensor): string {
    const name = this.fresh(wanted);
    this.#initializers.set(name, tensor);
    this.#isChanged = true;
    return name;
  }

  /** Adds a node. @returns the name of its first output */
  add({ operator, domain = "", inputs, attributes = {}, name: wanted, outputs: given }: NewNode): string {
    const name = this.fresh(wanted ?? given?.[0] ?? operator);
    const outputs = given ?? [name];
    for (const output of outputs) this.#taken.add(output);
    const list = attributes instanceof Map ? attributes : new Map(Object.entries(attributes));
    this.#put({ name, operator, domain, inputs, outputs, attributes: list });
    return outputs[0] as string;
  }

  /**
   * Puts a node where another was, under its name.
   *
   * @returns the node as it is now
   */
  replace(name: string, change: Partial<Omit<Node, "name">>): Node {
    const old = this.#nodes.get(name);
    if (!old) throw new Error(`no node '${name}' to replace`);
    const node = { ...old, ...change };
    this.#disconnect(old);
    this.#put(node);
    return node;
  }

  /** Every node that reads `value` reads `by` instead, except the node that computes `by`. Graph outputs keep their names. */
  replaceUses(value: string, by: string): void {
    const maker = this.#producers.get(by);
    for (const reader of this.readers(value))
      if (reader !== maker) this.replace(reader.name, { inputs: reader.inputs.map((input) => (input === value ? by : input)) });
  }

  /** Removes a node. Whoever still reads its outputs must be given something else, or be dropped too. */
  drop(name: string): void {
    const node = this.#nodes.get(name);
    if (!node) return;
    this.#disconnect(node);
    this.#nodes.delete(name);
    this.#isChanged = true;
  }

  /** The graph with all changes, its nodes in topological order; the very graph it started from if there are none. */
  graph(): Graph {
    if (!this.#isChanged) return this.#from;
    return { ...this.#from, opsets: this.#opsets, initializers: this.#initializers, nodes: this.#sorted() };
  }

  /** Depth first, with a stack of its own: a chain of nodes may be deeper than JavaScript's. */
  #sorted(): readonly Node[] {
    const sorted = new Set<Node>();
    for (const start of this.#nodes.values()) {
      const waiting = sorted.has(start) ? [] : [start];
      for (let node = waiting.at(-1); node; node = waiting.at(-1)) {
        const first = node.inputs.map((input) => this.#producers.get(input)).find((maker) => maker && !sorted.has(maker));
        if (first) waiting.push(first);
        else sorted.add(waiting.pop() as Node);
        if (waiting.length > this.#nodes.size) throw new Error(`the edit of '${this.#from.name}' makes a cycle at '${node.name}'`);
      }
    }
    return [...sorted];
  }

  #put(node: Node): void {
    if (node.domain === fusedDomain) this.#opsets.set(fusedDomain, 1);
    this.#isChanged = true;
    this.#nodes.set(node.name, node);
    this.#connect(node);
  }

  #connect(node: Node): void {
    for (const output of node.outputs) if (output) this.#producers.set(output, node);
    for (const input of node.inputs) {
      const readers = this.#readers.get(input);
      if (readers) readers.add(node.name);
      else this.#readers.set(input, new Set([node.name]));
    }
  }

  #disconnect(node: Node): void {
    for (const output of node.outputs) if (this.#producers.get(output) === node) this.#producers.delete(output);
    for (const input of node.inputs) this.#readers.get(input)?.delete(node.name);
  }
}
