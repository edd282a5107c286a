// What a model is made of, as a table: one row per node. Needs no GPU and no supported operators.
import { type Graph, type Node, producersOf } from "./graph/graph.ts";
import type { Nonnegative, Operation } from "./ops/operator.ts";
import type { Inference } from "./passes/infer.ts";
import type { Axes, Shape } from "./shapes.ts";
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
  /** Elements of the weights this node reads first: initializers of floats and, of quantised layers, of whole numbers; not scales and zero points. */
  readonly parameterCount: number;
  /** Multiply-accumulates. */
  readonly macs: number;
}

export interface ModelSummary {
  readonly name: string;
  readonly opset: number;
  readonly layers: readonly LayerSummary[];
  readonly parameterCount: number;
  /** What the parameters take in the file. */
  readonly parameterBytes: number;
  readonly macs: number;
}

/**
 * @param file the graph as imported, whose initializers are the parameters; constants made by folding are not
 * @param axes by value, where they are known
 */
export function summarize(file: Graph, inference: Inference, axes: ReadonlyMap<string, Axes> = new Map()): ModelSummary {
  const { graph, operations } = inference;
  const [counts, parameterBytes] = parametersOf(file, inference);
  const layers = graph.nodes.map(
    (node, i): LayerSummary => ({
      name: node.name,
      operator: node.operator,
      inputs: node.inputs.filter((name) => name && !graph.initializers.has(name)),
      outputs: node.outputs.filter(Boolean),
      shape: graph.types.get(node.outputs[0] as string)?.shape,
      axes: axes.get(node.outputs[0] as string),
      isView: operations.get(node.name)?.isView ?? false,
      continuesLayer: operations.get(node.name)?.continuesLayer ?? false,
      nonnegative: signOf(node, operations.get(node.name), graph.initializers),
      parameterCount: counts[i] as number,
      macs: operations.get(node.name)?.macs ?? 0,
    }),
  );
  const sum = (key: "parameterCount" | "macs") => layers.reduce((total, layer) => total + layer[key], 0);
  return {
    name: file.name,
    opset: file.opsets.get("") ?? 0,
    layers,
    parameterCount: sum("parameterCount"),
    parameterBytes,
    macs: sum("macs"),
  };
}

/** An operation's sign with names of values in place of indices. Constants are looked at and left out. */
function signOf(node: Node, operation: Operation | undefined, constants: ReadonlyMap<string, Tensor>): Nonnegative<string> | undefined {
  const sign = operation?.nonnegative?.();
  if (!sign || sign === "always") return sign;
  const isOfAll = "whereAll" in sign;
  const names = (isOfAll ? sign.whereAll : sign.whereSome).flatMap((index) => node.inputs[index] || []);
  const open = names.filter((name) => !constants.has(name));
  const known = names.flatMap((name) => constants.get(name) ?? []);
  if (isOfAll) return known.some(hasNegative) ? undefined : { whereAll: open };
  return known.every(hasNegative) ? { whereSome: open } : "always";
}

/** Larger constants are weights, and are taken to hold negative numbers. */
const largestInspected = 4096;

function hasNegative(tensor: Tensor): boolean {
  return isSigned(tensor.dtype) && (tensor.size > largestInspected || tensor.toNumbers().some((element) => element < 0));
}

/**
 * How many parameters each node has, in their order, and the bytes of all. Each parameter counts once, for the first node that reads it, be it through
 * folded nodes such as Cast. Whole numbers are parameters where they have at most 8 bits, and where an operator says that they are steps.
 */
function parametersOf(file: Graph, { catalog, graph, operations }: Inference) {
  // What is behind a node that is an obstacle has been counted for that one.
  const folded = producersOf({ ...file, nodes: file.nodes.filter(({ name }) => !operations.has(name)) });
  /** Values that were counted, with what folded nodes computed them from. */
  const counted = new Set<string>();
  let bytes = 0;
  const counts = graph.nodes.map((node) => {
    let count = 0;
    const waiting = [node];
    for (const { domain, operator, inputs } of waiting) {
      const steps = catalog.find(domain, operator)?.steps;
      for (const [i, name] of inputs.entries()) {
        if (counted.has(name) || steps?.includes(i) === false) continue;
        counted.add(name);
        const tensor = file.initializers.get(name);
        if (tensor && (steps || isFloat(tensor.dtype) || /t[48]$/.test(tensor.dtype))) {
          count += tensor.size;
          // The first number in the name of a type is its bits. A tensor takes whole bytes.
          bytes += Math.ceil((tensor.size * Number(/\d+/.exec(tensor.dtype))) / 8);
        }
        const producer = folded.get(name);
        if (producer) waiting.push(producer);
      }
    }
    return count;
  });
  return [counts, bytes] as const;
}
