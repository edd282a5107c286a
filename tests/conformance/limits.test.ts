// Grids beyond what one dimension of a dispatch holds: folded with a small limit on a GPU that computes, planned for a graphics card with
// the real limit on one that only checks. In run-operator.ts every kernel runs in a folded grid.
import { expect, test } from "vitest";
import { Device } from "../../src/engine/gpu/device.ts";
import type { Node } from "../../src/engine/graph/graph.ts";
import { loadModel } from "../../src/engine/model.ts";
import type { Target } from "../../src/engine/ops/operator.ts";
import { optimizeGraph } from "../../src/engine/passes/index.ts";
import { planGraph } from "../../src/engine/plan/planner.ts";
import type { Shape } from "../../src/engine/shapes.ts";
import type { Tensor } from "../../src/engine/tensor.ts";
import { everything } from "../support/catalog.ts";
import { type GraphLines, graphOf, noise, op } from "../support/graphs.ts";
import { requestNullDevice } from "../support/half-device.ts";
import { withDevice } from "../support/with-device.ts";

/** The names of all kernels that a GPU is offered. */
function kernelsFor(lines: GraphLines, target: Target): readonly string[] {
  const names = new Set<string>();
  const { graph, operations, obstacles } = optimizeGraph(graphOf(lines), everything, { keep: new Set() });
  expect(obstacles).toEqual([]);
  planGraph(graph, operations, { target, chooseKernel: (_, offered) => void offered.map((name) => names.add(name)) });
  return [...names];
}

async function predict(device: Device, lines: GraphLines, inputs: Readonly<Record<string, Tensor>>, kernel: string) {
  const chooseKernel = (_: Node, names: readonly string[]) => names.find((name) => name === kernel);
  const model = await loadModel(device, graphOf(lines), { chooseKernel });
  try {
    return { outputs: await model.predict(inputs), steps: model.plan.steps };
  } finally {
    model.dispose();
  }
}

const conv = (weight: Shape, input: Shape, attributes: Parameters<typeof op>[3] = {}): GraphLines => ({
  inputs: { x: input },
  constants: { w: noise(weight, 2), b: noise([weight[0] as number], 3) },
  nodes: [op("Conv", "x w b", "y", attributes)],
});

const folded: readonly (readonly [string, GraphLines])[] = [
  ["3×3", conv([20, 20, 3, 3], [2, 20, 23, 21], { pads: [1, 1, 1, 1] })],
  ["1×1", conv([70, 40, 1, 1], [2, 40, 17, 19])],
  ["grouped", conv([24, 6, 3, 3], [2, 12, 13, 15], { group: 2, strides: [2, 2] })],
  ["depthwise", conv([40, 1, 3, 3], [1, 40, 21, 23], { group: 40, pads: [1, 1, 1, 1] })],
  ["dense", { inputs: { x: [130, 70] }, constants: { w: noise([70, 300], 2) }, nodes: [op("MatMul", "x w", "y")] }],
  ["products", { inputs: { a: [5, 70, 33], b: [5, 33, 70] }, nodes: [op("MatMul", "a b", "y")] }],
  [
    "transposed",
    {
      inputs: { x: [3, 10, 9, 7] },
      constants: { w: noise([10, 6, 3, 3], 2) },
      nodes: [op("ConvTranspose", "x w", "y", { group: 2, strides: [2, 2] })],
    },
  ],
];

test.each(folded)("%s: every kernel computes the same bits in a folded grid", (_, lines) =>
  withDevice(async (own) => {
    const inputs = Object.fromEntries(Object.entries(lines.inputs ?? {}).map(([name, shape], i) => [name, noise(shape as Shape, 5 + i)]));
    // As on a graphics card, which has every family of kernels; one of each family, whose blocks differ only.
    const plain = new Device(own.gpu, own.info);
    const families = new Map(kernelsFor(lines, plain.target).map((name) => [name.split(" ")[0], name]));
    for (const kernel of families.values()) {
      const { outputs, steps } = await predict(plain, lines, inputs, kernel);
      const most = Math.max(...steps.map(({ workgroups }) => workgroups[0]));
      // The least limit that holds them: rows are many, and the last is not full.
      const limit = Math.ceil(Math.sqrt(most));
      const again = await predict(new Device(own.gpu, own.info, { maxWorkgroups: limit }), lines, inputs, kernel);
      expect(again.steps.some(({ workgroups }) => workgroups[1] > 1)).toBe(most > limit);
      expect(again.outputs, kernel).toEqual(outputs);
    }
  }),
);

/** More workgroups than one dimension holds, or more than it did before grids were folded. */
const large: readonly (readonly [string, GraphLines])[] = [
  ["1×1 on a picture of 4.7 megapixels", conv([4, 3, 1, 1], [1, 3, 2160, 2160])],
  ["7×7 with stride 2 on a picture of 16.8 megapixels", conv([4, 1, 7, 7], [1, 1, 4096, 4096], { strides: [2, 2], pads: [3, 3, 3, 3] })],
  ["4.5 million positions along one axis", conv([2, 1, 3], [1, 1, 4_500_000])],
  ["more groups and blocks than a dimension holds", conv([70_000, 1, 1, 1], [1, 70_000, 1, 1], { group: 70_000 })],
  [
    "transposed, 8,000 pictures of nine groups",
    {
      inputs: { x: [8000, 9, 1, 1] },
      constants: { w: noise([9, 1, 2, 2], 2) },
      nodes: [op("ConvTranspose", "x w", "y", { group: 9 })],
    },
  ],
  [
    "transposed, a line of 2.2 million",
    {
      inputs: { x: [1, 1, 1_100_000] },
      constants: { w: noise([1, 1, 2], 2) },
      nodes: [op("ConvTranspose", "x w", "y", { strides: [2] })],
    },
  ],
  ["a batch of 70,000 products", { inputs: { a: [70_000, 2, 3], b: [70_000, 3, 2] }, nodes: [op("MatMul", "a b", "y")] }],
  [
    "4.3 million rows of a dense layer",
    { inputs: { x: [4_300_000, 2] }, constants: { w: noise([2, 4], 2) }, nodes: [op("MatMul", "x w", "y")] },
  ],
  ["element by element", { inputs: { x: [1, 1, 8192, 4096] }, nodes: [op("Relu", "x", "y")] }],
  ["rows of a softmax", { inputs: { x: [140_000, 128] }, nodes: [op("Softmax", "x", "y")] }],
  ["means of many rows", { inputs: { x: [4_300_000, 4] }, nodes: [op("ReduceMean", "x", "y", { axes: [1], keepdims: 0 })], opset: 13 }],
  ["pooling", { inputs: { x: [1, 8, 2048, 2048] }, nodes: [op("MaxPool", "x", "y", { kernel_shape: [2, 2] })] }],
  [
    "pooling, with indices",
    { inputs: { x: [1, 8, 1536, 2048] }, nodes: [op("MaxPool", "x", "y i", { kernel_shape: [2, 2] })], outputs: ["y", "i"] },
  ],
];

test.each(large)("%s: every kernel of a graphics card stays within the limits", async (_, lines) => {
  const device = await requestNullDevice();
  try {
    const errors: string[] = [];
    device.gpu.addEventListener("uncapturederror", ({ error }) => errors.push(error.message));
    const { maxComputeWorkgroupsPerDimension: limit } = device.gpu.limits;
    const kernels = kernelsFor(lines, device.target);
    expect(kernels.length).toBeGreaterThan(0);
    for (const kernel of kernels) {
      const chooseKernel = (_: Node, names: readonly string[]) => names.find((name) => name === kernel);
      const model = await loadModel(device, graphOf(lines), { chooseKernel });
      expect(Math.max(...model.plan.steps.flatMap(({ workgroups }) => workgroups))).toBeLessThanOrEqual(limit);
      model.run();
      await device.gpu.queue.onSubmittedWorkDone();
      model.dispose();
    }
    expect(errors).toEqual([]);
  } finally {
    device.dispose();
  }
});
