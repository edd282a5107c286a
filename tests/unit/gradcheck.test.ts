// How `convcam gradcheck` compares a gradient with a central difference, and what it says before a GPU is opened.
import { expect, test, vi } from "vitest";
import { compare, toleranceOf } from "../../src/cli/gradcheck/compare.ts";
import { main } from "../../src/cli/main.ts";

const pair = (gradient: readonly number[], direction: readonly number[]) => ({
  gradient: Float64Array.from(gradient),
  direction: { dtype: "float32" as const, shape: [direction.length], data: Float64Array.from(direction) },
});

test.each([
  ["equal", pair([1, 2], [3, 1]), 5, 0],
  ["half", pair([1, 2], [3, 1]), 10, 0.5],
  ["of another sign", pair([1], [1]), -1, 2],
  ["a sum that cancels: the terms give the scale", pair([3, -4], [1, 0.75]), 0.3, 0.3 / Math.hypot(3, 3)],
  ["all 0", pair([0, 0], [1, 1]), 0, 0],
  ["0, and should not be", pair([0, 0], [1, 1]), 1e-9, 1],
  ["infinite where nothing moves", pair([Number.POSITIVE_INFINITY, 2], [0, 1]), 2, 0],
])("a gradient that is %s", (_, given, difference, error) => {
  expect(compare([given], difference).error).toBeCloseTo(error, 12);
});

test("a gradient that is no number has no error that any tolerance allows", () => {
  expect(compare([pair([Number.NaN, 2], [1, 1])], 2).error).toBeNaN();
});

test("16 bits are allowed more than 32", () => {
  expect(toleranceOf(["float32", "float16"])).toBeGreaterThan(toleranceOf(["float32"]));
  expect(toleranceOf(["bfloat16"])).toBe(toleranceOf(["float16"]));
  expect(toleranceOf(["int64", "uint16"])).toBe(toleranceOf(["float32"]));
});

test.each([
  ["--seed", "-1", "xpected a whole number of at least 0", 2],
  ["--layer", "absent", "absent", 1],
])("%s %s is refused", async (option, value, message, status) => {
  let errors = "";
  const say = (text: unknown): boolean => {
    errors += String(text);
    return true;
  };
  vi.spyOn(console, "error").mockImplementation(say);
  vi.spyOn(process.stderr, "write").mockImplementation(say as typeof process.stderr.write);
  expect(await main(["gradcheck", "models/mnist-trained.onnx", option, value])).toBe(status);
  vi.restoreAllMocks();
  expect(errors).toContain(message);
});
