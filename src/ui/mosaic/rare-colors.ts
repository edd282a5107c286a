// Colours that few mosaics have: the rarer maps, and any of them bent, so that small numbers are told apart. Loaded with the first.
import { type ColorMap, colorAt, colorStops, cssGradient, usualStops } from "./color-map.ts";
import type { Colors } from "./palette.ts";

/**
 * The stops of every map. magma (S. van der Walt, N. Smith, CC0) and cividis (J. Nuñez, C. Anderton, R. Renslow, public domain) are their 256-entry
 * tables sampled at 32 points, which stays within 2/255 of magma, and within 6/255 of cividis, at its kink near the dark end.
 */
const allStops: Readonly<Partial<Record<ColorMap, string>>> = {
  ...usualStops,
  magma:
    "0000040403120b0823140e351e11492a115d38106d46107754137d6018806d1e817a2382872781942c80a2307eaf347b" +
    "bd3977ca3e72d6456ce24d66ec5860f3655cf8745cfb8360fd9366fea26ffeb27afec185fed093fddfa1fceeb0fcfdbf",
  cividis:
    "00224e00285c002e6b0733701c396f293f6e33446c3d4a6c45506c4d556c555b6d5c616e6367706b6d72727274797877" +
    "807e78888578908b78989177a09775a89e73b0a471b9ab6dc1b26acab965d3c060dcc859e5cf52eed748f8df3cfee838",
};

export function stopsOf(map: ColorMap): string {
  return allStops[map] as string;
}

/** Colours of which a bent ramp is made. */
const rampColors = 33;

/**
 * Any map, bent: what lies at a share of the range has the colour at that share to the power of gamma. Of one with 0 in its middle both halves are,
 * each from the middle on.
 */
export function rareColors(map: ColorMap, gamma: number): Pick<Colors, "stops" | "bend" | "ramp"> {
  const stops = stopsOf(map);
  if (gamma === 1) return { stops, ramp: cssGradient(stops) };
  const isDiverging = map === "diverging";
  const colors = colorStops(stops);
  const places = Array.from({ length: rampColors }, (_, i) => {
    const share = i / (rampColors - 1);
    const color = colorAt(colors, share).map((part) => Math.round(part * 255));
    return `rgb(${color}) ${(100 * bend(share, 1 / gamma, isDiverging)).toFixed(2)}%`;
  });
  return { stops, bend: (share) => bend(share, gamma, isDiverging), ramp: `linear-gradient(to right,${places})` };
}

function bend(share: number, gamma: number, isDiverging: boolean): number {
  if (!isDiverging) return share ** gamma;
  const side = 2 * share - 1;
  return (1 + Math.sign(side) * Math.abs(side) ** gamma) / 2;
}
