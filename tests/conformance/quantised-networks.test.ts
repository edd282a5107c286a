// Networks that we quantise here, in both of the forms that exporters write, against ONNX Runtime: each value within one step of its scale.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { loadModel } from "../../src/engine/model.ts";
import { importModel } from "../../src/engine/onnx/import.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { eachKernel } from "../support/each-kernel.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import { exampleInputs, runReference } from "../support/onnxruntime.ts";
import { type QuantisedForm, quantise } from "../support/quantise.ts";
import { withDevice } from "../support/with-device.ts";

const small = graphOf({
  inputs: { x: [1, 3, 18, 18] },
  constants: {
    w1: noise([16, 3, 3, 3], 1),
    b1: noise([16], 2),
    w2: noise([16, 1, 3, 3], 3),
    b2: noise([16], 4),
    w3: noise([32, 16, 1, 1], 5),
    w4: noise([32, 32, 3, 3], 6),
    b4: noise([32], 7),
    w5: noise([10, 32], 8),
    b5: noise([10], 9),
  },
  nodes: [
    op("Conv", "x w1 b1", "c1", { pads: [1, 1, 1, 1] }),
    op("Relu", "c1", "r1"),
    op("Conv", "r1 w2 b2", "c2", { group: 16, strides: [2, 2], pads: [1, 1, 1, 1] }),
    op("Relu", "c2", "r2"),
    op("MaxPool", "r2", "p2", { kernel_shape: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1] }),
    op("Conv", "p2 w3", "c3"),
    op("Conv", "c3 w4 b4", "c4", { pads: [1, 1, 1, 1] }),
    op("Add", "c4 c3", "a4"),
    op("Relu", "a4", "r4"),
    op("GlobalAveragePool", "r4", "g"),
    op("Flatten", "g", "f"),
    op("Gemm", "f w5 b5", "y", { transB: 1 }),
  ],
});

const networks: Readonly<Record<string, () => Promise<Graph>>> = {
  "convolutions of every kind": async () => small,
  MNIST: async () => {
    const graph = await importModel(readFileSync(new URL("../../models/mnist-trained.onnx", import.meta.url)));
    return { ...graph, inputs: graph.inputs.map((input) => ({ ...input, shape: [1, ...input.shape.slice(1)] })) };
  },
};

const weightBytesOf = (graph: Graph) =>
  [...graph.initializers.values()].reduce((sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1), 0);

test("weights stay bytes on the GPU, and roundings are done by the kernels before them", () =>
  withDevice(async (device) => {
    const quantised = await quantise(small, exampleInputs(small));
    const [float, model] = [await loadModel(device, small), await loadModel(device, quantised)];
    expect(model.memory.weightBytes).toBeLessThan(0.3 * Math.max(float.memory.weightBytes, weightBytesOf(small)));
    // The first rounding is of the picture; that of the sum is one kernel with it, that of the mean has none before it.
    const kernels = model.plan.steps.map(({ shader }) => shader.name).filter((name) => name !== "zero-border");
    expect(kernels.filter((name) => name.includes("bytes, rounded")).length).toBe(5);
    expect(kernels.filter((name) => name === "element-wise").length).toBe(3);
    expect(kernels.filter((name) => /quantize/.test(name))).toEqual([]);
    for (const one of [float, model]) one.dispose();
  }));

test("weights become numbers when asked, and answers stay the same", () =>
  withDevice(async (device) => {
    const example = exampleInputs(small);
    const quantised = await quantise(small, example);
    const [output = ""] = quantised.outputs;
    const expected = (await runReference(quantised, example)).get(output)?.toFloat32() as Float32Array;
    const scale = quantised.initializers.get("y/scale")?.toFloat32()[0] as number;
    const [asBytes, asNumbers] = [await loadModel(device, quantised), await loadModel(device, quantised, { dequantize: true })];
    expect(asNumbers.memory.weightBytes).toBeGreaterThan(3 * asBytes.memory.weightBytes);
    expect(asNumbers.plan.steps.filter(({ shader }) => shader.name.includes("bytes"))).toEqual([]);
    asNumbers.run(example);
    const found = (await asNumbers.read(output)).toFloat32();
    for (const [i, one] of found.entries()) expect(Math.abs(one - (expected[i] as number)) / scale, `element ${i}`).toBeLessThan(0.01);
    for (const one of [asBytes, asNumbers]) one.dispose();
  }));

/** A weight of 64 × 64 × 3 × 3 bytes with one scale. */
const byteWeight = (name: string) => ({
  [`${name}/steps`]: Tensor.from(
    "int8",
    [64, 64, 3, 3],
    Array.from({ length: 36_864 }, (_, i) => (i % 255) - 127),
  ),
  [`${name}/scale`]: Tensor.from("float32", [], [0.01]),
});

const rounding = { step: Tensor.from("float32", [], [0.1]), zero: Tensor.from("int8", [], [0]) };
const rounded = (value: string) => [
  op("QuantizeLinear", `${value} step zero`, `${value}/steps`),
  op("DequantizeLinear", `${value}/steps step zero`, `${value}/numbers`),
];

test("weights that became numbers stay numbers once parameters can be changed", () =>
  withDevice(async (device) => {
    const graph = graphOf({
      inputs: { x: [1, 64, 8, 8] },
      constants: { ...byteWeight("w"), ...rounding, a: noise([64, 1, 1]) },
      nodes: [op("Add", "x a", "xa"), ...rounded("xa"), op("DequantizeLinear", "w/steps w/scale", "w"), op("Conv", "xa/numbers w", "y")],
    });
    for (const dequantize of [true, false]) {
      const model = await loadModel(device, graph, { dequantize });
      await model.changeable();
      const names = model.plan.steps.map(({ shader }) => shader.name);
      expect(names.some((name) => name.includes("bytes"))).toBe(!dequantize);
      model.dispose();
    }
  }));

test("weights become numbers in every stage of a network", () =>
  withDevice(async (device) => {
    const graph = graphOf({
      inputs: { x: [1, 64, 8, 8], k: [1] },
      constants: {
        ...byteWeight("v"),
        ...byteWeight("w"),
        ...rounding,
        ones: Tensor.int64([3], [1, 1, 1]),
      },
      nodes: [
        op("DequantizeLinear", "v/steps v/scale", "v"),
        ...rounded("x"),
        op("Conv", "x/numbers v", "c"),
        op("Cast", "k", "count", { to: 7 }),
        op("Concat", "count ones", "shape", { axis: 0 }),
        op("Expand", "c shape", "e"),
        op("DequantizeLinear", "w/steps w/scale", "w"),
        ...rounded("e"),
        op("Conv", "e/numbers w", "y"),
      ],
    });
    const inputs = { x: new Float32Array(4096), k: Float32Array.of(2) };
    const taken = async (dequantize: boolean) => {
      const before = device.allocatedBytes;
      const model = await loadModel(device, graph, { dequantize });
      const loaded = device.allocatedBytes;
      const { y } = await model.predict(inputs);
      expect(y?.shape).toEqual([2, 64, 4, 4]);
      const bytes = [loaded - before, device.allocatedBytes - loaded];
      model.dispose();
      return bytes;
    };
    const [asBytes, asNumbers] = [await taken(false), await taken(true)];
    // Three bytes more for each weight, in each of two stages.
    for (const stage of [0, 1])
      expect((asNumbers[stage] as number) - (asBytes[stage] as number), `stage ${stage}`).toBeGreaterThan(100_000);
  }));

test.each([{}, { precision: "float16" as const }])("every kernel gives the same with bytes: %o", (options) =>
  withDevice(async (device) => {
    const example = exampleInputs(small);
    const quantised = await quantise(small, example);
    const [output = ""] = quantised.outputs;
    const expected = (await runReference(quantised, example)).get(output)?.toFloat32() as Float32Array;
    const scale = quantised.initializers.get("y/scale")?.toFloat32()[0] as number;
    const used = new Set<string>();
    for (const { number, chooseKernel } of eachKernel("Step", used)) {
      const model = await loadModel(device, quantised, { ...options, chooseKernel });
      model.run(example);
      const found = (await model.read(output)).toFloat32();
      expect(
        found.reduce((worst, one, i) => Math.max(worst, Math.abs(one - (expected[i] as number)) / scale), 0),
        `kernel ${number}`,
      ).toBeLessThan(0.01);
      model.dispose();
    }
    expect(
      [...used].some((name) => name.startsWith("implicit")),
      [...used].join(),
    ).toBe(true);
    expect([...used]).toEqual(expect.arrayContaining(["general", "depthwise", "winograd 4×4", "winograd 2×2"]));
  }),
);

const forms: readonly QuantisedForm[] = ["pairs", "operators"];

test.each(Object.keys(networks).flatMap((name) => forms.map((form) => ({ name, form }))))("$name, $form", ({ name, form }) =>
  withDevice(async (device) => {
    const graph = await (networks[name] as () => Promise<Graph>)();
    const example = exampleInputs(graph);
    const quantised = await quantise(graph, example, form);
    const scales = new Map(
      quantised.nodes.flatMap(({ operator, inputs, outputs }) =>
        operator === "DequantizeLinear" && inputs[0]?.endsWith("/steps") && quantised.initializers.has(inputs[0]) === false
          ? [[outputs[0] as string, quantised.initializers.get(inputs[1] as string)?.toFloat32()[0] as number] as const]
          : [],
      ),
    );
    const expected = await runReference(quantised, example, [...scales.keys()]);
    const observed = await loadModel(device, quantised, { observe: [...scales.keys()] });
    observed.run(example);
    for (const [value, scale] of scales) {
      const [found, right] = [(await observed.read(value)).toFloat32(), expected.get(value)?.toFloat32() as Float32Array];
      const most = found.reduce((worst, one, i) => Math.max(worst, Math.abs(one - (right[i] as number)) / scale), 0);
      expect(most, value).toBeLessThan(0.01);
    }
    // Without anything observed more is fused: the answer is the same.
    const model = await loadModel(device, quantised);
    model.run(example);
    const [output = ""] = quantised.outputs;
    const [found, right] = [(await model.read(output)).toFloat32(), expected.get(output)?.toFloat32() as Float32Array];
    expect(
      found.reduce((worst, one, i) => Math.max(worst, Math.abs(one - (right[i] as number)) / (scales.get(output) as number)), 0),
    ).toBeLessThan(0.01);
    observed.dispose();
    model.dispose();
  }),
);

test("what is observed later changes nothing: the same bias is read for steps and for numbers", () =>
  withDevice(async (device) => {
    const example = exampleInputs(small);
    const quantised = await quantise(small, example);
    const steps = quantised.nodes.flatMap(({ operator, outputs }) => (operator === "QuantizeLinear" ? outputs : []));
    const [output = ""] = quantised.outputs;
    const model = await loadModel(device, quantised);
    model.run(example);
    const before = (await model.read(output)).toFloat32();
    // What reads the steps themselves keeps a rounding from becoming a part of the convolution before it.
    await model.observe([...steps, ...quantised.nodes.flatMap(({ outputs }) => outputs)]);
    model.run(example);
    const [observed, scale] = [(await model.read(output)).toFloat32(), quantised.initializers.get("y/scale")?.toFloat32()[0] as number];
    expect(before.every((value, i) => Math.abs(value - (observed[i] as number)) < 2.01 * scale)).toBe(true);
    model.dispose();
  }));
