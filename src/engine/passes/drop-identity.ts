// Drops Identity and inference-time Dropout, so that later passes see the operators on both sides of them.
import { GraphEdit } from "../graph/edit.ts";
import type { Graph } from "../graph/graph.ts";
import type { Pass } from "../graph/pass.ts";

export const dropIdentity: Pass = (graph, { keep }): Graph => {
  const edit = new GraphEdit(graph, keep);
  for (const { name } of graph.nodes) {
    const node = edit.node(name);
    const [output = ""] = node?.outputs ?? [];
    const isNothing = node?.domain === "" && (node.operator === "Identity" || node.operator === "Dropout");
    if (!isNothing || edit.isWanted(output)) continue;
    // A Dropout's mask is a constant by now: only its first output has readers to be moved.
    edit.replaceUses(output, node.inputs[0] as string);
    edit.drop(name);
  }
  return edit.graph();
};
