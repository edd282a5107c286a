// Which panels show a comparison: both values in one, one beside the other, or their difference. Pure.
import type { LayerChoice } from "../layers.ts";
import type { Branches } from "./branches.ts";
import type { Names } from "./names.ts";
import type { Within } from "./within.ts";

/** By the attribute `compare-as`. */
export const comparisons = {
  colors: "in two colours",
  side: "side by side",
  difference: "as a difference",
} as const;

export type ComparedAs = keyof typeof comparisons;

/** @throws Error that says what is accepted */
export function readComparedAs(text: string | null): ComparedAs {
  const as = (text?.trim() || "colors") as ComparedAs;
  if (!Object.hasOwn(comparisons, as)) throw new Error(`compare-as '${text}': expected ${Object.keys(comparisons).join(", ")}.`);
  return as;
}

/** By the attribute `compare-range`. */
export const comparedRanges = { own: "each its own", common: "one for both" } as const;

export type ComparedRange = keyof typeof comparedRanges;

/** @throws Error that says what is accepted */
export function readComparedRange(text: string | null): ComparedRange {
  const range = (text?.trim() || "own") as ComparedRange;
  if (!Object.hasOwn(comparedRanges, range))
    throw new Error(`compare-range '${text}': expected ${Object.keys(comparedRanges).join(" or ")}.`);
  return range;
}

/** @throws Error that says what is accepted */
export function checkWithin(within: Within | undefined): void {
  if (within?.kind === "blank" && !Number.isFinite(Number(within.text)))
    throw new Error(`compare 'blank:${within.text}': expected a number behind 'blank:', the seed of random weights.`);
}

interface Wanted {
  readonly as: ComparedAs;
  /** Where branches of one network are compared. */
  readonly branches: Branches | undefined;
  /** The network's image input, which is the same for both. */
  readonly picture: string | undefined;
  readonly names: Names;
}

/** The panels for what would be shown of one network. A layer of the second branch stands with its partner. */
export function arrangeCompared(choices: readonly LayerChoice[], { as, branches, picture, names }: Wanted): readonly LayerChoice[] {
  const firsts = new Map(Array.from(branches?.pairs ?? [], ([first, second]) => [second, first]));
  const seen = new Set<string>();
  const arranged = choices.flatMap((choice): readonly LayerChoice[] => {
    const value = choice.compare === undefined ? (firsts.get(choice.value) ?? choice.value) : choice.value;
    const compare = choice.compare ?? branches?.pairs.get(value);
    const isCompared = compare !== undefined || (!branches && value !== picture);
    if (!isCompared) return [choice];
    // Both branches were asked for.
    const key = JSON.stringify([value, compare, choice.axes, choice.channels]);
    if (branches && seen.has(key)) return [];
    seen.add(key);
    const pair = { ...choice, value, ...(compare !== undefined && { compare }) };
    if (as === "colors") return [pair];
    if (as === "difference") return [{ ...pair, shows: "difference", title: `${titleOf(pair)} · difference` }];
    const share = 2 * (choice.share ?? 1);
    // The partner's own name says whose it is.
    const title = (name: string, own: string) => (compare === undefined ? `${value} · ${name}` : own);
    return [
      { ...pair, shows: "first", share, title: title(names.first, value) },
      { ...pair, shows: "second", share, title: title(names.second, compare ?? value) },
    ];
  });
  // What stands alone goes last, or it would part the two of a pair into different rows.
  return as === "side" ? arranged.toSorted((one, other) => Number(!one.shows) - Number(!other.shows)) : arranged;
}

function titleOf({ value, compare }: LayerChoice): string {
  return compare === undefined ? value : `${compare} − ${value}`;
}
