// Small graphs with branches, gaps and several layouts, in which a box of the output depends on much or little of each earlier value.
import { Tensor } from "../../src/engine/tensor.ts";
import { ints, noise, op } from "../support/graphs.ts";
import { type ElementCase, one } from "./hold.ts";

const same = { pads: [1, 1, 1, 1] };
const toNchw = { perm: [0, 3, 1, 2] };
const toNhwc = { perm: [0, 2, 3, 1] };

export const graphCases: readonly ElementCase[] = [
  one(
    "a residual block: two convolutions beside a skip",
    [op("Conv", "x w", "a", same), op("LeakyRelu", "a", "b", { alpha: 0.5 }), op("Conv", "b v", "c", same), op("Add", "c x", "y")],
    { x: [1, 2, 6, 5] },
    { constants: { w: noise([2, 2, 3, 3], 3), v: noise([2, 2, 3, 3], 4) } },
  ),
  one(
    "branches of different reach, beside each other",
    [
      op("Conv", "x w", "a"),
      op("Conv", "x v", "b", { ...same, dilations: [1, 1] }),
      op("AveragePool", "x", "c", { kernel_shape: [5, 1], pads: [2, 0, 2, 0] }),
      op("Concat", "a b c", "d", { axis: 1 }),
      op("MaxPool", "d", "y", { kernel_shape: [2, 2], strides: [2, 2] }),
    ],
    { x: [1, 2, 6, 6] },
    { constants: { w: noise([1, 2, 1, 1], 3), v: noise([2, 2, 3, 3], 4) } },
  ),
  one(
    "a part of the channels with a wider reach, in front of a Concat: not a box around both",
    [
      op("Conv", "x w", "p"),
      op("Conv", "x w", "q"),
      op("Concat", "p q", "a", { axis: 1 }),
      op("Split", "a s", "b c", { axis: 1 }),
      op("Conv", "c v", "d", { ...same, group: 2 }),
      op("Concat", "b d", "y", { axis: 1 }),
    ],
    { x: [1, 1, 5, 4] },
    { constants: { w: noise([2, 1, 1, 1], 3), v: noise([2, 1, 3, 3], 4), s: ints(2, 2) } },
  ),
  one(
    "holes of a dilated convolution in front of what skips them",
    [op("Slice", "x s e a t", "b"), op("Gather", "b i", "c", { axis: 2 }), op("Conv", "c w", "y", { dilations: [2, 2] })],
    { x: [1, 1, 9, 12] },
    {
      constants: { s: ints(0), e: ints(99), a: ints(3), t: ints(2), i: ints(0, 8, 1, 8, 2, 8, 3), w: noise([1, 1, 2, 2], 3) },
    },
  ),
  one(
    "a transposed convolution with gaps, read by a strided one",
    [op("ConvTranspose", "x w", "a", { strides: [3, 4] }), op("Conv", "a v", "y", { strides: [2, 5] })],
    { x: [1, 1, 4, 4] },
    { constants: { w: noise([1, 1, 2, 1], 3), v: noise([1, 1, 1, 2], 4) } },
  ),
  one(
    "down and up again, with a skip between",
    [
      op("Conv", "x w", "a", { ...same, strides: [2, 2] }),
      op("ConvTranspose", "a v", "b", { strides: [2, 2] }),
      op("Concat", "b x", "c", { axis: 1 }),
      op("Conv", "c u", "y", same),
    ],
    { x: [1, 1, 6, 6] },
    { constants: { w: noise([2, 1, 3, 3], 3), v: noise([2, 1, 2, 2], 4), u: noise([1, 2, 3, 3], 5) } },
  ),
  one(
    "NHWC around a convolution, added to NHWC",
    [
      op("Transpose", "x", "a", toNchw),
      op("Conv", "a w", "b", { ...same, strides: [2, 1] }),
      op("Transpose", "b", "c", toNhwc),
      op("Add", "c bias", "d"),
      op("Slice", "x s e axes t", "skip"),
      op("Add", "d skip", "y"),
    ],
    { x: [1, 5, 4, 2] },
    {
      constants: { w: noise([2, 2, 3, 3], 3), bias: noise([2], 4), s: ints(0), e: ints(5), axes: ints(1), t: ints(2) },
    },
  ),
  one(
    "groups, a shuffle of the channels, and groups again",
    [
      op("Conv", "x w", "a", { group: 2 }),
      op("Reshape", "a s", "b"),
      op("Transpose", "b", "c", { perm: [0, 2, 1, 3, 4] }),
      op("Reshape", "c t", "d"),
      op("Conv", "d v", "y", { group: 2, pads: [0, 1, 0, 1] }),
    ],
    { x: [1, 4, 3, 4] },
    { constants: { w: noise([8, 2, 1, 1], 3), v: noise([2, 4, 1, 3], 4), s: ints(1, 2, 4, 3, 4), t: ints(1, 8, 3, 4) } },
  ),
  one(
    "a classifier: everything is read",
    [
      op("Conv", "x w", "a", { strides: [2, 2] }),
      op("GlobalAveragePool", "a", "b"),
      op("Flatten", "b", "c"),
      op("Gemm", "c v", "d"),
      op("Softmax", "d", "y"),
    ],
    { x: [1, 1, 6, 5] },
    { constants: { w: noise([3, 1, 3, 3], 3), v: noise([3, 4], 4) } },
  ),
  one(
    "channels weighed by what all places say",
    [
      op("ReduceMean", "x axes", "a"),
      op("Conv", "a w", "b"),
      op("Sigmoid", "b", "c"),
      op("Mul", "x c", "d"),
      op("MaxPool", "d", "y", { kernel_shape: [2, 1] }),
    ],
    { x: [1, 2, 4, 3] },
    { constants: { w: noise([2, 1, 1, 1], 3), axes: ints(1, 2, 3) } },
  ),
  one(
    "sound: one axis, strided and dilated, enlarged again",
    [
      op("Pad", "x p", "a", { mode: "reflect" }),
      op("Conv", "a w", "b", { strides: [3], dilations: [2] }),
      op("Resize", "b _ scales", "c", { mode: "linear" }),
      op("AveragePool", "c", "y", { kernel_shape: [3], strides: [2] }),
    ],
    { x: [1, 1, 20] },
    { constants: { p: ints(0, 0, 3, 0, 0, 2), w: noise([1, 1, 3], 3), scales: Tensor.from("float32", [3], [1, 1, 2]) } },
  ),
  one(
    "a volume",
    [
      op("Conv", "x w", "a", { pads: [1, 0, 0, 0, 0, 0], strides: [1, 2, 1] }),
      op("MaxPool", "a", "b", { kernel_shape: [1, 2, 2] }),
      op("ReduceSum", "b axes", "y", { keepdims: 0 }),
    ],
    { x: [1, 1, 3, 6, 3] },
    { constants: { w: noise([1, 1, 2, 2, 1], 3), axes: ints(2) } },
  ),
  one("the largest of each row", op("TopK", "x k", "y _", { axis: 1 }), { x: [2, 4, 2] }, { constants: { k: ints(2) } }),
  one("statistics of a normalization", op("LayerNormalization", "x s", "z m d", { axis: 1 }), { x: [3, 4], s: [4] }, { outputs: ["d"] }),
];
