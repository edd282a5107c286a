// Evaluates a graph in double precision by plain loops, node by node. It shares no kernel, no folding and no inference with the engine, so
// that it can tell whether these are right.
import { UnsupportedError } from "../engine/errors.ts";
import { AttributeReader } from "../engine/graph/attributes.ts";
import type { Graph, Node } from "../engine/graph/graph.ts";
import { entryOf } from "../engine/records.ts";
import { fromTensor, type NdArray } from "./array.ts";
import { operators } from "./operators/index.ts";

export type Arrays = ReadonlyMap<string, NdArray>;

/**
 * The outputs of one node.
 *
 * @param inputs `undefined` for those left out
 * @throws UnsupportedError for an operator, or a form of one, that the reference does not have
 */
export function evaluateNode(node: Node, inputs: readonly (NdArray | undefined)[], opset: number): readonly NdArray[] {
  const where = `${node.operator} '${node.name}'`;
  const unsupported = (message: string): never => {
    throw new UnsupportedError(`${where}: ${message}`);
  };
  const evaluate = entryOf(operators, node.operator) ?? unsupported("the float64 reference does not have this operator.");
  const input = (index: number): NdArray => inputs[index] ?? unsupported(`input ${index} is missing.`);
  const result = evaluate({
    attributes: new AttributeReader(node),
    opset,
    inputs,
    // Names left out at the end ask for nothing.
    outputCount: node.outputs.findLastIndex(Boolean) + 1,
    input,
    unsupported,
  });
  return "data" in result ? [result] : result;
}

export interface EvaluateOptions {
  /** Called after each node, with what it read and what it computed. Memory of values that nobody reads any more is given back after it. */
  readonly onNode?: (node: Node, inputs: readonly (NdArray | undefined)[], outputs: readonly NdArray[]) => void | Promise<void>;
}

/**
 * The values of a graph's outputs. Nodes that these do not need are left out.
 *
 * @param given its inputs
 */
export async function evaluateGraph(graph: Graph, given: Arrays, { onNode }: EvaluateOptions = {}): Promise<Arrays> {
  const known = new Map(given);
  const nodes = neededNodes(graph);
  const lastReader = new Map(nodes.flatMap((node, i) => node.inputs.map((name) => [name, i] as const)));
  for (const [i, node] of nodes.entries()) {
    const inputs = node.inputs.map((name) => (name === "" ? undefined : read(graph, known, name, node)));
    const outputs = evaluateNode(node, inputs, graph.opsets.get("") ?? 1);
    node.outputs.forEach((name, index) => {
      const output = outputs[index];
      if (name && !output) throw new UnsupportedError(`${node.operator} '${node.name}': the float64 reference has no output ${index}.`);
      if (name && output) known.set(name, output);
    });
    await onNode?.(node, inputs, outputs);
    for (const name of [...node.inputs, ...node.outputs])
      if ((lastReader.get(name) ?? i) <= i && !graph.outputs.includes(name)) known.delete(name);
  }
  return new Map(graph.outputs.map((name) => [name, read(graph, known, name)]));
}

function neededNodes({ nodes, outputs }: Graph): readonly Node[] {
  const needed = new Set(outputs);
  const found = nodes.toReversed().filter((node) => {
    const isNeeded = node.outputs.some((output) => output !== "" && needed.has(output));
    if (isNeeded) for (const input of node.inputs) needed.add(input);
    return isNeeded;
  });
  return found.toReversed();
}

function read({ initializers, parameters }: Graph, known: Arrays, name: string, reader?: Node): NdArray {
  const value = known.get(name);
  if (value) return value;
  const constant = parameters?.get(name) ?? initializers.get(name);
  if (!constant) throw new UnsupportedError(`${reader ? `${reader.operator} '${reader.name}': ` : ""}nothing computes '${name}'.`);
  return fromTensor(constant);
}
