// Lets Transposes cancel. Exporters from TensorFlow write one before and one behind every convolution, with the nodes between convolutions in the other
// order of axes: regions of nodes that work in any order are computed in the order that lies before their Transposes.
import { GraphEdit } from "../../graph/edit.ts";
import type { Node, TypedGraph } from "../../graph/graph.ts";
import type { Pass } from "../../graph/pass.ts";
import { combined, isIdentity, isTranspose, permOf, replaceByItself } from "./permutations.ts";
import { findRegion, paysToTurn, turnRegion } from "./region.ts";

export const cancelTransposes: Pass = (graph, { keep }) => {
  if (!graph.nodes.some(isTranspose)) return graph;
  const edit = new GraphEdit(graph, keep);
  mergeTransposes(graph, edit);
  /** By permutation, nodes whose region was looked at. */
  const seen = new Set<string>();
  for (const { name } of graph.nodes) {
    const node = edit.node(name);
    if (!node || !isTranspose(node)) continue;
    const perm = permOf(graph, node);
    const key = ({ name }: Node) => `${perm} ${name}`;
    if (edit.readers(node.outputs[0] as string).every((reader) => seen.has(key(reader)))) continue;
    const region = findRegion(graph, edit, node, perm);
    for (const inner of region.nodes) seen.add(key(inner));
    if (paysToTurn(region)) turnRegion(region);
  }
  mergeTransposes(graph, edit);
  return edit.graph();
};

/** Makes one Transpose, or none, of two in a row. */
function mergeTransposes(graph: TypedGraph, edit: GraphEdit): void {
  for (const { name } of edit.nodes) {
    const node = edit.node(name);
    const before = edit.producer(node?.inputs[0] ?? "");
    if (!node || !before || !isTranspose(node) || !isTranspose(before)) continue;
    const [[x = ""], [between = ""]] = [before.inputs, before.outputs];
    const perm = combined(permOf(graph, before), permOf(graph, node));
    if (!isIdentity(perm)) edit.replace(name, { inputs: [x], attributes: new Map([["perm", perm]]) });
    else replaceByItself(edit, node, x);
    if (edit.readerCount(between) === 0 && !edit.isWanted(between)) edit.drop(before.name);
  }
}
