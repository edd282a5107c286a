// What a gradient costs in every run, told from its plan: which dispatches there are, and which there are not. No GPU.
import { describe, expect, test } from "vitest";
import { buildGraph } from "../../models/index.ts";
import { lastMaps } from "../../src/engine/explanation.ts";
import { gradientOf } from "../../src/engine/gradient/differentiate.ts";
import { explanationOf } from "../../src/engine/gradient/explain.ts";
import { convolutionMaps, scoresOf, weightsOf } from "../../src/engine/gradient/target.ts";
import type { Graph, ValueType } from "../../src/engine/graph/graph.ts";
import type { Target } from "../../src/engine/ops/operator.ts";
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
  return planGradientOf(graphOf(lines));
}

function planGradientOf(given: Graph, target: Target = {}): Plan {
  const { graph: forward } = inferGraph(given, everything);
  const { graph } = gradientOf(forward, forward.outputs[0] as string, [forward.inputs[0]?.name as string]);
  const { graph: optimized, operations, obstacles } = optimizeGraph(graph, everything, noOne);
  expect(obstacles).toEqual([]);
  return planGraph(optimized, operations, { keep: [], target });
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

describe("the gradient of an activation costs no dispatch", () => {
  const kernelsOf = (lines: GraphLines) => planGradient(lines).steps.map(({ node, kernel }) => `${kernel.split(" ")[0]} ${node}`);
  const three = { pads: [1, 1, 1, 1] };

  test("of a chain, nor where gradients of two readers are added", () => {
    const kernels = kernelsOf({
      inputs: { x: [1, 4, 10, 10] },
      constants: { u: noise([4, 4, 1, 1]), v: noise([4, 4, 3, 3]), w: noise([4, 4, 1, 1]) },
      nodes: [op("Conv", "x u", "a"), op("Relu", "a", "r"), op("Conv", "r v", "b", three), op("Conv", "r w", "c"), op("Add", "b c", "y")],
    });
    expect(kernels.filter((kernel) => kernel.startsWith("element-wise"))).toEqual([]);
  });

  test("of activations that a Concat joined, nor before a pool of them", () => {
    const kernels = kernelsOf({
      inputs: { x: [1, 4, 12, 12] },
      constants: { s: noise([4, 4, 1, 1]), u: noise([8, 4, 1, 1]), v: noise([6, 4, 3, 3]), w: noise([5, 14, 1, 1]) },
      nodes: [
        op("Conv", "x s", "c"),
        op("Relu", "c", "q"),
        op("Conv", "q u", "a"),
        op("Relu", "a", "ra"),
        op("Conv", "q v", "b", three),
        op("Relu", "b", "rb"),
        op("Concat", "ra rb", "j", { axis: 1 }),
        op("MaxPool", "j", "p", { kernel_shape: [2, 2], strides: [2, 2] }),
        op("Conv", "p w", "y"),
      ],
    });
    expect(kernels.filter((kernel) => kernel.startsWith("element-wise"))).toEqual([]);
  });

  test("that a mean spread is one, which reads the mean as it is", () => {
    const kernels = kernelsOf({
      inputs: { x: [1, 4, 10, 10] },
      constants: { u: noise([4, 4, 1, 1]) },
      nodes: [op("Conv", "x u", "a"), op("Relu", "a", "r"), op("GlobalAveragePool", "r", "y")],
    });
    expect(kernels.filter((kernel) => /copy|element-wise/.test(kernel))).toEqual(["element-wise r/gradient", "element-wise a/gradient"]);
  });
});

describe("a convolution before a normalisation", () => {
  const vector = (seed: number) => noise([4], seed);
  const normal = { s: vector(1), b: vector(2), m: vector(3), v: Tensor.float32([4], new Float32Array([1, 2, 3, 4])) };
  const constants = { ...normal, u: noise([4, 4, 1, 1]), w: noise([4, 4, 3, 3], 4), z: noise([4, 4, 1, 1], 5) };
  const backward = (nodes: GraphLines["nodes"]) =>
    planGradient({ inputs: { x: [1, 4, 12, 12] }, constants, nodes }).steps.flatMap(({ node, kernel }) =>
      node.includes("gradient") ? [kernel.split(" ")[0]] : [],
    );

  test("has its gradient in one dispatch: weights take in the scale", () => {
    const nodes = [op("Conv", "x u", "c"), op("BatchNormalization", "c s b m v", "n"), op("Relu", "n", "r"), op("Conv", "r z", "y")];
    expect(backward(nodes)).toEqual(["pointwise", "pointwise"]);
  });

  test("with steps, beside another, takes one dispatch for the phases of each and one to interleave their sum", () => {
    const steps = { strides: [2, 2] };
    const nodes = [
      op("Conv", "x u", "c"),
      op("Relu", "c", "r"),
      op("Conv", "r w", "d", { ...steps, pads: [1, 1, 1, 1] }),
      op("BatchNormalization", "d s b m v", "n"),
      op("Conv", "r z", "e", steps),
      op("Add", "n e", "y"),
    ];
    expect(backward(nodes)).toEqual(["pointwise", "direct", "interleave", "pointwise"]);
  });
});

describe.each(["squeezenet1_1", "mobilenetv2", "resnet18"])("of %s", (name) => {
  const forward = inferGraph(buildGraph(name, { seed: 1 }), everything).graph;
  const value = scoresOf(forward);
  const of = { class: "top" } as const;
  const explained = { value, target: of, weights: weightsOf(forward.types.get(value) as ValueType, of) };
  const infer = (graph: Graph) => inferGraph(graph, everything).graph;
  const software: Target = { profile: "software", sharingLanes: 4 };
  const input = forward.inputs[0]?.name as string;
  const [, early = ""] = convolutionMaps(forward);

  test.each([
    { method: "gradient", layer: input },
    { method: "grad-cam", layer: lastMaps(forward) },
    { method: "layer-cam", layer: early },
    { method: "occlusion", layer: input },
  ] as const)("$method takes at most 1.15 of the memory that is needed at once", ({ method, layer }) => {
    const { graph } = explanationOf(forward, method, explained, [layer], { infer });
    const { graph: optimized, operations } = optimizeGraph(graph, everything, noOne);
    for (const target of [{}, software]) {
      const { activationBytes, peakLiveBytes } = planGraph(optimized, operations, { keep: [], target }).memory;
      expect(activationBytes / peakLiveBytes, target.profile).toBeLessThanOrEqual(1.15);
    }
  });

  test("the gradient is convolutions, and few dispatches besides", () => {
    const backward = planGradientOf(buildGraph(name, { seed: 1 }), software).steps.filter(({ node }) => node.includes("gradient"));
    const others = backward.filter(({ macs, kernel }) => macs === 0 && !/winograd|zero-border|interleave|pool-gradient/.test(kernel));
    // The score's way back through the dense layer and the mean.
    expect(others.length).toBeLessThanOrEqual(4);
  });
});
