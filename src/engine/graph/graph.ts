// A network as plain readonly data: nodes in execution order, values addressed by name.
import type { Shape } from "../shapes.ts";
import type { DataType, Tensor } from "../tensor.ts";

export interface ValueType {
  readonly dtype: DataType;
  readonly shape: Shape;
}

/** A subgraph attribute (If, Loop, Scan): its name, and what it holds where it came from a file. */
export interface SubgraphMarker {
  readonly subgraph: string;
  readonly body?: Body;
}

/**
 * What a subgraph computes. Names of its inputs and values are no others' in the whole graph; other names that it reads are values around it.
 * Its initializers are the graph's.
 */
export interface Body {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Of outputs, as far as the file says them with all extents. */
  readonly outputTypes: readonly (ValueType | undefined)[];
  readonly nodes: readonly Node[];
}

export type AttributeValue = number | string | Tensor | SubgraphMarker | readonly number[] | readonly string[];

export interface Node {
  /** Unique; the file's own name, or one made from the operator and position. */
  readonly name: string;
  /** "Conv", "Relu", …; inside Convcam's own domain, fused forms of them. */
  readonly operator: string;
  /** "" for ai.onnx. */
  readonly domain: string;
  /** Value names; "" stands for an omitted optional input. */
  readonly inputs: readonly string[];
  /** Value names; "" stands for an output that is not used. */
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, AttributeValue>;
}

/** A graph input. A named or unknown extent stays a string until load fixes it. */
export interface GraphInput {
  readonly name: string;
  readonly dtype: DataType;
  readonly shape: readonly (number | string)[];
}

export interface Graph {
  readonly name: string;
  /** Domain ("" for ai.onnx) to opset version. Of ai.onnx the forms are those of opset 9 or later. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly metadata: ReadonlyMap<string, string>;
  /** Inputs that need a value at run time; initializers are not among them. */
  readonly inputs: readonly GraphInput[];
  readonly outputs: readonly string[];
  readonly initializers: ReadonlyMap<string, Tensor>;
  /**
   * Values that change between runs, such as weights in training, with what they hold at the start. Their types are known at load, their
   * elements are not. A name that is also an initializer is a parameter.
   */
  readonly parameters?: ReadonlyMap<string, Tensor> | undefined;
  /** Parameter to the value that it takes after each run. Both have one type. */
  readonly updates?: ReadonlyMap<string, string> | undefined;
  /** In topological order. */
  readonly nodes: readonly Node[];
}

/** A graph whose every value has a known type, and whose constant values are all initializers. */
export interface TypedGraph extends Graph {
  readonly inputs: readonly (GraphInput & ValueType)[];
  readonly types: ReadonlyMap<string, ValueType>;
  /** Parameters, and values that depend on parameters and constants alone. */
  readonly prepared?: ReadonlySet<string>;
}

/** Domain of the fused operators that passes create. */
export const fusedDomain = "convcam";

/** The node that computes each value. */
export function producersOf(graph: Graph): ReadonlyMap<string, Node> {
  const producers = new Map<string, Node>();
  for (const node of graph.nodes) for (const output of node.outputs) if (output) producers.set(output, node);
  return producers;
}
