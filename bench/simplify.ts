// A task's graph as the peers' interpreters take it.
import type { Task } from "../src/bench/engine.ts";
import { UnsupportedError } from "../src/engine/errors.ts";
import type { TypedGraph } from "../src/engine/graph/graph.ts";
import { loadCatalog } from "../src/engine/ops/catalog.ts";
import { foldScaleShift } from "../src/engine/ops/convolution/fold-scale-shift.ts";
import { dropIdentity } from "../src/engine/passes/drop-identity.ts";
import { inferGraph } from "../src/engine/passes/infer.ts";

/** The graph with shapes, which Convcam's own operators infer, and with BatchNormalization folded. */
export async function simplify(task: Task): Promise<TypedGraph> {
  const catalog = await loadCatalog(task.graph, {});
  const options = { inputShapes: Object.fromEntries(Object.entries(task.inputs).map(([name, { shape }]) => [name, shape])) };
  let inference = inferGraph(task.graph, catalog, options);
  for (const pass of [dropIdentity, foldScaleShift]) {
    if (inference.obstacles.length > 0) throw new UnsupportedError(inference.obstacles);
    inference = inferGraph(pass(inference.graph, { keep: new Set() }), catalog);
  }
  return inference.graph;
}
