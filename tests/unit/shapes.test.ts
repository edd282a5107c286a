// Arithmetic on shapes.
import { describe, expect, test } from "vitest";
import { ModelError } from "../../src/engine/errors.ts";
import { broadcastShapes, broadcastStrides, denseStrides, normalizeAxis, sameShape, sizeOf } from "../../src/engine/shapes.ts";

test.each([
  { shape: [], size: 1, strides: [] },
  { shape: [5], size: 5, strides: [1] },
  { shape: [2, 3, 4], size: 24, strides: [12, 4, 1] },
  { shape: [2, 0, 4], size: 0, strides: [0, 4, 1] },
])("[$shape] holds $size elements at strides [$strides]", ({ shape, size, strides }) => {
  expect(sizeOf(shape)).toBe(size);
  expect(denseStrides(shape)).toEqual(strides);
});

test.each([
  { axis: 0, rank: 4, index: 0 },
  { axis: -1, rank: 4, index: 3 },
  { axis: -4, rank: 4, index: 0 },
  { axis: 0, rank: 0, index: 0 },
])("axis $axis of rank $rank is $index", ({ axis, rank, index }) => expect(normalizeAxis(axis, rank)).toBe(index));

test.each([
  { axis: 4, rank: 4 },
  { axis: -5, rank: 4 },
  { axis: 0.5, rank: 4 },
  { axis: Number.NaN, rank: 4 },
])("axis $axis of rank $rank is refused", ({ axis, rank }) => expect(() => normalizeAxis(axis, rank)).toThrow(ModelError));

describe("broadcasting", () => {
  test.each([
    { shapes: [[2, 3], [3]], result: [2, 3], why: "missing axes lead" },
    {
      shapes: [
        [4, 1],
        [1, 5],
      ],
      result: [4, 5],
      why: "both stretch",
    },
    { shapes: [[], [2, 2]], result: [2, 2], why: "a scalar goes with anything" },
    { shapes: [[1], [0]], result: [0], why: "an empty tensor stays empty" },
    { shapes: [[2, 1], [3], [1, 1, 1]], result: [1, 2, 3], why: "any number of operands" },
    { shapes: [], result: [], why: "nothing" },
  ])("$why: $shapes → $result", ({ shapes, result }) => expect(broadcastShapes(...shapes)).toEqual(result));

  test("shapes that differ are refused, all of them named", () =>
    expect(() => broadcastShapes([2, 3], [4])).toThrow("shapes [2,3] and [4] do not broadcast together"));

  test.each([
    { shape: [3, 1], strides: [1, 1], target: [2, 3, 4], result: [0, 1, 0] },
    { shape: [1], strides: [7], target: [1], result: [7] },
    { shape: [], strides: [], target: [2, 2], result: [0, 0] },
    { shape: [3, 4], strides: [10, 2], target: [3, 4], result: [10, 2] },
  ])("[$shape] read as [$target] has strides [$result]", ({ shape, strides, target, result }) =>
    expect(broadcastStrides(shape, strides, target)).toEqual(result),
  );
});

test("shapes are the same when every extent is", () => {
  expect(sameShape([1, 2], [1, 2])).toBe(true);
  expect(sameShape([1, 2], [1, 2, 1])).toBe(false);
  expect(sameShape([1, 2], [2, 1])).toBe(false);
});
