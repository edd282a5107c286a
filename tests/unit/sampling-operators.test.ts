// Refusals of operators that look values up: what breaks the standard, and what would take too much, is told before anything is made of it.
import { expect, test } from "vitest";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { everything } from "../support/catalog.ts";
import { noise } from "../support/graphs.ts";
import { graphOfCase, type OperatorCase } from "../support/operator-case.ts";

const ints = (...values: number[]) => Tensor.int64([values.length], values);
const zeros = (...shape: number[]) => Tensor.filled("float32", shape, 0);
const image = noise([1, 2, 4, 4]);

const refusals: readonly (readonly [Omit<OperatorCase, "why">, string])[] = [
  [{ operator: "GridSample", inputs: [noise([1, 2, 4]), noise([1, 3, 1])] }, "1 spatial axes"],
  [{ operator: "GridSample", inputs: [image, noise([1, 3, 3, 3])] }, "a grid of shape [1,3,3,3] does not fit"],
  [{ operator: "GridSample", inputs: [image, noise([1, 3, 3, 2])], attributes: { mode: "area" } }, "attribute 'mode' is 'area'"],
  [{ operator: "GridSample", inputs: [zeros(1, 2, 0, 4), noise([1, 3, 3, 2])] }, "nothing to sample"],
  [
    { operator: "GridSample", inputs: [noise([1, 1, 2, 2, 2]), noise([1, 1, 1, 1, 3])], attributes: { mode: "cubic" } },
    "cubic over 3 axes",
  ],
  [{ operator: "AffineGrid", inputs: [noise([1, 2, 3]), ints(1, 1, 4, 2_000_000)], known: [1] }, "a grid of [4,2000000]"],
  [{ operator: "AffineGrid", inputs: [noise([1, 2, 2]), ints(1, 1, 4, 4)], known: [1] }, "expected [1,2,3]"],
  [{ operator: "AffineGrid", inputs: [noise([1, 2, 3]), ints(1, 1, 4, 4)] }, "size (input 'x1') must be known at load"],
  [{ operator: "RoiAlign", inputs: [image, noise([2, 5]), ints(0, 0)] }, "expected [2, 4] and int64 [2]"],
  [{ operator: "RoiAlign", inputs: [image, noise([1, 4]), ints(0)], attributes: { sampling_ratio: 1000000 } }, "1000000 samples"],
  [{ operator: "RoiAlign", inputs: [image, noise([1, 4]), ints(0)], attributes: { output_height: 2 ** 40 } }, "2^30 elements"],
  [
    { operator: "DeformConv", inputs: [image, noise([3, 2, 2, 2]), noise([1, 8, 4, 4])] },
    "offsets have the shape [1,8,4,4], expected [1,8,3,3]",
  ],
  [{ operator: "DeformConv", inputs: [image, noise([3, 1, 2, 2]), noise([1, 8, 3, 3])] }, "do not fit an input of shape [1,2,4,4]"],
  [
    { operator: "DeformConv", inputs: [image, noise([3, 2, 2, 2]), noise([1, 8, 3, 3]), noise([2])] },
    "the bias has the shape [2], expected [3]",
  ],
  [{ operator: "MaxUnpool", inputs: [image, image], attributes: { kernel_shape: [2, 2] } }, "expected int64 [1,2,4,4]"],
  [
    { operator: "MaxUnpool", inputs: [noise([1, 1, 2]), Tensor.int64([1, 1, 2], [0, 1])], attributes: { kernel_shape: [2, 2] } },
    "kernel_shape [2,2] does not fit 1 spatial axes",
  ],
  [{ operator: "Col2Im", inputs: [noise([1, 5, 4]), ints(3, 3), ints(2, 2)], known: [1, 2] }, "does not fit windows of [2,2] over [3,3]"],
  [{ operator: "Col2Im", inputs: [zeros(1, 10000, 1), ints(100, 100), ints(100, 100)], known: [1, 2] }, "10000 rows of windows of 10000"],
];

test.each(refusals.map(([one, reason]) => ({ operator: one.operator, reason, one })))("$operator: $reason", ({ one, reason }) => {
  const { obstacles } = inferGraph(graphOfCase({ ...one, why: "" }), everything);
  expect(obstacles.join("\n")).toContain(reason);
});
