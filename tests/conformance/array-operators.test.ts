// Bits, triangles, whole numbers in order, transposed convolutions over three axes, one-hot codes, places to write to, running sums, windows, determinants: held to the float64 reference.
import { expect, test } from "vitest";
import { loadModel } from "../../src/engine/model.ts";
import { type DataType, Tensor } from "../../src/engine/tensor.ts";
import { noise } from "../support/graphs.ts";
import { differencesOf, graphOfCase, type OperatorCase } from "../support/operator-case.ts";
import { withDevice } from "../support/with-device.ts";

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const vector = (dtype: DataType, ...values: number[]) => Tensor.from(dtype, [values.length], values);
const scalar = (dtype: DataType, value: number) => Tensor.from(dtype, [], [value]);
const ints = (shape: readonly number[], ...values: number[]) => Tensor.int64(shape, values);
/** Whole numbers from 0 to `limit` − 1, in no order. */
const counted = (shape: readonly number[], limit: number, dtype: DataType = "int64", step = 7) => {
  const size = shape.reduce((a, b) => a * b, 1);
  return Tensor.from(
    dtype,
    shape,
    Array.from({ length: size }, (_, i) => (i * step + 3) % limit),
  );
};

const bytes = vector("int8", -128, -1, 0, 1, 100, 127);
const unsigned = vector("uint8", 0, 1, 7, 128, 200, 255);

const grams = { ngram_counts: [0, 2, 6], ngram_indexes: [4, 1, 0, 3, 2], pool_int64s: [1, 2, 1, 2, 3, 0, 2, 1, 0] };

const cases: readonly OperatorCase[] = [
  {
    operator: "BitwiseAnd",
    why: "with a sign, repeated",
    inputs: [counted([3, 6], 50, "int32", 11), vector("int32", -1, -2, 3, 12, 0, 7)],
  },
  { operator: "BitwiseOr", why: "of 8 bits", inputs: [bytes, vector("int8", 1, 2, -4, -128, 5, 0)] },
  { operator: "BitwiseXor", why: "of 8 bits without a sign", inputs: [unsigned, vector("uint8", 255, 1, 2, 127, 3, 170)] },
  ...[bytes, unsigned, vector("uint16", 0, 65535), vector("int32", 5, -6), vector("uint32", 0, 7)].map((x) => ({
    operator: "BitwiseNot",
    why: x.dtype,
    inputs: [x],
  })),
  ...["LEFT", "RIGHT"].flatMap((direction) => [
    { operator: "BitShift", why: "of 8 bits", attributes: { direction }, inputs: [unsigned, vector("uint8", 1, 0, 7, 3, 2, 9)] },
    { operator: "BitShift", why: "by all bits", attributes: { direction }, inputs: [vector("uint32", 5, 9), vector("uint32", 31, 32)] },
  ]),
  { operator: "BitCast", why: "floats as their bits", attributes: { to: 6 }, inputs: [vector("float32", 0, -1.5, 3e38, 1e-40)] },
  { operator: "BitCast", why: "bytes with a sign", attributes: { to: 3 }, inputs: [unsigned] },
  { operator: "BitCast", why: "64 bits that are known", attributes: { to: 7 }, inputs: [vector("float64", 1.5, -2)], known: [0] },
  { operator: "IsNaN", why: "among numbers", inputs: [vector("float32", 0, nan, inf, -inf, 1)] },
  { operator: "IsInf", why: "of both signs", inputs: [vector("float32", 0, nan, inf, -inf, 3e38)] },
  { operator: "IsInf", why: "above", attributes: { detect_negative: 0 }, inputs: [vector("float32", 0, nan, inf, -inf)] },
  { operator: "IsInf", why: "nowhere", attributes: { detect_negative: 0, detect_positive: 0 }, inputs: [vector("float32", inf, -inf)] },
  ...[-9, -1, 0, 2, 9].flatMap((k) =>
    [0, 1].map((upper) => ({
      operator: "Trilu",
      why: `diagonal ${k}`,
      attributes: { upper },
      inputs: [noise([2, 3, 4, 5]), scalar("int64", k)],
      known: [1],
    })),
  ),
  { operator: "Trilu", why: "bytes that are known", inputs: [counted([4, 4], 9, "uint8")], known: [0] },
  { operator: "EyeLike", why: "of whole numbers", attributes: { dtype: 7, k: -1 }, inputs: [noise([3, 5])] },
  { operator: "EyeLike", why: "beside the matrix", attributes: { k: 9 }, inputs: [noise([3, 5])] },
  ...(["TF", "IDF", "TFIDF"] as const).map(
    (mode): OperatorCase => ({
      operator: "TfIdfVectorizer",
      why: `${mode} of rows, with places in another order`,
      attributes: { ...grams, mode, weights: [0.5, 2, 3, 4, 0.25], min_gram_length: 1, max_gram_length: 3, max_skip_count: 2 },
      inputs: [counted([3, 40], 4)],
    }),
  ),
  {
    operator: "TfIdfVectorizer",
    why: "of runs of two in one row, without weights",
    attributes: { ...grams, mode: "TFIDF", min_gram_length: 2, max_gram_length: 2, max_skip_count: 0 },
    inputs: [counted([300], 4)],
  },
  {
    operator: "TfIdfVectorizer",
    why: "of runs that a row is too short for",
    attributes: { ...grams, mode: "TF", min_gram_length: 3, max_gram_length: 3, max_skip_count: 9 },
    inputs: [counted([2], 4)],
  },
  {
    operator: "OneHot",
    why: "in the middle",
    attributes: { axis: 1 },
    inputs: [counted([2, 3], 6), scalar("int64", 5), noise([2])],
    known: [1],
  },
  {
    operator: "OneHot",
    why: "from the end, of floats",
    inputs: [vector("float32", -1, 0, 2.5, 3), vector("float32", 4), noise([2])],
    known: [1],
  },
  { operator: "OneHot", why: "of a scalar", inputs: [scalar("int32", 2), scalar("int32", 4), vector("int64", 5, -6)], known: [1, 2] },
  ...["none", "add", "mul", "max", "min"].flatMap((reduction): OperatorCase[] => [
    {
      operator: "ScatterElements",
      why: `${reduction}, several at one place`,
      attributes: { axis: 1, reduction },
      inputs: [noise([3, 9, 2, 4]), counted([2, 20, 2, 3], 9), noise([2, 20, 2, 3], 5)],
    },
    {
      operator: "ScatterElements",
      why: `${reduction} of bytes, places from the end`,
      attributes: { axis: -1, reduction },
      inputs: [unsigned, ints([4], -1, 2, 2, -6), vector("uint8", 200, 100, 3, 9)],
    },
    {
      operator: "ScatterND",
      why: `${reduction}, parts, several at one place`,
      attributes: { reduction },
      inputs: [noise([4, 3, 70]), ints([2, 3, 2], 0, 1, 3, -1, 0, 1, 2, 2, 1, 1, 0, 1), noise([2, 3, 70], 4)],
    },
    {
      operator: "ScatterND",
      why: `${reduction}, single whole numbers`,
      attributes: { reduction },
      inputs: [counted([5, 4], 9, "int32"), ints([3, 2], 0, 1, 4, 3, 0, 1), vector("int32", -5, 6, 7)],
      known: [1],
    },
  ]),
  {
    operator: "ScatterND",
    why: "places that are known to be apart",
    inputs: [noise([300, 3]), ints([2, 1], 7, -1), noise([2, 3], 2)],
    known: [1],
  },
  { operator: "ScatterND", why: "nothing", inputs: [noise([4, 2]), ints([0, 1]), noise([0, 2])] },
  { operator: "Scatter", why: "as it was called", opset: 10, inputs: [noise([3, 3]), counted([2, 3], 3), noise([2, 3], 2)] },
  { operator: "TensorScatter", why: "from the beginning", inputs: [noise([2, 3, 5, 4]), noise([2, 3, 2, 4], 2)] },
  {
    operator: "TensorScatter",
    why: "around the end",
    attributes: { mode: "circular" },
    inputs: [noise([2, 5, 4]), noise([2, 3, 4], 2), vector("int64", 1, 4)],
  },
  ...["CumSum", "CumProd"].flatMap((operator) =>
    [0, 1].flatMap((exclusive): OperatorCase[] => [
      {
        operator,
        why: "in the middle",
        attributes: { exclusive, reverse: 1 },
        inputs: [noise([2, 30, 5]), scalar("int64", 1)],
        known: [1],
      },
      {
        operator,
        why: "whole numbers",
        attributes: { exclusive },
        inputs: [vector("int32", 3, -2, 5, 1), scalar("int32", -1)],
        known: [1],
      },
      { operator, why: "of what is known", attributes: { exclusive }, inputs: [noise([4, 3]), scalar("int64", 0)], known: [0, 1] },
    ]),
  ),
  { operator: "CenterCropPad", why: "both, of odd rests", inputs: [noise([5, 4, 7]), ints([3], 2, 7, 4)], known: [1] },
  {
    operator: "CenterCropPad",
    why: "some axes",
    attributes: { axes: [-1, 0] },
    inputs: [counted([4, 2, 5], 90, "int32"), ints([2], 8, 1)],
    known: [1],
  },
  ...[0, 1].map((time_axis) => ({
    operator: "ReverseSequence",
    why: `time along axis ${time_axis}`,
    attributes: { time_axis, batch_axis: 1 - time_axis },
    inputs: [noise([4, 4, 3]), vector("int64", 0, 1, 3, 4)],
  })),
  ...["HannWindow", "HammingWindow", "BlackmanWindow"].flatMap((operator) =>
    [0, 1].flatMap((periodic) =>
      [1, 9].map((size) => ({ operator, why: `of ${size}`, attributes: { periodic }, inputs: [scalar("int64", size)], known: [0] })),
    ),
  ),
  {
    operator: "MelWeightMatrix",
    why: "of few bins",
    inputs: [scalar("int32", 6), scalar("int32", 64), scalar("int32", 8000), scalar("float32", 100), scalar("float32", 3500)],
    known: [0, 1, 2, 3, 4],
  },
  ...[0, 1].flatMap((largest): OperatorCase[] => [
    {
      operator: "TopK",
      why: "whole numbers",
      attributes: { largest, axis: 0 },
      inputs: [counted([9, 5], 7, "int64", 5), ints([1], 4)],
      known: [1],
      outputs: 2,
    },
    { operator: "TopK", why: "bytes with a sign", attributes: { largest }, inputs: [bytes, ints([1], 6)], known: [1], outputs: 2 },
    {
      operator: "TopK",
      why: "without one",
      attributes: { largest },
      inputs: [vector("uint32", 1, 4e9, 3, 4e9), ints([1], 3)],
      known: [1],
      outputs: 2,
    },
  ]),
  {
    operator: "ConvTranspose",
    why: "three axes, groups, steps",
    attributes: { group: 2, strides: [2, 1, 3], pads: [1, 0, 2, 0, 1, 1], dilations: [1, 2, 1], output_padding: [1, 0, 0] },
    inputs: [noise([2, 4, 3, 4, 5]), noise([4, 3, 2, 2, 3], 2), noise([6], 3)],
    known: [1, 2],
  },
  { operator: "ConvTranspose", why: "three axes, steps of 1", inputs: [noise([1, 2, 3, 4, 3]), noise([2, 3, 2, 2, 2], 2)], known: [1] },
  {
    operator: "Dropout",
    why: "in training, with a ratio of 0",
    inputs: [noise([2, 3]), scalar("float32", 0), Tensor.from("bool", [], [1])],
    known: [1, 2],
    outputs: 2,
  },
  { operator: "Det", why: "of many", inputs: [noise([3, 25, 4, 4])] },
  { operator: "Det", why: "of one that has none", inputs: [Tensor.from("float32", [3, 3], [0, 2, 1, 0, 4, 2, 0, 6, 3])] },
  { operator: "Det", why: "that needs another pivot", inputs: [Tensor.from("float32", [2, 2], [0, 2, 3, 0])] },
];

test.each([...new Set(cases.map(({ operator }) => operator))])("%s computes what the reference does", (operator) =>
  withDevice(async (device) => {
    for (const one of cases.filter((other) => other.operator === operator))
      expect(await differencesOf(device, one), `${one.why} ${JSON.stringify(one.attributes ?? {})}`).toEqual([]);
  }),
);

test("places outside are left out, and nothing beside the value is written", () =>
  withDevice(async (device) => {
    for (const operator of ["ScatterElements", "ScatterND"])
      for (const reduction of ["none", "add"]) {
        const indices = ints(operator === "ScatterND" ? [3, 1] : [3], 9, -9, 1);
        const inputs = [vector("float32", 1, 2, 3), indices, vector("float32", 50, 60, 70)];
        const model = await loadModel(device, graphOfCase({ operator, why: "", attributes: { reduction }, inputs }));
        model.run({ x0: inputs[0] as Tensor, x1: indices, x2: inputs[2] as Tensor });
        const expected = [1, reduction === "add" ? 72 : 70, 3];
        expect((await model.read("y0")).toNumbers(), `${operator} ${reduction}`).toEqual(expected);
        model.dispose();
      }
  }));
