// Drops Identity and inference-time Dropout, so that later passes see the operators on both sides of them.
import type { Graph } from "../graph/graph.ts";
import type { Pass } from "./rewrite.ts";

export const dropIdentity: Pass = (graph, { keep }): Graph => {
  const renamed = new Map<string, string>();
  const current = (name: string): string => renamed.get(name) ?? name;
  const outputs = new Set(graph.outputs);
  const nodes = graph.nodes.flatMap((node) => {
    const inputs = node.inputs.map(current);
    const [output = ""] = node.outputs;
    const isNothing = node.domain === "" && (node.operator === "Identity" || node.operator === "Dropout");
    if (isNothing && !outputs.has(output) && !keep.has(output)) {
      // A Dropout's mask is a constant by now; only its values need another name.
      renamed.set(output, inputs[0] as string);
      return [];
    }
    return [{ ...node, inputs }];
  });
  return { ...graph, nodes };
};
