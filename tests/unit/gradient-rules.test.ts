// Corners of the rules of differentiation that PyTorch's cases do not have: other opsets, attributes, operands, broadcasts. Each graph is
// differentiated by all of its inputs, evaluated in float64, and held to central differences.
import { expect, test } from "vitest";
import { Tensor } from "../../src/engine/tensor.ts";
import { gradients, holdCase, one, type RuleCase, valuesFor } from "../gradient/double.ts";
import { graphOf, ints, op } from "../support/graphs.ts";

const cases: readonly RuleCase[] = [
  one("Elu turned round", op("Elu", "x", "y", { alpha: -0.7 }), { x: [2, 5] }),
  one("Celu of alpha 2", op("Celu", "x", "y", { alpha: 2 }), { x: [2, 5] }),
  one("Celu turned round", op("Celu", "x", "y", { alpha: -0.7 }), { x: [2, 5] }),
  one("Selu turned round", op("Selu", "x", "y", { alpha: -1.5, gamma: 1.1 }), { x: [2, 5] }),
  one("Selu of negative gamma", op("Selu", "x", "y", { alpha: 1.5, gamma: -1.1 }), { x: [2, 5] }),
  one("LeakyRelu turned round", op("LeakyRelu", "x", "y", { alpha: -0.3 }), { x: [2, 5] }),
  one("LeakyRelu of alpha 0", op("LeakyRelu", "x", "y", { alpha: 0 }), { x: [2, 5] }),
  one("HardSigmoid that falls", op("HardSigmoid", "x", "y", { alpha: -0.9, beta: 0.4 }), { x: [2, 5] }),
  one("Shrink", op("Shrink", "x", "y", { lambd: 0.4, bias: 0.1 }), { x: [2, 5] }),
  one("ThresholdedRelu below 0", op("ThresholdedRelu", "x", "y", { alpha: -0.4 }), { x: [2, 5] }),
  one("Swish of alpha 1.7", op("Swish", "x", "y", { alpha: 1.7 }), { x: [2, 5] }, { opset: 24 }),
  ...["Tan", "Atan", "Sinh", "Cosh", "Asin", "Acos", "Asinh", "Atanh"].map((operator) =>
    one(operator, op(operator, "x", "y"), { x: [2, 5] }, { opset: 22 }),
  ),
  one("Acosh", op("Acosh", "x", "y"), { x: [3] }, { at: { x: [1.5, 2, 5] }, opset: 22 }),
  one("PRelu by both", op("PRelu", "x s", "y"), { x: [1, 3, 2, 2], s: [3, 1, 1] }),
  one("PRelu by both, one slope", op("PRelu", "x s", "y"), { x: [1, 3, 2, 2], s: [1] }),
  one("PRelu of negative slopes", op("PRelu", "x s", "y"), { x: [2, 3], s: [3] }, { at: { s: [-0.5, -0.1, -2] } }),
  one("Clip with bounds as attributes", op("Clip", "x", "y", { min: -0.25, max: 0.375 }), { x: [2, 5] }, { opset: 9 }),
  one("Clip without a lower bound", op("Clip", "x _ high", "y"), { x: [2, 5] }, { constants: { high: Tensor.from("float32", [], [0.2]) } }),
  one("Pow by both", op("Pow", "x e", "y"), { x: [2, 3], e: [3] }, { at: { x: [0.5, 1, 2, 0.3, 1.5, 0.7] } }),
  one("Pow of one base", op("Pow", "x e", "y"), { x: [], e: [4] }, { at: { x: [1.3] } }),
  one("Pow of a negative base", op("Pow", "x e", "y"), { x: [4] }, { constants: { e: Tensor.from("float32", [4], [2, 3, 1, 4]) } }),
  one("Pow by whole numbers", op("Pow", "x e", "y"), { x: [4] }, { constants: { e: Tensor.from("int64", [], [3]) } }),
  one("Div of broadcasts by both", op("Div", "x b", "y"), { x: [2, 3], b: [2, 1] }, { at: { b: [0.8, -1.4] } }),
  one("Sub of a scalar", op("Sub", "x b", "y"), { x: [], b: [2, 3] }),
  one("Max of broadcasts", op("Max", "x b c", "y"), { x: [2, 3], b: [3], c: [2, 1] }),
  one("Min of one", op("Min", "x", "y"), { x: [2, 3] }),
  one("Mean of broadcasts", op("Mean", "x b", "y"), { x: [2, 3], b: [1, 3] }),
  one("Sum of broadcasts", op("Sum", "x b c", "y"), { x: [2, 3], b: [3], c: [] }),
  one("Gemm by all", op("Gemm", "x b c", "y", { alpha: 0.5, beta: 2 }), { x: [2, 3], b: [3, 4], c: [4] }),
  one("Gemm transposed, by all", op("Gemm", "x b c", "y", { alpha: 0.5, beta: 2, transA: 1, transB: 1 }), {
    x: [3, 2],
    b: [4, 3],
    c: [2, 1],
  }),
  one("Gemm before opset 11", op("Gemm", "x b c", "y", { transB: 1 }), { x: [2, 3], b: [4, 3], c: [] }, { opset: 9 }),
  one("MatMul of two vectors", op("MatMul", "x b", "y"), { x: [4], b: [4] }),
  one("MatMul of a vector and batches", op("MatMul", "x b", "y"), { x: [3], b: [2, 3, 4] }),
  one("MatMul of batches and a vector", op("MatMul", "x b", "y"), { x: [2, 5, 3], b: [3] }),
  one("MatMul of broadcast batches", op("MatMul", "x b", "y"), { x: [2, 1, 2, 3], b: [4, 3, 2] }),
  one(
    "Where of broadcasts",
    op("Where", "c x b", "y"),
    { x: [2, 1], b: [3] },
    { constants: { c: Tensor.from("bool", [2, 3], [1, 0, 0, 1, 1, 0]) } },
  ),
  ...[9, 11, 21].flatMap((opset) => [
    one(`Softmax of opset ${opset}`, op("Softmax", "x", "y", { axis: 1 }), { x: [2, 3, 2] }, { opset }),
    one(`LogSoftmax of opset ${opset}`, op("LogSoftmax", "x", "y", { axis: -2 }), { x: [2, 3, 2] }, { opset: Math.max(opset, 11) }),
  ]),
  one(
    "ReduceProd of one zero, of two and of none",
    op("ReduceProd", "x axes", "y"),
    { x: [3, 3] },
    { constants: { axes: ints(1) }, at: { x: [2, 0, 3, 0, 5, 0, 2, 3, -4] } },
  ),
  one(
    "ReduceLogSum",
    op("ReduceLogSum", "x axes", "y", { keepdims: 0 }),
    { x: [2, 3] },
    { constants: { axes: ints(1) }, at: { x: [1, 2, 3, 0.5, 0.25, 4] } },
  ),
  {
    what: "CastLike, whose second input gives the type alone",
    inputs: { x: [2, 3] },
    constants: { half: Tensor.from("float32", [], [0.5]), whole: Tensor.from("int64", [], [3]) },
    nodes: [op("CastLike", "half x", "a"), op("CastLike", "whole x", "b"), op("Mul", "x a", "c"), op("Add", "c b", "y")],
  },
  ...[
    "ReduceProd",
    "ReduceSum",
    "ReduceMean",
    "ReduceMax",
    "ReduceMin",
    "ReduceL1",
    "ReduceL2",
    "ReduceSumSquare",
    "ReduceLogSumExp",
  ].flatMap((operator) => [
    one(`${operator} over named axes`, op(operator, "x", "y", { axes: [0, -1], keepdims: 0 }), { x: [2, 3, 2] }, { opset: 11 }),
    one(`${operator} over axes that are an input`, op(operator, "x axes", "y"), { x: [2, 3, 2] }, { constants: { axes: ints(1) } }),
    one(`${operator} over all`, op(operator, "x", "y", { keepdims: 0 }), { x: [2, 3] }),
    one(`${operator} over none`, op(operator, "x", "y", { noop_with_empty_axes: 1 }), { x: [2, 3] }),
  ]),
];

test.each(cases)("$what", holdCase);

test("a power's slope by its exponent is 0 at a base of 0, and that of x⁰ by x is 0 everywhere", async () => {
  const graph = graphOf({ inputs: { x: [4], e: [4] }, nodes: [op("Pow", "x e", "y")] });
  const { dx, dy } = await gradients(graph, valuesFor(graph, { x: [0, 0, 2, 0], e: [2, 0, 0, 1] }));
  // −0 counts as 0.
  const slopes = (of: typeof dx, name: string): readonly number[] => Array.from(of.get(name)?.data ?? [], (value) => value + 0);
  expect(slopes(dx, "e")).toEqual([0, 0, (dy.data[2] as number) * Math.log(2), 0]);
  expect(slopes(dx, "x")).toEqual([0, 0, 0, dy.data[3]]);
  for (const exponent of [0, 1]) {
    const constants = { e: Tensor.from("float32", [], [exponent]) };
    const constant = graphOf({ inputs: { x: [2] }, nodes: [op("Pow", "x e", "y")], constants });
    const found = await gradients(constant, valuesFor(constant, { x: [0, 3] }));
    expect(slopes(found.dx, "x")).toEqual(exponent === 0 ? [0, 0] : [...found.dy.data]);
  }
});
