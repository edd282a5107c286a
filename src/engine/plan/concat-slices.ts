// Finds the values that a kernel may write straight into the output of a Concat, so that the Concat copies nothing.
import type { Border } from "../ops/operator.ts";
import { hasBorder, noBorder, unionBorder } from "./layouts.ts";
import { type PlannedGraph, type PlannedNode, readsStrided, typeOf } from "./nodes.ts";

/** Where in a Concat's output a value lies. */
export interface Slice {
  readonly concat: PlannedNode;
  /** First index along the Concat's axis. */
  readonly start: number;
}

/**
 * The values that become slices. Slices nest: a Concat inside a Concat writes into the outermost one, the "whole".
 *
 * @param fixed values that are placed already
 * @param borders of each value that has one; the whole's border becomes the union of its own and its slices'
 */
export function chooseSlices(
  planned: PlannedGraph,
  fixed: { has(name: string): boolean },
  borders: Map<string, Border>,
): ReadonlyMap<string, Slice> {
  const { nodes, uses, producers, dependencies } = planned;
  const slices = new Map<string, Slice>();
  /** Slice to whole. From the last Concat to the first, so a whole is known before its slices. */
  const wholes = new Map<string, string>();
  const wholeOf = (name: string): string => wholes.get(name) ?? name;

  const isEligible = (name: string, output: string): boolean => {
    const producer = producers.get(name);
    // What is prepared once must not lie in memory that every run uses for something else.
    if (dependencies.has(name) !== dependencies.has(output) || fixed.has(name)) return false;
    if (producer?.kernel?.writesStrided !== true || producer.operation.isView || slices.has(name)) return false;
    return (uses.get(name) ?? []).every(readsStrided);
  };
  /**
   * Slices of one whole interleave, and WebGPU lets no dispatch read one and write another. So no node may read one and write another; but a
   * Concat does not read what lies in its place already.
   */
  const hasConflict = (name: string, whole: string, concat: PlannedNode): boolean => {
    const readers = (uses.get(name) ?? []).filter(({ reader }) => reader !== concat);
    return (
      (producers.get(name) as PlannedNode).node.inputs.some((input) => input && wholeOf(input) === whole) ||
      readers.some(({ reader }) => reader.node.outputs.some((output) => output && wholeOf(output) === whole))
    );
  };

  for (const concat of nodes.toReversed()) {
    const { node, operation } = concat;
    if (operation.concatAxis === undefined) continue;
    const output = node.outputs[0] as string;
    const whole = wholeOf(output);
    const repeated = repeatedNames(node.inputs);
    let mayHaveBorder: boolean | undefined;
    let start = 0;
    for (const name of node.inputs) {
      const from = start;
      start += typeOf(planned, name).shape[operation.concatAxis] as number;
      if (repeated.has(name) || !isEligible(name, output)) continue;
      const border = unionBorder(borders.get(whole) ?? noBorder, borders.get(name) ?? noBorder);
      if (hasBorder(border)) {
        mayHaveBorder ??= mayWholeHaveBorder(planned, concat, slices);
        if (!mayHaveBorder) continue;
      }
      if (hasConflict(name, whole, concat)) continue;
      slices.set(name, { concat, start: from });
      wholes.set(name, whole);
      borders.set(whole, border);
    }
  }
  return slices;
}

function repeatedNames(names: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  return new Set(names.filter((name) => seen.size === seen.add(name).size));
}

/** Slices along batch or channels leave a border's pattern as it is. All readers of the outermost whole must follow its strides. */
function mayWholeHaveBorder({ uses, producers }: PlannedGraph, innermost: PlannedNode, slices: ReadonlyMap<string, Slice>): boolean {
  for (let concat = innermost; ; ) {
    if ((concat.operation.concatAxis as number) >= 2) return false;
    const output = concat.node.outputs[0] as string;
    const outer = slices.get(output);
    if (!outer) return producers.get(output)?.kernel?.writesStrided === true && (uses.get(output) ?? []).every(readsStrided);
    concat = outer.concat;
  }
}
