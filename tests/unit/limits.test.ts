// What a GPU allows of a dispatch: grids are folded, and what cannot be is refused with its reason.
import { expect, test } from "vitest";
import { UnsupportedError } from "../../src/engine/errors.ts";
import { foldWorkgroups, workgroupCount } from "../../src/engine/ops/dispatch.ts";
import type { Target } from "../../src/engine/ops/operator.ts";
import { optimizeGraph } from "../../src/engine/passes/index.ts";
import { planGraph } from "../../src/engine/plan/planner.ts";
import { everything } from "../support/catalog.ts";
import { type GraphLines, graphOf, noise, op } from "../support/graphs.ts";

test.each([
  { count: 1, limit: 7, grid: [1, 1, 1] },
  { count: 7, limit: 7, grid: [7, 1, 1] },
  { count: 8, limit: 7, grid: [4, 2, 1] },
  { count: 10, limit: 7, grid: [5, 2, 1] },
  { count: 49, limit: 7, grid: [7, 7, 1] },
  { count: 65_536, limit: undefined, grid: [32_768, 2, 1] },
])("$count workgroups within $limit", ({ count, limit, grid }) => expect(foldWorkgroups(count, limit)).toEqual(grid));

test("any number of workgroups fits into its grid, with less than a row too many", () => {
  for (let limit = 1; limit <= 12; limit++)
    for (let count = 1; count <= limit * limit; count++) {
      const [x, y] = foldWorkgroups(count, limit);
      expect([x <= limit, y <= limit, x * y >= count, x * y - count < y]).toEqual([true, true, true, true]);
    }
});

test("no elements take one workgroup all the same", () => expect(workgroupCount(0, 64)).toBe(1));

/** What WebGPU guarantees. */
const guaranteed: Target = { maxBindingBytes: 2 ** 27, maxBufferBytes: 2 ** 28, maxStorageBuffers: 8, maxWorkgroups: 65_535 };

function planOf(lines: GraphLines, target: Target) {
  const { graph, operations, obstacles } = optimizeGraph(graphOf(lines), everything, { keep: new Set() });
  expect(obstacles).toEqual([]);
  return planGraph(graph, operations, { target });
}

test.each([
  {
    limit: "workgroups",
    lines: { inputs: { x: [1, 64, 64, 64] }, nodes: [op("Relu", "x", "y")] },
    target: { maxWorkgroups: 7 },
    says: /^'y' \(kernel element-wise\): takes \d+ workgroups, but this GPU allows 7 along each of two dimensions\./,
  },
  {
    limit: "bytes of one binding",
    lines: { inputs: { x: [1, 3, 4096, 4096] }, nodes: [op("Sigmoid", "x", "y")] },
    target: guaranteed,
    says: /^'y' \(kernel element-wise\): binds 201326592 bytes of 'y', but this GPU allows a dispatch 134217728 of one buffer\./,
  },
  {
    limit: "bytes of one binding, of a parameter",
    lines: {
      inputs: { x: [1, 8193] },
      parameters: { w: noise([8193, 4096], 1) },
      nodes: [op("MatMul", "x w", "y")],
    },
    target: guaranteed,
    says: /binds 134\d+ bytes of '.*w.*'/,
  },
  {
    limit: "bytes of one buffer",
    lines: { inputs: { x: [1, 3, 4096, 4096] }, nodes: [op("Sigmoid", "x", "y")] },
    target: { ...guaranteed, maxBindingBytes: 2 ** 40, maxBufferBytes: 2 ** 27 },
    says: /^'y' \(kernel element-wise\): '[xy]' takes 201326592 bytes, but this GPU allows 134217728 in one buffer\./,
  },
  {
    limit: "bytes of one buffer that nothing reads",
    lines: { inputs: { x: [1, 3, 4096, 4096], z: [4] }, nodes: [op("Relu", "z", "y")] },
    target: { ...guaranteed, maxBufferBytes: 2 ** 27 },
    says: /^'x' takes 201326592 bytes, but this GPU allows 134217728 in one buffer\./,
  },
  {
    limit: "buffers of one dispatch",
    lines: { inputs: { a: [4], b: [4], c: [4] }, nodes: [op("Sum", "a b c", "y")] },
    target: { ...guaranteed, maxStorageBuffers: 3 },
    says: /^'y' \(kernel element-wise\): binds 4 buffers, but this GPU allows 3 in one dispatch\./,
  },
] as const)("a plan refuses what is beyond its target, and names node and numbers: $limit", ({ lines, target, says }) => {
  const plan = () => planOf(lines as unknown as GraphLines, target);
  expect(plan).toThrow(UnsupportedError);
  expect(plan).toThrow(says);
});

test("all nodes beyond a limit are named, each once", () => {
  const lines = { inputs: { x: [1, 3, 4096, 4096] }, nodes: [op("Sigmoid", "x", "y"), op("MaxPool", "y", "z", { kernel_shape: [2, 2] })] };
  try {
    planOf(lines, guaranteed);
  } catch (error) {
    expect((error as UnsupportedError).reasons).toEqual([expect.stringMatching(/^'y' /), expect.stringMatching(/^'z' /)]);
  }
  expect.assertions(2);
});

test("values that are alive at once do not share a buffer beyond the largest", () => {
  // Each value takes 64 bytes of 256; a chain with branches would put some of them beside each other.
  const lines = {
    inputs: { x: [1, 16] },
    nodes: [
      op("Sigmoid", "x", "a"),
      op("Tanh", "a", "b"),
      op("Sigmoid", "b", "c"),
      op("Concat", "a b c", "d", { axis: 1 }),
      op("Tanh", "d", "e"),
      op("Sigmoid", "e", "f"),
      op("Tanh", "f", "y"),
    ],
  };
  const most = 3 * 16 * 4;
  expect(planOf(lines, { ...guaranteed, maxBufferBytes: most }).buffers.every(({ sizeBytes }) => sizeBytes <= most)).toBe(true);
});
