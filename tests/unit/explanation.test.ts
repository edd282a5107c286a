// Which layer an explanation is of where none is named, and how it takes values that lie otherwise than NCHW.
import { describe, expect, it } from "vitest";
import { heatOf } from "../../src/cli/heat.ts";
import { convolutionMaps, lastMaps } from "../../src/engine/explanation.ts";
import { type ExplanationMethod, explanationOf } from "../../src/engine/gradient/explain.ts";
import { loadAxes } from "../../src/engine/graph/axes.ts";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import { denseStrides } from "../../src/engine/shapes.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { fromTensor, type NdArray } from "../../src/reference/array.ts";
import { evaluateGraph } from "../../src/reference/evaluate.ts";
import { viewAsMaps } from "../../src/ui/mosaic/maps.ts";
import { everything } from "../support/catalog.ts";
import { graphOf, ints, noise, op } from "../support/graphs.ts";

it("is the last layer that computes values with rows and columns, not one that only hands them on", () => {
  const graph = graphOf({
    constants: { f: noise([4, 3, 3, 3]), m: noise([144, 10]), split: ints(1, 4, 6, 6), flat: ints(1, 144) },
    nodes: [
      op("Conv", "x f", "conv"),
      op("Relu", "conv", "relu"),
      op("Dropout", "relu", "dropout"),
      op("Identity", "dropout", "same"),
      op("Transpose", "same", "turned", { perm: [0, 2, 3, 1] }),
      op("Reshape", "turned split", "maps"),
      op("Reshape", "maps flat", "vector"),
      op("MatMul", "vector m", "y"),
    ],
  });
  const { graph: typed, obstacles } = inferGraph(graph, everything);
  expect(obstacles).toEqual([]);
  expect(lastMaps(typed)).toBe("relu");
});

it("is of the branch that leads to what is explained, all convolutions of it, where a network has two", () => {
  const branch = (name: string) => [
    op("Conv", "x f", `${name}_first`),
    op("Conv", `${name}_first g`, `${name}_last`),
    op("GlobalAveragePool", `${name}_last`, `${name}_pooled`),
    op("Flatten", `${name}_pooled`, `${name}_y`),
  ];
  const constants = { f: noise([4, 3, 3, 3]), g: noise([4, 4, 3, 3]) };
  const { graph } = inferGraph(graphOf({ constants, nodes: [...branch("a"), ...branch("b")], outputs: ["a_y", "b_y"] }), everything);
  expect(lastMaps(graph)).toBe("a_last");
  expect(lastMaps(graph, "b_y")).toBe("b_last");
  expect(convolutionMaps(graph)).toEqual(["a_first", "a_last"]);
});

describe("of a network whose values lie NHWC, as TensorFlow has them", () => {
  const filter = noise([4, 3, 3, 3], 2);
  const constants = { f: filter, m: noise([120, 3], 3), flat: ints(1, 120) };
  const head = [op("Reshape", "last flat", "vector"), op("MatMul", "vector m", "y")];
  const padded = { pads: [1, 1, 1, 1] };
  const [toFirst, toLast] = [{ perm: [0, 3, 1, 2] }, { perm: [0, 2, 3, 1] }];
  const channelsFirst = graphOf({
    inputs: { x: [1, 3, 6, 5] },
    constants,
    nodes: [op("Conv", "x f", "conv", padded), op("Relu", "conv", "relu"), op("Transpose", "relu", "last", toLast), ...head],
  });
  const channelsLast = graphOf({
    inputs: { x: [1, 6, 5, 3] },
    constants,
    nodes: [
      op("Transpose", "x", "first", toFirst),
      op("Conv", "first f", "conv", padded),
      op("Transpose", "conv", "turned", toLast),
      op("Relu", "turned", "last"),
      ...head,
    ],
  });
  const picture = noise([1, 3, 6, 5], 4);
  const turnedPicture = Tensor.float32(
    [1, 6, 5, 3],
    Float32Array.from({ length: 90 }, (_, i) => picture.toFloat32()[(i % 3) * 30 + Math.floor(i / 3)] as number),
  );

  /** In double precision, by plain loops. */
  async function explain(
    graph: Graph,
    x: Tensor,
    method: ExplanationMethod,
    layer: string,
    written: Readonly<Record<string, number | readonly number[]>> = {},
  ) {
    const { graph: typed } = inferGraph(graph, everything);
    const seed = Tensor.float32([1, 3], Float32Array.of(0, 1, 0));
    const explained = { value: "y", target: { class: 1 }, weights: { seed, followsTop: false } };
    const plan = explanationOf(typed, method, explained, [layer], {
      ...{ patch: 2, batch: 4, axes: await loadAxes(typed) },
      infer: (one) => inferGraph(one, everything).graph,
    });
    const operands = Object.entries(plan.operands).map(([role, { name, initial }]) => {
      const value = written[role];
      return [name, value === undefined ? initial : Tensor.from(initial.dtype, initial.shape, [value].flat())] as const;
    });
    const given = [["x", x] as const, ...operands, ...(plan.graph.parameters ?? [])];
    const result = plan.results.get(layer) ?? "";
    const { shape, data } = (await evaluateGraph(plan.graph, new Map(given.map(([name, tensor]) => [name, fromTensor(tensor)])))).get(
      result,
    ) as NdArray;
    return { shape, elements: Array.from(data, (element) => Math.fround(element)) };
  }

  it.each([
    { method: "grad-cam", shape: [1, 1, 6, 5] },
    { method: "hires-cam", shape: [1, 1, 6, 5] },
    { method: "importance", shape: [1, 4, 1, 1] },
    { method: "ablation", shape: [1, 4] },
  ] as const)("$method of a layer is what it is of the same values NCHW", async ({ method, shape }) => {
    const expected = await explain(channelsFirst, picture, method, "relu");
    expect(expected.shape.filter((extent) => extent > 1)).toEqual(shape.filter((extent) => extent > 1));
    expect(await explain(channelsFirst, picture, method, "last")).toEqual(expected);
    expect(await explain(channelsLast, turnedPicture, method, "last")).toEqual(expected);
  });

  it("occlusion covers the same patches of the picture", async () => {
    // The fourth of four copies covers nothing.
    const corners = { decide: 0, row: [2, 0, 0, 6], column: [4, 0, 2, 5] };
    const expected = await explain(channelsFirst, picture, "occlusion", "x", corners);
    expect(expected.shape).toEqual([1, 1, 6, 5]);
    expect(expected.elements.flatMap((drop, at) => (drop === 0 ? [] : [at]))).toEqual([0, 1, 2, 3, 5, 6, 7, 8, 14, 19]);
    expect(await explain(channelsLast, turnedPicture, "occlusion", "x", corners)).toEqual(expected);
  });

  it("a gradient is drawn by rows and columns", () => {
    const elements = turnedPicture.toFloat32().map((_, i) => (i === (2 * 5 + 4) * 3 + 1 ? -1 : 0));
    const view = viewAsMaps([1, 6, 5, 3], [90, 15, 3, 1], 0, 0, "nhwc");
    const heat = heatOf(Tensor.float32([1, 6, 5, 3], elements), view, "gradient");
    expect([heat.height, heat.width]).toEqual([6, 5]);
    expect(Array.from(heat.values, (value, i) => [i, value]).filter(([, value]) => value)).toEqual([[2 * 5 + 4, 255]]);
  });

  it("a gradient is drawn up to what 99% of its elements other than 0 do not exceed, as in the element", () => {
    const shape = [1, 1, 40, 50];
    const elements = Float32Array.from({ length: 2000 }, (_, i) => (i < 1000 ? 0 : i === 1999 ? -1e6 : i - 999));
    const { values } = heatOf(Tensor.float32(shape, elements), viewAsMaps(shape, denseStrides(shape)), "gradient");
    expect(values[999 + 495]).toBe(Math.round(255 / 2));
    expect(Array.from(values.subarray(999 + 990), (value) => value)).toEqual(Array.from({ length: 11 }, () => 255));
  });

  it.each([
    { method: "gradient", values: [0, 255, 128, 128] },
    { method: "grad-cam", values: [0, 0, 128, 255] },
  ] as const)("what is not finite counts as 0 in $method, and leaves the other channels of its place", ({ method, values }) => {
    const [nan, infinite] = [Number.NaN, Number.POSITIVE_INFINITY];
    const elements = Float32Array.of(infinite, nan, -infinite, nan, nan, -4, 2, method === "gradient" ? -2 : 4);
    const heat = heatOf(Tensor.float32([1, 2, 2, 2], elements), viewAsMaps([1, 2, 2, 2], [8, 4, 2, 1]), method);
    expect(Array.from(heat.values)).toEqual(values);
  });

  it("a gradient has the value's own shape", async () => {
    expect((await explain(channelsLast, turnedPicture, "gradient", "x")).shape).toEqual([1, 6, 5, 3]);
  });
});
