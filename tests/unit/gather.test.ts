// Views taken out of a buffer and put into one: dense, bordered, sliced, transposed, stretched.
import { expect, test } from "vitest";
import { copyWords, forEachRun, gatherWords, isDense, spanOf } from "../../src/engine/gather.ts";
import { denseStrides } from "../../src/engine/shapes.ts";

const words = Uint32Array.from({ length: 60 }, (_, i) => i);

const cases: readonly (readonly [what: string, shape: number[], strides: number[], expected: number[]])[] = [
  ["dense", [2, 3], [3, 1], [0, 1, 2, 3, 4, 5]],
  ["scalar", [], [], [0]],
  ["rows with a border", [2, 3], [5, 1], [0, 1, 2, 5, 6, 7]],
  ["planes with a border below", [2, 2, 2], [10, 2, 1], [0, 1, 2, 3, 10, 11, 12, 13]],
  ["transposed", [3, 2], [1, 3], [0, 3, 1, 4, 2, 5]],
  ["an axis of one, whatever its stride", [1, 2, 2], [99, 2, 1], [0, 1, 2, 3]],
  ["stretched", [2, 2], [0, 1], [0, 1, 0, 1]],
];

test.each(cases)("%s", (_, shape, strides, expected) => expect([...gatherWords(words, shape, strides)]).toEqual(expected));

test.each(cases.slice(0, -1))("%s, and back", (_, shape, strides, expected) => {
  const result = new Uint32Array(spanOf(shape, strides)).fill(77);
  copyWords(Uint32Array.from(expected), denseStrides(shape), result, strides, shape);
  expect([...result]).toEqual(Array.from(result, (_, i) => (expected.includes(i) ? i : 77)));
});

test.each<[shape: number[], strides: number[], dense: boolean, span: number]>([
  [[2, 3], [3, 1], true, 6],
  [[2, 3], [5, 1], false, 8],
  [[3, 2], [1, 3], false, 6],
  [[1, 3, 1], [9, 1, 9], true, 3],
  [[], [], true, 1],
  [[0, 2], [2, 1], true, 0],
])("[%j] with strides [%j] is dense: %j", (shape, strides, dense, span) => {
  expect([isDense(shape, strides), spanOf(shape, strides)]).toEqual([dense, span]);
});

test("runs are as long as both layouts allow", () => {
  const runs: number[][] = [];
  forEachRun([2, 2, 3], [12, 3, 1], [6, 3, 1], (...run) => runs.push(run));
  expect(runs).toEqual([
    [0, 0, 6],
    [12, 6, 6],
  ]);
  forEachRun([2, 0, 3], [12, 3, 1], [6, 3, 1], () => expect.fail("there is nothing to visit"));
});
