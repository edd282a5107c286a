// Operators that are written as others: a pass puts ordinary nodes in the place of each, once types are known. Until then a network has them
// as one layer.
import { GraphEdit } from "../../graph/edit.ts";
import type { AttributeValue, Node, TypedGraph } from "../../graph/graph.ts";
import type { Shape } from "../../shapes.ts";
import { type DataType, dataTypeCode, Tensor } from "../../tensor.ts";
import { createContext } from "../context.ts";
import { defineOperator, type Operand, type Operation, type Operator, type OperatorContext } from "../operator.ts";

export type Attributes = Readonly<Record<string, AttributeValue>>;

export interface Composed extends Operation {
  /**
   * Writes the nodes.
   *
   * @param inputs names of the operator's inputs; "" for those omitted
   * @param attributes of the node, as they are
   * @returns the names of its outputs, of which trailing ones may be missing where nobody reads them
   */
  readonly write: (writer: Writer, inputs: readonly string[], attributes: Attributes) => readonly string[];
}

/** Declares an operator that runs as the nodes that it writes. */
export function defineComposed(name: string, options: { since: number }, describe: (context: OperatorContext) => Composed): Operator {
  const pass = (graph: TypedGraph) => {
    const edit = new GraphEdit(graph);
    for (const node of graph.nodes) if (node.domain === "" && node.operator === name) rewrite(edit, graph, node, describe);
    return edit.graph();
  };
  return defineOperator(name, { ...options, pass }, (context) => {
    const { write, ...operation } = describe(context);
    return operation;
  });
}

/** Puts the nodes that an operator writes in the place of one of its nodes. */
export function rewrite(edit: GraphEdit, graph: TypedGraph, node: Node, describe: (context: OperatorContext) => Composed): void {
  const { types, initializers, prepared } = graph;
  const inputs = node.inputs.map((name): Operand | undefined => {
    const type = types.get(name);
    const constant = initializers.get(name);
    return (
      type && { dtype: type.dtype, shape: type.shape, ...(constant && { constant }), ...(prepared?.has(name) && { isPrepared: true }) }
    );
  });
  const opset = graph.opsets.get("") ?? 1;
  const { write } = describe(createContext(node, { inputs, opset, families: { convolution: [] } }));
  edit.drop(node.name);
  const writer = new Writer(edit, node.name, opset);
  const results = write(writer, node.inputs, Object.fromEntries(node.attributes));
  for (const [i, output] of node.outputs.entries()) if (output) writer.name(results[i] as string, output);
}

interface Options {
  readonly domain?: string;
  readonly outputs?: number;
}

/** Writes the nodes of one operator. */
export class Writer {
  readonly #edit: GraphEdit;
  readonly #prefix: string;
  readonly #written = new Set<string>();
  readonly opset: number;

  /** @param prefix begins the names of all nodes */
  constructor(edit: GraphEdit, prefix: string, opset: number) {
    this.#edit = edit;
    this.#prefix = prefix;
    this.opset = opset;
  }

  node(operator: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.nodes(operator, inputs, attributes)[0] as string;
  }

  /** A node with several outputs, or of another domain. @returns the names of its outputs */
  nodes(operator: string, inputs: readonly string[], attributes: Attributes, { domain = "", outputs: count = 1 }: Options = {}) {
    const name = this.#edit.fresh(`${this.#prefix}/${operator}`);
    const outputs = Array.from({ length: count }, (_, i) => this.#edit.fresh(i === 0 ? `${name}/output` : `${name}/output ${i}`));
    this.#edit.add({ operator, domain, inputs, attributes, name: `${name}/node`, outputs });
    for (const output of outputs) this.#written.add(output);
    return outputs;
  }

  /** Calls a value of the written nodes as somebody outside knows it. */
  name(value: string, wanted: string): void {
    const producer = this.#written.delete(value) ? this.#edit.producer(value) : undefined;
    if (!producer) {
      this.#edit.add({ operator: "Identity", inputs: [value], outputs: [wanted] });
      return;
    }
    const outputs = producer.outputs.map((output) => (output === value ? wanted : output));
    this.#edit.replace(producer.name, { outputs });
    this.#edit.replaceUses(value, wanted);
  }

  constant(tensor: Tensor): string {
    return this.#edit.constant(`${this.#prefix}/constant`, tensor);
  }

  floats(dtype: DataType, shape: Shape, values: ArrayLike<number>): string {
    return this.constant(Tensor.from(dtype, shape, values));
  }

  number(dtype: DataType, value: number): string {
    return this.floats(dtype, [], [value]);
  }

  integers(...values: readonly number[]): string {
    return this.constant(Tensor.int64([values.length], values));
  }

  add = (a: string, b: string) => this.node("Add", [a, b]);
  subtract = (a: string, b: string) => this.node("Sub", [a, b]);
  multiply = (a: string, b: string) => this.node("Mul", [a, b]);
  divide = (a: string, b: string) => this.node("Div", [a, b]);

  reshape(value: string, shape: Shape): string {
    return this.node("Reshape", [value, this.integers(...shape)], this.opset >= 14 && shape.includes(0) ? { allowzero: 1 } : {});
  }

  transpose(value: string, perm: readonly number[]): string {
    return perm.every((axis, i) => axis === i) ? value : this.node("Transpose", [value], { perm });
  }

  /** A part along one axis. */
  slice(value: string, axis: number, start: number, end: number): string {
    if (this.opset < 10) return this.node("Slice", [value], { starts: [start], ends: [end], axes: [axis] });
    return this.node("Slice", [value, this.integers(start), this.integers(end), this.integers(axis)]);
  }

  concat(values: readonly string[], axis: number): string {
    return values.length === 1 ? (values[0] as string) : this.node("Concat", values, { axis });
  }

  cast(value: string, dtype: DataType): string {
    return this.node("Cast", [value], { to: dataTypeCode(dtype) });
  }

  /** Reduces these axes; their extents become 1. @param operator ReduceSum, ReduceMean, ReduceL2 … */
  reduce(operator: string, value: string, axes: readonly number[]): string {
    if (axes.length === 0) return value;
    const isInput = this.opset >= (operator === "ReduceSum" ? 13 : 18);
    return isInput ? this.node(operator, [value, this.integers(...axes)]) : this.node(operator, [value], { axes });
  }
}
