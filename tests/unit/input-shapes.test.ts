// Numbers for what a file leaves open: one rule for the page and the command, and what it says where sizes do not suit.
import { describe, expect, test } from "vitest";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { readModel } from "../../src/engine/source.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { inspectWithShapes, type ShapeOptions } from "../../src/ui/input-shapes.ts";
import { readData } from "../support/data.ts";
import { graphOf, noise, op } from "../support/graphs.ts";

async function shapesOf(graph: Graph, options: Omit<ShapeOptions, "option"> = {}) {
  const { inputShapes, obstacles } = await inspectWithShapes(graph, { ...options, option: "--shape" });
  expect(obstacles).toEqual([]);
  return inputShapes;
}

const relu = (...shape: (number | string)[]) => graphOf({ inputs: { x: shape }, nodes: [op("Relu", "x", "y")] });

const convolution = (channels: number, ...shape: (number | string)[]) =>
  graphOf({ inputs: { x: shape }, constants: { f: noise([2, channels, 1, 1]) }, nodes: [op("Conv", "x f", "y")] });

const channelsLast = graphOf({
  inputs: { x: ["n", "a", "b", "c"] },
  constants: { f: noise([2, 4, 1, 1]), half: noise([1]) },
  nodes: [op("Sub", "x half", "s"), op("Transpose", "s", "t", { perm: [0, 3, 1, 2] }), op("Conv", "t f", "y")],
});

describe("inspectWithShapes", () => {
  const chosen: readonly { why: string; graph: Graph; expected: readonly number[]; picture?: { width: number; height: number } }[] = [
    { why: "nothing is open", graph: relu(1, 3, 8, 8), expected: [1, 3, 8, 8] },
    { why: "a free batch is 1", graph: relu("N", 3, 8, 8), expected: [1, 3, 8, 8] },
    { why: "a free picture is 224 a side", graph: relu("N", 3, "H", "W"), expected: [1, 3, 224, 224] },
    { why: "or the picture's own", graph: relu("N", 3, "H", "W"), picture: { width: 40, height: 30 }, expected: [1, 3, 30, 40] },
    { why: "channels last", graph: relu("N", "H", "W", 3), picture: { width: 40, height: 30 }, expected: [1, 30, 40, 3] },
    { why: "channels are those that the convolution reads", graph: convolution(5, "N", "C", "H", "W"), expected: [1, 5, 224, 224] },
    { why: "wherever they lie", graph: channelsLast, picture: { width: 40, height: 30 }, expected: [1, 30, 40, 4] },
    { why: "a flat input", graph: relu("N", 784), expected: [1, 784] },
    { why: "no batch", graph: relu(3, "H", "W"), expected: [3, 224, 224] },
    { why: "one name, one number", graph: relu("N", 3, "S", "S"), picture: { width: 40, height: 30 }, expected: [1, 3, 30, 30] },
    { why: "a sequence", graph: convolution1d(), expected: [1, 6, 224] },
  ];
  test.each(chosen)("$why: $expected", async ({ graph, picture, expected }) => {
    const { x = graph.inputs[0]?.shape } = await shapesOf(graph, { picture });
    expect(x).toEqual(expected);
  });

  test("what is given comes first, as a list or as text, for other inputs of the same names too", async () => {
    const graph = graphOf({ inputs: { x: ["N", 3, "H", "W"], y: [1, 3, "H", 1] }, nodes: [op("Add", "x y", "z")] });
    const expected = { x: [2, 3, 8, 9], y: [1, 3, 8, 1] };
    expect(await shapesOf(graph, { given: [["x", [2, 3, 8, 9]]] })).toEqual(expected);
    expect(await shapesOf(graph, { given: "2,3,8,9" })).toEqual(expected);
    expect(await shapesOf(graph, { given: "x=2,3,8,9  y=1,3,8,1" })).toEqual(expected);
  });

  const refused = [
    { given: "image=1,3,8,8", message: "--shape: there is no input 'image'. The inputs are 'x'." },
    { given: "1,4,8,8", message: "--shape: input 'x' is [N, 3, H, W], and [1, 4, 8, 8] does not fit it." },
    { given: "3,8,8", message: "--shape: input 'x' is [N, 3, H, W], and [3, 8, 8] does not fit it." },
    { given: "1,3,8,wide", message: "--shape '1,3,8,wide': expected whole numbers with commas, such as 1,3,480,640 or x=1,3,480,640." },
  ];
  test.each(refused)("$given: $message", async ({ given, message }) => {
    await expect(inspectWithShapes(relu("N", 3, "H", "W"), { given, option: "--shape" })).rejects.toThrow(message);
  });
});

function convolution1d(): Graph {
  return graphOf({ inputs: { x: ["N", "C", "L"] }, constants: { f: noise([2, 6, 3]) }, nodes: [op("Conv", "x f", "y")] });
}

describe("sizes that do not suit the strides", () => {
  /** A U-Net of so many levels: what comes up again is laid beside what went down, and must be as large. */
  const unet = (levels: number) => {
    const down = Array.from({ length: levels }, (_, i) =>
      op("MaxPool", i === 0 ? "x" : `d${i - 1}`, `d${i}`, { kernel_shape: [2, 2], strides: [2, 2] }),
    );
    const scales = Tensor.from("float32", [4], [1, 1, 2 ** levels, 2 ** levels]);
    return graphOf({
      inputs: { x: ["N", 3, "H", "W"] },
      constants: { scales },
      nodes: [...down, op("Resize", `d${levels - 1} _ scales`, "up", { mode: "nearest" }), op("Concat", "x up", "y", { axis: 1 })],
    });
  };

  test("are explained, with sizes that do, in the words of the place", async () => {
    const picture = { width: 333, height: 500 };
    const { obstacles } = await inspectWithShapes(unet(5), { picture, option: "--shape" });
    expect(obstacles[0]).toBe(
      "input 'x': [1, 3, 500, 333] does not suit the network's strides. Sizes that are multiples of 32 do: give --shape x=1,3,512,320.",
    );
    expect(obstacles[1]).toContain("Concat 'y'");
    const onPage = await inspectWithShapes(unet(3), { given: "1,3,50,50", option: "input-shape" });
    expect(onPage.obstacles[0]).toContain('Sizes that are multiples of 8 do: give input-shape="x=1,3,48,48".');
  });

  test("that nobody chose give way to those that do", async () => {
    const { inputShapes, obstacles } = await inspectWithShapes(unet(6), { option: "--shape" });
    expect(obstacles).toEqual([]);
    expect(inputShapes).toEqual({ x: [1, 3, 256, 256] });
  });

  test("another obstacle is not blamed on the size", async () => {
    const graph = graphOf({ inputs: { x: ["N", 3, "H", "W"] }, nodes: [op("StringNormalizer", "x", "y")] });
    const { obstacles } = await inspectWithShapes(graph, { picture: { width: 33, height: 50 }, option: "--shape" });
    expect(obstacles.length).toBe(1);
    expect(obstacles[0]).toContain("StringNormalizer");
  });
});

test("a file whose every extent is open, where it is", async () => {
  const bytes = readData("field/input-all-symbolic/model.onnx");
  if (bytes) expect(await shapesOf(await readModel(bytes), { picture: { width: 20, height: 10 } })).toEqual({ x: [1, 3, 10, 20] });
});
