// Finds branches of one network whose layers are called alike but for how the names begin, such as `a_block3` and `b_block3`. Pure.
import { sameShape } from "../../engine/shapes.ts";
import type { DrawableLayer } from "../layers.ts";

/** How names of two branches begin. */
export interface Branches {
  readonly first: string;
  readonly second: string;
  /** Partners by the names in the first branch. */
  readonly pairs: ReadonlyMap<string, string>;
}

/** Beginnings that are tried, those of most layers first. */
const mostBeginnings = 40;
/** Beginnings that differ by a number alone are of stages in a row, `block1_` and `block2_`, but for these. */
const namesOfBranches = /branch|tower|stream|path|head|net|model|backbone|encoder|decoder/i;
/** Fewer pairs than these are chance. */
const fewestPairs = 2;

/**
 * Branches that can be compared, those with most pairs first. Names are parted after their first word: `left/conv1`, `b_block3`, `tower2.pool`.
 */
export function findBranches(layers: readonly DrawableLayer[]): readonly Branches[] {
  const beginnings = new Map<string, number>();
  for (const { value } of layers) {
    const beginning = beginningOf(value);
    if (beginning !== undefined) beginnings.set(beginning, (beginnings.get(beginning) ?? 0) + 1);
  }
  const common = [...beginnings].filter(([, count]) => count >= fewestPairs).toSorted(([, one], [, other]) => other - one);
  const kept = new Set(common.slice(0, mostBeginnings).map(([beginning]) => beginning));
  const all = [...beginnings.keys()].filter((beginning) => kept.has(beginning));
  const canBranch = (first: string, second: string) =>
    namesOfBranches.test(first) || first.replace(/\d+/g, "") !== second.replace(/\d+/g, "");
  const found = all.flatMap((first, i) =>
    all.slice(i + 1).flatMap((second) => (canBranch(first, second) ? pairBranches(layers, first, second) : [])),
  );
  // Branches have the same shapes nearly throughout.
  return found.filter(({ pairs, first }) => pairs.size >= Math.max(fewestPairs, (beginnings.get(first) ?? 0) * 0.8)).toSorted(byPairs);
}

const byPairs = (one: Branches, other: Branches) => other.pairs.size - one.pairs.size;

/** The layers of two branches that have a partner of the same shape. */
export function pairBranches(layers: readonly DrawableLayer[], first: string, second: string): Branches {
  const shapes = new Map(layers.map(({ value, shape }) => [value, shape]));
  const pairs = layers.flatMap(({ value, shape }) => {
    const partner = value.startsWith(first) ? second + value.slice(first.length) : undefined;
    const other = partner === undefined || partner === value ? undefined : shapes.get(partner);
    return other && sameShape(shape, other) ? [[value, partner as string] as const] : [];
  });
  return { first, second, pairs: new Map(pairs) };
}

/**
 * Reads `a_+b_`; empty for the first that are found.
 *
 * @throws Error that says what there is
 */
export function readBranches(text: string, layers: readonly DrawableLayer[]): Branches {
  const wanted = text.trim();
  const found = findBranches(layers);
  const [first = "", second, ...rest] = wanted.split("+");
  const [likely] = found;
  if (wanted === "" && likely) return likely;
  if (second !== undefined && rest.length === 0) {
    const branches = pairBranches(layers, first, second);
    if (branches.pairs.size > 0) return branches;
  }
  const some = found.slice(0, 3).map(textOf);
  const what =
    wanted === "" ? "this network has no branches" : `no layer that begins with '${first}' has one like it with '${second ?? ""}'`;
  throw new Error(
    `compare 'branches:${text}': ${what}. ${some.length > 0 ? `It has ${some.join(", ")}.` : "Expected how names begin, such as branches:a_+b_."}`,
  );
}

/** As the attribute `compare` takes them. */
export function textOf({ first, second }: Branches): string {
  return `branches:${first}+${second}`;
}

/** The first word of a name with what parts it from the rest. */
function beginningOf(name: string): string | undefined {
  return /^.[^_./:-]*[_./:-]+(?=.)/.exec(name)?.[0];
}
