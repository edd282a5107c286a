// What a gradient costs in every run, told from its plan: which dispatches there are, and which there are not. No GPU.
import { describe, expect, test } from "vitest";
import { gradientOf } from "../../src/engine/gradient/differentiate.ts";
import { optimizeGraph } from "../../src/engine/passes/index.ts";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import type { Plan } from "../../src/engine/plan/plan.ts";
import { planGraph } from "../../src/engine/plan/planner.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { everything } from "../support/catalog.ts";
import { type GraphLines, graphOf, ints, noise, op } from "../support/graphs.ts";

const noOne = { keep: new Set<string>() };

/** The plan of a graph and of the gradient of its output by its first input. */
function planGradient(lines: GraphLines): Plan {
  const { graph: forward } = inferGraph(graphOf(lines), everything);
  const { graph } = gradientOf(forward, forward.outputs[0] as string, [forward.inputs[0]?.name as string]);
  const { graph: optimized, operations, obstacles } = optimizeGraph(graph, everything, noOne);
  expect(obstacles).toEqual([]);
  return planGraph(optimized, operations, { keep: [] });
}

describe("what depends on constants alone", () => {
  const w = noise([6, 8, 3, 3]);
  const channel = (seed: number) => noise([6], seed);
  const variance = Tensor.float32([6], new Float32Array([1, 2, 3, 4, 5, 6]));

  test("is not computed in each run: weights turned round, scales of normalisations", () => {
    const { steps, prepare } = planGradient({
      inputs: { x: [1, 8, 20, 20] },
      constants: { w, s: channel(1), b: channel(2), m: channel(3), v: variance },
      nodes: [
        op("Conv", "x w", "c", { strides: [2, 2], pads: [1, 1, 1, 1] }),
        op("BatchNormalization", "c s b m v", "n"),
        op("Relu", "n", "y"),
      ],
    });
    expect(steps.filter(({ node, kernel }) => kernel === "pack" || node.includes("phases 1")).map(({ node }) => node)).toEqual([]);
    expect(prepare).toEqual([]);
  });

  test("is prepared once where it is too much to compute at load", () => {
    const lines = {
      inputs: { x: [1] },
      constants: { one: noise([1]), shape: ints(5_000_000) },
      nodes: [op("Expand", "one shape", "many"), op("Add", "many x", "y")],
    };
    const { graph, operations } = optimizeGraph(graphOf(lines), everything, noOne);
    const { steps, prepare } = planGraph(graph, operations, { keep: [] });
    expect([prepare.map(({ node }) => node), steps.map(({ node }) => node)]).toEqual([["many"], ["y"]]);
  });
});

test("a pool is computed once: its maxima and where they are in one dispatch", () => {
  const { steps } = planGradient({
    inputs: { x: [1, 2, 12, 12] },
    nodes: [op("Sigmoid", "x", "s"), op("MaxPool", "s", "p", { kernel_shape: [3, 3], strides: [2, 2] }), op("Sigmoid", "p", "y")],
  });
  expect(steps.flatMap(({ kernel }) => (kernel.startsWith("pool") ? [kernel] : []))).toEqual([
    "pool-indices-blocked",
    "pool-gradient-blocked",
  ]);
});
