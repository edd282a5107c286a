// Explanations are of channels, rows and columns wherever these lie, of scores of one axis, and of parameters as of constants.
import { expect, test } from "vitest";
import type { ExplanationMethod } from "../../src/engine/gradient/explain.ts";
import { loadModel, type Model } from "../../src/engine/model.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { graphOf, ints, noise, op } from "../support/graphs.ts";
import { expectClose } from "../support/reference.ts";
import { withDevice } from "../support/with-device.ts";

const x = noise([1, 2, 6, 5], 3);
const constants = { w: noise([4, 2, 3, 3], 5), m: noise([4, 3], 9) };

const usual = graphOf({
  inputs: { x: x.shape },
  constants,
  nodes: [
    op("Conv", "x w", "c", { pads: [1, 1, 1, 1] }),
    op("Relu", "c", "last"),
    op("GlobalAveragePool", "last", "pooled"),
    op("Flatten", "pooled", "flat"),
    op("MatMul", "flat m", "scores"),
  ],
});

/** The same network as TensorFlow keeps it: the picture and the last layer lie NHWC. */
const channelsLast = graphOf({
  inputs: { x: [1, 6, 5, 2] },
  constants: { ...constants, places: ints(1, 2) },
  nodes: [
    op("Transpose", "x", "t", { perm: [0, 3, 1, 2] }),
    op("Conv", "t w", "c", { pads: [1, 1, 1, 1] }),
    op("Transpose", "c", "back", { perm: [0, 2, 3, 1] }),
    op("Relu", "back", "last"),
    op("ReduceMean", "last places", "flat", { keepdims: 0 }),
    op("MatMul", "flat m", "scores"),
  ],
});

/** Without a batch: the last layer has three axes, the scores one. */
const unbatched = graphOf({
  inputs: { x: x.shape },
  constants: { ...constants, first: ints(0), places: ints(1, 2), three: ints(3) },
  nodes: [
    op("Conv", "x w", "c", { pads: [1, 1, 1, 1] }),
    op("Squeeze", "c first", "three-axes"),
    op("Relu", "three-axes", "last"),
    op("ReduceMean", "last places", "mean", { keepdims: 0 }),
    op("Unsqueeze", "mean first", "flat"),
    op("MatMul", "flat m", "product"),
    op("Reshape", "product three", "scores"),
  ],
});

const explain = async (model: Model, method: ExplanationMethod, picture: Tensor) => {
  const explanation = await model.explain({ method, of: { class: 1 }, samples: 2, patch: 2 });
  const result = await explanation.predict({ x: picture });
  explanation.dispose();
  return result;
};

test.each(["cam", "occlusion"] as const)("%s is the same where the last layer has no batch, and the scores one axis", (method) =>
  withDevice(async (device) => {
    const [one, other] = await Promise.all([usual, unbatched].map((graph) => loadModel(device, graph)));
    const expected = await explain(one as Model, method, x);
    const got = await explain(other as Model, method, x);
    expect(got.shape).toEqual(expected.shape);
    expectClose(got, [...expected.toFloat32()], method);
  }),
);

test("ablation says what has no batch, so that no copies of it can be computed at once", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, unbatched);
    await expect(model.explain({ method: "ablation", of: { class: 1 }, layer: "c" })).rejects.toThrow(
      "Squeeze 'three-axes' makes [4, 6, 5] of it, which has no batch, so copies of 'c' cannot be computed at once. importance takes any layer.",
    );
    await expect(model.explain({ method: "ablation", of: { class: 1 } })).rejects.toThrow(
      "'last' has no batch, so copies of it cannot be computed at once. importance takes any layer.",
    );
  }));

test("cam is of a dense layer whose weights are parameters, too, and stays when they become such", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, usual);
    const explanation = await model.explain({ method: "cam", of: { class: 1 } });
    const before = await explanation.predict({ x });
    await model.setParameters({ m: noise([4, 3], 10) });
    const after = await explanation.predict({ x });
    expect(after.toFloat32()).not.toEqual(before.toFloat32());
    const other = await loadModel(device, usual, { parameters: true });
    await other.setParameters({ m: noise([4, 3], 10) });
    expectClose(await explain(other, "cam", x), [...after.toFloat32()], "from the beginning");
  }));

test("patterns are of the channels of a layer that lies NHWC", () =>
  withDevice(async (device) => {
    const twice = await loadModel(device, channelsLast);
    expect(await (await twice.explain({ method: "cam", of: { class: 1 } })).layers).toEqual(["last"]);
    const answers = async (graph: typeof usual) => {
      const model = await loadModel(device, graph);
      const patterns = await model.patterns({ layer: "last", channels: [3], preset: "chollet" });
      patterns.step(2);
      return [...(await patterns.read()).answers.toFloat32()];
    };
    expectClose(Tensor.float32([1], Float32Array.from(await answers(channelsLast))), await answers(usual), "answers");
  }));
