// Tables short enough for the shader, and gradients for the legend.
import { describe, expect, it } from "vitest";
import { colorMaps, cssGradient } from "../../src/ui/mosaic/color-map.ts";
import { colorStops } from "../../src/ui/mosaic/palette.ts";

describe("colour maps", () => {
  it.each(colorMaps)("%s has 2 to 32 stops between 0 and 1, which the legend shows too", (map) => {
    const stops = colorStops(map);
    expect(stops.length).toBeGreaterThanOrEqual(2);
    expect(stops.length).toBeLessThanOrEqual(32);
    expect(stops.flat().every((part) => part >= 0 && part <= 1)).toBe(true);
    expect(cssGradient(map).match(/#[0-9a-f]{6}/g)?.length).toBe(stops.length);
  });

  it("sequential ones grow lighter all the way", () => {
    for (const map of ["gray", "viridis", "magma", "cividis"] as const) {
      const lightness = colorStops(map).map(([r, g, b]) => 0.2126 * r ** 2.2 + 0.7152 * g ** 2.2 + 0.0722 * b ** 2.2);
      lightness.reduce((before, now) => {
        expect(now, map).toBeGreaterThan(before);
        return now;
      }, -1);
    }
  });

  it("the diverging one is lightest in its middle", () => {
    const stops = colorStops("diverging");
    expect(stops.length % 2).toBe(1);
    expect(stops[(stops.length - 1) / 2]?.every((part) => part > 0.95)).toBe(true);
  });
});
