// Which kernel a convolution's cost model puts first: few lanes want few loads, many want something to do.
import { expect, test } from "vitest";
import { winogradCandidates } from "../../src/engine/ops/convolution/winograd.ts";
import { optimizeGraph, prepareGraph } from "../../src/engine/passes/index.ts";
import { planGraph } from "../../src/engine/plan/planner.ts";
import { graphOf, noise, op } from "../support/graphs.ts";

const narrow = { profile: "software", sharingLanes: 4 } as const;
const wide = {};

/** What a page chooses from: kernels of a convolution [in channels, out channels, taps a side, stride] over a square map, the one to take first. */
async function kernelsOf(
  target: object,
  [i, o, k, stride]: readonly [number, number, number, number],
  size: number,
  batch = 1,
): Promise<readonly string[]> {
  const pad = (k - 1) / 2;
  const graph = graphOf({
    inputs: { x: [batch, i, size, size] },
    constants: { w: noise([o, i, k, k]) },
    nodes: [op("Conv", "x w", "y", { pads: [pad, pad, pad, pad], strides: [stride, stride] })],
  });
  const prepared = await prepareGraph(graph, target);
  const { graph: optimized, operations } = optimizeGraph(prepared.graph, prepared.catalog, { keep: new Set() });
  let found: readonly string[] = [];
  planGraph(optimized, operations, {
    target,
    chooseKernel: (_, names) => {
      found = names;
      return undefined;
    },
  });
  return found;
}

test.each([
  { why: "many channels on a large map: Winograd multiplies least", shape: [64, 64, 3, 1], size: 56, first: "winograd 4×4" },
  { why: "a small map still", shape: [64, 64, 3, 1], size: 14, first: "winograd 4×4" },
  { why: "few channels: the transforms cost more than they save", shape: [4, 8, 3, 1], size: 32, first: "direct 16" },
  { why: "little work: two more pipelines do not pay", shape: [32, 64, 3, 1], size: 13, first: "direct 16" },
  { why: "strides know no Winograd", shape: [64, 128, 3, 2], size: 56, first: "direct 16" },
  { why: "long rows", shape: [3, 64, 7, 2], size: 64, first: "direct 16" },
  { why: "one tap: large blocks load least", shape: [64, 256, 1, 1], size: 56, first: "pointwise 32" },
  { why: "unless many channels were computed twice", shape: [64, 72, 1, 1], size: 56, first: "pointwise 16" },
] as const)("few lanes, $why", async ({ shape, size, first }) => expect((await kernelsOf(narrow, shape, size))[0]).toBe(first));

test.each([
  { why: "a deep layer of a small map is split along its depth", shape: [512, 512, 3, 2], size: 14, batch: 1, first: "split-k" },
  { why: "with enough pictures it need not be", shape: [128, 256, 3, 2], size: 56, batch: 16, first: "implicit-gemm" },
  { why: "Winograd on a large batch", shape: [256, 256, 3, 1], size: 28, batch: 16, first: "winograd 4×4" },
] as const)("many lanes, $why", async ({ shape, size, batch, first }) =>
  expect((await kernelsOf(wide, shape, size, batch))[0]).toBe(first),
);

test("the kernel for any case is not fetched where a special one serves", async () => {
  for (const target of [narrow, wide]) expect(await kernelsOf(target, [8, 8, 3, 1], 8)).not.toContain("general");
});

test.each([
  { why: "nine taps", taps: [3, 3], isFetched: true },
  { why: "one tap, though the map has 3×3 points", taps: [1, 1], isFetched: false },
])("Winograd's kernels are fetched by the size of the weights: $why", async ({ taps, isFetched }) => {
  const graph = graphOf({ inputs: { x: [1, 512, 3, 3] }, constants: { w: noise([1024, 512, ...taps]) }, nodes: [op("Conv", "x w", "y")] });
  const { catalog } = await prepareGraph(graph, wide);
  expect(catalog.families.convolution.includes(winogradCandidates)).toBe(isFetched);
});
