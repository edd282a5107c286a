// Networks whose shapes hang on what they compute: held to ONNX Runtime, which computes the same files.
import { describe, expect, test } from "vitest";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { inspectModel } from "../../src/engine/inspect.ts";
import { loadModel } from "../../src/engine/model.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { body, graphOf, ints, noise, op } from "../support/graphs.ts";
import { expectReference } from "../support/onnxruntime.ts";
import { withDevice } from "../support/with-device.ts";

type Record<T> = Readonly<{ [name: string]: T }>;

const x = noise([1, 2, 4, 5]);
const other = noise([1, 2, 4, 5], 7);
const [w, zero] = [noise([3, 2, 3, 3], 2), Tensor.from("float32", [], [0])];
const convolution = op("Conv", "x w", "conv", { pads: [1, 1, 1, 1] });

/** Elements of a convolution that are above 0, and where they are. */
const positive = graphOf({
  inputs: { x: x.shape },
  constants: { w, zero },
  nodes: [
    convolution,
    op("Greater", "conv zero", "above"),
    op("NonZero", "above", "places"),
    op("Transpose", "places", "rows"),
    op("GatherND", "conv rows", "picked"),
    op("Mul", "picked picked", "y"),
  ],
  outputs: ["y", "rows", "conv"],
});

const graphs: Record<Graph> = {
  "NonZero, Transpose and GatherND": positive,
  "Compress along an axis and of all elements": graphOf({
    inputs: { x: x.shape },
    constants: { w, zero, axes: ints(0, 2, 3) },
    nodes: [
      convolution,
      op("ReduceSum", "conv axes", "sums", { keepdims: 0 }),
      op("Greater", "sums zero", "above"),
      op("Compress", "conv above", "channels", { axis: 1 }),
      op("Compress", "sums above", "kept"),
      op("Abs", "channels", "y"),
    ],
    outputs: ["y", "kept"],
  }),
  "Unique in both orders": graphOf({
    inputs: { x: x.shape },
    constants: { w, two: Tensor.from("float32", [], [2]) },
    nodes: [
      convolution,
      op("Mul", "conv two", "twice"),
      op("Round", "twice", "round"),
      op("Unique", "round", "values first inverse counts"),
      op("Unique", "round", "met _ _ often", { sorted: 0 }),
      op("Unique", "round", "planes _ back", { axis: 1 }),
      op("Neg", "values", "y"),
    ],
    outputs: ["y", "first", "inverse", "counts", "met", "often", "planes", "back"],
  }),
  "TopK with a computed k, of what a range of a computed length picks": graphOf({
    inputs: { x: x.shape },
    constants: { zero, none: Tensor.int64([], [0]), one: Tensor.int64([], [1]), flat: ints(-1) },
    nodes: [
      op("Greater", "x zero", "above"),
      op("Cast", "above", "ones", { to: 7 }),
      op("ReduceSum", "ones", "count", { keepdims: 0 }),
      op("Reshape", "count flat", "k"),
      op("Reshape", "x flat", "row"),
      op("TopK", "row k", "best places"),
      op("Range", "none count one", "range"),
      op("Gather", "row range", "first"),
      op("Add", "best first", "y"),
    ],
    outputs: ["y", "places"],
  }),
  "Reshape, Expand, Slice, Tile, Pad and ConstantOfShape by computed numbers": graphOf({
    inputs: { x: x.shape },
    constants: { zero, flat: ints(-1), two: ints(2), twenty: ints(20), first: ints(0), most: ints(100), edge: ints(0, 0) },
    nodes: [
      op("Greater", "x zero", "above"),
      op("Cast", "above", "numbers", { to: 7 }),
      op("ReduceMax", "numbers", "highest", { keepdims: 0 }),
      op("Reshape", "highest flat", "one"),
      op("Mul", "one two", "pair"),
      op("Concat", "pair twenty", "shape", { axis: 0 }),
      op("Reshape", "x shape", "rows"),
      op("Concat", "pair shape", "larger", { axis: 0 }),
      op("Expand", "rows larger", "expanded"),
      op("Slice", "expanded first one first", "part"),
      op("Concat", "one pair one", "repeats", { axis: 0 }),
      op("Tile", "part repeats", "tiled"),
      op("Squeeze", "tiled first", "flatter"),
      op("Concat", "edge one one", "pads", { axis: 0 }),
      op("Pad", "flatter pads", "padded"),
      op("ConstantOfShape", "shape", "blank"),
      op("ReduceMax", "blank", "nothing", { keepdims: 0 }),
      op("Add", "padded nothing", "y"),
    ],
    outputs: ["y", "expanded"],
  }),
};

const [one, yes, hundred] = [Tensor.int64([], [1]), Tensor.from("bool", [], [1]), Tensor.from("float32", [], [100])];
const sum = op("ReduceSum", "x", "sum", { keepdims: 0 });
const positiveSum = op("Greater", "sum zero", "above");

const branching: Record<Graph> = {
  "an If whose branches have other shapes": graphOf({
    inputs: { x: x.shape },
    constants: { zero, flat: ints(-1), w },
    nodes: [
      sum,
      positiveSum,
      op("Conv", "x w", "conv"),
      op("If", "above", "either", {
        then_branch: body("", "row", [op("Reshape", "conv flat", "row")]),
        else_branch: body("", "small", [op("GlobalMaxPool", "conv", "small")]),
      }),
      op("Relu", "either", "y"),
    ],
    outputs: ["y", "sum"],
  }),
};

describe("held to ONNX Runtime", () => {
  test.each(Object.entries({ ...graphs, ...branching }))("%s", (_, graph) =>
    withDevice(async (device) => {
      const model = await loadModel(device, graph);
      for (const picture of [x, other, x]) await expectReference(model, graph, { x: picture });
      model.dispose();
      expect(device.allocatedBytes).toBe(0);
    }),
  );
});

test("what comes before is planned as any network: it is seen, switched and computed in one submit", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, positive, { observe: ["conv"] });
    expect(model.outputs.map(({ name }) => name)).toEqual(["y", "rows", "conv"]);
    expect(model.plan.steps.length).toBe(2);
    model.run({ x });
    const [y, rows, conv] = await Promise.all(["y", "rows", "conv"].map((name) => model.read(name)));
    expect(y?.size).toBe(rows?.shape[0]);
    expect(y?.size).toBe(conv?.toNumbers().filter((number) => number > 0).length);
    expect(model.outputs.find(({ name }) => name === "y")?.shape).toEqual(y?.shape);
    expect(() => model.value("y")).toThrow("value 'y' has no place of its own on the GPU");
    await model.gate("conv", { channels: [0, 1, 2], scale: 0 });
    expect((await model.predict({ x }))["y"]?.shape).toEqual([0]);
    model.dispose();
  }));

test("later values are read where they are observed, and runs that overlap keep their own", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, positive);
    model.run({ x });
    await expect(model.read("picked")).rejects.toThrow("value 'picked' is not observed");
    await model.observe(["picked"]);
    expect(model.observed).toEqual(["picked"]);
    const [one, two] = await Promise.all([model.predict({ x }), model.predict({ x: other })]);
    const squares = (await model.read("picked")).toNumbers().map((number) => number * number);
    for (const [i, number] of squares.entries()) expect(two["y"]?.toNumbers()[i]).toBeCloseTo(number, 5);
    expect((await model.predict({ x }))["y"]).toEqual(one["y"]);
    model.dispose();
  }));

test("its weights stay as the file has them", () =>
  withDevice(async (device) => {
    await expect(loadModel(device, positive, { parameters: true })).rejects.toThrow("parameters: this network runs in stages");
    expect(device.allocatedBytes).toBe(0);
  }));

test("the summary marks what is read in the middle, without a GPU, and nothing keeps the network from running", async () => {
  const { summary, obstacles } = await inspectModel(positive);
  expect(obstacles).toEqual([]);
  expect(summary.layers.flatMap(({ name, readsBack }) => (readsBack ? [[name, readsBack]] : []))).toEqual([["places", ["above"]]]);
});

test("a layer that nothing computes is refused before anything runs, wherever it is", () =>
  withDevice(async (device) => {
    const graph = graphOf({ nodes: [op("NonZero", "x", "places"), op("Frobnicate", "places", "y")] });
    await expect(loadModel(device, graph)).rejects.toThrow("Frobnicate 'y': the operator is not supported.");
  }));

test("more elements than are read in the middle of a run are refused at load", async () => {
  const { obstacles } = await inspectModel(graphOf({ inputs: { x: [1, 5000, 5000] }, nodes: [op("NonZero", "x", "y")] }));
  expect(obstacles).toEqual([expect.stringContaining("25000000 elements")]);
});

test("a Loop that does not end is given up", () =>
  withDevice(async (device) => {
    const step = [op("Add", "state state", "more"), op("GreaterOrEqual", "more zero", "next")];
    const [zero, start] = [Tensor.from("float32", [], [0]), op("ReduceMax", "x", "start", { keepdims: 0 })];
    const graph = graphOf({
      inputs: { x: [1, 4] },
      constants: { zero, yes },
      nodes: [start, op("Loop", "_ yes start", "y", { body: body("turn on state", "next more", step) })],
    });
    const model = await loadModel(device, graph);
    await expect(model.predict({ x: Tensor.filled("float32", [1, 4], 0) })).rejects.toThrow("more than 4096 stages");
    model.dispose();
  }));

test("a Loop whose iterations say when it ends gives what each has found", () =>
  withDevice(async (device) => {
    const graph = graphOf({
      inputs: { x: x.shape },
      constants: { hundred, yes },
      nodes: [
        op("Abs", "x", "first"),
        op("Loop", "_ yes first", "last found", {
          body: body("turn on state", "next grown total", [
            op("Add", "state first", "grown"),
            op("ReduceSum", "grown", "total", { keepdims: 0 }),
            op("Less", "total hundred", "next"),
          ]),
        }),
        op("Neg", "last", "y"),
      ],
      outputs: ["y", "found"],
    });
    const model = await loadModel(device, graph);
    for (const picture of [x, other]) {
      const first = picture.toNumbers().map(Math.abs);
      const total = first.reduce((a, b) => a + b, 0);
      const turns = Math.floor(100 / total);
      const { y, found } = await model.predict({ x: picture });
      expect(found?.shape).toEqual([turns]);
      for (const [i, number] of (found?.toNumbers() ?? []).entries()) expect(number / total).toBeCloseTo(i + 2, 3);
      for (const [i, number] of (y?.toNumbers() ?? [0]).entries()) expect(number).toBeCloseTo(-(turns + 1) * (first[i] as number), 4);
    }
    model.dispose();
    expect(device.allocatedBytes).toBe(0);
  }));

test("a Loop has a computed number of iterations, and a state that grows", () =>
  withDevice(async (device) => {
    const graph = graphOf({
      inputs: { x: x.shape },
      constants: { zero, one, yes },
      nodes: [
        op("Greater", "x zero", "positive"),
        op("Cast", "positive", "ones", { to: 7 }),
        op("ReduceMax", "ones", "most", { keepdims: 0 }),
        op("Add", "most one", "count"),
        op("Loop", "count yes x", "grown", {
          body: body("turn on state", "on_again both", [op("Concat", "state x", "both", { axis: 0 }), op("Identity", "on", "on_again")]),
        }),
        op("Abs", "grown", "y"),
      ],
      outputs: ["y"],
    });
    const model = await loadModel(device, graph);
    const magnitudes = Array.from(x.toFloat32(), Math.abs);
    const { y } = await model.predict({ x });
    expect([y?.shape, y?.toNumbers()]).toEqual([
      [3, 2, 4, 5],
      [...magnitudes, ...magnitudes, ...magnitudes],
    ]);
    expect((await model.predict({ x: Tensor.filled("float32", x.shape, 0) }))["y"]?.shape).toEqual([2, 2, 4, 5]);
    model.dispose();
  }));
