// Grids beyond what one dimension of a dispatch holds: folded with a small limit on a GPU that computes, planned for a graphics card with
// the real limit on one that only checks. In run-operator.ts every kernel runs in a folded grid.
import { expect, test } from "vitest";
import type { Device } from "../../src/engine/gpu/device.ts";
import { Program } from "../../src/engine/gpu/program.ts";
import { loadModel, type Model } from "../../src/engine/model.ts";
import type { Target } from "../../src/engine/ops/operator.ts";
import { optimizeGraph } from "../../src/engine/passes/index.ts";
import type { Plan } from "../../src/engine/plan/plan.ts";
import { type PlanOptions, planGraph } from "../../src/engine/plan/planner.ts";
import type { Shape } from "../../src/engine/shapes.ts";
import { type Tensor, toGpuWords } from "../../src/engine/tensor.ts";
import { everything } from "../support/catalog.ts";
import { type GraphLines, graphOf, noise, op } from "../support/graphs.ts";
import { requestNullDevice } from "../support/half-device.ts";
import { withDevice } from "../support/with-device.ts";

function planOf(lines: GraphLines, options: PlanOptions): Plan {
  const { graph, operations, obstacles } = optimizeGraph(graphOf(lines), everything, { keep: new Set() });
  expect(obstacles).toEqual([]);
  return planGraph(graph, operations, options);
}

/** Takes the kernel of this name wherever it is on offer. */
const only = (kernel: string) => (_: unknown, names: readonly string[]) => names.find((name) => name === kernel);

/** The names of all kernels that a GPU is offered. */
function kernelsFor(lines: GraphLines, target: Target): readonly string[] {
  const names = new Set<string>();
  planOf(lines, { target, chooseKernel: (_, offered) => void offered.map((name) => names.add(name)) });
  return [...names];
}

/** One kernel of each family, whose blocks differ only: the one with the least to compile. */
function familiesFor(lines: GraphLines, target: Target): readonly string[] {
  const effortOf = (kernel: string) =>
    planOf(lines, { target, chooseKernel: only(kernel) }).steps.reduce((sum, { shader }) => sum + shader.code.length, 0);
  const best = new Map<string, { readonly kernel: string; readonly effort: number }>();
  for (const kernel of kernelsFor(lines, target)) {
    const family = kernel.split(" ")[0] as string;
    const effort = effortOf(kernel);
    if (effort < (best.get(family)?.effort ?? Number.POSITIVE_INFINITY)) best.set(family, { kernel, effort });
  }
  return [...best.values()].map(({ kernel }) => kernel);
}

async function runPlan(device: Device, plan: Plan, inputs: Readonly<Record<string, Tensor>>): Promise<readonly Tensor[]> {
  const program = await Program.create(device, plan);
  const placed = (name: string) => plan.values.get(name) ?? expect.fail(`'${name}' lies nowhere`);
  for (const [name, tensor] of Object.entries(inputs)) program.write(placed(name), toGpuWords(tensor));
  const encoder = device.gpu.createCommandEncoder();
  const pass = encoder.beginComputePass();
  program.encode(pass);
  pass.end();
  const outputs = await program.read([placed("y")], encoder);
  program.dispose();
  return outputs;
}

const eleven = [..."abcdefghijk"];

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

/** Compiling takes all of the time here, and these families run with 3×3. */
const elsewhere = /^(implicit-gemm|split-k|general)/;

test.each(folded)("%s: every kernel computes the same bits in a folded grid", (why, lines) =>
  withDevice(async (device) => {
    const inputs = Object.fromEntries(Object.entries(lines.inputs ?? {}).map(([name, shape], i) => [name, noise(shape as Shape, 5 + i)]));
    // As on a graphics card, which has every family of kernels.
    const kernels = familiesFor(lines, {}).filter((name) => why !== "1×1" || !elsewhere.test(name));
    expect(kernels).not.toEqual([]);
    for (const kernel of kernels) {
      const plan = planOf(lines, { target: {}, chooseKernel: only(kernel) });
      const most = Math.max(...plan.steps.map(({ workgroups }) => workgroups[0]));
      // The least limit that holds them: rows are many, and the last is not full.
      const maxWorkgroups = Math.ceil(Math.sqrt(most));
      const narrow = planOf(lines, { target: { maxWorkgroups }, chooseKernel: only(kernel) });
      expect(narrow.steps.some(({ workgroups }) => workgroups[1] > 1)).toBe(most > maxWorkgroups);
      expect(await runPlan(device, narrow, inputs), kernel).toEqual(await runPlan(device, plan, inputs));
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

/** Runs the network once with each kernel of its operators on the null adapter, which validates and computes nothing. */
async function runEveryKernel(device: Device, lines: GraphLines, check: (model: Model) => void = () => {}): Promise<void> {
  const errors: string[] = [];
  device.gpu.addEventListener("uncapturederror", ({ error }) => errors.push(error.message));
  const kernels = kernelsFor(lines, device.target);
  expect(kernels.length).toBeGreaterThan(0);
  for (const kernel of kernels) {
    const model = await loadModel(device, graphOf(lines), { chooseKernel: only(kernel) });
    check(model);
    model.run();
    await device.gpu.queue.onSubmittedWorkDone();
    model.dispose();
  }
  expect(errors).toEqual([]);
}

test.each(large)("%s: every kernel of a graphics card stays within the limits", async (_, lines) => {
  const device = await requestNullDevice();
  try {
    const { maxComputeWorkgroupsPerDimension: limit } = device.gpu.limits;
    await runEveryKernel(device, lines, ({ plan }) =>
      expect(Math.max(...plan.steps.flatMap(({ workgroups }) => workgroups))).toBeLessThanOrEqual(limit),
    );
  } finally {
    device.dispose();
  }
});

/** What takes the most bindings, workgroup memory and scratch: every kernel of every family, with all that can be fused behind it. */
const guaranteed: readonly (readonly [string, GraphLines])[] = [
  ...folded,
  [
    "a convolution with a residual, and an activation",
    {
      inputs: { x: [1, 24, 20, 20], r: [1, 24, 20, 20] },
      constants: { w: noise([24, 24, 3, 3], 2), b: noise([24], 3) },
      nodes: [op("Conv", "x w b", "c", { pads: [1, 1, 1, 1] }), op("Add", "c r", "s"), op("Relu", "s", "y")],
    },
  ],
  [
    "sums of more values than a dispatch binds",
    { inputs: Object.fromEntries(eleven.map((name) => [name, [4, 5]])), nodes: [op("Sum", eleven.join(" "), "y")] },
  ],
  [
    "more values side by side than a dispatch binds",
    { inputs: Object.fromEntries(eleven.map((name) => [name, [4, 5]])), nodes: [op("Concat", eleven.join(" "), "y", { axis: 1 })] },
  ],
];

test.each(guaranteed)("%s: every kernel keeps to the limits that WebGPU guarantees", async (_, lines) => {
  const device = await requestNullDevice("guaranteed");
  try {
    expect(device.target).toMatchObject({ maxBindingBytes: 2 ** 27, maxBufferBytes: 2 ** 28, maxStorageBuffers: 8 });
    await runEveryKernel(device, lines);
  } finally {
    device.dispose();
  }
});

test("outputs that together exceed the largest buffer are read in parts", () =>
  withDevice(async (device) => {
    const { limits } = device.gpu;
    const get = (_: unknown, name: keyof GPUSupportedLimits) => (name === "maxBufferSize" ? 2048 : limits[name]);
    Object.defineProperty(device.gpu, "limits", { value: new Proxy({}, { get }) });
    const inputs = { a: [300], b: [300], c: [300] };
    const nodes = ["a", "b", "c"].map((name) => op("Neg", name, `${name}2`));
    const model = await loadModel(device, graphOf({ inputs, nodes, outputs: ["a2", "b2", "c2"] }));
    const x = ["a", "b", "c"].map((name, i) => [name, noise([300], i)] as const);
    const outputs = await model.predict(Object.fromEntries(x));
    for (const [name, tensor] of x) expect(outputs[`${name}2`]?.toFloat32()).toEqual(tensor.toFloat32().map((value) => -value));
  }));
