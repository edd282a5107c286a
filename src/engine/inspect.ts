// What a model is made of, and why it cannot run, without a GPU.
import { loadAxes } from "./graph/axes.ts";
import type { Graph } from "./graph/graph.ts";
import { loadStaged } from "./network.ts";
import { loadCatalog } from "./ops/catalog.ts";
import { type InferOptions, inferGraph } from "./passes/infer.ts";
import type { Axes } from "./shapes.ts";
import { type ModelSummary, summarize } from "./summary.ts";

export interface Inspection {
  readonly summary: ModelSummary;
  /** Why the model cannot run; empty if it can. */
  readonly obstacles: readonly string[];
  /** What the axes of its values are, inputs too: those that may lie otherwise than NCHW. */
  readonly axes: ReadonlyMap<string, Axes>;
}

/** What a graph is made of and what keeps it from running, without a GPU. */
export async function inspectModel(graph: Graph, options: InferOptions = {}): Promise<Inspection> {
  const inference = inferGraph(graph, await loadCatalog(graph, {}), options);
  const axes = await loadAxes(inference.graph);
  const inspection = { summary: summarize(graph, inference, axes), obstacles: inference.obstacles, axes };
  return inference.obstacles.length > 0 ? (await loadStaged()).inspectStages(graph, inference, options, inspection) : inspection;
}
