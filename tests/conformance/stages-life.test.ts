// The life of a network in stages: what it says of values that are computed later, what it keeps, and what becomes of it where a run fails half-way.
import { expect, test } from "vitest";
import { loadModel } from "../../src/engine/model.ts";
import { KeptPlans } from "../../src/engine/stages.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { graphOf, ints, noise, op } from "../support/graphs.ts";
import { expectReference } from "../support/onnxruntime.ts";
import { withDevice } from "../support/with-device.ts";

const size = [1, 2, 8, 8];
const x = noise(size);

/** The places of a map where it is above a number, each with scores of classes. */
const head = graphOf({
  inputs: { x: size },
  constants: { w: noise([3, 2, 3, 3], 2), v: noise([3, 4], 3), bound: Tensor.from("float32", [], [0.4]), row: ints(3, -1), axis: ints(0) },
  nodes: [
    op("Conv", "x w", "conv", { pads: [1, 1, 1, 1] }),
    op("Reshape", "conv row", "flat"),
    op("ReduceMax", "flat axis", "best", { keepdims: 0 }),
    op("Greater", "best bound", "above"),
    op("Compress", "flat above", "kept", { axis: 1 }),
    op("Transpose", "kept", "rows", { perm: [1, 0] }),
    op("MatMul", "rows v", "scores"),
    op("Softmax", "scores", "y", { axis: 1 }),
  ],
  outputs: ["y", "conv"],
});

test("what is computed later has no type before the first run, and then the type of the last", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, head);
    const conv = { name: "conv", dtype: "float32", shape: [1, 3, 8, 8] };
    expect(model.outputs).toEqual([{ name: "y", dtype: undefined, shape: undefined }, conv]);
    const { y } = await model.predict({ x });
    expect(model.outputs).toEqual([{ name: "y", dtype: "float32", shape: y?.shape }, conv]);
    model.dispose();
  }));

test("what is computed later is not gated, explained or differentiated: a sentence says why, and what may be", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, head);
    const refusal = (name: string) =>
      `value '${name}' has no place of its own on the GPU: it is computed after values were read back. It can be read (model.read(), or convcam run --save). To gate, explain or differentiate, name a value from before, such as 'best'.`;
    const calls: readonly ((name: string) => Promise<unknown>)[] = [
      (name) => model.gate(name, { channel: 0, scale: 0 }),
      (name) => model.setGates([{ value: name, channel: 0, scale: 0 }]),
      (name) => model.ungate(name),
      (name) => model.gradient({ of: name }),
      (name) => model.gradient({ of: "conv", withRespectTo: [name] }),
      (name) => model.explain({ method: "gradient", of: name }),
      (name) => model.explain({ method: "grad-cam", of: "conv", layer: name }),
      (name) => model.explain({ method: "grad-cam", of: "conv", layers: [name] }),
      (name) => model.patterns({ layer: name, channels: [0] }),
      (name) => model.branch([name]),
      async (name) => model.value(name),
      async (name) => model.valueName(name),
    ];
    for (const name of ["y", "scores", "kept"]) for (const call of calls) await expect(call(name)).rejects.toThrow(refusal(name));
    // Scores of classes are the first output of floats, which is computed later.
    await expect(model.gradient({ of: { class: 1 } })).rejects.toThrow(refusal("y"));
    await expect(model.explain({ method: "grad-cam", of: { class: "top" } })).rejects.toThrow(refusal("y"));
    await expect(model.patterns({ channels: [1] })).rejects.toThrow(refusal("y"));
    const { layers } = await model.verify({ layers: ["conv", "scores"] });
    expect(layers.map(({ name, verdict }) => [name, verdict])).toEqual([
      ["conv", "right"],
      ["scores", "left out"],
    ]);
    model.dispose();
    expect(device.allocatedBytes).toBe(0);
  }));

test("after dispose() every call says so, also of values that were read before", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, head, { observe: ["kept"] });
    await model.predict({ x });
    expect((await model.read("kept")).shape[0]).toBe(3);
    model.dispose();
    expect(device.allocatedBytes).toBe(0);
    const calls = [
      () => model.predict({ x }),
      () => model.read("kept"),
      () => model.read("y"),
      () => model.observe(["scores"]),
      async () => model.run({ x }),
    ];
    for (const call of calls) await expect(call()).rejects.toThrow("This model was disposed of. Load it again.");
  }));

test("what is disposed of in the middle of a run, at any place, says so and leaves nothing", () =>
  withDevice(async (device) => {
    let ended = 0;
    for (let turns = 0; turns < 40 && ended === 0; turns++) {
      const model = await loadModel(device, head);
      const run = model.predict({ x });
      const [first, second] = [run.then(() => "done", String), model.predict({ x: noise(size, 5) }).then(() => "done", String)];
      let isDone = false;
      void second.then(() => {
        isDone = true;
      });
      for (let i = 0; i < turns * 4 && !isDone; i++) await new Promise((resolve) => setImmediate(resolve));
      model.dispose();
      for (const result of [await first, await second])
        expect(["done", "DeviceError: This model was disposed of. Load it again."]).toContain(result);
      if (isDone) ended++;
      await new Promise((resolve) => setTimeout(resolve));
      expect([turns, device.allocatedBytes]).toEqual([turns, 0]);
    }
  }));

test("a run that fails in a later stage leaves nothing, and the next one is right", () =>
  withDevice(async (device) => {
    const graph = graphOf({
      inputs: { x: [2, 3] },
      constants: { zero: Tensor.from("float32", [], [0]), row: ints(2, -1), pair: ints(2, -1) },
      nodes: [
        op("Greater", "x zero", "positive"),
        op("NonZero", "positive", "places"),
        op("Cast", "places", "numbers", { to: 1 }),
        op("Reshape", "numbers row", "pairs"),
        op("Unique", "pairs", "kinds"),
        op("Reshape", "kinds pair", "halves"),
        op("Neg", "halves", "y"),
      ],
    });
    const model = await loadModel(device, graph);
    const [right, wrong] = [
      Tensor.float32([2, 3], Float32Array.of(1, 1, -1, 0, 0, 0)),
      Tensor.float32([2, 3], Float32Array.of(1, 1, 1, 0, 0, 0)),
    ];
    for (let i = 0; i < 3; i++) {
      await expectReference(model, graph, { x: right });
      // Three kinds are no two rows.
      await expect(model.predict({ x: wrong })).rejects.toThrow("Reshape 'halves'");
    }
    model.dispose();
    expect(device.allocatedBytes).toBe(0);
  }));

test("plans are kept for some sizes, and no more of them for ever new ones", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, head);
    const place = (count: number) =>
      Tensor.float32(
        size,
        Float32Array.from({ length: 128 }, (_, i) => (i < count ? 3 : 0)),
      );
    let most = 0;
    const seen: number[] = [];
    for (let count = 1; count <= 40; count++) {
      await model.predict({ x: place(count) });
      seen.push(device.allocatedBytes);
      if (count === 20) most = device.allocatedBytes;
    }
    expect(seen.at(-1)).toBeLessThan(most * 1.5);
    model.dispose();
    expect(device.allocatedBytes).toBe(0);
  }));

test.each([
  ["64 plans, those used last,", 100, 1, Array.from({ length: 100 - 64 }, (_, i) => (i === 0 ? 36 : i))],
  ["256 MB of them", 5, 1 << 26, [1]],
])("%s are kept of all stages together, and none that is in use goes", async (_, count, bytes, expected) => {
  const plans = new KeptPlans();
  const dropped: number[] = [];
  const use = (id: number, run = async () => {}) => plans.use({ bytes }, () => void dropped.push(id), run);
  // The first is in use while others are: they come after it.
  await use(0, async () => {
    for (let id = 1; id < count; id++) await use(id);
  });
  expect(dropped.toSorted((a, b) => a - b)).toEqual([...expected].toSorted((a, b) => a - b));
});

/** What comes behind a stage for examples of which there may be none. */
const behind: Readonly<Record<string, readonly ReturnType<typeof op>[]>> = {
  "a convolution, BatchNormalization and Relu": [
    op("Conv", "maps k", "c", { pads: [1, 1, 1, 1] }),
    op("BatchNormalization", "c four four four four", "n"),
    op("Relu", "n", "y"),
  ],
  "pools and a product": [
    op("MaxPool", "maps", "m", { kernel_shape: [2, 2], strides: [2, 2] }),
    op("AveragePool", "m", "a", { kernel_shape: [2, 2] }),
    op("GlobalAveragePool", "a", "g"),
    op("Flatten", "g", "f"),
    op("Gemm", "f g2", "y", { transB: 1 }),
  ],
  "GlobalMaxPool and Softmax": [op("GlobalMaxPool", "maps", "g"), op("Softmax", "g", "y", { axis: 1 })],
  "Resize, Pad and Transpose": [
    op("Resize", "maps _ twice", "r", { mode: "linear" }),
    op("Pad", "r pads", "p"),
    op("Transpose", "p", "y", { perm: [1, 0, 2, 3] }),
  ],
  "ConvTranspose and Sigmoid": [op("ConvTranspose", "maps t", "c"), op("Sigmoid", "c", "y")],
  "sums, which are 0, and a Concat with what there is": [
    op("ReduceSum", "maps axis", "s", { keepdims: 1 }),
    op("Concat", "maps s", "both", { axis: 0 }),
    op("Mul", "both both", "y"),
  ],
  "LayerNormalization, Gelu and arithmetic": [
    op("LayerNormalization", "maps three three", "n", { axis: -1 }),
    op("Gelu", "n", "g"),
    op("Add", "g maps", "a"),
    op("Pow", "a two", "y"),
  ],
  "Slice, Split, Expand and Where": [
    op("Slice", "maps first second axis_1", "s"),
    op("Split", "s", "a b", { axis: 2, num_outputs: 2 }),
    op("Less", "a b", "less"),
    op("Where", "less a b", "y"),
  ],
};

test.each(Object.entries(behind))("no example at all goes through %s", (_, nodes) =>
  withDevice(async (device) => {
    const last = nodes.at(-1)?.outputs[0] as string;
    const graph = graphOf({
      inputs: { x: [3, 2, 4, 4] },
      constants: {
        ...{
          bound: Tensor.from("float32", [], [2]),
          axes: ints(1, 2, 3),
          axis: ints(0),
          axis_1: ints(1),
          first: ints(1),
          second: ints(2),
          three: Tensor.filled("float32", [4], 1),
        },
        ...{
          k: noise([4, 2, 3, 3], 2),
          t: noise([2, 3, 2, 2], 3),
          four: Tensor.filled("float32", [4], 1),
          g2: noise([5, 2], 4),
          two: Tensor.from("float32", [], [2]),
        },
        ...{ twice: Tensor.float32([4], Float32Array.of(1, 1, 2, 2)), pads: ints(0, 0, 1, 1, 0, 0, 1, 1) },
      },
      nodes: [
        op("ReduceMax", "x axes", "best", { keepdims: 0 }),
        op("Greater", "best bound", "above"),
        op("Compress", "x above", "maps", { axis: 0 }),
        ...nodes,
      ],
      outputs: [last],
    });
    const model = await loadModel(device, graph);
    const some = noise([3, 2, 4, 4]).toFloat32();
    some[40] = 3;
    for (const picture of [noise([3, 2, 4, 4]), Tensor.float32([3, 2, 4, 4], some), noise([3, 2, 4, 4])])
      await expectReference(model, graph, { x: picture }, 3);
    model.dispose();
    expect(device.allocatedBytes).toBe(0);
  }),
);
