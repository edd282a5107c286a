// BatchNormalization in training mode, as it is in each opset, and with statistics per element: against ONNX Runtime and the float64 reference.
import { expect, test } from "vitest";
import { createTrainer } from "../../src/engine/create-trainer.ts";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { loadModel } from "../../src/engine/model.ts";
import type { Tensor } from "../../src/engine/tensor.ts";
import { filled, graphOf, noise, op } from "../support/graphs.ts";
import { runReference } from "../support/onnxruntime.ts";
import { differencesOf, type OperatorCase } from "../support/operator-case.ts";
import { withDevice } from "../support/with-device.ts";

const vectors = (shape: readonly number[]) => [1, 2, 3].map((seed) => noise(shape, seed));
const variances = (shape: readonly number[]) => filled(shape, (i) => 0.5 + i / 7);

const trains = "training_mode";
const cases: readonly (Omit<OperatorCase, "operator" | "inputs"> & { readonly shape: readonly number[] })[] = [
  { why: "of one channel, by its attribute", shape: [2, 1, 3, 3], attributes: { [trains]: 1 }, outputs: 3 },
  { why: "of one picture", shape: [1, 5, 4, 3], attributes: { [trains]: 1, momentum: 0.7 }, outputs: 3, known: [1, 2, 3, 4] },
  { why: "without spatial axes", shape: [70, 3], attributes: { [trains]: 1, epsilon: 0.1 }, outputs: 3 },
  { why: "of more elements than a workgroup has", shape: [3, 2, 7, 9, 5], attributes: { [trains]: 1 }, outputs: 3 },
  { why: "whose statistics nobody wants", shape: [2, 3, 4, 5], attributes: { [trains]: 1 }, outputs: 1 },
  ...[7, 9, 13].map((opset) => ({ why: `by five outputs in opset ${opset}`, shape: [2, 3, 4, 5], outputs: 5, opset })),
];

test.each(cases)("training mode $why is what ONNX Runtime and the reference compute", ({ shape, ...one }) =>
  withDevice(async (device) => {
    const channels = [shape[1] ?? 1];
    const inputs = [noise(shape, 9), ...vectors(channels), variances(channels)];
    const full: OperatorCase = { ...one, operator: "BatchNormalization", inputs, opset: one.opset ?? 15 };
    expect(await differencesOf(device, full)).toEqual([]);
    // ONNX Runtime wants all of its outputs.
    if (one.outputs === 1) return;
    const names = ["y", "mean", "variance", "saved mean", "saved variance"].slice(0, one.outputs);
    const graph: Graph = {
      ...graphOf({
        inputs: {},
        constants: Object.fromEntries("sbmv".split("").map((name, i) => [name, inputs[i + 1] as Tensor])),
        nodes: [],
      }),
      inputs: [{ name: "x", dtype: "float32", shape }],
      outputs: names,
      opsets: new Map([["", full.opset ?? 15]]),
      nodes: [{ ...op("BatchNormalization", "x s b m v", "y", one.attributes), outputs: names }],
    };
    const expected = await runReference(graph, { x: inputs[0] as Tensor });
    const model = await loadModel(device, graph);
    const actual = await model.predict({ x: inputs[0] as Tensor });
    for (const name of names) {
      const wanted = expected.get(name)?.toNumbers() ?? [];
      actual[name]?.toNumbers().forEach((value, i) => {
        expect(Math.abs(value - (wanted[i] as number)), `${name}[${i}]`).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)));
      });
    }
    model.dispose();
  }),
);

test.each([1, 5])("statistics per element (spatial=0), %i outputs, are what the reference computes", (outputs) =>
  withDevice(async (device) => {
    const shape = [3, 4, 2, 5];
    const inputs = [noise(shape, 9), ...vectors([4, 2, 5]), variances([4, 2, 5])];
    for (const known of [[], [1, 2, 3, 4]])
      expect(
        await differencesOf(device, {
          operator: "BatchNormalization",
          why: "",
          attributes: { spatial: 0 },
          inputs,
          outputs,
          opset: 7,
          known,
        }),
      ).toEqual([]);
  }),
);

/** A classifier as an exporter writes it in training or in evaluation mode. */
const classifier = (mode: "training" | "evaluation" | "opset 9"): Graph =>
  graphOf({
    inputs: { x: ["N", 2, 4, 4] },
    constants: {
      w: noise([4, 2, 3, 3], 1),
      s: filled([4], () => 1),
      b: filled([4], () => 0),
      m: noise([4], 2),
      v: variances([4]),
      d: noise([16, 3], 3),
    },
    nodes: [
      op("Conv", "x w", "c"),
      op("BatchNormalization", "c s b m v", mode === "training" ? "n rm rv" : mode === "opset 9" ? "n rm rv sm sv" : "n", {
        momentum: 0.8,
        ...(mode === "training" && { [trains]: 1 }),
      }),
      op("Relu", "n", "r"),
      op("Flatten", "r", "f"),
      op("MatMul", "f d", "y"),
    ],
    opset: mode === "opset 9" ? 9 : 15,
  });

test.each([
  ["learns", () => false],
  ["is frozen", (name: string) => name === "s"],
])("a network that was exported in training mode learns as one in evaluation mode, where its normalization %s", (_, frozen) =>
  withDevice(async (device) => {
    const learned = async (mode: Parameters<typeof classifier>[0]) => {
      const model = await loadModel(device, classifier(mode), { parameters: true });
      const trainer = await createTrainer(model, { batch: 6, optimizer: { name: "sgd", rate: 0.05 }, frozen });
      for (let step = 1; step <= 3; step++)
        trainer.step({ inputs: noise([6, 2, 4, 4], 20 + step), targets: Int32Array.from({ length: 6 }, (_item, i) => (i + step) % 3) });
      const names = model.parameters.map(({ name }) => name);
      const values = await Promise.all(names.map(async (name) => [name, (await model.read(name)).toNumbers()] as const));
      trainer.dispose();
      model.dispose();
      return Object.fromEntries(values);
    };
    const expected = await learned("evaluation");
    expect(Object.keys(expected)).toContain("m");
    expect(await learned("training")).toEqual(expected);
    expect(await learned("opset 9")).toEqual(expected);
  }),
);

test("a normalization per element is not trained, which a sentence says", () =>
  withDevice(async (device) => {
    const constants = { s: noise([4, 2], 1), b: noise([4, 2], 2), m: noise([4, 2], 3), v: variances([4, 2]), d: noise([8, 3], 4) };
    const graph = graphOf({
      inputs: { x: ["N", 4, 2] },
      constants,
      nodes: [op("BatchNormalization", "x s b m v", "n", { spatial: 0 }), op("Flatten", "n", "f"), op("MatMul", "f d", "y")],
      opset: 7,
    });
    const model = await loadModel(device, graph, { parameters: true });
    await expect(createTrainer(model, { batch: 2 })).rejects.toThrow("BatchNormalization 'n': with spatial=0 it cannot be trained.");
    model.dispose();
  }));
