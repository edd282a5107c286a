// How far what a GPU computed may be from float64: roundings are right, whatever is more is wrong.
import { expect, test } from "vitest";
import { differenceOf, type Pair } from "../../src/engine/verify/difference.ts";

const array = (numbers: readonly number[], dtype: "float32" | "float16" | "int32" = "float32") => ({
  dtype,
  shape: [numbers.length],
  data: Float64Array.from(numbers),
});

function judge(
  actual: readonly number[],
  expected: readonly number[],
  more: Partial<Pair> & { readonly dtype?: "float16" | "int32" } = {},
) {
  const { dtype, ...rest } = more;
  const should = array(expected, dtype);
  return differenceOf({
    actual: array(actual, dtype),
    expected: should,
    moved: should,
    terms: 1,
    rounding: 2 ** -24,
    isOfScale: false,
    ...rest,
  });
}

const isRight = (...given: Parameters<typeof judge>) => {
  const { relative, tolerance } = judge(...given);
  return relative <= tolerance;
};

test("an error is a share of the largest number, and says where it is", () => {
  expect(judge([1, 2, 4.5], [1, 2, 4])).toMatchObject({ error: 0.5, relative: 0.125, at: "element 2 of 3 is 4.5, expected 4" });
  expect(judge([0, 0.5], [0, 0])).toMatchObject({ error: 0.5, relative: 0.5 });
});

test.each([
  ["a rounding", [1 + 2 ** -23, 4], [1, 4], {}, true],
  ["a thousandth", [4.004], [4], {}, false],
  ["a thousandth of 16 bits", [4.004], [4], { rounding: 2 ** -11 }, true],
  ["a tenth of 16 bits", [4.4], [4], { rounding: 2 ** -11 }, false],
  ["roundings of a short sum", [1 + 1e-4], [1], { terms: 9 }, false],
  ["roundings of a long sum", [1 + 1e-4], [1], { terms: 100_000 }, true],
  ["what cancels", [1e-7], [0], { moved: array([3e-8]), terms: 9 }, true],
  ["more than what cancels", [1e-3], [0], { moved: array([3e-8]), terms: 9 }, false],
  ["NaN where NaN should be", [Number.NaN, 1], [Number.NaN, 1], {}, true],
  ["NaN where there should be none", [Number.NaN, 1], [0, 1], {}, false],
  ["a number where NaN should be", [0, 1], [Number.NaN, 1], {}, false],
  ["infinity for what 32 bits do not hold", [Number.POSITIVE_INFINITY], [1e39], {}, true],
  ["infinity for what they do", [Number.POSITIVE_INFINITY], [1e38], {}, false],
  ["another whole number", [1001], [1000], { dtype: "int32" as const }, false],
  ["another step of a scale", [1001], [1000], { dtype: "int32" as const, isOfScale: true }, true],
  ["two steps of a scale", [1002], [1000], { dtype: "int32" as const, isOfScale: true }, false],
])("%s", (_, actual, expected, more, answer) => {
  expect(isRight(actual, expected, more)).toBe(answer);
});

test("another shape is wrong, and says both", () => {
  expect(judge([1, 2], [1])).toMatchObject({ error: Number.POSITIVE_INFINITY, tolerance: 0, at: "its shape is 2, expected 1" });
});
