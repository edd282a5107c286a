// What of a graph depends on which values.
import type { Graph } from "./graph.ts";

type Nodes = Pick<Graph, "nodes">;

/**
 * Values that depend on any of these, and these.
 *
 * @param passes whether a dependence goes on through a value; by default through all
 */
export function dependentsOf(
  { nodes }: Nodes,
  values: Iterable<string>,
  passes: (output: string) => boolean = () => true,
): ReadonlySet<string> {
  const found = new Set(values);
  for (const { inputs, outputs } of nodes)
    if (inputs.some((input) => found.has(input))) for (const output of outputs) if (output && passes(output)) found.add(output);
  return found;
}

/** Values that these depend on, and these. */
export function ancestorsOf({ nodes }: Nodes, values: Iterable<string>): ReadonlySet<string> {
  const found = new Set(values);
  for (const { inputs, outputs } of nodes.toReversed())
    if (outputs.some((output) => found.has(output))) for (const input of inputs) if (input) found.add(input);
  return found;
}
