// Colour maps by name, as short tables of evenly spaced stops, and as CSS.

/** Red, green, blue in 0…1. */
export type Color = readonly [number, number, number];

export const colorMaps = ["gray", "viridis", "magma", "cividis", "diverging"] as const;

export type ColorMap = (typeof colorMaps)[number];

/**
 * Stops in hexadecimal RGB, from low to high, of the maps that most networks are drawn in; rare-colors.ts has all of them. viridis (S. van der Walt,
 * N. Smith, CC0) is its 256-entry table sampled at 32 points, which stays within 2/255 of it.
 */
export const usualStops: Readonly<Partial<Record<ColorMap, string>>> = {
  gray: "000000ffffff",
  viridis:
    "440154470d6048196b482474472e7c4538824142863e4b893a548c365d8d32658e2e6d8e2b758e287d8e25858e228c8d" +
    "20948c1e9c8920a38625ab822db27d39ba7648c16e58c7656acd5b7ed34f92d742a8db34bedf26d4e21be9e41afde725",
  // Blue, white, red of equal lightness on both sides; white stands for exactly 0.
  diverging: "0b2a6f2458b85a90dba6c8f0f7f7f7f4b8a5dc7350b3323068091f",
};

/** The stops of a map, low to high. */
export function colorStops(stops: string): Color[] {
  return (stops.match(/.{6}/g) ?? []).map(parseHex);
}

/** The colour at a share of a map. */
export function colorAt(colors: readonly Color[], share: number): number[] {
  const at = share * (colors.length - 1);
  const left = Math.min(Math.floor(at), colors.length - 2);
  return [0, 1, 2].map((k) => mix(colors[left]?.[k] ?? 0, colors[left + 1]?.[k] ?? 0, at - left));
}

/** A CSS gradient through the same stops, low at the start. CSS interpolates them just as the shader does. */
export function cssGradient(stops: string, direction = "to right"): string {
  return `linear-gradient(${direction},${stops.replace(/.{6}/g, ",#$&").slice(1)})`;
}

function mix(from: number, to: number, share: number): number {
  return from + (to - from) * share;
}

function parseHex(hex: string): Color {
  const bits = Number.parseInt(hex, 16);
  return [(bits >> 16) / 255, ((bits >> 8) & 255) / 255, (bits & 255) / 255];
}
