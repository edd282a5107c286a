// What a model is made of, as a table: one row per node. Needs no GPU and no supported operators.
import { type Graph, type Node, producersOf, type TypedGraph } from "./graph/graph.ts";
import type { Nonnegative, Operation } from "./ops/operator.ts";
import type { Inference } from "./passes/infer.ts";
import { type Axes, type Shape, sizeOf } from "./shapes.ts";
import { isFloat, isSigned, type Tensor } from "./tensor.ts";

export interface LayerSummary {
  readonly name: string;
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Of the first output; `undefined` behind an unsupported node, and where values say it. */
  readonly shape: Shape | undefined;
  /** What the axes of the first output are; `undefined` where nothing tells, and for NCHW values of a graph without Transpose. */
  readonly axes?: Axes | undefined;
  /** The output is its first input in another shape. */
  readonly isView: boolean;
  /** Whether views show it as one layer with the node before it, as they do an activation. */
  readonly continuesLayer: boolean;
  /** When its outputs hold no negative number; `undefined` where nothing is known. Constants are taken into account already. */
  readonly nonnegative?: Nonnegative<string> | undefined;
  /** Values that are read from the GPU before it: what comes after has the shapes that they say. Absent where there are none. */
  readonly readsBack?: readonly string[] | undefined;
  /** Elements of the float initializers this node reads first. */
  readonly parameterCount: number;
  /** Multiply-accumulates. */
  readonly macs: number;
}

export interface ModelSummary {
  readonly name: string;
  readonly opset: number;
  readonly layers: readonly LayerSummary[];
  readonly parameterCount: number;
  readonly macs: number;
}

/**
 * @param file the graph as imported, whose initializers are the parameters; constants made by folding are not
 * @param axes by value, where they are known
 */
export function summarize(file: Graph, { graph, operations }: Inference, axes: ReadonlyMap<string, Axes> = new Map()): ModelSummary {
  const parameters = parametersByNode(file, graph);
  const layers = graph.nodes.map(
    (node): LayerSummary => ({
      name: node.name,
      operator: node.operator,
      inputs: node.inputs.filter((name) => name && !graph.initializers.has(name)),
      outputs: node.outputs.filter((name) => name),
      shape: graph.types.get(node.outputs[0] as string)?.shape,
      axes: axes.get(node.outputs[0] as string),
      isView: operations.get(node.name)?.isView ?? false,
      continuesLayer: operations.get(node.name)?.continuesLayer ?? false,
      nonnegative: signOf(node, operations.get(node.name), graph.initializers),
      parameterCount: parameters.get(node.name) ?? 0,
      macs: operations.get(node.name)?.macs ?? 0,
    }),
  );
  return {
    name: file.name,
    opset: file.opsets.get("") ?? 0,
    layers,
    parameterCount: layers.reduce((sum, layer) => sum + layer.parameterCount, 0),
    macs: layers.reduce((sum, layer) => sum + layer.macs, 0),
  };
}

/** An operation's sign with names of values in place of indices. Constants are looked at and left out. */
function signOf(node: Node, operation: Operation | undefined, constants: ReadonlyMap<string, Tensor>): Nonnegative<string> | undefined {
  const sign = operation?.nonnegative?.();
  if (!sign || sign === "always") return sign;
  const namesOf = (indices: readonly number[]) => indices.flatMap((index) => node.inputs[index] || []);
  const holdsNone = (name: string) => !hasNegative(constants.get(name) as Tensor);
  if ("whereAll" in sign) {
    const names = namesOf(sign.whereAll);
    if (!names.filter((name) => constants.has(name)).every(holdsNone)) return undefined;
    return { whereAll: names.filter((name) => !constants.has(name)) };
  }
  const names = namesOf(sign.whereSome);
  if (names.some((name) => constants.has(name) && holdsNone(name))) return "always";
  return { whereSome: names.filter((name) => !constants.has(name)) };
}

/** Larger constants are weights, and are taken to hold negative numbers. */
const largestInspected = 4096;

function hasNegative(tensor: Tensor): boolean {
  return isSigned(tensor.dtype) && (tensor.size > largestInspected || tensor.toNumbers().some((element) => element < 0));
}

/** Each parameter counts once, for the first node that reads it, be it through folded nodes such as Cast. */
function parametersByNode(file: Graph, graph: TypedGraph): ReadonlyMap<string, number> {
  const remaining = new Set(graph.nodes.map((node) => node.name));
  const folded = producersOf({ ...file, nodes: file.nodes.filter(({ name }) => !remaining.has(name)) });
  /** Values that were counted, with what folded nodes computed them from. */
  const counted = new Set<string>();
  const counts = new Map<string, number>();
  for (const node of file.nodes) {
    if (!remaining.has(node.name)) continue;
    let count = 0;
    const waiting = [...node.inputs];
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      if (counted.has(name)) continue;
      counted.add(name);
      const tensor = file.initializers.get(name);
      if (tensor && isFloat(tensor.dtype)) count += sizeOf(tensor.shape);
      for (const input of folded.get(name)?.inputs ?? []) waiting.push(input);
    }
    counts.set(node.name, count);
  }
  return counts;
}
