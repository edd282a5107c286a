// The moving shapes: the same for the same seed, never over the edge, and pulled by keys.
import { expect, test } from "vitest";
import { moveShapes, type Shape, shapesOf } from "../../src/ui/page/shapes-scene.ts";

const later = (shapes: readonly Shape[], frames: number, pull = { down: 0, right: 0 }) => {
  let moved = shapes;
  for (let i = 0; i < frames; i++) moved = moveShapes(moved, 1 / 30, pull);
  return moved;
};

test("a seed says where shapes are, and how they move", () => {
  expect(later(shapesOf(1), 100)).toEqual(later(shapesOf(1), 100));
  expect(shapesOf(1)).not.toEqual(shapesOf(2));
  expect(new Set(shapesOf(1).map(({ kind }) => kind)).size).toBe(5);
});

test.each([1, 2, 3])("shapes of seed %i stay in the picture for a minute", (seed) => {
  let shapes = shapesOf(seed);
  for (let second = 0; second < 60; second++) {
    const before = shapes;
    shapes = later(shapes, 30);
    shapes.forEach(({ y, x, reach }, i) => {
      for (const place of [y, x]) {
        expect(place).toBeGreaterThanOrEqual(reach);
        expect(place).toBeLessThanOrEqual(1 - reach);
      }
      expect([y, x]).not.toEqual([before[i]?.y, before[i]?.x]);
    });
  }
});

test("a shape comes back from the edge as fast as it came", () => {
  const [shape] = shapesOf(1) as [Shape];
  const atEdge = { ...shape, y: 0.5, x: 1 - shape.reach - 0.01, speedY: 0, speedX: 0.3, turn: 0 };
  const [moved] = moveShapes([atEdge], 0.1);
  expect(moved?.speedX).toBe(-0.3);
  expect(moved?.x).toBeCloseTo(1 - shape.reach - 0.02, 10);
});

test("keys pull the first shape alone, up to a speed", () => {
  const shapes = shapesOf(1).map((shape) => ({ ...shape, y: 0.5, x: 0.5, speedY: 0, speedX: 0 }));
  const [first, ...others] = later(shapes, 30, { down: 0, right: 1 });
  expect(Math.abs(first?.speedX ?? 0)).toBeLessThanOrEqual(0.6);
  expect(first?.x).not.toBe(0.5);
  expect(first?.y).toBe(0.5);
  expect(others.map(({ y, x }) => [y, x])).toEqual(others.map(() => [0.5, 0.5]));
});
