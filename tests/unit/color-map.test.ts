// Tables short enough for the shader, and gradients for the legend.
import { describe, expect, it } from "vitest";
import { colorMaps, colorStops, cssGradient } from "../../src/ui/mosaic/color-map.ts";
import { colorsOf, paletteOf, paletteSize } from "../../src/ui/mosaic/palette.ts";
import { stopsOf } from "../../src/ui/mosaic/rare-colors.ts";

describe("colour maps", () => {
  it.each(colorMaps)("%s has 2 to 32 stops between 0 and 1, which the legend shows too", (map) => {
    const stops = colorStops(stopsOf(map));
    expect(stops.length).toBeGreaterThanOrEqual(2);
    expect(stops.length).toBeLessThanOrEqual(32);
    expect(stops.flat().every((part) => part >= 0 && part <= 1)).toBe(true);
    expect(cssGradient(stopsOf(map)).match(/#[0-9a-f]{6}/g)?.length).toBe(stops.length);
  });

  it("sequential ones grow lighter all the way", () => {
    for (const map of ["gray", "viridis", "magma", "cividis"] as const) {
      const lightness = colorStops(stopsOf(map)).map(([r, g, b]) => 0.2126 * r ** 2.2 + 0.7152 * g ** 2.2 + 0.0722 * b ** 2.2);
      lightness.reduce((before, now) => {
        expect(now, map).toBeGreaterThan(before);
        return now;
      }, -1);
    }
  });

  it("the diverging one is lightest in its middle", () => {
    const stops = colorStops(stopsOf("diverging"));
    expect(stops.length % 2).toBe(1);
    expect(stops[(stops.length - 1) / 2]?.every((part) => part > 0.95)).toBe(true);
  });
});

describe("a bent map", () => {
  const shareOf = (map: Uint32Array, gray: number) =>
    map.subarray(0, paletteSize).findIndex((word) => (word & 255) >= gray) / (paletteSize - 1);

  it("gives what lies at a share of the range the colour at that share to the power of gamma", async () => {
    const table = paletteOf(await colorsOf("gray", 0.5), [0, 0, 0, 0]);
    // Half of white lies at a quarter of the range.
    expect(shareOf(table, 128)).toBeCloseTo(0.25, 2);
    expect([table[0], table[paletteSize - 1]]).toEqual([0xff000000, 0xffffffff]);
    expect(shareOf(paletteOf(await colorsOf("gray", 2), [0, 0, 0, 0]), 128)).toBeCloseTo(Math.SQRT1_2, 2);
  });

  it("with 0 in its middle is bent on both sides of it alike", async () => {
    const [plain, bent] = (await Promise.all([1, 0.5].map((gamma) => colorsOf("diverging", gamma)))).map((colors) =>
      paletteOf(colors, [0, 0, 0, 0]),
    ) as [Uint32Array, Uint32Array];
    const middle = (paletteSize - 1) / 2;
    expect(bent[middle]).toBe(plain[middle]);
    // A quarter of the way from the middle has the colour of half of it.
    for (const side of [-1, 1]) expect(bent[middle + (side * middle) / 4]).toBe(plain[middle + (side * middle) / 2]);
  });

  it.each(colorMaps)("of %s has the same colours in the legend, where they lie in it", async (map) => {
    const colors = await colorsOf(map, 0.5);
    const table = paletteOf(colors, [0, 0, 0, 0]);
    const stops = [...colors.ramp.matchAll(/rgb\((\d+),(\d+),(\d+)\) ([\d.]+)%/g)].map((match) => match.slice(1).map(Number));
    expect(stops.length).toBeGreaterThan(16);
    for (const [red = 0, green = 0, blue = 0, at = 0] of stops) {
      const word = table[Math.round((at / 100) * (paletteSize - 1))] as number;
      [red, green, blue].forEach((part, k) => expect(Math.abs(part - ((word >> (8 * k)) & 255))).toBeLessThan(map === "gray" ? 3 : 6));
    }
  });
});
