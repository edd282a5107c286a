// What exporters write as several nodes and one operator computes, and Transposes that cancel. A part of the program that is loaded for the graphs that
// have a node of such a kind.
import { GraphEdit } from "../../graph/edit.ts";
import type { Pass } from "../../graph/pass.ts";
import { fuseActivation } from "./activations.ts";
import { fuseNormalization } from "./normalizations.ts";
import { fuseProduct } from "./products.ts";
import { cancelTransposes } from "./transposes.ts";

export { activations as operators } from "./activations.ts";

/** Puts one node in the place of several where nobody needs what they compute on the way. */
const fuseIdioms: Pass = (graph, { keep }) => {
  const edit = new GraphEdit(graph, keep);
  const place = { graph, edit };
  for (const { name } of graph.nodes) {
    const node = edit.node(name);
    if (node) fuseActivation(place, node) || fuseNormalization(place, node) || fuseProduct(place, node);
  }
  return edit.graph();
};

/** Before Transposes cancel, normalisations over the last axis are over the last. Behind it, some are over the last that were not. */
export const passes: readonly Pass[] = [fuseIdioms, cancelTransposes, fuseIdioms];
