// Models in halves: near those in words, in less memory, whatever the device can do. Where no adapter computes with halves, their
// shaders are compiled and validated all the same.
import { afterAll, describe, expect, test } from "vitest";
import { buildModel } from "../../models/index.ts";
import type { Device } from "../../src/engine/gpu/device.ts";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { type LoadOptions, loadModel, type Model } from "../../src/engine/model.ts";
import { type GraphLines, graphOf, ints, noise, op } from "../support/graphs.ts";
import { requestHalfDevice, requestNullDevice } from "../support/half-device.ts";
import { withDevice } from "../support/with-device.ts";

const nullDevice = await requestNullDevice();
const halfDevice = await requestHalfDevice();
afterAll(() => {
  nullDevice.dispose();
  halfDevice?.dispose();
});

type Inputs = Readonly<Record<string, Float32Array>>;

function inputsOf(model: Model): Inputs {
  return Object.fromEntries(model.inputs.map(({ name, shape }, i) => [name, noise(shape, i + 1).toFloat32()]));
}

async function predict(device: Device, graph: Graph | Uint8Array<ArrayBuffer>, options: LoadOptions) {
  const model = await loadModel(device, graph, options);
  const outputs = await model.predict(inputsOf(model));
  const { memory, plan } = model;
  model.dispose();
  return { outputs, memory, plan };
}

/** Halves have 11 bits: each rounding is 2⁻¹¹ of an element. */
const tolerance = 4e-3;

/** @returns the largest difference, as a part of the largest element */
async function expectNear(device: Device, graph: Graph | Uint8Array<ArrayBuffer>, options: LoadOptions = {}): Promise<void> {
  const whole = await predict(device, graph, options);
  const half = await predict(device, graph, { ...options, precision: "float16" });
  for (const [name, tensor] of Object.entries(whole.outputs)) {
    const [expected, actual] = [tensor.toFloat32(), half.outputs[name]?.toFloat32() ?? new Float32Array()];
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(actual.length).toBe(expected.length);
    const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - (actual[i] as number))), 0);
    expect(worst, `${name}, of ${largest}`).toBeLessThanOrEqual(tolerance * largest);
  }
}

const same = { pads: [1, 1, 1, 1] };

/** One operator between two that make sure that it reads and writes what lies between layers. */
function between(lines: GraphLines, inputs = ["x"]): Graph {
  const { nodes } = lines;
  return graphOf({
    ...lines,
    nodes: [
      ...inputs.map((name) => op("Neg", name, `${name}_`)),
      ...nodes.map((node) => ({ ...node, inputs: node.inputs.map((name) => (inputs.includes(name) ? `${name}_` : name)) })),
      op("Neg", nodes.at(-1)?.outputs[0] as string, "y"),
    ],
  });
}

const map = [1, 8, 9, 10];
const conv = (shape: number[], attributes: Parameters<typeof op>[3], more: Partial<GraphLines> = {}) =>
  between({
    inputs: { x: map },
    constants: { w: noise(shape, 2), b: noise([shape[0] as number], 3) },
    nodes: [op("Conv", "x w b", "c", attributes)],
    ...more,
  });

const graphs: Readonly<Record<string, Graph>> = {
  "Conv 3×3": conv([8, 8, 3, 3], same),
  "Conv 3×3 with residual and activation": conv([8, 8, 3, 3], same, {
    nodes: [op("Conv", "x w b", "c", same), op("Add", "c x", "s"), op("HardSwish", "s", "h")],
  }),
  "Conv 1×1, as many outputs as block": conv([32, 8, 1, 1], {}),
  "Conv 1×1, odd": conv([5, 8, 1, 1], {}),
  "Conv depthwise": conv([8, 1, 3, 3], { ...same, group: 8 }),
  "Conv grouped, strided": conv([6, 4, 3, 3], { ...same, group: 2, strides: [2, 2] }),
  "Conv 5×5, dilated": conv([4, 8, 5, 5], { pads: [4, 4, 4, 4], dilations: [2, 2] }),
  ConvTranspose: between({
    inputs: { x: map },
    constants: { w: noise([8, 16, 3, 3], 2) },
    nodes: [op("ConvTranspose", "x w", "c", { strides: [2, 2] })],
  }),
  "ConvTranspose depthwise": between({
    inputs: { x: map },
    constants: { w: noise([8, 1, 2, 2], 2) },
    nodes: [op("ConvTranspose", "x w", "c", { strides: [2, 2], group: 8 })],
  }),
  Concat: between({
    inputs: { x: map },
    constants: { w: noise([4, 8, 3, 3], 2), v: noise([4, 12, 3, 3], 3) },
    nodes: [op("Conv", "x w", "c", same), op("Concat", "x c", "d", { axis: 1 }), op("Conv", "d v", "e", same)],
  }),
  MaxPool: between({ inputs: { x: map }, nodes: [op("MaxPool", "x", "c", { kernel_shape: [3, 3], ...same })] }),
  "AveragePool, strided": between({
    inputs: { x: map },
    nodes: [op("AveragePool", "x", "c", { kernel_shape: [2, 3], strides: [2, 2] })],
  }),
  "GlobalAveragePool and Gemm": between({
    inputs: { x: map },
    constants: { w: noise([150, 8], 2), b: noise([150], 3) },
    nodes: [op("GlobalAveragePool", "x", "c"), op("Flatten", "c", "d"), op("Gemm", "d w b", "e", { transB: 1 })],
  }),
  "MatMul of two values": between({ inputs: { x: [3, 5, 8], z: [3, 8, 4] }, nodes: [op("MatMul", "x z", "c")] }, ["x", "z"]),
  "MatMul by a constant": between({
    inputs: { x: [7, 40] },
    constants: { w: noise([40, 30], 2) },
    nodes: [op("MatMul", "x w", "c")],
  }),
  "Softmax, LogSoftmax": between({ inputs: { x: map }, nodes: [op("Softmax", "x", "c", { axis: 1 }), op("LogSoftmax", "c", "d")] }),
  ReduceMean: between({ inputs: { x: map }, nodes: [op("ReduceMean", "x _", "c"), op("ReduceMax", "x _", "d"), op("Add", "c d", "e")] }),
  "InstanceNormalization, LRN": between({
    inputs: { x: map },
    constants: { s: noise([8], 2), b: noise([8], 3) },
    nodes: [op("InstanceNormalization", "x s b", "c"), op("LRN", "c", "d", { size: 3 })],
  }),
  "Resize, Transpose, Slice": between({
    inputs: { x: map },
    constants: { sizes: ints(1, 8, 18, 15), starts: ints(1), ends: ints(7), axes: ints(1) },
    nodes: [
      op("Resize", "x _ _ sizes", "c", { mode: "linear" }),
      op("Transpose", "c", "d", { perm: [0, 2, 1, 3] }),
      op("Slice", "d starts ends axes", "e"),
    ],
  }),
  "Pad, Reshape, Tile": between({
    inputs: { x: map },
    constants: { pads: ints(0, 0, 1, 2, 0, 0, 3, 1), shape: ints(1, 4, 2, -1), repeats: ints(1, 1, 2, 1) },
    nodes: [op("Pad", "x pads", "c", { mode: "reflect" }), op("Reshape", "c shape", "d"), op("Tile", "d repeats", "e")],
  }),
  "Gather, ArgMax, TopK": between({
    inputs: { x: map },
    constants: { k: ints(3) },
    nodes: [
      op("TopK", "x k", "c i", { axis: 1 }),
      op("GatherElements", "x i", "d", { axis: 1 }),
      op("ArgMax", "d", "j", { axis: 2 }),
      op("Cast", "j", "f", { to: 1 }),
      op("Add", "f d", "e"),
    ],
  }),
  "element-wise": between({
    inputs: { x: map },
    constants: { large: noise([8, 9, 20], 4) },
    nodes: [
      op("Sigmoid", "x", "a"),
      op("Greater", "a x", "g"),
      op("Where", "g a x", "b"),
      op("Concat", "b a", "c", { axis: 3 }),
      op("Mul", "c large", "d"),
    ],
  }),
};

describe.each(Object.entries(graphs))("%s", (_, graph) => {
  test("compiles in halves, whichever the kernel", async () => {
    for (const kernel of await kernelNames(nullDevice, graph)) {
      nullDevice.gpu.pushErrorScope("validation");
      const model = await loadModel(nullDevice, graph, { precision: "float16", ...forced(kernel) });
      model.run(inputsOf(model));
      model.dispose();
      expect(await nullDevice.gpu.popErrorScope()).toBeNull();
    }
  });

  test("is near its result in words, with constants in halves", () => withDevice((device) => expectNear(device, graph)));

  // SwiftShader has no shader-f16. See docs/testing.md for a driver that has, and needs no GPU either.
  test("is near its result in words, with values in halves, whichever the kernel", async ({ skip }) => {
    if (!halfDevice) return skip("no GPU or driver here has shader-f16");
    for (const kernel of await kernelNames(halfDevice, graph)) await expectNear(halfDevice, graph, forced(kernel));
  });
});

/** Every kernel that any node of the graph accepts, and none for the planner's own choice. */
async function kernelNames(device: Device, graph: Graph): Promise<readonly (string | undefined)[]> {
  const names = new Set<string | undefined>([undefined]);
  const chooseKernel: LoadOptions["chooseKernel"] = (_node, all) => {
    for (const name of all) names.add(name);
    return undefined;
  };
  (await loadModel(device, graph, { chooseKernel })).dispose();
  return [...names];
}

function forced(kernel: string | undefined): LoadOptions {
  return kernel === undefined ? {} : { chooseKernel: (_node, names) => (names.includes(kernel) ? kernel : undefined) };
}

describe("a network in halves", () => {
  const mnist = buildModel("mnist", { seed: 1 }) as Uint8Array<ArrayBuffer>;

  test("takes half the weights", () =>
    withDevice(async (device) => {
      await expectNear(device, mnist);
      const [whole, half] = [await predict(device, mnist, {}), await predict(device, mnist, { precision: "float16" })];
      expect(half.memory.weightBytes / whole.memory.weightBytes).toBeLessThan(0.51);
      expect(device.allocatedBytes).toBe(0);
    }));

  test("keeps inputs, outputs and observed values in words", () =>
    withDevice(async (device) => {
      const graph = graphs["Conv 3×3"] as Graph;
      const model = await loadModel(device, graph, { precision: "float16", observe: ["c"] });
      const { y } = await model.predict(inputsOf(model));
      const c = await model.read("c");
      expect(c.dtype).toBe("float32");
      expect(y?.toFloat32()).toEqual(c.toFloat32().map((value) => -value));
      expect(model.value("c").buffer.size).toBe(c.size * 4);
    }));

  test("settles on kernels that give the same bits", () =>
    withDevice(async (device) => {
      const model = await loadModel(device, mnist, { precision: "float16" });
      const inputs = inputsOf(model);
      const first = await model.predict(inputs);
      await model.settled;
      expect(await model.predict(inputs)).toEqual(first);
    }));

  test("moves to a device with other features", () =>
    withDevice(async (device) => {
      const model = await loadModel(device, mnist, { precision: "float16" });
      const inputs = inputsOf(model);
      const before = await model.predict(inputs);
      await model.settled;
      const { memory } = model;
      const storesF16 = () => model.plan.steps.some(({ shader }) => shader.code.startsWith("enable f16;"));
      expect(storesF16()).toBe(device.gpu.features.has("shader-f16"));
      await model.moveTo(nullDevice);
      expect(storesF16()).toBe(true);
      await model.moveTo(device);
      expect(model.memory).toEqual(memory);
      expect(await model.predict(inputs)).toEqual(before);
      model.dispose();
    }));

  /** Changes a model as the element does. @returns what it read after each change, by the change's name */
  async function change(device: Device): Promise<Record<string, readonly number[]>> {
    const before = device.allocatedBytes;
    const model = await loadModel(device, mnist, { precision: "float16", observe: ["conv_1"] });
    const inputs = inputsOf(model);
    const read: Record<string, readonly number[]> = {};
    const run = async (name: string) => {
      const outputs = await model.predict(inputs);
      read[name] = [...Object.values(outputs), await model.read("conv_1")].flatMap((tensor) => tensor.toNumbers());
    };
    await run("loaded");
    await model.gate("conv_1", { channel: 3, scale: 0 });
    await run("gated");
    await model.reinitialize(7);
    await run("gated and blank");
    model.ungate("conv_1");
    await run("blank");
    await model.setParameters(buildModel("mnist", { seed: 2 }) as Uint8Array<ArrayBuffer>);
    await run("other weights");
    await model.restore();
    await run("restored");
    model.dispose();
    expect(device.allocatedBytes).toBe(before);
    return read;
  }

  test("takes gates and other weights, on a device that computes with halves as on one that only stores weights so", () =>
    withDevice(async (device) => {
      const read = await change(device);
      const [outputSize, area] = [10, 26 * 26];
      const channel = (name: string, k: number) => read[name]?.slice(outputSize + k * area, outputSize + (k + 1) * area);
      expect(channel("gated", 3)).toEqual(new Array(area).fill(0));
      expect(channel("gated", 4)).toEqual(channel("loaded", 4));
      expect(channel("gated and blank", 3)).toEqual(new Array(area).fill(0));
      expect(channel("blank", 3)).not.toEqual(channel("loaded", 3));
      // Weights that can change keep their 32 bits.
      expectNearly(read["restored"], read["loaded"] ?? []);
      const other = await loadModel(device, buildModel("mnist", { seed: 2 }) as Uint8Array<ArrayBuffer>, { precision: "float16" });
      const [scores] = Object.values(await other.predict(inputsOf(other)));
      expectNearly(read["other weights"]?.slice(0, outputSize), scores?.toNumbers() ?? []);
      other.dispose();
      // Compiles and validates, and computes nothing.
      await change(nullDevice);
      if (!halfDevice) return;
      for (const [name, numbers] of Object.entries(await change(halfDevice))) expectNearly(numbers, read[name] ?? []);
    }));
});

function expectNearly(actual: readonly number[] | undefined, expected: readonly number[]): void {
  expect(actual?.length).toBe(expected.length);
  const size = Math.max(1, ...expected.map(Math.abs));
  expect(Math.max(...expected.map((x, i) => Math.abs(x - (actual?.[i] as number)))) / size).toBeLessThan(5e-3);
}
