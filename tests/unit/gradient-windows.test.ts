// Corners of the rules for convolutions, pools, normalizations and operators that move elements: each graph is differentiated by all of its
// inputs, evaluated in float64, and held to central differences.
import { test } from "vitest";
import { Tensor } from "../../src/engine/tensor.ts";
import { holdCase, one, type RuleCase } from "../gradient/double.ts";
import { ints, noise, op } from "../support/graphs.ts";

const pads = [1, 0, 2, 1];

const convolutions: readonly RuleCase[] = [
  ...["SAME_UPPER", "SAME_LOWER", "VALID"].flatMap((auto) => [
    one(
      `Conv ${auto} of stride 2`,
      op("Conv", "x w", "y", { auto_pad: auto, strides: [2, 2] }),
      { x: [1, 2, 6, 7] },
      { constants: { w: noise([3, 2, 3, 4], 3) } },
    ),
    one(
      `ConvTranspose ${auto} of stride 3`,
      op("ConvTranspose", "x w", "y", { auto_pad: auto, strides: [3, 2] }),
      { x: [1, 2, 3, 4] },
      { constants: { w: noise([2, 3, 2, 3], 3) } },
    ),
  ]),
  one(
    "Conv of 1×1 with negative pads",
    op("Conv", "x w", "y", { pads: [-1, 0, 0, -1] }),
    { x: [2, 3, 4, 5] },
    { constants: { w: noise([2, 3, 1, 1], 3) } },
  ),
  one(
    "Conv over one axis, groups, stride, dilation",
    op("Conv", "x w b", "y", { group: 2, strides: [2], dilations: [2], pads: [3, 1] }),
    { x: [2, 4, 11] },
    { constants: { w: noise([6, 2, 3], 3), b: noise([6], 4) } },
  ),
  one(
    "Conv over three axes, groups, stride, dilation",
    op("Conv", "x w", "y", { group: 2, strides: [2, 1, 3], dilations: [1, 2, 1], pads: [1, 0, 2, 0, 1, 1] }),
    { x: [1, 4, 4, 5, 6] },
    { constants: { w: noise([2, 2, 2, 2, 3], 3) } },
  ),
  one(
    "Conv with fewer filters than groups have channels",
    op("Conv", "x w", "y", { group: 3, pads, strides: [3, 2] }),
    { x: [1, 6, 8, 5] },
    { constants: { w: noise([3, 2, 3, 2], 3) } },
  ),
  one(
    "Conv whose kernel is larger than its input",
    op("Conv", "x w", "y", { pads: [3, 3, 3, 3] }),
    { x: [1, 1, 2, 3] },
    { constants: { w: noise([1, 1, 5, 5], 3) } },
  ),
  one(
    "ConvTranspose of an output shape",
    op("ConvTranspose", "x w", "y", { output_shape: [7, 8], strides: [2, 2] }),
    { x: [1, 2, 3, 4] },
    { constants: { w: noise([2, 2, 3, 3], 3) } },
  ),
  one(
    "ConvTranspose with output padding and pads",
    op("ConvTranspose", "x w", "y", { output_padding: [1, 2], strides: [2, 3], pads }),
    { x: [1, 2, 3, 4] },
    { constants: { w: noise([2, 2, 3, 3], 3) } },
  ),
  one(
    "ConvTranspose of groups, dilated",
    op("ConvTranspose", "x w b", "y", { group: 2, dilations: [2, 1], strides: [1, 2] }),
    { x: [2, 4, 3, 3] },
    { constants: { w: noise([4, 3, 2, 3], 3), b: noise([6], 4) } },
  ),
  one(
    "Conv of a bias that is computed",
    op("Conv", "x w b", "y", { strides: [2, 1] }),
    { x: [2, 2, 5, 4], b: [3] },
    { constants: { w: noise([3, 2, 2, 3], 3) } },
  ),
  one(
    "Conv over three axes, of a bias that is computed",
    op("Conv", "x w b", "y"),
    { x: [1, 2, 3, 4, 3], b: [3] },
    { constants: { w: noise([3, 2, 2, 2, 2], 3) } },
  ),
  one(
    "ConvTranspose of a bias that is computed",
    op("ConvTranspose", "x w b", "y", { strides: [2, 2] }),
    { x: [2, 2, 3, 4], b: [3] },
    { constants: { w: noise([2, 3, 2, 3], 3) } },
  ),
];

/** The same with the weights, and the bias, as inputs, and what they are applied to as a constant. */
const byWeights = convolutions.map(({ what, nodes, inputs = {}, constants = {} }): RuleCase => {
  const { x = [], ...others } = inputs as Record<string, readonly number[]>;
  const shapes = Object.fromEntries(Object.entries(constants).map(([name, { shape }]) => [name, shape]));
  return { what: `${what}, by its weights`, nodes, inputs: { ...shapes, ...others }, constants: { x: noise(x, 5) } };
});

const window = { kernel_shape: [3, 2], strides: [2, 2] };
const pools: readonly RuleCase[] = ["MaxPool", "AveragePool"].flatMap((operator) => [
  one(`${operator} SAME_LOWER`, op(operator, "x", "y", { ...window, auto_pad: "SAME_LOWER" }), { x: [1, 2, 6, 7] }),
  one(`${operator} with uneven pads`, op(operator, "x", "y", { ...window, pads: [1, 0, 2, 1] }), { x: [2, 2, 6, 7] }),
  one(
    `${operator} that reaches beyond its pads`,
    op(operator, "x", "y", { kernel_shape: [3, 3], strides: [3, 2], pads: [1, 1, 0, 0], ceil_mode: 1 }),
    { x: [1, 2, 6, 6] },
  ),
  one(`${operator} dilated`, op(operator, "x", "y", { ...window, dilations: [2, 3], pads }), { x: [1, 2, 7, 8] }),
  one(`${operator} over one axis`, op(operator, "x", "y", { kernel_shape: [4], strides: [3], ceil_mode: 1 }), { x: [1, 2, 9] }),
  one(`${operator} over three axes`, op(operator, "x", "y", { kernel_shape: [2, 1, 3], strides: [1, 2, 2] }), { x: [1, 2, 3, 4, 5] }),
]);
const norms: readonly RuleCase[] = [1, 2, 3].flatMap((p) => [
  one(`LpPool of p ${p}`, op("LpPool", "x", "y", { ...window, pads, p }), { x: [1, 2, 6, 7] }),
  one(`LpPool of p ${p} that reaches beyond its pads`, op("LpPool", "x", "y", { ...window, dilations: [2, 1], ceil_mode: 1, p }), {
    x: [2, 1, 8, 6],
  }),
  one(`GlobalLpPool of p ${p}`, op("GlobalLpPool", "x", "y", { p }), { x: [2, 2, 3, 2] }),
]);
const counted: readonly RuleCase[] = [0, 1].flatMap((ceil) => [
  one(
    `AveragePool that counts pads, ceil_mode ${ceil}`,
    op("AveragePool", "x", "y", { ...window, pads, count_include_pad: 1, ceil_mode: ceil }),
    { x: [1, 2, 6, 6] },
  ),
]);

const constants = { scale: noise([4], 3), bias: noise([4], 4), mean: noise([4], 5), variance: Tensor.from("float32", [4], [0.5, 1, 2, 3]) };
const normalizations: readonly RuleCase[] = [
  one(
    "BatchNormalization over two axes",
    op("BatchNormalization", "x scale bias mean variance", "y", { epsilon: 0.01 }),
    { x: [3, 4] },
    { constants },
  ),
  ...[1, 0].map((spatial) =>
    one(
      `BatchNormalization in training mode, spatial=${spatial}`,
      op("BatchNormalization", "x scale bias mean variance", "y", { training_mode: 1, epsilon: 0.01, ...(spatial === 0 && { spatial }) }),
      spatial ? { x: [3, 4, 2], scale: [4], bias: [4] } : { x: [3, 2, 2], scale: [2, 2], bias: [2, 2] },
      {
        constants: spatial
          ? { mean: constants.mean, variance: constants.variance }
          : { mean: noise([2, 2], 5), variance: noise([2, 2], 6) },
      },
    ),
  ),
  one(
    "BatchNormalization per element",
    op("BatchNormalization", "x scale bias mean variance", "y", { spatial: 0 }),
    { x: [3, 2, 2], scale: [2, 2], bias: [2, 2] },
    { opset: 7, constants: { mean: noise([2, 2], 5), variance: Tensor.from("float32", [2, 2], [0.5, 1, 2, 3]) } },
  ),
  one("InstanceNormalization over one axis", op("InstanceNormalization", "x scale bias", "y"), { x: [2, 4, 5] }, { constants }),
  ...[18, 21].map((opset) =>
    one(
      `GroupNormalization of opset ${opset}`,
      op("GroupNormalization", "x scale bias", "y", { num_groups: 4 }),
      { x: [2, opset === 18 ? 8 : 4, 3] },
      { constants, opset },
    ),
  ),
  one("LayerNormalization from the middle", op("LayerNormalization", "x scale bias", "y", { axis: 1 }), { x: [3, 4] }, { constants }),
  one(
    "LayerNormalization from the first axis",
    op("LayerNormalization", "x scale", "y", { axis: -2 }),
    { x: [3, 4] },
    { constants: { scale: noise([3, 4], 3) } },
  ),
  one("LRN of even size", op("LRN", "x", "y", { size: 4, alpha: 0.3, beta: 0.6, bias: 1.5 }), { x: [2, 5, 2, 2] }),
  one("LRN wider than its channels", op("LRN", "x", "y", { size: 9, alpha: 0.3 }), { x: [1, 3, 4] }),
];

const resized = (
  what: string,
  attributes: Record<string, string | number | readonly number[]>,
  sizes: readonly number[],
  x = [1, 2, 4, 5],
): RuleCase => one(`Resize ${what}`, op("Resize", "x _ _ sizes", "y", attributes), { x }, { constants: { sizes: ints(...sizes) } });

const movements: readonly RuleCase[] = [
  one("Slice of opset 9", op("Slice", "x", "y", { starts: [1, -3], ends: [9999, -1], axes: [0, 2] }), { x: [3, 2, 5] }, { opset: 9 }),
  one(
    "Slice backwards from beyond the end",
    op("Slice", "x s e a t", "y"),
    { x: [3, 7] },
    { constants: { s: ints(99), e: ints(-99), a: ints(-1), t: ints(-3) } },
  ),
  one(
    "Slice of one element, backwards",
    op("Slice", "x s e a t", "y"),
    { x: [3, 7] },
    { constants: { s: ints(2, 0), e: ints(1, 1), a: ints(1, 0), t: ints(-2, 5) } },
  ),
  one("Slice without axes", op("Slice", "x s e", "y"), { x: [3, 7] }, { constants: { s: ints(-2, 1), e: ints(3, -1) } }),
  ...["reflect", "edge", "wrap"].map((mode) =>
    one(`Pad ${mode}`, op("Pad", "x p", "y", { mode }), { x: [2, 4, 3] }, { constants: { p: ints(0, 3, 1, 0, 2, 2) } }),
  ),
  one(
    "Pad of named axes",
    op("Pad", "x p v a", "y"),
    { x: [2, 4, 3] },
    { constants: { p: ints(1, -1, 0, 2), v: Tensor.from("float32", [], [7]), a: ints(-1, 0) } },
  ),
  one("Pad of opset 2", op("Pad", "x", "y", { pads: [0, 1, 2, 0], value: 0.5 }), { x: [2, 4] }, { opset: 10 }),
  one("Split unevenly", op("Split", "x", "a y", { num_outputs: 2, axis: -1 }), { x: [2, 5] }, { outputs: ["y"] }),
  one("Gather of one place", op("Gather", "x i", "y", { axis: 1 }), { x: [2, 4, 3] }, { constants: { i: Tensor.int64([], [-2]) } }),
  one(
    "Gather of a grid of places",
    op("Gather", "x i", "y", { axis: -1 }),
    { x: [2, 4] },
    { constants: { i: Tensor.int64([2, 3], [0, 0, 3, -1, 2, 0]) } },
  ),
  one("Expand of a scalar", op("Expand", "x s", "y"), { x: [] }, { constants: { s: ints(2, 3) } }),
  one("Expand to fewer axes than the value has", op("Expand", "x s", "y"), { x: [2, 1, 3] }, { constants: { s: ints(4, 1) } }),
  one("Tile", op("Tile", "x r", "y"), { x: [2, 3, 1] }, { constants: { r: ints(3, 1, 2) } }),
  one("Transpose without a permutation", op("Transpose", "x", "y"), { x: [2, 3, 4] }),
  one("Flatten from axis 0", op("Flatten", "x", "y", { axis: 0 }), { x: [2, 3] }),
  one("Squeeze of opset 11", op("Squeeze", "x", "y", { axes: [-2] }), { x: [2, 1, 3] }, { opset: 11 }),
  one("Unsqueeze", op("Unsqueeze", "x a", "y"), { x: [2, 3] }, { constants: { a: ints(-1, 0) } }),
  one("DepthToSpace CRD", op("DepthToSpace", "x", "y", { blocksize: 2, mode: "CRD" }), { x: [2, 8, 2, 3] }),
  one("Concat of one value twice", op("Concat", "x b x", "y", { axis: -2 }), { x: [2, 2, 3], b: [2, 1, 3] }),
  one(
    "Upsample of opset 9",
    op("Upsample", "x s", "y", { mode: "linear" }),
    { x: [1, 2, 3, 4] },
    { opset: 9, constants: { s: Tensor.from("float32", [4], [1, 1, 2, 1.5]) } },
  ),
  one(
    "Upsample of opset 9",
    op("Upsample", "x s", "y"),
    { x: [1, 2, 3, 4] },
    { opset: 9, constants: { s: Tensor.from("float32", [4], [1, 1, 3, 1]) } },
  ),
  resized("of named axes", { axes: [-1, 2], mode: "linear" }, [8, 6]),
  resized("with antialias", { mode: "linear", antialias: 1 }, [1, 2, 2, 2], [1, 2, 6, 5]),
  resized("cubic with antialias", { mode: "cubic", antialias: 1 }, [1, 2, 2, 3], [1, 2, 7, 7]),
  resized("that excludes what is outside", { mode: "cubic", exclude_outside: 1 }, [1, 2, 7, 9]),
  resized("half_pixel_symmetric", { mode: "linear", coordinate_transformation_mode: "half_pixel_symmetric" }, [1, 2, 3, 7]),
  resized("to one", { mode: "linear", coordinate_transformation_mode: "pytorch_half_pixel" }, [1, 2, 1, 7]),
  resized("nearest, up", { nearest_mode: "ceil", coordinate_transformation_mode: "asymmetric" }, [1, 2, 3, 7]),
  resized("of the batch", { mode: "linear" }, [3, 2, 4, 4], [2, 2, 4, 4]),
  resized("not larger", { mode: "linear", keep_aspect_ratio_policy: "not_larger", axes: [2, 3] }, [7, 6]),
];

/** Normalizations by their scale and bias, too. */
const byScales = normalizations
  .filter(({ nodes: [node] }) => /^(Batch|Instance|Group|Layer)Norm/.test(node?.operator ?? ""))
  .map((one): RuleCase => {
    const { scale, bias, ...rest } = one.constants ?? {};
    const given = one.nodes[0]?.inputs.includes("bias") ? { scale, bias } : { scale };
    const shapes = Object.fromEntries(Object.entries(given).flatMap(([name, tensor]) => (tensor ? [[name, tensor.shape]] : [])));
    return { ...one, what: `${one.what}, by scale and bias, too`, inputs: { ...one.inputs, ...shapes }, constants: rest };
  });

test.each([...convolutions, ...byWeights, ...byScales, ...pools, ...norms, ...counted, ...normalizations, ...movements])("$what", holdCase);
