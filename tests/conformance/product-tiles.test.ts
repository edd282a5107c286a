// Products of two matrices that no one knows at load, by blocks in registers, in every order that the two may lie in, against plain loops.
import { describe, expect, test } from "vitest";
import type { Target } from "../../src/engine/ops/operator.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { noise } from "../support/graphs.ts";
import { kernelNames, runOperator } from "../support/run-operator.ts";
import { withDevice } from "../support/with-device.ts";

interface Sizes {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
}

const sizes: Readonly<Record<string, Sizes>> = {
  "whole blocks": { rows: 32, columns: 64, depth: 16 },
  "an end inside blocks, and a depth no multiple of 4": { rows: 37, columns: 45, depth: 35 },
  "fewer columns than a block": { rows: 40, columns: 3, depth: 9 },
  "fewer rows than a block": { rows: 5, columns: 70, depth: 10 },
  "a depth below one turn": { rows: 18, columns: 33, depth: 3 },
  "fewer rows than a block either way round": { rows: 20, columns: 30, depth: 12 },
  "few of each": { rows: 2, columns: 2, depth: 2 },
};

const orders = [
  { transA: 0, transB: 0 },
  { transA: 0, transB: 1 },
  { transA: 1, transB: 0 },
  { transA: 1, transB: 1 },
];

/** alpha · a' · b' + beta · c, where c is [columns] or absent. */
function byLoops({ rows, columns, depth }: Sizes, a: Tensor, b: Tensor, order: (typeof orders)[number], c?: Tensor): number[] {
  const [left, right] = [a.toFloat32(), b.toFloat32()];
  return Array.from({ length: rows * columns }, (_, i) => {
    const [m, n] = [Math.floor(i / columns), i % columns];
    let sum = 0;
    for (let k = 0; k < depth; k++)
      sum +=
        (left[order.transA ? k * rows + m : m * depth + k] as number) * (right[order.transB ? n * depth + k : k * columns + n] as number);
    return c ? 0.5 * sum + 2 * (c.toFloat32()[n] as number) : sum;
  });
}

describe.each(Object.entries(sizes))("%s", (_, size) => {
  const { rows, columns, depth } = size;
  const matrix = (isTurned: number, [m, n]: [number, number], seed: number) => noise(isTurned ? [n, m] : [m, n], seed);

  test.each(orders)("%o", { timeout: 120_000 }, (order) =>
    withDevice(async (device) => {
      const a = matrix(order.transA, [rows, depth], 1);
      const b = matrix(order.transB, [depth, columns], 2);
      const c = noise([columns], 3);
      const targets: readonly Target[] = [
        {},
        { profile: "software" },
        { profile: "software", ...(device.target.sharingLanes && { sharingLanes: device.target.sharingLanes }) },
      ];
      for (const target of targets)
        for (const addend of [undefined, c]) {
          const attributes = { ...order, ...(addend && { alpha: 0.5, beta: 2 }) };
          const run = { operator: "Gemm", attributes, inputs: [a, b, ...(addend ? [addend] : [])], target };
          expect(kernelNames(run)).toContain("tiles");
          const [y] = await runOperator(device, { ...run, kernel: "tiles" });
          const expected = byLoops(size, a, b, order, addend);
          const actual = (y as Tensor).toFloat32();
          expect(actual.length).toBe(expected.length);
          const wrong = expected.findIndex((value, i) => !(Math.abs((actual[i] as number) - value) <= 1e-5 * depth));
          expect(wrong, `${wrong}: ${actual[wrong]} in place of ${expected[wrong]}`).toBe(-1);
        }
    }),
  );
});

test("what is infinite in the last turn stays so, though the turn goes beyond the depth", () =>
  withDevice(async (device) => {
    const [depth, columns] = [5, 16];
    const a = Tensor.filled("float32", [16, depth], 2);
    const b = Tensor.float32(
      [depth, columns],
      noise([depth, columns], 1)
        .toFloat32()
        .fill(Number.POSITIVE_INFINITY, (depth - 1) * columns),
    );
    const [y] = await runOperator(device, { operator: "Gemm", inputs: [a, b], target: device.target, kernel: "tiles" });
    expect(new Set((y as Tensor).toFloat32())).toEqual(new Set([Number.POSITIVE_INFINITY]));
  }));

test("MatMul has the kernel, too, and a batch of products has not", () => {
  const of = (...inputs: Tensor[]) => kernelNames({ operator: "MatMul", inputs });
  expect(of(noise([40, 20]), noise([20, 30]))).toContain("tiles");
  expect(of(noise([3, 40, 20]), noise([3, 20, 30]))).not.toContain("tiles");
});

test("it comes first where a step of training multiplies large matrices, on an adapter for which it was measured", () => {
  const first = (inputs: Tensor[], attributes: Record<string, number>, target: Target) =>
    kernelNames({ operator: "Gemm", attributes, inputs, target })[0];
  const [x, dy] = [noise([32, 9216]), noise([32, 128])];
  const target = { profile: "software", sharingLanes: 4 } as const;
  expect(first([dy, x], { transA: 1 }, target)).toBe("tiles");
  expect(first([dy, noise([128, 9216])], {}, target)).toBe("tiles");
  expect(first([dy, x], { transA: 1 }, {})).not.toBe("tiles");
});
