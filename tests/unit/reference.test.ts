// The float64 reference: its loops against PyTorch's results, and the rules of differentiation, run on it, against central differences.
import { describe, expect, test } from "vitest";
import { gradientOf } from "../../src/engine/gradient/differentiate.ts";
import type { Node } from "../../src/engine/graph/graph.ts";
import { importModel } from "../../src/engine/onnx/import.ts";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import { fromTensor, type NdArray } from "../../src/reference/array.ts";
import { derivativeAlong, randomSource } from "../../src/reference/differences.ts";
import { type Arrays, evaluateGraph } from "../../src/reference/evaluate.ts";
import { nearKinks, piecesOf } from "../../src/reference/kinks.ts";
import { operators } from "../../src/reference/operators/index.ts";
import { gradientCases } from "../gradient/cases.ts";
import { refused } from "../gradient/check.ts";
import { everything, runningNames } from "../support/catalog.ts";
import { graphOf, op } from "../support/graphs.ts";

const cases = gradientCases();

/** The largest distance of an element from what PyTorch computed in float64 and the case holds in float32; 1 is the largest element. */
function distance(actual: NdArray | undefined, expected: Float32Array): number {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - (actual?.data[i] ?? Number.NaN))), 0);
  return worst / largest;
}

const arraysOf = (tensors: Readonly<Record<string, Parameters<typeof fromTensor>[0]>>): Arrays =>
  new Map(Object.entries(tensors).map(([name, tensor]) => [name, fromTensor(tensor)]));

test.each(cases)("$name: the loops compute what PyTorch computes", async ({ file, input, output, x, y, weights }) => {
  const results = await evaluateGraph(await importModel(file), arraysOf({ ...weights, [input]: x }));
  expect(distance(results.get(output), y)).toBeLessThan(1e-6);
});

/** The gradient of a case by the rules, in double precision. */
async function gradientByRules({ file, input, output, x, seed, weights }: (typeof cases)[number]): Promise<NdArray> {
  const { graph, obstacles } = inferGraph(await importModel(file), everything, { inputValues: weights });
  expect(obstacles).toEqual([]);
  const backward = gradientOf(graph, output, [input]);
  const results = await evaluateGraph(backward.graph, arraysOf({ ...weights, [input]: x, [backward.seed]: seed }));
  return results.get(backward.gradients.get(input) ?? "") as NdArray;
}

/** At a kink there is no derivative to compare with; which slope is taken there only PyTorch can tell. */
const isAtKink = (name: string): boolean => /^(kink|tie)-/.test(name) && name !== "kink-hard-sigmoid";

const differentiable = cases.filter(({ name }) => !refused.includes(name));

test.each(differentiable)("$name: the rules give PyTorch's gradient, and that of central differences of the loops", async (one) => {
  const { name, file, input, output, x, seed, gradient, weights } = one;
  const dx = await gradientByRules(one);
  expect(distance(dx, gradient)).toBeLessThan(1e-6);
  if (isAtKink(name)) return;
  const direction = { ...fromTensor(x), data: Float64Array.from(dx.data, randomSource(1)) };
  const { value, isSmooth } = await derivativeAlong(await importModel(file), {
    at: arraysOf({ ...weights, [input]: x }),
    direction: new Map([[input, direction]]),
    output,
    weights: fromTensor(seed).data,
    step: 1e-4,
    leastStep: 1e-8,
  });
  expect(isSmooth).toBe(true);
  const expected = direction.data.reduce((sum, v, i) => sum + v * (dx.data[i] as number), 0);
  expect(Math.abs(value - expected) / Math.max(Math.abs(expected), Math.hypot(...dx.data))).toBeLessThan(1e-6);
});

const array = (shape: readonly number[], ...data: readonly number[]): NdArray => ({
  dtype: "float32",
  shape,
  data: Float64Array.from(data),
});

test("every operator of ONNX that the engine runs is one of the reference, too", () => {
  expect(runningNames.filter((name) => !Object.hasOwn(operators, name))).toEqual([]);
});

test("nodes that no output needs are left out, so that they need not be known", async () => {
  const nodes = [op("Relu", "x", "y"), op("Frobnicate", "x", "boxes"), op("Dropout", "y", "z _")];
  const results = await evaluateGraph(graphOf({ inputs: { x: [2] }, nodes, outputs: ["z"] }), new Map([["x", array([2], -1, 2)]]));
  expect([...(results.get("z")?.data ?? [])]).toEqual([0, 2]);
  await expect(evaluateGraph(graphOf({ nodes, outputs: ["boxes"] }), new Map([["x", array([2], -1, 2)]]))).rejects.toThrow(
    "Frobnicate 'boxes': the float64 reference does not have this operator.",
  );
});

describe("kinks", () => {
  const rows: readonly (readonly [Node, readonly NdArray[], readonly (readonly number[] | undefined)[]])[] = [
    [op("Relu", "x", "y"), [array([3], 0.001, -0.02, 0.5)], [[1, 0, 0]]],
    [op("Clip", "x", "y", { min: -1, max: 1 }), [array([3], 0.999, -1.005, 0)], [[1, 1, 0]]],
    [op("Sigmoid", "x", "y"), [array([2], 0, 1)], []],
    [op("MaxPool", "x", "y", { kernel_shape: [2] }), [array([1, 1, 4], 1, 0.995, 0.9, 0)], [[1, 1, 0, 0]]],
    [op("MaxPool", "x", "y", { kernel_shape: [3], strides: [2] }), [array([1, 1, 5], 0, 0, 0, 3, 0)], [[1, 1, 1, 0, 0]]],
    [op("GlobalMaxPool", "x", "y"), [array([1, 2, 3], 1, 1, 0, 2, 1, 1)], [[1, 1, 0, 0, 0, 0]]],
    [op("ReduceMin", "x axes", "y"), [array([2, 2], 1, 1, 2, 9), array([1], 1)], [[1, 1, 0, 0]]],
    [
      op("Max", "x b", "y"),
      [array([2, 2], 1, 5, 2, 7), array([2], 2, 5)],
      [
        [0, 1, 1, 0],
        [1, 1],
      ],
    ],
    [op("Div", "x b", "y"), [array([2], 0, 1), array([2], 0, 1)], [undefined, [1, 0]]],
  ];
  test.each(rows.map(([node, inputs, expected]) => ({ operator: node.operator, node, inputs, expected })))(
    "$operator: which elements are near one",
    ({ node, inputs, expected }) => {
      expect(nearKinks(node, inputs, 0.01).map((mask) => mask && [...mask])).toEqual(expected);
    },
  );

  test("two points on both sides of one are on different pieces", () => {
    const pieces = (value: number) => [...Array.from(piecesOf(op("Relu", "x", "y"), [array([1], value)], [array([1], 0)]))];
    expect(pieces(-1)).toEqual(pieces(-2));
    expect(pieces(-1)).not.toEqual(pieces(1));
  });

  test("steps are made smaller until none lies between, and what cannot be avoided is told", async () => {
    const graph = graphOf({ inputs: { x: [2] }, nodes: [op("Relu", "x", "y")] });
    const along = (first: number) =>
      derivativeAlong(graph, {
        at: new Map([["x", array([2], first, -1)]]),
        direction: new Map([["x", array([2], 1, 1)]]),
        output: "y",
        weights: Float64Array.of(3, 5),
        step: 1e-4,
        leastStep: 1e-8,
      });
    const near = await along(1e-6);
    expect(near.isSmooth).toBe(true);
    expect(near.step).toBeLessThan(1e-6);
    expect(near.value).toBeCloseTo(3, 6);
    expect((await along(0)).isSmooth).toBe(false);
  });
});
