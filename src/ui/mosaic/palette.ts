// A colour map as the table in which shaders look colours up, with the colours that stand outside every map.
import { type Color, type ColorMap, stops } from "./color-map.ts";

/** NaN is cyan and infinity orange: neither colour occurs in any of the maps. */
const nanColor: Color = [0, 1, 1];
const infinityColor: Color = [1, 0.5, 0];

/** The stops of a map, low to high. */
export function colorStops(map: ColorMap): Color[] {
  return (stops[map].match(/.{6}/g) ?? []).map(parseHex);
}

/** Colours that a map is sampled at: so many that only rounding is lost, and an odd number, so that one is in the middle. */
export const paletteSize = 1025;

/**
 * The table in which mosaic.wgsl looks colours up: the map from low to high, then infinity, NaN, and the background.
 *
 * @param background red, green, blue and opacity in 0…1
 * @returns RGBA of 8 bits each, red in the lowest
 */
export function paletteOf(map: ColorMap, background: readonly [number, number, number, number]): Uint32Array<ArrayBuffer> {
  const colors = colorStops(map);
  const sampled = Array.from({ length: paletteSize }, (_, i) => {
    const at = (i / (paletteSize - 1)) * (colors.length - 1);
    const left = Math.min(Math.floor(at), colors.length - 2);
    return [0, 1, 2].map((k) => mix(colors[left]?.[k] ?? 0, colors[left + 1]?.[k] ?? 0, at - left));
  });
  const opaque = [...sampled, infinityColor, nanColor].map((color) => [...color, 1]);
  return Uint32Array.from([...opaque, background], (color) => color.reduceRight((word, part) => word * 256 + Math.round(part * 255), 0));
}

function mix(from: number, to: number, share: number): number {
  return from + (to - from) * share;
}

function parseHex(hex: string): Color {
  const bits = Number.parseInt(hex, 16);
  return [(bits >> 16) / 255, ((bits >> 8) & 255) / 255, (bits & 255) / 255];
}
