// Finds the values that a kernel may write straight into the output of a Concat, so that the Concat copies nothing.
import type { Border } from "../ops/operator.ts";
import { hasBorder, noBorder, unionBorder } from "./layouts.ts";
import { type PlannedGraph, type PlannedNode, readersOf, readsStrided, typeOf } from "./nodes.ts";

/** Where in a Concat's output a value lies. */
export interface Slice {
  readonly concat: PlannedNode;
  /** First index along the Concat's axis. */
  readonly start: number;
}

/**
 * The values that become slices. Slices nest: a Concat inside a Concat writes into the output of the outermost one.
 *
 * @param fixed values that are placed already
 * @param borders of each value that has one; the outermost output's border becomes the union of its own and its slices'
 */
export function chooseSlices(
  planned: PlannedGraph,
  fixed: { has(name: string): boolean },
  borders: Map<string, Border>,
): ReadonlyMap<string, Slice> {
  const { nodes, uses, producers, dependencies } = planned;
  const slices = new Map<string, Slice>();
  /** Slice to outermost output. Concats are visited from the last to the first, so an outer one is known before its slices. */
  const outermostOutputs = new Map<string, string>();
  const outermostOf = (name: string): string => outermostOutputs.get(name) ?? name;

  const isEligible = (name: string, output: string): boolean => {
    const producer = producers.get(name);
    // What is prepared once must not lie in memory that every run uses for something else.
    if (dependencies.has(name) !== dependencies.has(output) || fixed.has(name)) return false;
    if (producer?.kernel?.writesStrided !== true || slices.has(name)) return false;
    return (uses.get(name) ?? []).every(readsStrided);
  };
  /**
   * Slices of one output interleave, and WebGPU lets no dispatch read one and write another. So no node may do so, except a Concat, which does
   * not read slices that lie in its output already.
   */
  const hasConflict = (name: string, outermost: string, concat: PlannedNode): boolean => {
    const readers = (uses.get(name) ?? []).filter(({ reader }) => reader !== concat);
    return (
      (producers.get(name) as PlannedNode).node.inputs.some((input) => input && outermostOf(input) === outermost) ||
      readers.some(({ reader }) => reader.node.outputs.some((output) => output && outermostOf(output) === outermost))
    );
  };

  for (const concat of nodes.toReversed()) {
    const { node, operation } = concat;
    if (operation.concatAxis === undefined) continue;
    const output = node.outputs[0] as string;
    const outermost = outermostOf(output);
    const repeated = repeatedNames(node.inputs);
    let mayHaveBorder: boolean | undefined;
    let start = 0;
    for (const name of node.inputs) {
      const from = start;
      start += typeOf(planned, name).shape[operation.concatAxis] as number;
      if (repeated.has(name) || !isEligible(name, output)) continue;
      const border = unionBorder(borders.get(outermost) ?? noBorder, borders.get(name) ?? noBorder);
      if (hasBorder(border)) {
        mayHaveBorder ??= mayOutermostHaveBorder(planned, concat, slices);
        if (!mayHaveBorder) continue;
      }
      if (hasConflict(name, outermost, concat)) continue;
      slices.set(name, { concat, start: from });
      outermostOutputs.set(name, outermost);
      borders.set(outermost, border);
    }
  }
  return slices;
}

function repeatedNames(names: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  return new Set(names.filter((name) => seen.size === seen.add(name).size));
}

/** Slices along batch or channels leave a border's pattern as it is. All readers of the outermost output must follow its strides. */
function mayOutermostHaveBorder(planned: PlannedGraph, innermost: PlannedNode, slices: ReadonlyMap<string, Slice>): boolean {
  for (let concat = innermost; ; ) {
    if ((concat.operation.concatAxis as number) >= 2) return false;
    const output = concat.node.outputs[0] as string;
    const outer = slices.get(output);
    if (!outer) return planned.producers.get(output)?.kernel?.writesStrided === true && readersOf(planned, output).every(readsStrided);
    concat = outer.concat;
  }
}
