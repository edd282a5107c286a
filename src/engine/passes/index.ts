// From a graph to one that is ready to be planned: its catalog, its types, and the passes in their order.
import type { Graph } from "../graph/graph.ts";
import type { PassOptions } from "../graph/pass.ts";
import { type Catalog, loadCatalog } from "../ops/catalog.ts";
import type { Target } from "../ops/operator.ts";
import { dropIdentity } from "./drop-identity.ts";
import { fuseEpilogue } from "./fuse-epilogue.ts";
import { type Inference, type InferOptions, inferGraph } from "./infer.ts";

export interface PrepareOptions extends InferOptions {
  /** Loads every kernel family, for callers that choose kernels by name. */
  readonly isComplete?: boolean;
  /** See `NetworkOptions`. */
  readonly dequantize?: boolean | undefined;
}

/** Infers a graph, and fetches the operators and kernels that it needs on this target, nothing else. */
export async function prepareGraph(graph: Graph, target: Target, options: PrepareOptions = {}): Promise<Inference> {
  const { isComplete = false, dequantize } = options;
  let inference = inferGraph(graph, await loadCatalog(graph, { target, isComplete }), options);
  // Only here the shapes are known, and which cases there are.
  const hasRareCases = [...inference.operations.values()].some(({ isView, kernels }) => !isView && kernels?.(target).length === 0);
  const hasMuchToGain = !isComplete && winogradMacs(inference) >= leastWinogradMacs;
  // The graph has its types, and what could be folded is.
  if (inference.obstacles.length === 0 && (hasRareCases || hasMuchToGain))
    inference = inferGraph(inference.graph, await loadCatalog(graph, { target, isComplete, hasRareCases, hasMuchToGain }));
  return (dequantize && inference.catalog.families.dequantize?.(inference)) || inference;
}

/** Fewer multiply-adds take so little time on any GPU that nobody would notice what Winograd saves of them. */
const leastWinogradMacs = 4e6;

/** Multiply-adds of the convolutions that Winograd's kernels take: 3×3, without stride, dilation or groups. */
function winogradMacs({ graph, operations }: Inference): number {
  let total = 0;
  for (const { name, operator, attributes, inputs } of graph.nodes) {
    const isPlain = ["strides", "dilations", "group"].every((attribute) => /^1(,1)?$/.test(String(attributes.get(attribute) ?? 1)));
    const weight = inputs[operator === "QLinearConv" ? 3 : 1] ?? "";
    const is3x3 = String(graph.types.get(weight)?.shape.slice(2)) === "3,3";
    if (/Conv$/.test(operator) && isPlain && is3x3) total += operations.get(name)?.macs ?? 0;
  }
  return total;
}

/** Infers the graph and, where it has no obstacles, rewrites it into fewer, equivalent nodes. */
export function optimizeGraph(graph: Graph, catalog: Catalog, options: InferOptions & PassOptions): Inference {
  let inference = inferGraph(graph, catalog, options);
  if (inference.obstacles.length > 0) return inference;
  const own = new Set(inference.graph.nodes.flatMap(({ domain, operator }) => catalog.find(domain, operator)?.pass ?? []));
  const keep = new Set([...options.keep, ...(graph.updates?.values() ?? [])]);
  for (const pass of [dropIdentity, ...own, ...catalog.passes, fuseEpilogue, ...own, ...(catalog.families.last ?? [])]) {
    const rewritten = pass(inference.graph, { keep });
    // Types are inferred anew only where a pass found something to do.
    if (rewritten === inference.graph) continue;
    const next = inferGraph(rewritten, catalog);
    // What a pass writes may take a part that was not loaded: then the graph stays as it was.
    if (next.obstacles.length === 0) inference = next;
  }
  return inference;
}
