// A colour map as the table in which shaders look colours up, with the colours that stand outside every map; and as what a legend shows of it.
import { loadPart } from "../../engine/errors.ts";
import { type Color, type ColorMap, colorAt, colorStops, cssGradient, usualStops } from "./color-map.ts";

/** What a legend shows of the colours of a mosaic, in CSS. */
export interface LegendColors {
  /** A gradient from low to high. */
  readonly ramp: string;
  /** The colour of 0 in a range that begins with it, or has it in its middle. */
  readonly zero: string;
}

/** The colours of a mosaic. */
export interface Colors extends LegendColors {
  readonly map: ColorMap;
  /** Evenly spaced, in hexadecimal RGB. */
  readonly stops: string;
  /** Where in the map the colour of a share of the range lies; there where absent. */
  readonly bend?: (share: number) => number;
}

/** @param gamma to which power of a number's share of the range its colour lies in the map */
export async function colorsOf(map: ColorMap, gamma = 1): Promise<Colors> {
  const usual = usualStops[map];
  const isUsual = usual && gamma === 1;
  const colors = isUsual
    ? { stops: usual, ramp: cssGradient(usual) }
    : (await loadPart("for these colours", () => import("./rare-colors.ts"))).rareColors(map, gamma);
  const at = map === "diverging" ? colors.stops.length / 2 - 3 : 0;
  return { map, ...colors, zero: `#${colors.stops.slice(at, at + 6)}` };
}

/** NaN is cyan and infinity orange: neither colour occurs in any of the maps. */
const nanColor: Color = [0, 1, 1];
const infinityColor: Color = [1, 0.5, 0];

/** Colours that a map is sampled at: so many that only rounding is lost, and an odd number, so that one is in the middle. */
export const paletteSize = 1025;

/**
 * The table in which mosaic.wgsl looks colours up: the map from low to high, then infinity, NaN, and the background.
 *
 * @param background red, green, blue and opacity in 0…1
 * @returns RGBA of 8 bits each, red in the lowest
 */
export function paletteOf(
  { stops, bend = (share) => share }: Pick<Colors, "stops" | "bend">,
  background: readonly [number, number, number, number],
): Uint32Array<ArrayBuffer> {
  const colors = colorStops(stops);
  const sampled = Array.from({ length: paletteSize }, (_, i) => colorAt(colors, bend(i / (paletteSize - 1))));
  const opaque = [...sampled, infinityColor, nanColor].map((color) => [...color, 1]);
  return Uint32Array.from([...opaque, background], (color) => color.reduceRight((word, part) => word * 256 + Math.round(part * 255), 0));
}
