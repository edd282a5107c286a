// One operator in a network of its own, and what the float64 reference says that it computes.

import type { Device } from "../../src/engine/gpu/device.ts";
import type { AttributeValue, Graph } from "../../src/engine/graph/graph.ts";
import { loadModel } from "../../src/engine/model.ts";
import { isFloat, type Tensor } from "../../src/engine/tensor.ts";
import { fromTensor } from "../../src/reference/array.ts";
import { evaluateNode } from "../../src/reference/evaluate.ts";

export interface OperatorCase {
  readonly operator: string;
  /** ONNX's own unless given. */
  readonly domain?: string;
  readonly why: string;
  readonly inputs: readonly (Tensor | undefined)[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** Indices of inputs whose elements are known at load. */
  readonly known?: readonly number[];
  /** 1 unless given. */
  readonly outputs?: number;
  readonly opset?: number;
}

const names = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

export function graphOfCase({ operator, domain = "", inputs, attributes = {}, known = [], outputs = 1, opset = 26 }: OperatorCase): Graph {
  const given = inputs.flatMap((tensor, i) => (tensor ? [{ name: `x${i}`, tensor, isKnown: known.includes(i) }] : []));
  const node = {
    name: "node",
    operator,
    domain,
    inputs: inputs.map((tensor, i) => (tensor ? `x${i}` : "")),
    outputs: names("y", outputs),
    attributes: new Map(Object.entries(attributes)),
  };
  return {
    name: "case",
    opsets: new Map([["", opset], ...(domain ? [[domain, 1] as const] : [])]),
    metadata: new Map(),
    inputs: given.flatMap(({ name, tensor, isKnown }) => (isKnown ? [] : [{ name, dtype: tensor.dtype, shape: tensor.shape }])),
    outputs: node.outputs,
    initializers: new Map(given.flatMap(({ name, tensor, isKnown }) => (isKnown ? [[name, tensor] as const] : []))),
    nodes: [node],
  };
}

/** What differs, in words; empty if nothing does. */
export async function differencesOf(device: Device, one: OperatorCase, tolerance = 1e-4): Promise<readonly string[]> {
  const graph = graphOfCase(one);
  const expected = evaluateNode(
    graph.nodes[0] as Graph["nodes"][number],
    one.inputs.map((tensor) => tensor && fromTensor(tensor)),
    one.opset ?? 26,
  );
  const model = await loadModel(device, graph);
  try {
    model.run(Object.fromEntries(graph.inputs.map(({ name }) => [name, one.inputs[Number(name.slice(1))] as Tensor])));
    const differences: string[] = [];
    for (const [i, name] of graph.outputs.entries()) {
      const actual = await model.read(name);
      const wanted = expected[i];
      if (`${actual.dtype} [${actual.shape}]` !== `${wanted?.dtype} [${wanted?.shape}]`)
        differences.push(`${name} is ${actual.dtype} [${actual.shape}], expected ${wanted?.dtype} [${wanted?.shape}]`);
      const values = actual.toNumbers();
      const at = values.findIndex((value, k) => {
        const right = wanted?.data[k] as number;
        const room = isFloat(actual.dtype) ? tolerance * Math.max(1, Math.abs(right)) : 0;
        return !(Object.is(value, right) || Math.abs(value - right) <= room);
      });
      if (at >= 0) differences.push(`${name}: element ${at} is ${values[at]}, expected ${wanted?.data[at]}`);
    }
    return differences;
  } finally {
    model.dispose();
  }
}
