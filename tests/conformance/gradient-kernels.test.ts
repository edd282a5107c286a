// Every kernel that may compute a convolution, or its interleaved phases, with the gradient of an activation in the epilogue, or the gradient of
// a pool, by name, against plain loops in double precision.
import { describe, expect, test } from "vitest";
import type { Device } from "../../src/engine/gpu/device.ts";
import { gradientOf } from "../../src/engine/gradient/differentiate.ts";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { loadModel } from "../../src/engine/model.ts";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import type { Shape } from "../../src/engine/shapes.ts";
import type { Tensor } from "../../src/engine/tensor.ts";
import { fromTensor } from "../../src/reference/array.ts";
import { evaluateGraph } from "../../src/reference/evaluate.ts";
import { everything } from "../support/catalog.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import { expectClose } from "../support/reference.ts";
import { withDevice } from "../support/with-device.ts";

type Attributes = Readonly<Record<string, number | readonly number[]>>;

/** An activation that two convolutions read: behind them one gradient is added to the other, and the sum passes the activation. */
function twice(shape: Shape, activation: string, weight: Shape, attributes: Attributes, ofActivation: Attributes = {}): Graph {
  return graphOf({
    inputs: { x: shape },
    constants: { v: noise(weight, 3), w: noise(weight, 4) },
    nodes: [
      op(activation, "x", "r", ofActivation),
      op("Conv", "r v", "a", attributes),
      op("Conv", "r w", "b", attributes),
      op("Add", "a b", "y"),
    ],
    opset: 10,
  });
}

/** An activation before one convolution. */
const once = (shape: Shape, activation: string, weight: Shape, attributes: Attributes, ofActivation: Attributes = {}): Graph =>
  graphOf({
    inputs: { x: shape },
    constants: { w: noise(weight, 4) },
    nodes: [op(activation, "x", "r", ofActivation), op("Conv", "r w", "y", attributes)],
    opset: 10,
  });

const pool = (operator: string, shape: Shape, attributes: Attributes): Graph =>
  graphOf({ inputs: { x: shape }, nodes: [op("Relu", "x", "r"), op(operator, "r", "y", attributes)] });

const pads = [1, 1, 1, 1];

/** The operator whose kernels are forced, and a graph. */
const cases: Readonly<Record<string, readonly [operator: string, graph: Graph]>> = {
  "3×3": ["ConvActivationGradient", twice([2, 8, 9, 10], "LeakyRelu", [12, 8, 3, 3], { pads }, { alpha: 0.3 })],
  "1×1": ["ConvActivationGradient", twice([1, 6, 7, 5], "Clip", [8, 6, 1, 1], {}, { min: -0.5, max: 0.6 })],
  "in groups": ["ConvActivationGradient", twice([1, 8, 6, 7], "Relu", [8, 4, 3, 3], { pads: [0, 1, 1, 0], group: 2 })],
  depthwise: ["ConvActivationGradient", twice([1, 6, 8, 9], "Sigmoid", [6, 1, 3, 3], { pads, group: 6 })],
  "over one axis": ["ConvActivationGradient", twice([2, 4, 13], "Tanh", [5, 4, 3], { pads: [1, 1] })],
  "over three axes": ["ConvActivationGradient", twice([1, 2, 4, 5, 4], "Relu", [3, 2, 2, 3, 2], {})],
  "steps of 2": ["InterleaveActivationGradient", twice([2, 4, 9, 12], "Relu", [5, 4, 3, 3], { pads, strides: [2, 2] })],
  "steps of 3, few of them": [
    "InterleaveActivationGradient",
    twice([1, 2, 7, 8], "LeakyRelu", [3, 2, 3, 2], { pads: [1, 0, 0, 1], strides: [3, 3] }, { alpha: 0.1 }),
  ],
  "depthwise, steps of 2": [
    "InterleavedDepthwiseActivationGradient",
    once([2, 5, 10, 18], "Clip", [5, 1, 3, 3], { pads, strides: [2, 2], group: 5 }, { min: -0.5, max: 0.6 }),
  ],
  "depthwise, steps of 3 without overlap": [
    "InterleavedDepthwiseActivationGradient",
    once([1, 3, 9, 6], "Relu", [3, 1, 3, 3], { strides: [3, 3], group: 3 }),
  ],
  "maximum, steps of 2": ["PoolGradient", pool("MaxPool", [2, 3, 9, 8], { kernel_shape: [3, 3], strides: [2, 2], pads })],
  "maximum, steps larger than windows": ["PoolGradient", pool("MaxPool", [1, 2, 11, 10], { kernel_shape: [2, 1], strides: [3, 4] })],
  "average, no steps": ["PoolGradient", pool("AveragePool", [1, 3, 7, 6], { kernel_shape: [3, 2], pads: [1, 0, 1, 1] })],
  "average, padding counts, windows over the end": [
    "PoolGradient",
    pool("AveragePool", [1, 2, 8, 9], { kernel_shape: [3, 3], strides: [2, 3], pads, ceil_mode: 1, count_include_pad: 1 }),
  ],
};

/** A convolution with weights that are an input, too. */
const weighted = (x: Shape, w: Shape, attributes: Attributes = {}, operator = "Conv"): Graph =>
  graphOf({ inputs: { x, w }, nodes: [op(operator, "x w", "y", attributes)] });

/** Graphs whose gradient by the weights is computed by the kernels of ConvWeightGradient. */
const weightCases: Readonly<Record<string, Graph>> = {
  "weights, 3×3": weighted([2, 8, 9, 10], [12, 8, 3, 3], { pads }),
  "weights, 3×3, whole tiles of many channels": weighted([3, 36, 14, 10], [40, 36, 3, 3]),
  "weights, few channels": weighted([3, 3, 11, 13], [5, 3, 3, 3], { pads, strides: [2, 2] }),
  "weights, 1×1": weighted([2, 6, 7, 5], [8, 6, 1, 1]),
  "weights, 5×5 and dilated": weighted([1, 4, 14, 17], [8, 4, 5, 5], { dilations: [1, 2], pads: [2, 4, 2, 4] }),
  "weights, 7×7, steps of 2": weighted([1, 3, 23, 21], [8, 3, 7, 7], { strides: [2, 2], pads: [3, 3, 3, 3] }),
  "weights in groups": weighted([2, 8, 6, 7], [8, 4, 3, 3], { pads: [0, 1, 1, 0], group: 2 }),
  "weights, depthwise": weighted([2, 6, 8, 9], [6, 1, 3, 3], { pads, group: 6 }),
  "weights over one axis": weighted([2, 4, 13], [5, 4, 3], { pads: [1, 1] }),
  "weights over three axes": weighted([1, 2, 4, 5, 4], [3, 2, 2, 3, 2], { strides: [1, 2, 1], pads: [1, 0, 1, 0, 1, 1] }),
  "weights of a ConvTranspose": weighted(
    [2, 8, 5, 6],
    [8, 4, 3, 3],
    { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] },
    "ConvTranspose",
  ),
};

const biased = (x: Shape, w: Shape, attributes: Attributes = {}, operator = "Conv"): Graph =>
  graphOf({
    inputs: { x, w, b: [operator === "Conv" ? (w[0] as number) : (w[1] as number)] },
    // So that what the gradient is of is not 1 everywhere.
    nodes: [op(operator, "x w b", "z", attributes), op("Mul", "z z", "y")],
  });

/** The same for biases, by the kernel of ConvBiasGradient. */
const biasCases: Readonly<Record<string, Graph>> = {
  "a bias": biased([3, 4, 9, 11], [6, 4, 3, 3], { pads }),
  "a bias, one picture": biased([1, 4, 5, 26], [70, 4, 1, 1]),
  "a bias over one axis": biased([2, 3, 19], [5, 3, 3]),
  "a bias of a ConvTranspose": biased([2, 4, 5, 6], [4, 3, 3, 3], { strides: [2, 2] }, "ConvTranspose"),
  "a bias over three axes": biased([2, 2, 4, 5, 4], [3, 2, 2, 3, 2]),
};

/** The gradient of y by a value, where `kernel` computes the nodes of an operator; and which kernels these could have. */
async function gradientBy(device: Device, graph: Graph, inputs: Readonly<Record<string, Tensor>>, operator: string, kernel?: string) {
  const offered = new Set<string>();
  const model = await loadModel(device, graph, {
    chooseKernel: (node, names) => {
      if (node.operator !== operator) return undefined;
      for (const name of names) offered.add(name);
      return names.find((name) => name === kernel);
    },
  });
  const name = Object.keys(inputs).at(-1) as string;
  const gradient = await model.gradient({ of: "y", withRespectTo: [name] });
  const { [name]: dx } = await gradient.predict(inputs);
  model.dispose();
  return { dx: dx as Tensor, offered };
}

const all = [
  ...Object.entries(cases),
  ...Object.entries(weightCases).map(([name, graph]) => [name, ["ConvWeightGradient", graph]] as const),
  ...Object.entries(biasCases).map(
    ([name, graph]) => [name, [name.endsWith("three axes") ? "ReduceSum" : "ConvBiasGradient", graph]] as const,
  ),
];

describe.each(all)("%s", (_, [operator, graph]) => {
  test("all kernels agree with loops in double precision", { timeout: 120_000 }, () =>
    withDevice(async (device) => {
      const inputs = Object.fromEntries(graph.inputs.map(({ name, shape }, i) => [name, noise(shape as Shape, 7 + i)]));
      const by = graph.inputs.at(-1)?.name as string;
      const { graph: typed } = inferGraph(graph, everything);
      const { graph: backward, seed, gradients } = gradientOf(typed, "y", [by]);
      const { dtype, shape: yShape } = typed.types.get("y") ?? expect.fail();
      const ones = { dtype, shape: yShape, data: new Float64Array(yShape.reduce((a, b) => a * b, 1)).fill(1) };
      const given = Object.entries(inputs).map(([name, tensor]) => [name, fromTensor(tensor)] as const);
      const expected = await evaluateGraph(backward, new Map([...given, [seed, ones]]));
      const numbers = [...(expected.get(gradients.get(by) as string)?.data ?? [])];
      expect(numbers.some((value) => value !== 0)).toBe(true);
      const { dx, offered } = await gradientBy(device, graph, inputs, operator);
      expectClose(dx, numbers, "the kernel chosen");
      expect(offered.size).toBeGreaterThan(0);
      for (const kernel of offered) expectClose((await gradientBy(device, graph, inputs, operator, kernel)).dx, numbers, kernel);
    }),
  );
});

test.each([false, true])("a depthwise ConvTranspose with steps and a bias, where parameters are %s", (parameters) =>
  withDevice(async (device) => {
    const graph = graphOf({
      inputs: { x: [2, 3, 5, 9] },
      constants: { w: noise([3, 1, 3, 3], 2), b: noise([3], 3) },
      nodes: [op("ConvTranspose", "x w b", "y", { strides: [2, 2], pads: [1, 1, 0, 0], group: 3 })],
    });
    const x = noise([2, 3, 5, 9], 5);
    const expected = await evaluateGraph(graph, new Map([["x", fromTensor(x)]]));
    const model = await loadModel(device, graph, { parameters });
    expect(model.plan.steps.map(({ kernel }) => kernel)).toEqual(["interleaved-depthwise"]);
    expectClose((await model.predict({ x })).y as Tensor, [...(expected.get("y")?.data ?? [])], "y");
    model.dispose();
  }),
);
