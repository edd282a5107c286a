// Goes through the nodes of one inference and writes what stands for If, Loop, Scan, sequences and optional values.
import type { Graph } from "../../graph/graph.ts";
import { entryOf } from "../../records.ts";
import type { Expand } from "../families.ts";
import { innerNames, readsOf } from "./bodies.ts";
import { expandIf, expandLoop, expandScan } from "./branches.ts";
import { expandCompress } from "./compress.ts";
import { Expansion, type State } from "./expansion.ts";
import { sequenceOperators } from "./sequences.ts";

const operators: Readonly<Record<string, (expansion: Expansion) => void>> = {
  If: expandIf,
  Loop: expandLoop,
  Scan: expandScan,
  Compress: expandCompress,
  ...sequenceOperators,
};

export function expander(graph: Graph): Expand {
  const state: State = { mark: markOf(graph), outputs: new Set(graph.outputs), lists: new Map(), later: new Map(), made: 0 };
  return (node, known) => {
    const expand = node.domain === "" ? entryOf(operators, node.operator) : undefined;
    const isListed = node.inputs.some((name) => state.lists.has(name));
    if (!expand && !isListed) return undefined;
    const isMissing = (name: string) => name !== "" && !known.types.has(name) && !state.lists.has(name);
    const next = state.later.get(node);
    state.later.delete(node);
    const expansion = new Expansion(node, known, state);
    // What was begun is not left half done: it is begun anew once more is known.
    if (next && node.inputs.some(isMissing)) expansion.demandWithin(node.inputs.filter(isMissing));
    // Behind an obstacle that is listed already.
    if (node.inputs.some(isMissing)) return undefined;
    // Of an If it may be in the branch that is not taken.
    if (!next && node.operator !== "If" && readsOf(node).some(isMissing)) expansion.demandLater();
    if (next) next(expansion);
    else if (expand) expand(expansion);
    else if (node.operator === "Identity") expansion.alias(node.inputs[0] ?? "", node.outputs[0] ?? "");
    else expansion.unsupported("it reads a sequence or an optional value, which only operators of sequences can");
    return expansion.nodes;
  };
}

/** One sign more than there are in a row in any name. */
function markOf(graph: Graph): string {
  let longest = 0;
  const see = (name: string) => {
    for (const [run] of name.matchAll(/@+/g)) longest = Math.max(longest, run.length);
  };
  const names = [...graph.inputs.map(({ name }) => name), ...graph.initializers.keys()];
  for (const name of names) see(name);
  const body = { inputs: [], outputs: [], outputTypes: [], nodes: graph.nodes };
  for (const name of innerNames(body).all) see(name);
  for (const node of graph.nodes) see(node.name);
  return "@".repeat(longest + 1);
}
