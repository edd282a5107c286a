// Attention, rotary places, normalisations, Einsum, recurrent layers, Fourier transforms: held to the float64 reference.
import { expect, test } from "vitest";
import { Tensor } from "../../src/engine/tensor.ts";
import { noise } from "../support/graphs.ts";
import { differencesOf, type OperatorCase } from "../support/operator-case.ts";
import { withDevice } from "../support/with-device.ts";

const ints = (...values: number[]) => Tensor.int64([values.length], values);
const scalar = (value: number) => Tensor.int64([], [value]);
const bools = (shape: readonly number[], period: number) =>
  Tensor.from(
    "bool",
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Number(i % period !== 1)),
  );
const hidden = new Array<number>(3).fill(Number.NEGATIVE_INFINITY);

const equations: readonly (readonly [string, readonly (readonly number[])[]])[] = [
  [
    "bij,bjk->bik",
    [
      [2, 3, 4],
      [2, 4, 5],
    ],
  ],
  ["ij->ji", [[3, 4]]],
  ["ij->", [[3, 4]]],
  ["ii->i", [[4, 4]]],
  ["iji", [[3, 2, 3]]],
  ["...ii->...i", [[2, 3, 3]]],
  ["i,j->ij", [[3], [4]]],
  ["i,i", [[5], [5]]],
  [
    "a...b,b...->...a",
    [
      [2, 3, 4],
      [4, 3],
    ],
  ],
  [
    "bhid,bhjd->bhij",
    [
      [2, 3, 4, 5],
      [2, 3, 6, 5],
    ],
  ],
  [
    "ij,jk,kl->il",
    [
      [2, 3],
      [3, 4],
      [4, 5],
    ],
  ],
  [
    "ab,cb->c",
    [
      [2, 3],
      [4, 3],
    ],
  ],
  [
    "...i,...i",
    [
      [2, 1, 3],
      [4, 3],
    ],
  ],
  [
    " i j , j k ",
    [
      [2, 3],
      [3, 2],
    ],
  ],
];

const recurrent = (kind: string, gates: number, directions: number, extra: Partial<OperatorCase> = {}, lengths = false): OperatorCase => ({
  operator: kind,
  why: `${directions} directions ${lengths ? "of several lengths" : ""}`,
  inputs: [
    noise([5, 3, 4]),
    noise([directions, gates * 70, 4], 2),
    Tensor.float32(
      [directions, gates * 70, 70],
      noise([directions, gates * 70, 70], 3)
        .toFloat32()
        .map((x) => x / 8),
    ),
    noise([directions, 2 * gates * 70], 4),
    lengths ? Tensor.from("int32", [3], [5, 2, 0]) : undefined,
    noise([directions, 3, 70], 5),
    ...(kind === "LSTM" ? [noise([directions, 3, 70], 6), noise([directions, 3 * 70], 7)] : []),
  ],
  outputs: kind === "LSTM" ? 3 : 2,
  ...extra,
  attributes: { hidden_size: 70, ...(directions === 2 && { direction: "bidirectional" }), ...extra.attributes },
});

const small = (kind: string, gates: number, attributes: OperatorCase["attributes"]): OperatorCase => ({
  operator: kind,
  why: "without biases",
  attributes: { hidden_size: 3, ...attributes },
  inputs: [noise([2, 4, 5]), noise([1, gates * 3, 5], 2), noise([1, gates * 3, 3], 3)],
});

const cases: readonly OperatorCase[] = [
  { operator: "Attention", why: "four axes", inputs: [noise([2, 3, 4, 8]), noise([2, 3, 6, 8], 2), noise([2, 3, 6, 10], 3)], outputs: 3 },
  {
    operator: "Attention",
    why: "three axes, shared keys, a past, causal, capped",
    attributes: { q_num_heads: 4, kv_num_heads: 2, is_causal: 1, softcap: 0.7, scale: 0.3 },
    inputs: [noise([2, 5, 16]), noise([2, 5, 8], 2), noise([2, 5, 6], 3), undefined, noise([2, 2, 3, 4], 4), noise([2, 2, 3, 3], 5)],
    outputs: 3,
  },
  ...[0, 1, 2, 3].map((qk_matmul_output_mode) => ({
    operator: "Attention",
    why: "scores that are asked for",
    attributes: { qk_matmul_output_mode, softcap: 2 },
    inputs: [noise([1, 2, 3, 4]), noise([1, 2, 3, 4], 2), noise([1, 2, 3, 4], 3), noise([3, 3], 4)],
    outputs: 4,
  })),
  {
    operator: "Attention",
    why: "a mask of bools for each head, with lengths",
    inputs: [noise([2, 2, 3, 4]), noise([2, 2, 5, 4], 2), noise([2, 2, 5, 4], 3), bools([2, 3, 5], 4), undefined, undefined, ints(5, 3)],
  },
  {
    operator: "Attention",
    why: "one query after caches that are filled so far, and one that is empty",
    attributes: { is_causal: 1, qk_matmul_output_mode: 3 },
    inputs: [noise([3, 2, 1, 4]), noise([3, 2, 5, 4], 2), noise([3, 2, 5, 4], 3), undefined, undefined, undefined, ints(4, 1, 0)],
    outputs: 4,
  },
  {
    operator: "Attention",
    why: "queries of which the last is at the end of what is filled, and some have no key",
    attributes: { is_causal: 1 },
    inputs: [noise([2, 2, 3, 4]), noise([2, 2, 5, 4], 2), noise([2, 2, 5, 4], 3), undefined, undefined, undefined, ints(5, 2)],
  },
  ...[true, false].map(
    (isBool): OperatorCase => ({
      operator: "Attention",
      why: "a mask that hides all keys of one query",
      inputs: [
        noise([1, 2, 2, 4]),
        noise([1, 2, 3, 4], 2),
        noise([1, 2, 3, 4], 3),
        isBool
          ? Tensor.from("bool", [2, 3], [0, 0, 0, 1, 0, 1])
          : Tensor.from("float32", [2, 3], [...hidden, 0.5, -1, Number.NEGATIVE_INFINITY]),
      ],
    }),
  ),
  ...[0, 1].flatMap((interleaved): OperatorCase[] => [
    {
      operator: "RotaryEmbedding",
      why: "four axes, a part of each head",
      attributes: { interleaved, rotary_embedding_dim: 4 },
      inputs: [noise([2, 3, 5, 6]), noise([9, 2], 2), noise([9, 2], 3), Tensor.int64([2, 5], [0, 3, 8, 1, 2, 4, 4, 5, 7, 6])],
    },
    {
      operator: "RotaryEmbedding",
      why: "three axes, a cache for each place",
      attributes: { interleaved, num_heads: 3 },
      inputs: [noise([2, 5, 12]), noise([2, 5, 2], 2), noise([2, 5, 2], 3)],
    },
  ]),
  {
    operator: "RMSNormalization",
    why: "the last axes",
    attributes: { axis: 1, epsilon: 0.01 },
    inputs: [noise([2, 3, 70]), noise([3, 70], 2)],
  },
  { operator: "LpNormalization", why: "zeros", attributes: { axis: 0 }, inputs: [Tensor.from("float32", [2, 3], [0, 3, -1, 0, 4, 2])] },
  { operator: "LpNormalization", why: "sizes", attributes: { p: 1, axis: 1 }, inputs: [noise([2, 5, 3])] },
  { operator: "MeanVarianceNormalization", why: "its axes", inputs: [noise([2, 3, 4, 5])] },
  { operator: "MeanVarianceNormalization", why: "other axes", attributes: { axes: [-1] }, inputs: [noise([4, 6])] },
  ...equations.map(([equation, shapes]) => ({
    operator: "Einsum",
    why: "",
    attributes: { equation },
    inputs: shapes.map((shape, i) => noise(shape, i + 1)),
  })),
  ...[0, 1].flatMap((inverse) => [
    {
      operator: "DFT",
      why: "complex, another axis",
      attributes: { inverse },
      inputs: [noise([2, 7, 3, 2]), undefined, scalar(1)],
      known: [2],
    },
    { operator: "DFT", why: "cut and filled up", attributes: { inverse }, inputs: [noise([6, 2]), scalar(4)], known: [1] },
    { operator: "DFT", why: "filled up", attributes: { inverse }, inputs: [noise([2, 5, 1]), scalar(8)], known: [1] },
    { operator: "DFT", why: "one side", attributes: { inverse, onesided: 1 }, inputs: [noise([2, 6, inverse + 1])] },
    {
      operator: "DFT",
      why: "one side of an odd number",
      attributes: { inverse, onesided: 1 },
      inputs: [noise([2, 4, inverse + 1]), scalar(7)],
      known: [1],
    },
    { operator: "DFT", why: "as before opset 20", opset: 17, attributes: { inverse, axis: 0 }, inputs: [noise([5, 3, 2])] },
  ]),
  { operator: "STFT", why: "with a window", inputs: [noise([2, 30, 1]), scalar(4), noise([8], 2)], known: [1] },
  {
    operator: "STFT",
    why: "complex",
    attributes: { onesided: 0 },
    inputs: [noise([1, 20, 2]), scalar(3), undefined, scalar(7)],
    known: [1, 3],
  },
  ...[1, 2].flatMap((directions) => [
    recurrent("RNN", 1, directions),
    recurrent("GRU", 3, directions),
    recurrent("GRU", 3, directions, { attributes: { linear_before_reset: 1 } }, true),
    recurrent("LSTM", 4, directions, {}, true),
  ]),
  small("RNN", 1, { direction: "reverse", activations: ["Relu"], clip: 0.4 }),
  small("GRU", 3, { layout: 1 }),
  { ...small("LSTM", 4, { layout: 1, input_forget: 1 }), outputs: 3 },
];

test.each([...new Set(cases.map(({ operator }) => operator))])("%s computes what the reference does", (operator) =>
  withDevice(async (device) => {
    for (const one of cases.filter((other) => other.operator === operator))
      expect(await differencesOf(device, one), `${one.why} ${JSON.stringify(one.attributes ?? {})}`).toEqual([]);
  }),
);
