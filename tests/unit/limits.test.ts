// What a GPU allows of a dispatch: grids are folded, and what cannot be is refused with its reason.
import { expect, test } from "vitest";
import { UnsupportedError } from "../../src/engine/errors.ts";
import { foldWorkgroups, workgroupCount } from "../../src/engine/ops/dispatch.ts";
import { optimizeGraph } from "../../src/engine/passes/index.ts";
import { planGraph } from "../../src/engine/plan/planner.ts";
import { everything } from "../support/catalog.ts";
import { graphOf, op } from "../support/graphs.ts";

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

test("a plan refuses what no grid holds, and says which node, how many workgroups and how many there may be", () => {
  const { graph, operations } = optimizeGraph(graphOf({ inputs: { x: [1, 64, 64, 64] }, nodes: [op("Relu", "x", "y")] }), everything, {
    keep: new Set(),
  });
  const plan = () => planGraph(graph, operations, { target: { maxWorkgroups: 7 } });
  expect(plan).toThrow(UnsupportedError);
  expect(plan).toThrow(/^'y' \(kernel element-wise\): takes \d+ workgroups, but this GPU allows 7 along each of two dimensions\./);
});
