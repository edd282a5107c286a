// Small networks of the kinds that differ most in how their layers lie and what they read: for tests of what is shown of a network.
import type { Graph } from "../../src/engine/graph/graph.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { graphOf, ints, noise, op } from "./graphs.ts";

export interface SmallNetwork {
  readonly graph: Graph;
  /** Values to look at, each the end of a layer: the first is the one that is gated. */
  readonly layers: readonly string[];
  /** Values whose channels lie along the last of their axes; of the others they lie along the second. */
  readonly channelsLast?: readonly string[];
  /** Where the answer is. */
  readonly answer: string;
}

/** Smaller numbers where many are added up, so that sums stay near 1. @param summed how many that are */
function weights(shape: readonly number[], seed: number, summed = shape.slice(1).reduce((product, extent) => product * extent, 1)): Tensor {
  const numbers = noise(shape, seed).toFloat32();
  return Tensor.float32(
    shape,
    numbers.map((x) => (1.8 * x) / Math.sqrt(summed)),
  );
}

const scalar = (x: number) => Tensor.float32([], Float32Array.of(x));

/** As MobileNet: an ordinary convolution, a depthwise one, a pointwise one, each with ReLU6. */
const depthwise: SmallNetwork = {
  graph: graphOf({
    inputs: { x: [1, 3, 24, 24] },
    constants: {
      w: weights([8, 3, 3, 3], 1),
      b: noise([8], 2),
      d: weights([8, 1, 3, 3], 3),
      p: weights([12, 8, 1, 1], 4),
      f: weights([5, 12], 5),
      c: noise([5], 6),
      zero: scalar(0),
      six: scalar(6),
    },
    nodes: [
      op("Conv", "x w b", "stem_sum", { strides: [2, 2], pads: [1, 1, 1, 1] }),
      op("Clip", "stem_sum zero six", "stem"),
      op("Conv", "stem d", "deep_sum", { group: 8, pads: [1, 1, 1, 1] }),
      op("Clip", "deep_sum zero six", "deep"),
      op("Conv", "deep p", "points"),
      op("GlobalAveragePool", "points", "pooled"),
      op("Flatten", "pooled", "flat"),
      op("Gemm", "flat f c", "scores", { transB: 1 }),
      op("Softmax", "scores", "answer", { axis: -1 }),
    ],
  }),
  layers: ["deep", "answer"],
  answer: "answer",
};

/** Dilations that differ by axis, groups, asymmetric pads and strides. */
const dilated: SmallNetwork = {
  graph: graphOf({
    inputs: { x: [1, 1, 20, 20] },
    constants: { w: weights([6, 1, 3, 3], 7), b: noise([6], 8), d: weights([6, 2, 3, 3], 9), v: weights([4, 3, 3, 1], 10) },
    nodes: [
      op("Conv", "x w b", "first_sum", { pads: [1, 1, 1, 1] }),
      op("Relu", "first_sum", "first"),
      op("Conv", "first d", "wide_sum", { group: 3, dilations: [2, 3], pads: [2, 3, 2, 3] }),
      op("LeakyRelu", "wide_sum", "wide", { alpha: 0.1 }),
      op("Conv", "wide v", "halves", { group: 2, strides: [2, 1], pads: [0, 0, 1, 0] }),
      op("GlobalAveragePool", "halves", "answer"),
    ],
  }),
  layers: ["wide", "halves"],
  answer: "answer",
};

/** Down and up again, to a picture. */
const transposed: SmallNetwork = {
  graph: graphOf({
    inputs: { x: [1, 3, 12, 12] },
    constants: { w: weights([4, 3, 3, 3], 11), b: noise([4], 12), t: weights([4, 3, 3, 3], 13), c: noise([3], 14) },
    nodes: [
      op("Conv", "x w b", "down_sum", { strides: [2, 2], pads: [1, 1, 1, 1] }),
      op("Relu", "down_sum", "down"),
      op("ConvTranspose", "down t c", "up", { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] }),
      op("Sigmoid", "up", "picture"),
    ],
  }),
  layers: ["down", "picture"],
  answer: "picture",
};

/** As TensorFlow exports: the channels last in input and flattened maps, the padding SAME. */
const channelsLast: SmallNetwork = {
  graph: graphOf({
    inputs: { x: [1, 16, 16, 3] },
    constants: {
      w: weights([6, 3, 3, 3], 15),
      b: noise([6], 16),
      m: weights([96, 4], 17, 24),
      c: noise([4], 18),
      flat: ints(1, 96),
    },
    nodes: [
      op("Transpose", "x", "planes", { perm: [0, 3, 1, 2] }),
      op("Conv", "planes w b", "conv_sum", { auto_pad: "SAME_UPPER", strides: [2, 2] }),
      op("Relu", "conv_sum", "conv"),
      op("MaxPool", "conv", "pool", { kernel_shape: [2, 2], strides: [2, 2] }),
      op("Transpose", "pool", "last", { perm: [0, 2, 3, 1] }),
      op("Reshape", "last flat", "row"),
      op("MatMul", "row m", "products"),
      op("Add", "products c", "scores"),
      op("Softmax", "scores", "answer", { axis: -1 }),
    ],
  }),
  layers: ["conv", "last"],
  channelsLast: ["x", "last"],
  answer: "answer",
};

/** As SqueezeNet: a pool that rounds up, a fire module with two branches, scores by a convolution. */
const squeezed: SmallNetwork = {
  graph: graphOf({
    inputs: { x: [1, 3, 28, 28] },
    constants: {
      w: weights([8, 3, 3, 3], 19),
      s: weights([4, 8, 1, 1], 20),
      e: weights([6, 4, 1, 1], 21),
      f: weights([6, 4, 3, 3], 22),
      k: weights([10, 12, 1, 1], 23),
      b: noise([10], 24),
    },
    nodes: [
      op("Conv", "x w", "stem_sum", { strides: [2, 2] }),
      op("Relu", "stem_sum", "stem"),
      op("MaxPool", "stem", "pool", { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }),
      op("Conv", "pool s", "narrow_sum"),
      op("Relu", "narrow_sum", "narrow"),
      op("Conv", "narrow e", "one_sum"),
      op("Relu", "one_sum", "one"),
      op("Conv", "narrow f", "three_sum", { pads: [1, 1, 1, 1] }),
      op("Relu", "three_sum", "three"),
      op("Concat", "one three", "fire", { axis: 1 }),
      op("Conv", "fire k b", "maps_sum"),
      op("Relu", "maps_sum", "maps"),
      op("GlobalAveragePool", "maps", "pooled"),
      op("Flatten", "pooled", "answer"),
    ],
  }),
  layers: ["narrow", "fire"],
  answer: "answer",
};

export const smallNetworks = {
  "a depthwise network": depthwise,
  "a network with dilations and groups": dilated,
  "a network with a ConvTranspose": transposed,
  "a network with its channels last": channelsLast,
  "a network with a fire module": squeezed,
} as const satisfies Readonly<Record<string, SmallNetwork>>;
