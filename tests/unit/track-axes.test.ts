// Which axis of a value is channel, row and column, followed from convolutions and pools.
import { describe, expect, it } from "vitest";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { trackAxes } from "../../src/engine/graph/track-axes.ts";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import { readModel } from "../../src/engine/source.ts";
import { everything } from "../support/catalog.ts";
import { readData } from "../support/data.ts";
import { type GraphLines, graphOf, ints, noise, op } from "../support/graphs.ts";

function axesOf(graph: Graph): Readonly<Record<string, string>> {
  const inference = inferGraph(graph, everything);
  expect(inference.obstacles).toEqual([]);
  return Object.fromEntries(trackAxes(inference.graph, inference.graph.types));
}

const filter = noise([4, 3, 3, 3]);
const toChannelsFirst = { perm: [0, 3, 1, 2] };
const toChannelsLast = { perm: [0, 2, 3, 1] };

describe("trackAxes", () => {
  const cases: readonly { why: string; lines: GraphLines; expected: Record<string, string> }[] = [
    {
      why: "a convolution reads and writes NCHW",
      lines: { constants: { f: filter }, nodes: [op("Conv", "x f", "y"), op("Relu", "y", "z")] },
      expected: { x: "nchw", y: "nchw", z: "nchw" },
    },
    {
      why: "what tf2onnx writes is NHWC before and after its Transposes, constants' arithmetic, pads and residuals included",
      lines: {
        inputs: { x: [1, 8, 8, 3] },
        constants: { f: filter, two: noise([1]), pads: ints(0, 0, 0, 0, 0, 0, 0, 2), slope: noise([1, 1, 4]) },
        nodes: [
          op("Mul", "x two", "scaled"),
          op("Transpose", "scaled", "first", toChannelsFirst),
          op("Conv", "first f", "y"),
          op("Transpose", "y", "last", toChannelsLast),
          op("PRelu", "last slope", "active"),
          op("Pad", "active pads", "wide"),
          op("Add", "active last", "sum"),
        ],
        outputs: ["wide", "sum"],
      },
      expected: { x: "nhwc", scaled: "nhwc", first: "nchw", y: "nchw", last: "nhwc", active: "nhwc", wide: "nhwc", sum: "nhwc" },
    },
    {
      why: "a map of classes has rows and columns, but no channels",
      lines: {
        constants: { f: filter },
        nodes: [op("Conv", "x f", "y"), op("ArgMax", "y", "map", { axis: 1, keepdims: 0 }), op("Cast", "map", "small", { to: 6 })],
      },
      expected: { map: "nhw", small: "nhw" },
    },
    {
      why: "a mean over rows and columns leaves the channels, wherever they lie",
      lines: {
        inputs: { x: [1, 8, 8, 3] },
        constants: { f: filter, axes: ints(1, -2) },
        nodes: [
          op("Transpose", "x", "first", toChannelsFirst),
          op("Conv", "first f", "y"),
          op("Transpose", "y", "last", toChannelsLast),
          op("ReduceMean", "last axes", "mean", { keepdims: 0 }),
        ],
      },
      expected: { last: "nhwc", mean: "nc" },
    },
    {
      why: "a picture without batch gets one, and a batch of one goes away",
      lines: {
        inputs: { x: [3, 8, 8] },
        constants: { f: filter, zero: ints(0) },
        nodes: [op("Unsqueeze", "x zero", "one"), op("Conv", "one f", "y"), op("Squeeze", "y zero", "z")],
      },
      expected: { x: "chw", one: "nchw", z: "chw" },
    },
    {
      why: "a Reshape that splits channels says nothing of the parts, and keeps rows and columns",
      lines: {
        constants: { f: filter, five: ints(1, 2, 2, 6, 6), four: ints(1, 4, 6, 6) },
        nodes: [
          op("Conv", "x f", "y"),
          op("Reshape", "y five", "split"),
          op("Transpose", "split", "mixed", { perm: [0, 2, 1, 3, 4] }),
          op("Reshape", "mixed four", "whole"),
          op("GlobalAveragePool", "whole", "pooled"),
        ],
      },
      expected: { split: "n__hw", mixed: "n__hw", whole: "nchw", pooled: "nchw" },
    },
    {
      why: "a volume has depth, a sequence has columns",
      lines: {
        inputs: { x: [1, 3, 4, 5, 6], s: [1, 3, 9] },
        nodes: [op("GlobalMaxPool", "x", "y"), op("GlobalMaxPool", "s", "t")],
        outputs: ["y", "t"],
      },
      expected: { x: "ncdhw", y: "ncdhw", s: "ncw", t: "ncw" },
    },
    {
      why: "one index takes its axis away",
      lines: {
        constants: { f: filter, i: ints(1) },
        nodes: [op("Conv", "x f", "y"), op("Gather", "y i", "same", { axis: 1 })],
      },
      expected: { same: "nchw" },
    },
    {
      why: "without convolutions and pools nothing is known",
      lines: { inputs: { x: [1, 8, 8, 3] }, nodes: [op("Transpose", "x", "y", toChannelsFirst), op("Relu", "y", "z")] },
      expected: {},
    },
  ];
  it.each(cases)("$why", ({ lines, expected }) => {
    const axes = axesOf(graphOf(lines));
    expect(axes).toMatchObject(expected);
    if (Object.keys(expected).length === 0) expect(axes).toEqual({});
  });

  it("needs no shapes to say how an input lies", () => {
    const graph = graphOf({
      inputs: { x: ["n", "a", "b", "c"] },
      constants: { f: filter, half: noise([1]) },
      nodes: [op("Sub", "x half", "s"), op("Transpose", "s", "t", toChannelsFirst), op("Conv", "t f", "y")],
    });
    expect(trackAxes(graph).get("x")).toBe("nhwc");
  });

  it("follows a chain of thousands", () => {
    const names = Array.from({ length: 9_999 }, (_, i) => `v${i}`);
    const nodes = names.map((name, i) => op("Transpose", i === 0 ? "x" : (names[i - 1] as string), name, toChannelsFirst));
    const graph = graphOf({ nodes: [...nodes, op("GlobalMaxPool", names.at(-1) as string, "y")] });
    // Three rotations of three axes are none.
    expect(trackAxes(graph).get("x")).toBe("nchw");
    expect(trackAxes(graph).get("v0")).toBe("nwch");
  });

  it("agrees with files of the field, where they are", async () => {
    const field: Record<string, Record<string, string>> = {
      "tf2onnx-mediapipe": { "input_1:0": "nhwc", s: "nhwc", c: "nchw" },
      "segmentation-head": { x: "nchw", m: "nhw", mi: "nhw" },
      "input-chw-rank3": { x: "chw" },
      "input-uint8-nhwc": { x: "nhwc" },
    };
    for (const [name, expected] of Object.entries(field)) {
      const bytes = readData(`field/${name}/model.onnx`);
      if (bytes) expect(axesOf(await readModel(bytes)), name).toMatchObject(expected);
    }
  });
});
