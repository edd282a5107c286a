// The colours of two values in the same tiles, by the attribute `compare-colors`. Pure.
import type { Color } from "../mosaic/color-map.ts";
import type { LegendColors } from "../mosaic/palette.ts";

/** Both add up to a neutral or clear third colour where the values agree. */
export const comparePairs = {
  "magenta-green": [
    [1, 0, 1],
    [0, 1, 0],
  ],
  "red-green": [
    [1, 0, 0],
    [0, 1, 0],
  ],
} as const satisfies Record<string, readonly [Color, Color]>;

export type ComparePair = keyof typeof comparePairs;

/** @throws Error that says what is accepted */
export function readPair(text: string | null | undefined): ComparePair {
  const pair = text?.trim() || "magenta-green";
  if (!Object.hasOwn(comparePairs, pair)) throw new Error(`compare-colors '${text}': expected ${Object.keys(comparePairs).join(" or ")}.`);
  return pair as ComparePair;
}

/** One above the other, from black. */
export function legendOf(pair: ComparePair): LegendColors {
  const [first, second] = comparePairs[pair].map((color) => `linear-gradient(to right,#000,rgb(${color.map((part) => part * 255)}))`);
  return { ramp: `${first} top/100% 50% no-repeat,${second} bottom/100% 50% no-repeat`, zero: "#000" };
}
