// Small graphs written down line by line, and reproducible numbers to run them on.
import type { AttributeValue, Body, Graph, Node, SubgraphMarker } from "../../src/engine/graph/graph.ts";
import { type Shape, sizeOf } from "../../src/engine/shapes.ts";
import { Tensor } from "../../src/engine/tensor.ts";

/** One node, named after its first output. Inputs and outputs are separated by spaces; `_` stands for an omitted one. */
export function op(operator: string, inputs: string, outputs: string, attributes: Readonly<Record<string, AttributeValue>> = {}): Node {
  const names = (list: string) => list.split(" ").flatMap((name) => (name === "" ? [] : name === "_" ? [""] : [name]));
  return {
    name: names(outputs)[0] ?? "",
    operator,
    domain: "",
    inputs: names(inputs),
    outputs: names(outputs),
    attributes: new Map(Object.entries(attributes)),
  };
}

/** The attribute that holds a body of If, Loop or Scan. Names are separated by spaces. */
export function body(inputs: string, outputs: string, nodes: readonly Node[], outputTypes: Body["outputTypes"] = []): SubgraphMarker {
  const names = (list: string) => list.split(" ").filter(Boolean);
  return { subgraph: "body", body: { inputs: names(inputs), outputs: names(outputs), outputTypes, nodes } };
}

export interface GraphLines {
  /** float32 inputs, `{ x: [1, 3, 8, 8] }` unless given. */
  readonly inputs?: Readonly<Record<string, readonly (number | string)[]>>;
  readonly constants?: Readonly<Record<string, Tensor>>;
  readonly parameters?: Readonly<Record<string, Tensor>>;
  readonly updates?: Readonly<Record<string, string>>;
  readonly nodes: readonly Node[];
  /** The last node's first output unless given. */
  readonly outputs?: readonly string[];
  readonly opset?: number;
}

export function graphOf(lines: GraphLines): Graph {
  const { inputs = { x: [1, 3, 8, 8] }, constants = {}, parameters, updates, nodes, outputs, opset = 21 } = lines;
  return {
    name: "test",
    opsets: new Map([["", opset]]),
    metadata: new Map(),
    inputs: Object.entries(inputs).map(([name, shape]) => ({ name, dtype: "float32", shape })),
    outputs: outputs ?? [nodes.at(-1)?.outputs[0] ?? ""],
    initializers: new Map(Object.entries(constants)),
    ...(parameters && { parameters: new Map(Object.entries(parameters)) }),
    ...(updates && { updates: new Map(Object.entries(updates)) }),
    nodes,
  };
}

/** Conv → Relu → Conv → pool, over constants w, b and v: a fused activation, borders, and a dense output. */
export const twoConvolutions: readonly Node[] = [
  op("Conv", "x w b", "conv", { pads: [1, 1, 1, 1] }),
  op("Relu", "conv", "relu"),
  op("Conv", "relu v", "next", { pads: [1, 1, 1, 1] }),
  op("GlobalAveragePool", "next", "pooled"),
  op("Flatten", "pooled", "y"),
];

/** Elements by their place, row by row. */
export function filled(shape: Shape, of: (i: number) => number): Tensor {
  return Tensor.float32(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => of(i)),
  );
}

/** Numbers in [−1, 1) that are the same on every run. */
export function noise(shape: Shape, seed = 1): Tensor {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
  // The first number barely depends on the seed.
  next();
  return Tensor.float32(shape, Float32Array.from({ length: sizeOf(shape) }, next));
}

/** The same numbers, smaller or larger. */
export function scaledNoise(shape: Shape, seed: number, by: number): Tensor {
  const numbers = noise(shape, seed).toFloat32();
  return filled(shape, (i) => by * (numbers[i] as number));
}

/** int64 constants: shapes, axes. */
export function ints(...values: number[]): Tensor {
  return Tensor.int64([values.length], values);
}
