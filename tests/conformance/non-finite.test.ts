// NaN and infinity are seen: what a network computes from them is what ONNX Runtime computes, however the network is planned.
import { expect, test } from "vitest";
import type { Device } from "../../src/engine/gpu/device.ts";
import type { AttributeValue, Graph } from "../../src/engine/graph/graph.ts";
import { type LoadOptions, loadModel } from "../../src/engine/model.ts";
import { sizeOf } from "../../src/engine/shapes.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { runningNames } from "../support/catalog.ts";
import { readData } from "../support/data.ts";
import { graphOf, ints, noise, op } from "../support/graphs.ts";
import { runReference } from "../support/onnxruntime.ts";
import { withDevice } from "../support/with-device.ts";

const { NaN: nan, POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: minusInf } = Number;
const shape = [1, 2, 5, 6];

/** Numbers with these among them: the first and the last lane, and some between, of which two are neighbours. */
function withSpecials(...specials: number[]): Tensor {
  const data = noise(shape, 3)
    .toFloat32()
    .map((x) => x * 3);
  [0, 13, 14, 33, sizeOf(shape) - 1].forEach((at, i) => {
    data[at] = specials[i % specials.length] as number;
  });
  data[20] = 0;
  return Tensor.float32(shape, data);
}

const pictures = {
  NaN: withSpecials(nan),
  "+Infinity": withSpecials(inf),
  "−Infinity": withSpecials(minusInf),
  "both infinities": withSpecials(inf, minusInf),
  "all three": withSpecials(nan, inf, minusInf),
};

interface Case {
  readonly operator: string;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** Further inputs. */
  readonly more?: readonly (Tensor | undefined)[];
  readonly opset?: number;
  /** Casts the output to float32: bool and integers. */
  readonly cast?: boolean;
  /**
   * A maximum or minimum of many elements. ONNX Runtime loses NaN in some lanes of its vectors and keeps it in others; here every result
   * that has NaN among its elements is NaN.
   */
  readonly isExtreme?: boolean;
  /** Pictures that ONNX Runtime does not answer sensibly. */
  readonly without?: RegExp;
  readonly outputCount?: number;
}

const window = { kernel_shape: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1] };
const per = noise([2], 5);
const second = Tensor.float32(
  shape,
  noise(shape, 9)
    .toFloat32()
    .map((x, i) => ([nan, inf, minusInf][i % 17] ?? x) as number),
);
const unary = (names: string): Case[] => names.split(" ").map((operator) => ({ operator }));

const cases: readonly Case[] = [
  ...unary("Relu LeakyRelu Elu Celu Selu ThresholdedRelu Shrink Sigmoid HardSigmoid HardSwish Tanh Softplus Softsign Erf Mish Gelu"),
  { operator: "Gelu", attributes: { approximate: "tanh" } },
  ...unary("Abs Neg Sign Sqrt Reciprocal Exp Log Floor Ceil Round"),
  ...unary("Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh"),
  { operator: "PRelu", more: [noise([2, 1, 1], 7)] },
  { operator: "Clip", more: [Tensor.from("float32", [], [-0.5]), Tensor.from("float32", [], [0.75])] },
  { operator: "Clip", more: [Tensor.from("float32", [], [-0.5])] },
  { operator: "Clip", attributes: { min: -0.5, max: 1 }, opset: 10 },
  { operator: "Clip" },
  ...["Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "Sum", "Mean"].map((operator) => ({ operator, more: [second] })),
  { operator: "Mod", attributes: { fmod: 1 }, more: [second] },
  { operator: "Max", more: [second, noise(shape, 10)] },
  ...["Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"].map((operator) => ({ operator, more: [second], cast: true })),
  { operator: "Softmax" },
  { operator: "LogSoftmax" },
  // A row with NaN has no 1 at all there, or two answers by where it lies.
  { operator: "Hardmax", without: /NaN|three/ },
  { operator: "Softmax", attributes: { axis: 1 } },
  { operator: "MaxPool", attributes: window, isExtreme: true },
  { operator: "MaxPool", attributes: { ...window, dilations: [2, 1] }, isExtreme: true },
  { operator: "AveragePool", attributes: window },
  { operator: "AveragePool", attributes: { ...window, dilations: [2, 1] } },
  { operator: "LpPool", attributes: window },
  ...unary("GlobalAveragePool GlobalLpPool"),
  { operator: "GlobalMaxPool", isExtreme: true },
  ...["Sum", "Mean", "Prod", "L1", "L2", "SumSquare", "LogSum", "LogSumExp"].map((kind) => ({
    operator: `Reduce${kind}`,
    more: [ints(3)],
  })),
  { operator: "ReduceMax", more: [ints(3)], isExtreme: true },
  { operator: "ReduceMin", more: [ints(3)], isExtreme: true },
  { operator: "ArgMax", attributes: { axis: 3 }, cast: true },
  { operator: "ArgMin", attributes: { axis: 2 }, cast: true },
  // Where NaN stands among numbers is tested below.
  { operator: "TopK", attributes: { axis: 3 }, more: [ints(4)], outputCount: 2, without: /NaN|three/ },
  { operator: "BatchNormalization", more: [per, per, per, Tensor.filled("float32", [2], 2)] },
  { operator: "InstanceNormalization", more: [per, per] },
  { operator: "GroupNormalization", attributes: { num_groups: 1 }, more: [per, per] },
  { operator: "LayerNormalization", more: [noise([6], 4), noise([6], 5)] },
  { operator: "LRN", attributes: { size: 3 } },
  { operator: "MatMul", more: [noise([6, 4], 2)] },
  { operator: "Conv", attributes: { pads: [1, 1, 1, 1] }, more: [noise([2, 2, 3, 3], 2)] },
  { operator: "ConvTranspose", more: [noise([2, 2, 3, 3], 2)] },
  { operator: "Resize", attributes: { mode: "nearest" }, more: [undefined, Tensor.float32([4], new Float32Array([1, 1, 2, 2]))] },
  { operator: "Identity" },
  { operator: "Dropout" },
  { operator: "Transpose" },
  { operator: "Pad", more: [ints(0, 0, 1, 1, 0, 0, 1, 1)] },
  { operator: "Pad", attributes: { mode: "reflect" }, more: [ints(0, 0, 1, 1, 0, 0, 1, 1)] },
  { operator: "Concat", attributes: { axis: 1 }, more: [second] },
  { operator: "Slice", more: [ints(1), ints(5), ints(3)] },
  { operator: "Gather", attributes: { axis: 2 }, more: [ints(0, 4, 2)] },
  { operator: "Expand", more: [ints(2, 2, 5, 6)] },
  { operator: "Tile", more: [ints(1, 2, 1, 1)] },
  { operator: "Reshape", more: [ints(2, -1)] },
  { operator: "Flatten" },
  { operator: "Swish", opset: 24 },
  ...["IsNaN", "IsInf"].map((operator) => ({ operator, cast: true })),
  { operator: "RMSNormalization", more: [noise([6], 4)], opset: 23 },
  { operator: "LpNormalization", attributes: { p: 1 } },
  { operator: "MeanVarianceNormalization" },
  { operator: "CumSum", more: [Tensor.int64([], [3])] },
];

type Form = "by itself" | "after a convolution that may fuse it" | "of a constant";

function graphFor({ operator, attributes = {}, more = [], opset = 21, cast, outputCount = 1 }: Case, form: Form, x: Tensor): Graph {
  const names = more.map((tensor, i) => (tensor ? `m${i}` : "_"));
  const constants = Object.fromEntries(more.flatMap((tensor, i) => (tensor ? [[`m${i}`, tensor]] : [])));
  const isFolded = form === "of a constant";
  const isFused = form === "after a convolution that may fuse it";
  const outputs = [cast ? "r" : "y", ...["second"].slice(0, outputCount - 1)].join(" ");
  return graphOf({
    inputs: isFolded ? { unused: [1] } : { x: [...shape] },
    constants: { ...constants, ...(isFused && { w: Tensor.filled("float32", [2, 1, 1, 1], 1) }), ...(isFolded && { x }) },
    nodes: [
      ...(isFused ? [op("Conv", "x w", "c", { group: 2 })] : []),
      op(operator, [isFused ? "c" : "x", ...names].join(" "), outputs, attributes),
      ...(cast ? [op("Cast", "r", "y", { to: 1 })] : []),
    ],
    outputs: ["y"],
    opset,
  });
}

async function compute(device: Device, graph: Graph, x: Tensor, options: LoadOptions = {}): Promise<Float32Array> {
  const model = await loadModel(device, graph, options);
  try {
    model.run(graph.inputs[0]?.name === "x" ? { x } : { unused: Tensor.filled("float32", [1], 0) });
    return (await model.read("y")).toFloat32();
  } finally {
    model.dispose();
  }
}

async function reference(one: Case, x: Tensor): Promise<Float32Array> {
  const answer = async (input: Tensor) =>
    (await runReference(graphFor(one, "by itself", input), { x: input })).get("y")?.toFloat32() as Float32Array;
  if (!one.isExtreme) return answer(x);
  const map = (f: (value: number) => number) => Tensor.float32(shape, x.toFloat32().map(f));
  const numbers = await answer(map((value) => (Number.isNaN(value) ? 0 : value)));
  const sign = one.operator === "ReduceMin" ? -1 : 1;
  const marks = await answer(map((value) => (Number.isNaN(value) ? sign : 0)));
  return numbers.map((value, i) => (marks[i] === sign ? nan : value));
}

/** The first element that differs, in words. */
function firstDifference(actual: Float32Array, expected: Float32Array): string | undefined {
  if (actual.length !== expected.length) return `${actual.length} elements, expected ${expected.length}`;
  const at = expected.findIndex((wanted, i) => {
    const value = actual[i] as number;
    return !(Object.is(value, wanted) || value === wanted || Math.abs(value - wanted) <= 1e-3 * Math.max(1, Math.abs(wanted)));
  });
  return at < 0 ? undefined : `element ${at} is ${actual[at]}, expected ${expected[at]}`;
}

/** A device for each case would take longer than all of them. */
const groups = Array.from({ length: Math.ceil(cases.length / 15) }, (_, i) => cases.slice(i * 15, (i + 1) * 15)).map(
  (group) => [group.map(({ operator }) => operator).join(", "), group] as const,
);

test.each(groups)("%s", (_, group) =>
  withDevice(async (device) => {
    const differences: string[] = [];
    for (const one of group)
      for (const [name, x] of Object.entries(pictures)) {
        if (one.without?.test(name)) continue;
        const expected = await reference(one, x);
        for (const form of ["by itself", "after a convolution that may fuse it", "of a constant"] as const) {
          const difference = firstDifference(await compute(device, graphFor(one, form, x), x), expected);
          if (difference) differences.push(`${one.operator} ${JSON.stringify(one.attributes ?? {})}, ${name}, ${form}: ${difference}`);
        }
      }
    expect(differences).toEqual([]);
  }),
);

test("every operator that computes with floats is among them", () => {
  // These are losses of rows, one number each (training.test.ts has their corners), or move elements, as those above that stand for them, or take integers and bools, or answer what is known at load.
  const others =
    "SoftmaxCrossEntropyLoss NegativeLogLikelihoodLoss And Or Xor Not Cast CastLike Where Constant ConstantOfShape Range Shape Size Split Squeeze Unsqueeze GatherElements GatherND DepthToSpace SpaceToDepth Upsample Gemm";
  // Likewise of those that few networks have; CumProd is CumSum with another sign, and what samples mixes as Resize does. Attention and its like are sums of products; steps of a scale are whole numbers.
  const few =
    "BitwiseAnd BitwiseOr BitwiseXor BitwiseNot BitShift BitCast Trilu EyeLike OneHot Scatter ScatterElements ScatterND TensorScatter CumProd CenterCropPad ReverseSequence HannWindow HammingWindow BlackmanWindow MelWeightMatrix TfIdfVectorizer NonZero Unique NonMaxSuppression Det GridSample AffineGrid RoiAlign DeformConv MaxUnpool Col2Im Attention RotaryEmbedding Einsum DFT STFT RNN GRU LSTM QuantizeLinear DequantizeLinear DynamicQuantizeLinear QLinearConv QLinearMatMul ConvInteger MatMulInteger";
  const known = new Set([...cases.map(({ operator }) => operator), ...others.split(" "), ...few.split(" ")]);
  expect(runningNames.filter((name) => !known.has(name))).toEqual([]);
});

const activations: readonly Case[] = [
  { operator: "Identity" },
  { operator: "Relu" },
  { operator: "Clip", more: [Tensor.from("float32", [], [-0.5]), Tensor.from("float32", [], [0.75])] },
  ...unary("LeakyRelu Sigmoid HardSigmoid HardSwish"),
];

/** A convolution, and what of its kernels is tried: all but Winograd's, which spread what is not finite over their tiles. */
const convolutions: Readonly<Record<string, { readonly weight: Tensor; readonly attributes: Case["attributes"] }>> = {
  "1×1": { weight: noise([4, 2, 1, 1], 4), attributes: {} },
  "3×3": { weight: noise([4, 2, 3, 3], 5), attributes: { pads: [1, 1, 1, 1] } },
  depthwise: { weight: noise([2, 1, 3, 3], 6), attributes: { group: 2, pads: [1, 1, 1, 1] } },
};

test.each(Object.entries(convolutions))("what is not a number passes every kernel of a %s convolution, whatever is fused", (_, conv) =>
  withDevice(async (device) => {
    const x = pictures.NaN;
    const differences: string[] = [];
    for (const { operator, more = [] } of activations) {
      const graph = graphOf({
        inputs: { x: [...shape] },
        constants: { w: conv.weight, ...Object.fromEntries(more.map((tensor, i) => [`m${i}`, tensor as Tensor])) },
        nodes: [op("Conv", "x w", "c", conv.attributes), op(operator, ["c", ...more.map((_, i) => `m${i}`)].join(" "), "y")],
      });
      const expected = (await runReference(graph, { x })).get("y")?.toFloat32() as Float32Array;
      const kernels = new Set<string>();
      await compute(device, graph, x, { chooseKernel: (_, names) => names.map((name) => kernels.add(name)) && undefined });
      for (const kernel of kernels) {
        if (kernel.startsWith("winograd")) continue;
        const actual = await compute(device, graph, x, { chooseKernel: (_, names) => (names.includes(kernel) ? kernel : undefined) });
        const difference = firstDifference(actual, expected);
        if (difference) differences.push(`${operator}, ${kernel}: ${difference}`);
      }
    }
    expect(differences).toEqual([]);
  }),
);

test("a weight that is not a number shows, in 16 bits too", () =>
  withDevice(async (device) => {
    const weight = noise([64, 32], 3);
    const values = weight.toFloat32().slice();
    values[5 * 32 + 7] = nan;
    values[6 * 32] = inf;
    const graph = graphOf({
      inputs: { x: [1, 32] },
      constants: { w: Tensor.float32([64, 32], values) },
      nodes: [op("Gemm", "x w", "g", { transB: 1 }), op("Relu", "g", "r"), op("Clip", "r", "y")],
    });
    for (const precision of ["float32", "float16"] as const) {
      const y = await compute(device, graph, Tensor.filled("float32", [1, 32], 0.5), { precision });
      expect(
        [...y.keys()].filter((i) => Number.isNaN(y[i] as number)),
        precision,
      ).toEqual([5]);
      // Clip without bounds does away with infinities.
      expect(y[6], precision).toBeGreaterThan(3e38);
    }
  }));

test("a network that has diverged does not look calm (hostile/nan-relu, where it is there)", () =>
  withDevice(async (device) => {
    const bytes = readData("hostile/nan-relu.onnx");
    const model = await loadModel(
      device,
      bytes ??
        graphOf({
          inputs: { x: [1, 4] },
          constants: { w: Tensor.float32([4, 3], new Float32Array(12).fill(nan)) },
          nodes: [op("Gemm", "x w", "g"), op("Relu", "g", "r"), op("Clip", "r", "c"), op("Softmax", "c", "y")],
        }),
      { observe: "all" },
    );
    const [input] = model.inputs;
    model.run({ [input?.name ?? ""]: Tensor.filled("float32", input?.shape ?? [], 0.5) });
    for (const name of model.outputs.map((output) => output.name)) {
      const values = [...(await model.read(name)).toFloat32()];
      expect(values.some(Number.isNaN), name).toBe(true);
    }
    model.dispose();
  }));

test.each([
  [1, [nan, nan, 3, 1], [1, 3, 2, 4]],
  [0, [-2, 0, 1, 3], [5, 0, 4, 2]],
])("TopK takes NaN for larger than any number (largest=%i)", (largest, values, indices) =>
  withDevice(async (device) => {
    const graph = graphOf({
      inputs: { x: [1, 6] },
      constants: { k: ints(4) },
      nodes: [op("TopK", "x k", "y places", { largest }), op("Cast", "places", "i", { to: 1 })],
      outputs: ["y", "i"],
    });
    const model = await loadModel(device, graph);
    model.run({ x: Tensor.float32([1, 6], new Float32Array([0, nan, 3, nan, 1, -2])) });
    expect([...(await model.read("y")).toFloat32()]).toEqual(values);
    expect([...(await model.read("i")).toFloat32()]).toEqual(indices);
    model.dispose();
  }),
);
