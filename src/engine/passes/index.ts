// The passes in their order, each on a freshly inferred graph.
import type { Graph } from "../graph/graph.ts";
import type { PassOptions } from "../graph/pass.ts";
import { findOperator } from "../ops/index.ts";
import { dropIdentity } from "./drop-identity.ts";
import { foldScaleShift } from "./fold-scale-shift.ts";
import { fuseEpilogue } from "./fuse-epilogue.ts";
import { type Inference, type InferOptions, inferGraph } from "./infer.ts";

/** Infers the graph and, where it has no obstacles, rewrites it into fewer, equivalent nodes. */
export function optimizeGraph(graph: Graph, options: InferOptions & PassOptions): Inference {
  let inference = inferGraph(graph, options);
  if (inference.obstacles.length > 0) return inference;
  const own = new Set(graph.nodes.flatMap(({ domain, operator }) => findOperator(domain, operator)?.pass ?? []));
  const keep = new Set([...options.keep, ...(graph.updates?.values() ?? [])]);
  for (const pass of [dropIdentity, ...own, foldScaleShift, fuseEpilogue]) inference = inferGraph(pass(inference.graph, { keep }));
  return inference;
}
