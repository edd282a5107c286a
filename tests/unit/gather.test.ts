// Views taken out of a buffer: dense, bordered, sliced, transposed, stretched.
import { expect, test } from "vitest";
import { gatherWords } from "../../src/engine/gather.ts";

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

test("a view of the whole is not copied", () => expect(gatherWords(words, [60], [1])).toBe(words));
