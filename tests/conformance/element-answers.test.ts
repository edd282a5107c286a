// How elements came about, as the element answers: what the GPU computed is what their formulas give from what the GPU holds.
import { describe, expect, it, test, vi } from "vitest";
import type { GateOptions } from "../../src/engine/gates.ts";
import { loadAxes } from "../../src/engine/graph/axes.ts";
import { loadModel } from "../../src/engine/model.ts";
import { denseStrides, type Shape, sizeOf } from "../../src/engine/shapes.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { answerElement, type ElementAnswer } from "../../src/ui/elements/answer.ts";
import { mapBoxOf } from "../../src/ui/elements/places.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import { withDevice } from "../support/with-device.ts";

const networks = {
  "strides, padding, groups and a dilation": graphOf({
    inputs: { x: [1, 4, 11, 9] },
    constants: { w: noise([8, 2, 3, 3]), b: noise([8]), v: noise([6, 4, 3, 3], 2) },
    nodes: [
      op("Conv", "x w b", "first", { group: 2, strides: [2, 1], pads: [1, 0, 2, 1] }),
      op("Relu", "first", "relu"),
      op("Conv", "relu v", "second", { group: 2, dilations: [2, 2], pads: [2, 2, 2, 2] }),
      op("GlobalAveragePool", "second", "scores"),
    ],
  }),
  "depthwise, BatchNormalization, Clip, pools and a residual": graphOf({
    inputs: { x: [1, 6, 12, 12] },
    constants: {
      w: noise([6, 1, 3, 3]),
      s: noise([6], 3),
      b: noise([6], 4),
      m: noise([6], 5),
      v: Tensor.float32([6], Float32Array.of(0.4, 1.2, 0.8, 2, 0.3, 1)),
    },
    nodes: [
      op("Conv", "x w", "depthwise", { group: 6, pads: [1, 1, 1, 1] }),
      op("BatchNormalization", "depthwise s b m v", "normal"),
      op("LeakyRelu", "normal", "active", { alpha: 0.1 }),
      op("Add", "active x", "sum"),
      op("MaxPool", "sum", "most", { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }),
      op("AveragePool", "most", "mean", { kernel_shape: [2, 2], pads: [1, 1, 0, 0] }),
    ],
  }),
  "ConvTranspose and Concat": graphOf({
    inputs: { x: [1, 3, 5, 6] },
    constants: { w: noise([3, 4, 3, 3]), b: noise([4]) },
    nodes: [
      op("ConvTranspose", "x w b", "up", { strides: [2, 2], pads: [1, 1, 0, 0] }),
      op("Tanh", "up", "bent"),
      op("Concat", "bent up", "both", { axis: 1 }),
    ],
  }),
  "channels last, as exporters of TensorFlow leave it": graphOf({
    inputs: { x: [1, 8, 8, 3] },
    constants: { w: noise([5, 3, 3, 3]) },
    nodes: [
      op("Transpose", "x", "nchw", { perm: [0, 3, 1, 2] }),
      op("Conv", "nchw w", "maps"),
      op("Transpose", "maps", "nhwc", { perm: [0, 2, 3, 1] }),
      op("Sigmoid", "nhwc", "active"),
    ],
  }),
  "dense layers and softmax": graphOf({
    inputs: { x: [1, 7] },
    constants: { w: noise([9, 7]), b: noise([9]) },
    nodes: [op("Gemm", "x w b", "scores", { transB: 1 }), op("Softmax", "scores", "shares", { axis: 1 })],
  }),
};

describe.each(Object.entries(networks))("of a network with %s", (_, graph) => {
  it("formulas give what the GPU computed, at places all over every value", () =>
    withDevice(async (device) => {
      const model = await loadModel(device, graph);
      const axes = await loadAxes(model.graph);
      const [input] = model.inputs;
      if (!input) throw new Error("no input");
      const x = noise(input.shape, 11);
      model.run({ [input.name]: x });
      for (const { outputs } of model.graph.nodes) {
        const [value = ""] = outputs;
        const shape = model.graph.types.get(value)?.shape ?? [];
        for (const index of places(shape)) {
          const box = mapBoxOf(
            { shape, axes: axes.get(value) },
            index,
            index.map((one) => one + 1),
          );
          const point = { channel: box.channels[0], y: box.y[0], x: box.x[0] };
          const ask = () => answerElement({ device, model, axes, compared: undefined }, { kind: "element", value, point });
          let answer: ElementAnswer = await ask();
          if (answer.needs) {
            await model.observe([...model.observed, ...answer.needs]);
            model.run({ [input.name]: x });
            answer = await ask();
          }
          if (answer.needs) throw new Error(`still needs ${answer.needs}`);
          expect(answer.refusal).toBeUndefined();
          expect(answer.index).toEqual(index);
          const read = (await model.read(value)).toNumbers()[
            index.reduce((sum, one, axis) => sum + one * (denseStrides(shape)[axis] as number), 0)
          ];
          expect(answer.element).toBe(read);
          expect(answer.steps.at(-1)?.result, `${value} at ${index}`).toBeCloseTo(answer.element, 4);
          expect(answer.fields.some((field) => field.value === input.name)).toBe(true);
        }
      }
      model.dispose();
    }));
});

/** Corners, the middle, and some between. */
function places(shape: Shape): number[][] {
  const strides = denseStrides(shape);
  const count = sizeOf(shape);
  const flat = new Set([0, count - 1, count >> 1, ...Array.from({ length: 6 }, (_, i) => Math.floor((((i * 37) % 11) / 11) * count))]);
  return Array.from(flat, (place) => shape.map((extent, axis) => Math.floor(place / (strides[axis] as number)) % extent));
}

test("an input and a place that is not there are said", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, networks["dense layers and softmax"]);
    const source = { device, model, axes: new Map(), compared: undefined };
    model.run({ x: noise([1, 7]) });
    const answer = await answerElement(source, { kind: "element", value: "x", point: { channel: 2, y: 0, x: 0 } });
    expect(answer.needs ?? answer.refusal).toContain("an input of the network");
    await expect(answerElement(source, { kind: "element", value: "scores", point: { channel: 9, y: 0, x: 0 } })).rejects.toThrow(
      "does not lie within",
    );
    model.dispose();
  }));

test("a formula has the weights that the network computes with", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, networks["strides, padding, groups and a dilation"], { observe: ["relu", "second"] });
    const x = noise([1, 4, 11, 9], 5);
    const ask = async () => {
      model.run({ x });
      const answer = await answerElement(
        { device, model, axes: new Map(), compared: undefined },
        { kind: "element", value: "second", point: { channel: 4, y: 2, x: 3 } },
      );
      if (answer.needs) throw new Error(`needs ${answer.needs}`);
      expect(answer.steps.at(-1)?.result).toBeCloseTo(answer.element, 4);
      return answer.element;
    };
    const own = await ask();
    await model.reinitialize(7);
    const blank = await ask();
    expect(blank).not.toBeCloseTo(own, 4);
    await model.setParameters({ v: noise([6, 4, 3, 3], 21) });
    expect(await ask()).not.toBeCloseTo(blank, 4);
    await model.restore();
    expect(await ask()).toBe(own);
    model.dispose();
  }));

test("weights that are known without the GPU are not read and copied for one element", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, networks["strides, padding, groups and a dilation"], { observe: ["relu", "second"] });
    await model.reinitialize(7);
    model.run({ x: noise([1, 4, 11, 9], 5) });
    const reading = vi.spyOn(model, "read");
    const source = { device, model, axes: new Map(), compared: undefined };
    const answer = await answerElement(source, { kind: "element", value: "second", point: { channel: 4, y: 2, x: 3 } });
    if (answer.needs) throw new Error(`needs ${answer.needs}`);
    expect(answer.steps.at(-1)?.result).toBeCloseTo(answer.element, 4);
    expect(reading).not.toHaveBeenCalled();
    model.dispose();
  }));

test("of weights that runs update no more is read than the formula needs, as they are on the GPU", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, networks["strides, padding, groups and a dilation"], { observe: ["relu", "second"] });
    await model.reinitialize(7);
    model.run({ x: noise([1, 4, 11, 9], 5) });
    // As after a run that has updated it.
    const { constant } = model;
    vi.spyOn(model, "constant").mockImplementation((name) => (name === "v" ? undefined : constant.call(model, name)));
    const reading = vi.spyOn(model, "read");
    const source = { device, model, axes: new Map(), compared: undefined };
    const ask = () => answerElement(source, { kind: "element", value: "second", point: { channel: 4, y: 2, x: 3 } });
    expect(await ask()).toEqual({ needs: ["v"] });
    await model.observe(["relu", "second", "v"]);
    const answer = await ask();
    if (answer.needs) throw new Error(`needs ${answer.needs}`);
    expect(answer.steps.at(-1)?.result).toBeCloseTo(answer.element, 4);
    expect(reading).not.toHaveBeenCalled();
    model.dispose();
  }));

describe("with gates", () => {
  const mask = Float32Array.from({ length: 99 }, (_, i) => (i % 3) / 2);
  const cases: readonly (readonly [what: string, value: string, gate: GateOptions, steps: string])[] = [
    ["the element's own channel is off", "relu", { channel: 4, scale: 0 }, "convolution function gate"],
    ["other channels of what it reads are off", "relu", { channels: [0, 1, 2, 3, 5, 6, 7], scale: 0 }, "convolution function gate"],
    ["a gate lies within the layer", "first", { scale: 2, shift: 0.5 }, "convolution gate function"],
    ["the input has a gate with a mask", "x", { scale: 0.5, shift: 0.1, mask }, "convolution function"],
  ];
  test.each(cases)("%s: the formula is of what the GPU computes", (_, gated, gate, kinds) =>
    withDevice(async (device) => {
      const graph = networks["strides, padding, groups and a dilation"];
      const model = await loadModel(device, graph, { observe: ["first", "relu", "second"] });
      const x = noise([1, 4, 11, 9], 5);
      const ask = async (value: string, channel: number) => {
        model.run({ x });
        const source = { device, model, axes: new Map(), compared: undefined };
        const answer = await answerElement(source, { kind: "element", value, point: { channel, y: 1, x: 3 } });
        if (answer.needs) throw new Error(`needs ${answer.needs}`);
        expect(answer.refusal).toBeUndefined();
        expect(answer.steps.at(-1)?.result).toBeCloseTo(answer.element, 4);
        return answer;
      };
      const plain = await ask("relu", 4);
      const plainReader = await ask("second", 3);
      await model.gate(gated, gate);
      const own = await ask("relu", 4);
      expect(own.steps.map(({ kind }) => kind).join(" ")).toBe(kinds);
      const reader = await ask("second", 3);
      expect([own.element, reader.element]).not.toEqual([plain.element, plainReader.element]);
      // A gate that was taken away is no step any more, and a plan with its node is no other formula.
      await model.ungate(gated);
      const after = await ask("relu", 4);
      expect(after.steps).toEqual(plain.steps);
      expect(after.element).toBeCloseTo(plain.element, 5);
      model.dispose();
    }),
  );

  test("what is read behind the gate of an operator without a formula is refused", () =>
    withDevice(async (device) => {
      const graph = graphOf({
        inputs: { x: [1, 4, 6, 6] },
        constants: { k: Tensor.int64([1], [3]) },
        nodes: [op("TopK", "x k", "top places", { axis: 3 }), op("Relu", "top", "active")],
      });
      const model = await loadModel(device, graph, { observe: ["top", "active"] });
      await model.gate("top", { channel: 1, scale: 2 });
      model.run({ x: noise([1, 4, 6, 6], 5) });
      const source = { device, model, axes: new Map(), compared: undefined };
      for (const value of ["top", "active"]) {
        const answer = await answerElement(source, { kind: "element", value, point: { channel: 1, y: 1, x: 1 } });
        expect(answer.needs ?? answer.refusal, value).toContain("TopK 'top': no formula");
      }
      model.dispose();
    }));
});

test("of two networks, the one that is asked about", () =>
  withDevice(async (device) => {
    const graph = networks["strides, padding, groups and a dilation"];
    const [model, compared] = [
      await loadModel(device, graph, { observe: ["relu"] }),
      await loadModel(device, graph, { observe: ["relu"] }),
    ];
    await compared.setParameters({ w: noise([8, 2, 3, 3], 40) });
    const x = noise([1, 4, 11, 9], 5);
    for (const one of [model, compared]) one.run({ x });
    const source = { device, model, compared, axes: new Map() };
    const question = { kind: "element", value: "relu", point: { channel: 3, y: 2, x: 2 } } as const;
    const answers = [await answerElement(source, question), await answerElement(source, { ...question, network: "compare" })] as const;
    for (const answer of answers) {
      if (answer.needs) throw new Error("needs");
      const [first] = answer.steps;
      const kernel = first?.kind === "convolution" ? (first.channels[0]?.kernel[0] ?? 0) : 0;
      const weights = answer === answers[0] ? noise([8, 2, 3, 3]) : noise([8, 2, 3, 3], 40);
      expect(kernel).toBeCloseTo(weights.toNumbers()[3 * 18] as number, 6);
      expect(answer.steps.at(-1)?.result).toBeCloseTo(answer.element, 4);
    }
    const refused = await answerElement({ ...source, compared: undefined }, question);
    expect(refused.needs).toBeUndefined();
    await expect(answerElement({ ...source, compared: undefined }, { ...question, network: "compare" })).rejects.toThrow(
      "no second network",
    );
    for (const one of [model, compared]) one.dispose();
  }));
