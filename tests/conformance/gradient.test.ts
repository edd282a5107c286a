// Gradients of every operator, and of a few whole networks, against PyTorch's autograd. `npm run test:large` has all the networks.
import { expect, test } from "vitest";
import { ModelError, UnsupportedError } from "../../src/engine/errors.ts";
import type { GradientRequest } from "../../src/engine/gradients.ts";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { loadModel } from "../../src/engine/model.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { problemsOf } from "../gradient/check.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import { expectClose } from "../support/reference.ts";
import { withDevice } from "../support/with-device.ts";

/** With residuals, depthwise and squeezed channels, and with concatenation and transposed convolution: the two that compile soonest. */
const networks = ["net-mobilenet-v3", "net-unet"];

test("every gradient is PyTorch's, or is refused by name", { timeout: 300_000 }, () =>
  withDevice(async (device) => {
    expect(await problemsOf(device, (name) => !name.startsWith("net-") || networks.includes(name))).toEqual([]);
  }),
);

const x = noise([1, 2, 4, 4], 3);
const weights = noise([3, 2, 3, 3], 5);
const classifier = graphOf({
  inputs: { x: x.shape },
  constants: { w: weights, shape: Tensor.int64([2], [1, 3]) },
  nodes: [
    op("Conv", "x w", "conv", { pads: [1, 1, 1, 1] }),
    op("Relu", "conv", "relu"),
    op("GlobalAveragePool", "relu", "pooled"),
    op("Reshape", "pooled shape", "scores"),
    op("Softmax", "scores", "y"),
  ],
});

test("a class's gradient is that of its score before the softmax, and another class costs no plan", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, classifier);
    const gradient = await model.gradient({ of: { class: 1 }, withRespectTo: ["relu"] });
    const ofClass = (index: number) => Array.from({ length: 48 }, (_, i) => (Math.floor(i / 16) === index ? 1 / 16 : 0));
    expectClose((await gradient.predict({ x }))["relu"], ofClass(1), "class 1");
    await gradient.settled;
    const bytes = device.allocatedBytes;
    gradient.setSeed({ class: 2 });
    expectClose((await gradient.predict())["relu"], ofClass(2), "class 2");
    expect(device.allocatedBytes).toBe(bytes);
    expect(gradient.value("relu").shape).toEqual([1, 3, 4, 4]);
    gradient.dispose();
    expect((await model.predict({ x }))["y"]?.shape).toEqual([1, 3]);
    model.dispose();
    expect(device.allocatedBytes).toBe(0);
  }));

test("the gradient follows weights that change", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, classifier, { parameters: true });
    const gradient = await model.gradient({ of: "conv", withRespectTo: ["x"] });
    const before = (await gradient.predict({ x }))["x"]?.toFloat32() ?? new Float32Array();
    await model.setParameters({
      w: Tensor.float32(
        weights.shape,
        weights.toFloat32().map((value) => 2 * value),
      ),
    });
    expectClose(
      (await gradient.predict())["x"],
      before.map((value) => 2 * value),
      "twice the weights",
    );
    model.dispose();
  }));

test("files of opset 7, which had no Where and no Expand, have the same gradients", () =>
  withDevice(async (device) => {
    const gradients = [7, 21].map(async (opset) => {
      const constants = { w: weights, shape: Tensor.int64([2], [1, 3]) };
      const file = { ...classifier, initializers: new Map(Object.entries(constants)), opsets: new Map([["", opset]]) };
      const model = await loadModel(device, encodeModel(file));
      const gradient = await model.gradient({ of: { class: 1 } });
      const { x: dx } = await gradient.predict({ x });
      model.dispose();
      return dx?.toFloat32();
    });
    const [old, current] = await Promise.all(gradients);
    expect(old?.some((value) => value !== 0)).toBe(true);
    expect(old).toEqual(current);
  }));

test("what cannot be differentiated is refused, by name and with what there is", () =>
  withDevice(async (device) => {
    const model = await loadModel(
      device,
      graphOf({
        inputs: { x: [1, 2, 3] },
        nodes: [
          op("Relu", "x", "a"),
          op("TopK", "a k", "top at"),
          op("Mod", "a b", "rest", { fmod: 1 }),
          op("ArgMax", "a", "best", { axis: 2 }),
        ],
        constants: { k: Tensor.int64([1], [1]), b: Tensor.float32([1], new Float32Array([2])) },
        outputs: ["top", "rest", "best"],
      }),
    );
    await expect(model.gradient({ of: "rest" })).rejects.toThrow(UnsupportedError);
    await expect(model.gradient({ of: "rest" })).rejects.toThrow("Mod 'rest': there is no rule for its gradient.");
    await expect(model.gradient({ of: "a", withRespectTo: [] })).rejects.toThrow("nothing is named to differentiate by");
    await expect(model.gradient({ of: "best" })).rejects.toThrow(ModelError);
    await expect(model.gradient({ of: "a", withRespectTo: ["top"] })).rejects.toThrow("'a' does not depend on 'top'");
    await expect(model.gradient({ of: "absent" })).rejects.toThrow("no value or layer is called 'absent'");
    await expect(model.gradient({ of: { class: 99 } })).rejects.toThrow("class 99: the model has 2 scores, so expected 0 to 1.");
    await expect(model.gradient({ of: "a", seed: Tensor.float32([1], new Float32Array(1)) })).rejects.toThrow("the seed is float32 [1]");
    model.dispose();
    expect(device.allocatedBytes).toBe(0);
  }));

test("no share of a gradient is left out: what reaches an input that has no rule is refused", () =>
  withDevice(async (device) => {
    const one = Tensor.float32([2], new Float32Array([1, 1]));
    const zero = Tensor.float32([2], new Float32Array(2));
    for (const node of [op("BatchNormalization", "x one zero m one", "y"), op("Clip", "x m", "y")]) {
      const isClip = node.operator === "Clip";
      const model = await loadModel(
        device,
        graphOf({
          inputs: { x: [1, 2] },
          constants: { one, zero, shape: Tensor.int64([isClip ? 0 : 1], isClip ? [] : [2]), axes: Tensor.int64([2], [0, 1]) },
          nodes: isClip ? [op("ReduceSum", "x axes", "m", { keepdims: 0 }), node] : [op("Reshape", "x shape", "m"), node],
        }),
      );
      await expect(model.gradient({ of: "y" }), node.operator).rejects.toThrow(
        `${node.operator} 'y': there is no rule for the gradient of input ${isClip ? 1 : 3}`,
      );
      model.dispose();
    }
  }));

test("corners: scores without a batch, a norm of zeros, an Elu turned round", () =>
  withDevice(async (device) => {
    const gradientOf = async (nodes: Graph["nodes"], given: readonly number[], of: GradientRequest["of"]): Promise<readonly number[]> => {
      const constants = { w: Tensor.float32([3], new Float32Array([1, 2, 3])), axes: Tensor.int64([1], [0]) };
      const model = await loadModel(device, graphOf({ inputs: { x: [given.length] }, constants, nodes }));
      const gradient = await model.gradient({ of });
      const { x: dx } = await gradient.predict({ x: new Float32Array(given) });
      model.dispose();
      return [...(dx?.toFloat32() ?? [])];
    };
    expect(await gradientOf([op("Mul", "x w", "y")], [4, 5, 6], { class: 2 })).toEqual([0, 0, 3]);
    expect(await gradientOf([op("ReduceL2", "x axes", "y")], [0, 0], "y")).toEqual([0, 0]);
    const [slope] = await gradientOf([op("Elu", "x", "y", { alpha: -1 })], [-1], "y");
    expect(slope).toBeCloseTo(-Math.exp(-1), 5);
    const maps = graphOf({ inputs: { x: [1, 2, 3, 3] }, nodes: [op("Relu", "x", "y")] });
    const model = await loadModel(device, maps);
    await expect(model.gradient({ of: { class: 1 } })).rejects.toThrow("several for each class");
    await expect(model.gradient({ of: { class: 1 }, seed: Tensor.filled("float32", [1, 2, 3, 3], 1) })).rejects.toThrow(
      "a class has no seed",
    );
    model.dispose();
  }));
