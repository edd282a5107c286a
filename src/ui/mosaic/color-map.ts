// Colour maps as short tables of evenly spaced stops, and as CSS.

/** Red, green, blue in 0…1. */
export type Color = readonly [number, number, number];

/**
 * Stops in hexadecimal RGB, from low to high. viridis and magma (S. van der Walt, N. Smith, CC0) and cividis (J. Nuñez,
 * C. Anderton, R. Renslow, public domain) are their 256-entry tables sampled at 32 points, which stays within 2/255 of them (cividis within 6/255, at its kink near the dark end).
 */
export const stops = {
  gray: "000000ffffff",
  viridis:
    "440154470d6048196b482474472e7c4538824142863e4b893a548c365d8d32658e2e6d8e2b758e287d8e25858e228c8d" +
    "20948c1e9c8920a38625ab822db27d39ba7648c16e58c7656acd5b7ed34f92d742a8db34bedf26d4e21be9e41afde725",
  magma:
    "0000040403120b0823140e351e11492a115d38106d46107754137d6018806d1e817a2382872781942c80a2307eaf347b" +
    "bd3977ca3e72d6456ce24d66ec5860f3655cf8745cfb8360fd9366fea26ffeb27afec185fed093fddfa1fceeb0fcfdbf",
  cividis:
    "00224e00285c002e6b0733701c396f293f6e33446c3d4a6c45506c4d556c555b6d5c616e6367706b6d72727274797877" +
    "807e78888578908b78989177a09775a89e73b0a471b9ab6dc1b26acab965d3c060dcc859e5cf52eed748f8df3cfee838",
  // Blue, white, red of equal lightness on both sides; white stands for exactly 0.
  diverging: "0b2a6f2458b85a90dba6c8f0f7f7f7f4b8a5dc7350b3323068091f",
} as const;

export type ColorMap = keyof typeof stops;

export const colorMaps = Object.keys(stops) as readonly ColorMap[];

/** The colour pairs for two models in one mosaic. Both add up to a neutral or clear third colour where the models agree. */
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

/** A CSS gradient through the same stops, low at the start. CSS interpolates them just as the shader does. */
export function cssGradient(map: ColorMap, direction = "to right"): string {
  return `linear-gradient(${direction},${stops[map].replace(/.{6}/g, ",#$&").slice(1)})`;
}

/** The CSS colour of 0 in a range that begins with it, or has it in its middle. */
export function zeroColor(map: ColorMap): string {
  const at = map === "diverging" ? stops[map].length / 2 - 3 : 0;
  return `#${stops[map].slice(at, at + 6)}`;
}
