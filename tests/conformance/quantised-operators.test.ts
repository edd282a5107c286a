// Operators on whole steps of a scale: held to the float64 reference. Scales are powers of two, so that no step hangs on a rounding.
import { expect, test } from "vitest";
import { type DataType, Tensor } from "../../src/engine/tensor.ts";
import { noise } from "../support/graphs.ts";
import { differencesOf, type OperatorCase } from "../support/operator-case.ts";
import { withDevice } from "../support/with-device.ts";

/** Whole numbers over the whole range of a type, the same on every run. */
function steps(dtype: DataType, shape: readonly number[], seed = 1): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const count = 2 ** Number(/\d+/.exec(dtype)?.[0]);
  const first = dtype.startsWith("u") ? 0 : -count / 2;
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return first + Math.floor((state / 2 ** 32) * count);
  };
  return Tensor.from(dtype, shape, Array.from({ length: size }, next));
}

const scalar = (dtype: DataType, value: number) => Tensor.from(dtype, [], [value]);
const scale = (value: number) => scalar("float32", value);
const list = (dtype: DataType, ...values: number[]) => Tensor.from(dtype, [values.length], values);
const microsoft = { domain: "com.microsoft", why: "" };
/** Some operands as steps of a scale. */
const triple = (tensor: Tensor, size: number, zero: number) => [tensor, scale(size), scalar(tensor.dtype, zero)];
const ints = (length: number, seed: number) =>
  Tensor.from(
    "int32",
    [length],
    steps("int8", [length], seed)
      .toNumbers()
      .map((v) => v * 50),
  );

const linear: readonly OperatorCase[] = [
  ...(["int4", "uint4", "int8", "uint8", "int16", "uint16"] as const).flatMap((dtype): OperatorCase[] => [
    {
      operator: "QuantizeLinear",
      why: `${dtype}, beyond its range on both sides`,
      inputs: [noise([3, 40]), scale(2 ** -Number(/\d+/.exec(dtype)?.[0])), scalar(dtype, 7)],
    },
    { operator: "DequantizeLinear", why: dtype, inputs: [steps(dtype, [3, 5]), scale(0.25), scalar(dtype, 5)] },
  ]),
  { operator: "QuantizeLinear", why: "without a zero point: uint8", inputs: [noise([7]), scale(0.125)] },
  { operator: "QuantizeLinear", why: "the type of an attribute", inputs: [noise([7]), scale(0.125)], attributes: { output_dtype: 3 } },
  {
    operator: "QuantizeLinear",
    why: "halves to even",
    inputs: [list("float32", -2.5, -1.5, -0.5, 0.5, 1.5, 2.5), scale(1), scalar("int8", 0)],
  },
  {
    operator: "QuantizeLinear",
    why: "whole numbers",
    inputs: [Tensor.from("int32", [5], [-999, -5, 0, 5, 999]), scale(2), scalar("int8", 1)],
  },
  { operator: "QuantizeLinear", why: "opset 10", opset: 10, inputs: [noise([2, 3]), list("float32", 0.25), list("uint8", 3)] },
  ...[0, 1, -1].map(
    (axis): OperatorCase => ({
      operator: "QuantizeLinear",
      why: `a scale for each index of axis ${axis}`,
      attributes: { axis },
      inputs: [noise([3, 3, 3]), list("float32", 0.125, 0.5, 2 ** -7), list("int8", 0, -5, 9)],
    }),
  ),
  ...[2, 3, 5].map(
    (block): OperatorCase => ({
      operator: "QuantizeLinear",
      why: `blocks of ${block}, the last one shorter`,
      attributes: { axis: 1, block_size: block },
      inputs: [
        noise([2, 5, 3]),
        Tensor.from(
          "float32",
          [2, Math.ceil(5 / block), 3],
          Array.from({ length: 6 * Math.ceil(5 / block) }, (_, i) => 2 ** -(i % 7)),
        ),
        steps("int8", [2, Math.ceil(5 / block), 3], 5),
      ],
    }),
  ),
  {
    operator: "DequantizeLinear",
    why: "a block for each row of 2, known at load",
    attributes: { axis: 0, block_size: 2 },
    inputs: [steps("uint8", [4, 3]), Tensor.from("float32", [2, 3], [1, 2, 4, 0.5, 0.25, 8]), steps("uint8", [2, 3], 4)],
    known: [0, 1, 2],
  },
  {
    operator: "DequantizeLinear",
    why: "a bias",
    inputs: [ints(6, 3), Tensor.from("float32", [6], [1, 2, 4, 8, 0.5, 0.25])],
    attributes: { axis: 0 },
  },
  { operator: "DequantizeLinear", why: "in 16 bits", inputs: [steps("int8", [9]), Tensor.from("float16", [], [0.5]), scalar("int8", 3)] },
  { ...microsoft, operator: "QuantizeLinear", inputs: [noise([2, 9]), scale(2 ** -6), scalar("uint16", 1000)] },
  { ...microsoft, operator: "DequantizeLinear", inputs: triple(steps("int16", [2, 9]), 2 ** -6, 5) },
  {
    operator: "DynamicQuantizeLinear",
    why: "both signs",
    inputs: [Tensor.from("float32", [2, 3], [0, 1.5, -60, 195, 64, 32.75])],
    outputs: 3,
  },
  { operator: "DynamicQuantizeLinear", why: "all 0", inputs: [Tensor.from("float32", [4], [0, 0, 0, 0])], outputs: 3 },
  { operator: "DynamicQuantizeLinear", why: "above 0", inputs: [Tensor.from("float32", [4], [51, 255, 102, 3])], outputs: 3, opset: 11 },
];

const image = steps("uint8", [1, 4, 7, 6]);
const kernel = steps("int8", [6, 4, 3, 3], 2);
const perChannel = list("float32", 2 ** -7, 2 ** -8, 2 ** -6, 2 ** -7, 2 ** -9, 2 ** -5);
const zeros = list("int8", 0, 0, 0, 0, 0, 0);

const convolutions: readonly OperatorCase[] = [
  ...[[], [3, 4, 5], [1, 2, 3, 4, 5, 6, 7, 8]].flatMap((known: number[]): OperatorCase[] => [
    {
      operator: "QLinearConv",
      why: `a scale for each output channel, known: ${known}`,
      attributes: { pads: [1, 1, 1, 1] },
      inputs: [...triple(image, 0.125, 120), kernel, perChannel, zeros, scale(2), scalar("uint8", 128), ints(6, 7)],
      known,
    },
    {
      operator: "QLinearConv",
      why: `one scale, a zero point of the weights, known: ${known}`,
      attributes: { strides: [2, 2], group: 2 },
      inputs: [
        ...triple(steps("int8", [2, 4, 6, 6]), 0.25, -3),
        ...triple(steps("int8", [6, 2, 1, 1], 3), 0.5, 17),
        scale(8),
        scalar("int8", 4),
      ],
      known: known.filter((index) => index < 8),
    },
    {
      operator: "ConvInteger",
      why: `known: ${known}`,
      attributes: { pads: [1, 1, 1, 1] },
      inputs: [image, kernel, scalar("uint8", 120), zeros],
      known: known.includes(3) ? [1, 3] : [],
    },
  ]),
  { operator: "ConvInteger", why: "without zero points", inputs: [steps("uint8", [1, 1, 5, 5]), steps("uint8", [2, 1, 2, 2], 4)] },
  {
    operator: "ConvInteger",
    why: "sums beyond 2²⁴, to the last unit",
    inputs: [
      Tensor.from("uint8", [1, 900, 1, 1], new Array(900).fill(255)),
      Tensor.from(
        "uint8",
        [1, 900, 1, 1],
        Array.from({ length: 900 }, (_, i) => 255 - (i % 2)),
      ),
    ],
  },
  ...["", "Relu", "Sigmoid", "Tanh"].map(
    (activation): OperatorCase => ({
      ...microsoft,
      operator: "FusedConv",
      attributes: { pads: [1, 1, 1, 1], ...(activation && { activation }) },
      inputs: [noise([1, 3, 5, 5]), noise([4, 3, 3, 3], 2), noise([4], 3), noise([1, 4, 5, 5], 4)],
      known: [1, 2],
    }),
  ),
  {
    ...microsoft,
    operator: "FusedConv",
    attributes: { activation: "Clip", activation_params: [0.1, 0.4] },
    inputs: [noise([1, 3, 5, 5]), noise([4, 3, 3, 3], 2)],
  },
  {
    ...microsoft,
    operator: "FusedConv",
    attributes: { activation: "LeakyRelu", activation_params: [0.25] },
    inputs: [noise([1, 3, 5, 5]), noise([4, 3, 3, 3], 2), noise([4], 3)],
  },
];

const left = steps("uint8", [5, 12], 5);
const right = steps("int8", [12, 4], 6);
const columns = list("float32", 0.25, 0.125, 2 ** -5, 0.5);

const products: readonly OperatorCase[] = [
  ...[[], [3, 4, 5]].flatMap((known: number[]): OperatorCase[] => [
    {
      operator: "QLinearMatMul",
      why: `a scale for each column, known: ${known}`,
      inputs: [...triple(left, 0.125, 3), right, columns, list("int8", 0, 0, 0, 0), scale(4), scalar("uint8", 128)],
      known,
    },
    {
      operator: "QLinearMatMul",
      why: `a batch, known: ${known}`,
      inputs: [...triple(steps("int8", [2, 3, 4]), 0.5, 1), ...triple(steps("int8", [2, 4, 5], 2), 0.25, -2), scale(16), scalar("int8", 0)],
      known,
    },
    {
      ...microsoft,
      operator: "QGemm",
      attributes: { transB: 1, alpha: 0.5 },
      inputs: [
        ...triple(left, 0.125, 3),
        steps("int8", [4, 12], 6),
        columns,
        list("int8", 0, 0, 0, 0),
        ints(4, 2),
        scale(4),
        scalar("uint8", 9),
      ],
      known: known.length > 0 ? [...known, 6] : [],
    },
  ]),
  { ...microsoft, operator: "QGemm", inputs: [...triple(left, 0.125, 3), ...triple(right, 0.5, 2), undefined] },
  { operator: "MatMulInteger", why: "rows and columns", inputs: [left, right, list("uint8", 1, 2, 3, 4, 5), list("int8", 4, 3, -2, 1)] },
  ...[[], [2, 3]].map(
    (known): OperatorCase => ({
      operator: "MatMulInteger",
      why: `zero points of several axes, known: ${known}`,
      inputs: [steps("uint8", [2, 3, 5]), steps("int8", [2, 5, 4], 2), steps("uint8", [2, 3, 1], 3), steps("int8", [1, 4], 4)],
      known,
    }),
  ),
  { operator: "MatMulInteger", why: "without zero points, a batch", inputs: [steps("int8", [3, 2, 5]), steps("int8", [5, 3], 2)] },
  {
    operator: "MatMulInteger",
    why: "sums beyond 2²⁴, to the last unit",
    inputs: [steps("uint8", [2, 3000], 8), steps("int8", [3000, 3], 9), scalar("uint8", 77)],
  },
];

const between: readonly OperatorCase[] = [
  {
    ...microsoft,
    operator: "QLinearAdd",
    inputs: [...triple(steps("uint8", [2, 3, 4]), 0.5, 100), ...triple(steps("uint8", [3, 1], 2), 0.25, 9), scale(1), scalar("uint8", 128)],
  },
  {
    ...microsoft,
    operator: "QLinearAdd",
    inputs: [steps("int8", [4]), scale(0.5), undefined, steps("int8", [4], 2), scale(0.25), undefined, scale(1)],
  },
  {
    ...microsoft,
    operator: "QLinearMul",
    inputs: [...triple(steps("int8", [2, 3, 4]), 0.5, 5), ...triple(steps("int8", [4], 2), 0.25, 9), scale(16), scalar("int8", -3)],
  },
  {
    ...microsoft,
    operator: "QLinearConcat",
    attributes: { axis: 1 },
    inputs: [scale(1), scalar("uint8", 60), ...triple(steps("uint8", [2, 3, 4]), 0.5, 100), ...triple(steps("uint8", [2, 2, 4], 2), 2, 9)],
  },
  {
    ...microsoft,
    operator: "QLinearGlobalAveragePool",
    inputs: [...triple(steps("uint8", [2, 3, 4, 4]), 0.5, 100), scale(0.25), scalar("uint8", 128)],
  },
  {
    ...microsoft,
    operator: "QLinearAveragePool",
    attributes: { kernel_shape: [2, 2], strides: [2, 2], channels_last: 0 },
    inputs: [...triple(steps("int8", [2, 3, 4, 4]), 0.5, 10), scale(1), scalar("int8", 0)],
  },
  {
    ...microsoft,
    operator: "QLinearSigmoid",
    inputs: [...triple(steps("uint8", [2, 30]), 2 ** -5, 128), scale(2 ** -8), scalar("uint8", 0)],
  },
  {
    ...microsoft,
    operator: "QLinearLeakyRelu",
    attributes: { alpha: 0.25 },
    inputs: [...triple(steps("int8", [2, 30]), 0.5, 5), scale(1), scalar("int8", 1)],
  },
];

const cases = [...linear, ...convolutions, ...products, ...between];

test.each([...new Set(cases.map(({ operator }) => operator))])("%s computes what the reference does", (operator) =>
  withDevice(async (device) => {
    for (const one of cases.filter((other) => other.operator === operator))
      expect(await differencesOf(device, one), `${one.why} ${JSON.stringify(one.attributes ?? {})}`).toEqual([]);
  }),
);
