// What a network says of the classes that it answers with.
import type { NetworkClasses } from "../data-sets/class-names.ts";
import type { Graph } from "../engine/graph/graph.ts";
import { labelsInMetadata } from "../ui/hints/labels.ts";
import { inspectWithShapes } from "../ui/input-shapes.ts";

/** Their names, and how many scores it has. Needs no GPU. */
export async function networkClassesOf(graph: Graph): Promise<NetworkClasses> {
  const { summary } = await inspectWithShapes(graph, { option: "--data" });
  const answer = summary.layers.find(({ outputs }) => outputs.includes(graph.outputs[0] as string));
  return { names: labelsInMetadata(graph.metadata), scores: answer?.shape?.at(-1) };
}
