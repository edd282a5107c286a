// Shapes in colours: painted where they should be, the same for the same seed, and told apart by what they are called.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Painter } from "../../src/data-sets/paint.ts";
import { ShapesSet, shapeClasses } from "../../src/data-sets/shapes-set.ts";

const painted = (side: number, samples: number, polygons: Parameters<Painter["paint"]>[0]) => {
  const pixels = new Uint8Array(3 * side ** 2);
  new Painter(side, samples).paint(polygons, pixels);
  return [0, 1, 2].map((channel) => [...pixels.subarray(channel * side ** 2, (channel + 1) * side ** 2)]);
};
const whole = [0, 0, 1, 0, 1, 1, 0, 1];

describe("polygons", () => {
  test("cover the pixels whose middles they cover, the later over the earlier", () => {
    const [red, green] = painted(4, 1, [
      { color: [10, 20, 30], points: whole },
      { color: [200, 100, 0], points: [0.25, 0.25, 0.75, 0.25, 0.75, 0.75, 0.25, 0.75] },
    ]);
    expect(red).toEqual([10, 10, 10, 10, 10, 200, 200, 10, 10, 200, 200, 10, 10, 10, 10, 10]);
    expect(green?.[5]).toBe(100);
  });

  test("have soft edges, and let through what lies below", () => {
    const [red] = painted(2, 2, [
      { color: [0, 0, 0], points: whole },
      { color: [200, 0, 0], points: [0, 0, 0.25, 0, 0.25, 1, 0, 1] },
      { color: [100, 0, 0], opacity: 0.5, points: [0.5, 0, 1, 0, 1, 1, 0.5, 1] },
    ]);
    expect(red).toEqual([100, 50, 100, 50]);
  });

  test("may reach beyond the picture, lie beside it, and cross themselves", () => {
    const [red] = painted(3, 1, [
      { color: [1, 0, 0], points: [-5, -5, 5, -5, 5, 5, -5, 5] },
      { color: [2, 0, 0], points: [2, 2, 3, 2, 3, 3] },
      { color: [3, 0, 0], points: [0, 0, 1, 1, 0, 1, 1, 0] },
    ]);
    // The last one is two triangles that meet in the middle, one above the other. What lies right on an edge counts where its left does.
    expect(red).toEqual([3, 3, 1, 1, 1, 1, 3, 3, 1]);
  });
});

describe("the shapes", () => {
  const set = new ShapesSet(32, 4, { mean: [0.5], std: [0.5] });
  const drawn = (of: ShapesSet, index: number) => {
    const pixels = new Uint8Array(3 * 1024);
    of.draw(index, pixels);
    return pixels;
  };

  test("are twelve, in turn, each of its colour", () => {
    const labels = readFileSync(new URL("../../models/labels/shapes.txt", import.meta.url), "utf8");
    expect(shapeClasses).toEqual(labels.trimEnd().split("\n"));
    expect(set.classSizes.reduce((a, b) => a + b)).toBe(set.length);
    expect([...set.targets([0, 1, 13, 24])]).toEqual([0, 1, 1, 0]);
    for (let index = 0; index < 48; index++) {
      const pixels = drawn(set, index);
      const channel = ["red", "green", "blue"].indexOf((shapeClasses[index % 12] as string).split(" ")[0] as string);
      // How much more of it there is than of the others, where there is most.
      const excess = Array.from({ length: 1024 }, (_, at) => {
        const parts = [0, 1, 2].map((c) => pixels[c * 1024 + at] as number);
        return (parts[channel] as number) - Math.max(...parts.filter((_part, c) => c !== channel));
      });
      expect(excess.filter((one) => one > 40).length, `picture ${index}`).toBeGreaterThan(20);
    }
  });

  test("are the same for the same seed and number, and others for others", () => {
    expect(drawn(new ShapesSet(32, 4, set.preparation), 5)).toEqual(drawn(set, 5));
    expect(drawn(new ShapesSet(32, 5, set.preparation), 5)).not.toEqual(drawn(set, 5));
    expect(drawn(set, 17)).not.toEqual(drawn(set, 5));
  });

  test("are prepared as a model takes them", () => {
    const { inputs, targets } = set.examples([3, 4]);
    expect(inputs.length).toBe(2 * 3 * 1024);
    expect(inputs[0]).toBeCloseTo(((drawn(set, 3)[0] as number) / 255 - 0.5) / 0.5, 5);
    expect([...targets]).toEqual([3, 4]);
  });
});
