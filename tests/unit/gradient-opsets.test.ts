// The rules write operators in the form that the file's opset has for them: one node each, in every opset from 9 to 13.
import { test } from "vitest";
import type { Node } from "../../src/engine/graph/graph.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { holdCase, one, type RuleCase } from "../gradient/double.ts";
import { ints, noise, op } from "../support/graphs.ts";

const opsets = [9, 10, 11, 12, 13];

/** Constants of a form that the opset does not have yet are left out. */
const since = (first: number, opset: number, constants: NonNullable<RuleCase["constants"]>): Partial<RuleCase> =>
  opset < first ? { opset } : { opset, constants };

const scalar = (value: number): Tensor => Tensor.from("float32", [], [value]);
const map = [1, 2, 3, 2];

const plain =
  "Relu LeakyRelu Elu Selu HardSigmoid Softplus Softsign Abs Exp Sigmoid Tanh Reciprocal Neg Sin Cos Flatten Softmax LogSoftmax GlobalMaxPool GlobalAveragePool GlobalLpPool";
const reductions = "ReduceMax ReduceMean ReduceL1 ReduceL2 ReduceProd ReduceLogSumExp";

const resizedIn = (opset: number): Node => {
  if (opset < 11) return op(opset < 10 ? "Upsample" : "Resize", "x scales", "y", { mode: "linear" });
  return op("Resize", "x roi scales", "y", { mode: "linear" });
};

const casesOf = (opset: number): readonly RuleCase[] => [
  ...plain.split(" ").map((operator) => one(operator, op(operator, "x", "y"), { x: map }, { opset })),
  one("Sqrt", op("Sqrt", "x", "y"), { x: [3] }, { opset, at: { x: [1, 2, 3] } }),
  one("Log", op("Log", "x", "y"), { x: [3] }, { opset, at: { x: [1, 2, 3] } }),
  one("PRelu", op("PRelu", "x s", "y"), { x: [1, 2, 3, 2], s: [2, 1, 1] }, { opset }),
  one("Pow", op("Pow", "x e", "y"), { x: [2, 2], e: [2] }, { opset, at: { x: [1, 2, 3, 4] } }),
  one("Max", op("Max", "x b", "y"), { x: [2, 2], b: [2] }, { opset }),
  one(
    "Clip",
    opset < 11 ? op("Clip", "x", "y", { min: -0.25, max: 0.5 }) : op("Clip", "x l h", "y"),
    { x: [2, 4] },
    since(11, opset, { l: scalar(-0.25), h: scalar(0.5) }),
  ),
  one("MaxPool", op("MaxPool", "x", "y", { kernel_shape: [2, 2], strides: [1, 2], pads: [1, 0, 0, 1] }), { x: [1, 2, 4, 4] }, { opset }),
  one("AveragePool", op("AveragePool", "x", "y", { kernel_shape: [2, 2], pads: [1, 0, 0, 1] }), { x: [1, 2, 4, 4] }, { opset }),
  one("LpPool", op("LpPool", "x", "y", { kernel_shape: [2, 2], p: 3 }), { x: [1, 2, 4, 4] }, { opset }),
  one("LRN", op("LRN", "x", "y", { size: 3, alpha: 0.2 }), { x: [1, 5, 2, 2] }, { opset }),
  one(
    "Pad",
    opset < 11 ? op("Pad", "x", "y", { pads: [0, 1, 1, 2], mode: "reflect" }) : op("Pad", "x p", "y", { mode: "reflect" }),
    { x: [2, 4] },
    since(11, opset, { p: ints(0, 1, 1, 2) }),
  ),
  one(
    "Slice",
    opset < 10 ? op("Slice", "x", "y", { starts: [1], ends: [-1], axes: [1] }) : op("Slice", "x s e a t", "y"),
    { x: [2, 7] },
    since(10, opset, { s: ints(1), e: ints(-1), a: ints(1), t: ints(2) }),
  ),
  ...reductions.split(" ").map((name) => one(name, op(name, "x", "y", { axes: [1, 2], keepdims: 0 }), { x: [2, 3, 2] }, { opset })),
  one(
    "ReduceSum",
    opset < 13 ? op("ReduceSum", "x", "y", { axes: [1, 2] }) : op("ReduceSum", "x axes", "y"),
    { x: [2, 3, 2] },
    since(13, opset, { axes: ints(1, 2) }),
  ),
  one(
    "Split",
    op("Split", "x", "y z", { axis: 1, ...(opset < 13 && { split: [2, 3] }) }),
    { x: [2, opset < 13 ? 5 : 6] },
    { opset, outputs: ["z"] },
  ),
  one("Tile", op("Tile", "x r", "y"), { x: [2, 2] }, { opset, constants: { r: ints(2, 3) } }),
  one("Gather", op("Gather", "x i", "y", { axis: 1 }), { x: [2, 4] }, { opset, constants: { i: ints(0, 2, 2) } }),
  one(
    "Conv",
    op("Conv", "x w b", "y", { strides: [2, 2], pads: [1, 1, 1, 1] }),
    { x: [1, 2, 5, 5], b: [3] },
    { opset, constants: { w: noise([3, 2, 3, 3], 3) } },
  ),
  one(
    "ConvTranspose",
    op("ConvTranspose", "x w", "y", { strides: [2, 2], pads: [1, 1, 1, 1] }),
    { x: [1, 2, 3, 3] },
    { opset, constants: { w: noise([2, 3, 3, 3], 3) } },
  ),
  one(
    "BatchNormalization",
    op("BatchNormalization", "x s b m v", "y"),
    { x: [1, 2, 3, 3] },
    { opset, constants: { s: noise([2], 1), b: noise([2], 2), m: noise([2], 3), v: Tensor.from("float32", [2], [1, 2]) } },
  ),
  one(
    "BatchNormalization that trains, for it has statistics as outputs",
    op("BatchNormalization", "x s b m v", "y rm rv sm sv", { epsilon: 0.01 }),
    { x: [2, 2, 3, 2], s: [2], b: [2] },
    { opset, constants: { m: noise([2], 3), v: Tensor.from("float32", [2], [1, 2]) } },
  ),
  one(
    "InstanceNormalization",
    op("InstanceNormalization", "x s b", "y"),
    { x: [1, 2, 3, 3] },
    { opset, constants: { s: noise([2], 1), b: noise([2], 2) } },
  ),
  one(
    "Resize",
    resizedIn(opset),
    { x: [1, 1, 3, 3] },
    { opset, constants: { roi: Tensor.from("float32", [0], []), scales: Tensor.from("float32", [4], [1, 1, 2, 2]) } },
  ),
  one("DepthToSpace", op("DepthToSpace", "x", "y", { blocksize: 2 }), { x: [1, 4, 2, 2] }, { opset }),
  one("Gemm", op("Gemm", "x b c", "y"), { x: [2, 3], b: [3, 2], c: [2] }, { opset }),
  one("Div", op("Div", "x b", "y"), { x: [2, 2], b: [2] }, { opset, at: { b: [2, 3] } }),
];

test.each(opsets.flatMap((opset) => casesOf(opset).map((one) => ({ version: opset, one }))))(
  "$one.what of opset $version",
  ({ one: given }) => holdCase(given),
);
