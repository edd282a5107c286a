// Networks whose weights alone are quantised, as exporters write them: weights stay bytes on the GPU, with every kernel, residual and activation.
import { expect, test } from "vitest";
import type { Graph, Node } from "../../src/engine/graph/graph.ts";
import { loadModel } from "../../src/engine/model.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { eachKernel } from "../support/each-kernel.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import { requestNullDevice } from "../support/half-device.ts";
import { exampleInputs, runReference } from "../support/onnxruntime.ts";
import { withDevice } from "../support/with-device.ts";

/**
 * A DequantizeLinear of steps in the place of each weight, with a scale for each output channel; and the same network with the numbers that these are:
 * ONNX Runtime multiplies a matrix of bytes by rounded activations.
 */
function withQuantisedWeights(graph: Graph, dtype: "int8" | "int4"): { readonly quantised: Graph; readonly plain: Graph } {
  const initializers = new Map(graph.initializers);
  const plain = new Map(graph.initializers);
  const most = dtype === "int8" ? 127 : 7;
  const nodes = graph.nodes.flatMap((node): Node[] => {
    const [x = "", name = "", ...others] = node.inputs;
    const weight = ["Conv", "Gemm", "MatMul"].includes(node.operator) ? initializers.get(name) : undefined;
    if (!weight) return [node];
    const axis = node.operator === "Conv" || node.attributes.has("transB") ? 0 : 1;
    const count = weight.shape[axis] as number;
    const scales = Float32Array.from({ length: count }, (_, i) => (1 + (i % 3)) / (2 * most));
    const inner = weight.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
    const steps = weight.toNumbers().map((value, i) => {
      const scale = scales[Math.floor(i / inner) % count] as number;
      return Math.max(-most, Math.min(most, Math.round(value / scale)));
    });
    initializers.set(`${name}/steps`, Tensor.from(dtype, weight.shape, steps));
    initializers.set(`${name}/scales`, Tensor.float32([count], scales));
    const numbers = Float32Array.from(steps, (step, i) => step * (scales[Math.floor(i / inner) % count] as number));
    plain.set(name, Tensor.float32(weight.shape, numbers));
    return [
      op("DequantizeLinear", `${name}/steps ${name}/scales`, `${node.name}/${name}/numbers`, { axis }),
      { ...node, inputs: [x, `${node.name}/${name}/numbers`, ...others] },
    ];
  });
  return { quantised: { ...graph, initializers, nodes }, plain: { ...graph, initializers: plain } };
}

const convolutions = graphOf({
  inputs: { x: [2, 3, 13, 11] },
  constants: {
    w1: noise([20, 3, 3, 3], 1),
    b1: noise([20], 2),
    w2: noise([20, 1, 3, 3], 3),
    b2: noise([20], 4),
    w3: noise([20, 20, 1, 1], 5),
    w4: noise([20, 10, 3, 3], 6),
    w5: noise([16, 20, 3, 3], 7),
    b5: noise([16], 8),
    w6: noise([10, 16], 9),
    w7: noise([10, 7], 10),
    low: Tensor.from("float32", [], [-0.3]),
    high: Tensor.from("float32", [], [0.9]),
  },
  nodes: [
    op("Conv", "x w1 b1", "c1", { pads: [1, 1, 1, 1] }),
    op("Sigmoid", "c1", "s1"),
    op("Mul", "c1 s1", "a1"),
    op("Conv", "a1 w2 b2", "c2", { group: 20, pads: [1, 1, 1, 1] }),
    op("Add", "c2 a1", "r2"),
    op("LeakyRelu", "r2", "a2", { alpha: 0.2 }),
    op("Conv", "a2 w3", "c3"),
    op("Add", "c3 a2", "r3"),
    op("Relu", "r3", "a3"),
    op("Conv", "a3 w4", "c4", { group: 2, strides: [2, 2], pads: [1, 1, 1, 1] }),
    op("Clip", "c4 low high", "a4"),
    op("Conv", "a4 w5 b5", "c5", { pads: [1, 1, 1, 1] }),
    op("HardSwish", "c5", "a5"),
    op("GlobalAveragePool", "a5", "g"),
    op("Flatten", "g", "f"),
    op("Gemm", "f w6", "d", { transB: 1 }),
    op("MatMul", "d w7", "y"),
  ],
});

test.each(["int8", "int4"] as const)("with weights of %s their memory is at most 0.3 of that of floats, biases and all", (dtype) =>
  withDevice(async (device) => {
    const [float, model] = [
      await loadModel(device, convolutions),
      await loadModel(device, withQuantisedWeights(convolutions, dtype).quantised),
    ];
    expect(model.memory.weightBytes).toBeLessThan(0.3 * float.memory.weightBytes);
    // Nothing is computed apart that floats have in their kernels.
    expect(model.plan.steps.length).toBe(float.plan.steps.length);
    for (const one of [float, model]) one.dispose();
  }),
);

test("a new plan of the same network takes the bytes that the plan before has on the GPU", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, withQuantisedWeights(convolutions, "int8").quantised);
    model.run(exampleInputs(convolutions));
    await model.settled;
    const { queue } = device.gpu;
    const { writeBuffer } = queue;
    const written: string[] = [];
    Object.defineProperty(queue, "writeBuffer", {
      configurable: true,
      value: (buffer: GPUBuffer, ...rest: unknown[]) => {
        written.push(buffer.label);
        return Reflect.apply(writeBuffer, queue, [buffer, ...rest]);
      },
    });
    await model.observe(["a3"]);
    Reflect.deleteProperty(queue, "writeBuffer");
    expect(written.length).toBeGreaterThan(0);
    expect(written.filter((label) => label.endsWith("bytes"))).toEqual([]);
    model.dispose();
  }));

test.each([{}, { precision: "float16" as const }])("every kernel gives what ONNX Runtime does: %o", (options) =>
  withDevice(async (device) => {
    const { quantised, plain } = withQuantisedWeights(convolutions, "int8");
    const example = exampleInputs(plain);
    const expected = (await runReference(plain, example)).get("y")?.toFloat32() as Float32Array;
    const used = new Set<string>();
    for (const { number, chooseKernel } of eachKernel("Step", used)) {
      const model = await loadModel(device, quantised, { ...options, chooseKernel });
      model.run(example);
      const found = (await model.read("y")).toFloat32();
      const scale = expected.reduce((size, one) => Math.max(size, Math.abs(one)), 0);
      const apart = found.reduce((worst, one, i) => Math.max(worst, Math.abs(one - (expected[i] as number))), 0);
      expect(apart / scale, `kernel ${number}`).toBeLessThan(1e-5);
      model.dispose();
    }
    expect([...used]).toEqual(expect.arrayContaining(["general", "depthwise"]));
    expect([...used].some((name) => name.startsWith("implicit"))).toBe(true);
  }),
);

test("values between layers may be halves: every kernel compiles with them", async () => {
  const device = await requestNullDevice();
  const { quantised } = withQuantisedWeights(convolutions, "int8");
  for (const { chooseKernel } of eachKernel()) {
    const model = await loadModel(device, quantised, { precision: "float16", chooseKernel });
    expect(model.plan.steps.some(({ shader }) => shader.types["residual"] === "array<f16>")).toBe(true);
    model.dispose();
  }
  device.dispose();
});

test("a value that is looked at in between is what ONNX Runtime has there", () =>
  withDevice(async (device) => {
    const { quantised, plain } = withQuantisedWeights(convolutions, "int8");
    const example = exampleInputs(plain);
    const names = ["c1", "a1", "c2", "r2", "a4", "c5", "d"];
    const expected = await runReference(plain, example, names);
    const model = await loadModel(device, quantised, { observe: names });
    model.run(example);
    for (const name of names) {
      const [found, right] = [(await model.read(name)).toFloat32(), expected.get(name)?.toFloat32() as Float32Array];
      const apart = found.reduce((worst, one, i) => Math.max(worst, Math.abs(one - (right[i] as number))), 0);
      expect(apart, name).toBeLessThan(1e-4);
    }
    model.dispose();
  }));
