// Operators that compute with numbers: functions, arithmetic, dense layers, normalizations, reductions, softmax.
import { Tensor } from "../../src/engine/tensor.ts";
import { ints, noise, op } from "../support/graphs.ts";
import { type ElementCase, one } from "./hold.ts";

const functions =
  "Abs Atan Ceil Celu Cos Cosh Elu Erf Exp Floor Gelu HardSigmoid HardSwish LeakyRelu Mish Neg Reciprocal Relu Round Selu Shrink Sigmoid Sign Sin Sinh Softplus Softsign Swish Tan Tanh ThresholdedRelu Asin Acos Atanh Asinh Identity Dropout";
const shaped: readonly (readonly [string, Record<string, number | string>])[] = [
  ["Celu", { alpha: 0.3 }],
  ["Elu", { alpha: 0.3 }],
  ["Gelu", { approximate: "tanh" }],
  ["HardSigmoid", { alpha: 0.7, beta: 0.1 }],
  ["LeakyRelu", { alpha: 0.3 }],
  ["Selu", { alpha: 0.4, gamma: 2 }],
  ["Shrink", { lambd: 0.2, bias: 0.1 }],
  ["Swish", { alpha: 2 }],
  ["ThresholdedRelu", { alpha: 0.1 }],
];
const unary: readonly ElementCase[] = [
  ...functions.split(" ").map((name) => one(name, op(name, "x", "y"), { x: [2, 3, 2] }, { opset: 24 })),
  ...shaped.map(([name, attributes]) =>
    one(`${name} ${JSON.stringify(attributes)}`, op(name, "x", "y", attributes), { x: [12] }, { opset: 24 }),
  ),
  one("Gelu far from 0", [op("Mul", "x ten", "far"), op("Gelu", "far", "y")], { x: [40] }, { constants: { ten: scalar(10) } }),
  ...["Log", "Sqrt", "Acosh"].map((name) =>
    one(
      `${name} of what is not negative`,
      [op("Abs", "x", "a"), op("Add", "a one", "b"), op(name, "b", "y")],
      { x: [6] },
      { constants: { one: scalar(1) } },
    ),
  ),
  one("Cast to whole numbers", [op("Mul", "x ten", "a"), op("Cast", "a", "y", { to: 7 })], { x: [6] }, { constants: { ten: scalar(10) } }),
  one("Clip of attributes", op("Clip", "x", "y", { min: -0.5, max: 0.25 }), { x: [12] }, { opset: 10 }),
  one("Clip without a lower bound", op("Clip", "x _ high", "y"), { x: [12] }, { constants: { high: scalar(0.25) } }),
  one("Clip without bounds", op("Clip", "x", "y"), { x: [12] }),
  one("PRelu of a slope per channel", op("PRelu", "x s", "y"), { x: [1, 3, 2, 2] }, { constants: { s: noise([3, 1, 1], 5) } }),
  one("PRelu of a slope that is computed", [op("Abs", "x", "a"), op("Neg", "a", "b"), op("PRelu", "b s", "y")], {
    x: [1, 3, 2, 2],
    s: [3, 1, 1],
  }),
];

function scalar(value: number): Tensor {
  return Tensor.from("float32", [], [value]);
}

const arithmetic: readonly ElementCase[] = [
  ...["Add", "Sub", "Mul", "Div"].map((name) => one(`${name}, broadcast both ways`, op(name, "x b", "y"), { x: [2, 1, 3], b: [4, 1] })),
  ...["Sum", "Mean", "Max", "Min"].map((name) => one(`${name} of three`, op(name, "x b c", "y"), { x: [2, 3], b: [3], c: [2, 1] })),
  one("Add of a constant", op("Add", "x b", "y"), { x: [2, 3, 2] }, { constants: { b: noise([3, 1], 5) } }),
  one("Mul by itself", op("Mul", "x x", "y"), { x: [2, 3] }),
  one("Pow", [op("Abs", "x", "a"), op("Pow", "a b", "y")], { x: [2, 3], b: [3] }),
  one(
    "Div and Mod of whole numbers",
    [op("Mul", "x ten", "a"), op("Cast", "a", "i", { to: 6 }), op("Div", "i three", "q"), op("Mod", "i three", "r"), op("Add", "q r", "y")],
    { x: [9] },
    { constants: { ten: scalar(10), three: Tensor.from("int32", [1], [3]) } },
  ),
];

const dense: readonly ElementCase[] = [
  one("Gemm", op("Gemm", "x w b", "y", { alpha: 0.5, beta: 2 }), { x: [2, 4] }, { constants: { w: noise([4, 3], 3), b: noise([3], 4) } }),
  one("Gemm, both transposed", op("Gemm", "x w b", "y", { transA: 1, transB: 1 }), { x: [4, 2], w: [3, 4], b: [2, 1] }),
  one("Gemm without C", op("Gemm", "x w", "y"), { x: [2, 4], w: [4, 3] }),
  one("Gemm of a scalar C", op("Gemm", "x w b", "y"), { x: [2, 4], w: [4, 3], b: [] }),
  one("MatMul", op("MatMul", "x w", "y"), { x: [2, 4] }, { constants: { w: noise([4, 3], 3) } }),
  one("MatMul of a batch", op("MatMul", "x w", "y"), { x: [2, 1, 2, 3], w: [4, 3, 2] }),
  one("MatMul of one matrix for a batch", op("MatMul", "x w", "y"), { x: [2, 2, 3], w: [3, 2] }),
  one("MatMul of a vector on the left", op("MatMul", "x w", "y"), { x: [3], w: [2, 3, 2] }),
  one("MatMul of a vector on the right", op("MatMul", "x w", "y"), { x: [2, 2, 3], w: [3] }),
  one("MatMul of two vectors", op("MatMul", "x w", "y"), { x: [3], w: [3] }),
];

const constants = { scale: noise([4], 3), bias: noise([4], 4), mean: noise([4], 5), variance: Tensor.from("float32", [4], [0.5, 1, 2, 3]) };
const normalizations: readonly ElementCase[] = [
  one(
    "BatchNormalization",
    op("BatchNormalization", "x scale bias mean variance", "y", { epsilon: 0.01 }),
    { x: [1, 4, 2, 2] },
    { constants },
  ),
  one("BatchNormalization over two axes", op("BatchNormalization", "x scale bias mean variance", "y"), { x: [3, 4] }, { constants }),
  one(
    "BatchNormalization in training mode",
    op("BatchNormalization", "x s b mean variance", "y", { training_mode: 1 }),
    { x: [2, 4, 3, 2], s: [4], b: [4] },
    { constants: { mean: constants.mean, variance: constants.variance } },
  ),
  ...["y", "y rm rv sm sv"].map((outputs) =>
    one(
      `BatchNormalization per element, with the outputs ${outputs}`,
      op("BatchNormalization", "x scale bias mean variance", outputs, { spatial: 0 }),
      { x: [3, 2, 2] },
      {
        opset: 7,
        constants: {
          scale: noise([2, 2], 3),
          bias: noise([2, 2], 4),
          mean: noise([2, 2], 5),
          variance: Tensor.from("float32", [2, 2], [0.5, 1, 2, 3]),
        },
      },
    ),
  ),
  one("InstanceNormalization", op("InstanceNormalization", "x scale bias", "y"), { x: [2, 4, 2, 2] }, { constants }),
  one("InstanceNormalization of what is computed", op("InstanceNormalization", "x s b", "y"), { x: [2, 3, 4], s: [3], b: [3] }),
  one(
    "GroupNormalization of opset 18",
    op("GroupNormalization", "x scale bias", "y", { num_groups: 4 }),
    { x: [2, 8, 3] },
    { constants, opset: 18 },
  ),
  one("GroupNormalization of opset 21", op("GroupNormalization", "x scale bias", "y", { num_groups: 2 }), { x: [2, 4, 3] }, { constants }),
  one("GroupNormalization of what is computed", op("GroupNormalization", "x s b", "y", { num_groups: 2 }), {
    x: [1, 4, 3],
    s: [4],
    b: [4],
  }),
  one("LayerNormalization", op("LayerNormalization", "x scale bias", "y"), { x: [2, 3, 4] }, { constants }),
  one("LayerNormalization from the middle", op("LayerNormalization", "x s b", "y", { axis: -2 }), { x: [2, 3, 4], s: [3, 4], b: [3, 4] }),
  one("LRN of even size", op("LRN", "x", "y", { size: 4, alpha: 0.3, beta: 0.6, bias: 1.5 }), { x: [2, 5, 2, 2] }),
  one("LRN of odd size", op("LRN", "x", "y", { size: 3, alpha: 0.3 }), { x: [1, 6, 3] }),
  one("LRN wider than its channels", op("LRN", "x", "y", { size: 9, alpha: 0.3 }), { x: [1, 3, 4] }),
];

const rowwise: readonly ElementCase[] = [
  ...["Softmax", "LogSoftmax"].flatMap((name) => [
    one(name, op(name, "x", "y"), { x: [2, 3, 4] }),
    one(`${name} over channels`, op(name, "x", "y", { axis: 1 }), { x: [1, 3, 2, 2] }),
    one(`${name} of opset 11`, op(name, "x", "y"), { x: [2, 3, 2] }, { opset: 11 }),
  ]),
  ...["Sum", "Mean", "Max", "Min", "Prod", "L1", "L2", "SumSquare", "LogSumExp"].flatMap((kind) => [
    one(
      `Reduce${kind} of two axes`,
      op(`Reduce${kind}`, "x axes", "y", { keepdims: 0 }),
      { x: [2, 3, 2, 2] },
      { constants: { axes: ints(-1, 1) } },
    ),
    one(`Reduce${kind} of all axes`, op(`Reduce${kind}`, "x", "y"), { x: [2, 3] }),
  ]),
  one("ReduceMean of an attribute", op("ReduceMean", "x", "y", { axes: [2, 3] }), { x: [1, 2, 3, 2] }, { opset: 11 }),
  ...["Sum", "L1", "L2", "SumSquare", "LogSumExp"].map((kind) =>
    one(`Reduce${kind} of no axes`, op(`Reduce${kind}`, "x", "y", { noop_with_empty_axes: 1 }), { x: [2, 3] }),
  ),
  one("ReduceLogSum", [op("Abs", "x", "a"), op("ReduceLogSum", "a axes", "y")], { x: [2, 3] }, { constants: { axes: ints(1) } }),
];

/** Their results are steps, which few changes move: not for brute force. */
export const stepCases: readonly ElementCase[] = [
  ...["Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"].map((name) =>
    one(name, [op("Floor", "x", "a"), op("Floor", "b", "c"), op(name, "a c", "d"), op("Cast", "d", "y", { to: 1 })], { x: [2, 6], b: [6] }),
  ),
  ...["And", "Or", "Xor"].map((name) =>
    one(name, [op("Less", "x b", "a"), op("Less", "b x", "c"), op(name, "a c", "d"), op("Cast", "d", "y", { to: 1 })], {
      x: [2, 6],
      b: [6],
    }),
  ),
  one("Where", [op("Less", "x b", "c"), op("Where", "c x d", "y")], { x: [2, 3], b: [3], d: [2, 1] }),
  one("Mod of fmod", op("Mod", "x b", "y", { fmod: 1 }), { x: [2, 3], b: [3] }),
  one(
    "Cast to bool and back, Not",
    [op("Floor", "x", "a"), op("Cast", "a", "b", { to: 9 }), op("Not", "b", "c"), op("Cast", "c", "y", { to: 1 })],
    {
      x: [6],
    },
  ),
  one("Hardmax", op("Hardmax", "x", "y"), { x: [2, 3, 4] }),
  one("ArgMax", op("ArgMax", "x", "y", { axis: 1 }), { x: [2, 5, 2] }),
  one(
    "ArgMin of the last of equal ones",
    [op("Floor", "x", "a"), op("ArgMin", "a", "y", { axis: -1, select_last_index: 1, keepdims: 0 })],
    { x: [3, 5] },
  ),
];

export const numberCases: readonly ElementCase[] = [...unary, ...arithmetic, ...dense, ...normalizations, ...rowwise];
