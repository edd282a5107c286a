// Whether a network was trained at all.
import type { Graph } from "../engine/graph/graph.ts";

/** Our builders write down the seed that weights were drawn from, and for how many steps they were trained. */
export function hasRandomWeights({ metadata }: Graph): boolean {
  return metadata.has("seed") && Number(metadata.get("step") ?? 0) === 0;
}
