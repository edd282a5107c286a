// One ONNX node as TensorFlow.js calls. Pictures lie as NHWC, TensorFlow.js's own order; weights are turned once, at creation.
import * as tf from "@tensorflow/tfjs-core";
import { UnsupportedError } from "../../src/engine/errors.ts";
import { AttributeReader } from "../../src/engine/graph/attributes.ts";
import type { Node, TypedGraph } from "../../src/engine/graph/graph.ts";
import { normalizeAxis } from "../../src/engine/shapes.ts";
import { resolveWindow, type Window } from "../../src/engine/window.ts";
import { type Activation, applyActivation } from "./activation.ts";
import { nhwcShape, type Operand, toNchw, toNhwc } from "./layout.ts";
import { flattenedShape, lowerGemm, lowerMatMul } from "./lower-dense.ts";
import type { Compute, Lowering } from "./lowering.ts";

type Lower = (lowering: Lowering) => Compute;

/** Operators that take a fused activation themselves. */
export const fusesActivation: ReadonlySet<string> = new Set(["Conv", "Gemm"]);

export function lowerNode(graph: TypedGraph, node: Node, activation: Activation | undefined, keep: Lowering["keep"]): Compute {
  const unsupported = (what: string): never => {
    throw new UnsupportedError(`${node.operator} '${node.name}': ${what} is not in the bench's interpreter for TensorFlow.js`);
  };
  const lower = Object.hasOwn(operators, node.operator) ? operators[node.operator] : undefined;
  if (!lower || node.domain !== "") return unsupported("the operator");
  const shapeOf = (name: string): readonly number[] => graph.types.get(name)?.shape ?? unsupported(`'${name}' without a shape`);
  return lower({
    node,
    attributes: new AttributeReader(node),
    activation,
    keep,
    unsupported,
    flattened: flattenedShape(graph, node),
    shapeOf: (index) => shapeOf(node.inputs[index] ?? ""),
    outputShape: shapeOf(node.outputs[0] ?? ""),
    isConstant: (index) => graph.initializers.has(node.inputs[index] ?? ""),
    constant: (index, what) => graph.initializers.get(node.inputs[index] ?? "") ?? unsupported(`a variable ${what}`),
  });
}

const operators: Readonly<Record<string, Lower>> = {
  Conv: lowerConv,
  MaxPool: lowerMaxPool,
  AveragePool: lowerAveragePool,
  GlobalAveragePool:
    () =>
    ([x]) => ({ tensor: tf.mean(toNhwc(x), [1, 2], true), isNhwc: true }),
  GlobalMaxPool:
    () =>
    ([x]) => ({ tensor: tf.max(toNhwc(x), [1, 2], true), isNhwc: true }),
  BatchNormalization: lowerBatchNorm,
  LRN: lowerLrn,
  Relu: unary((x) => tf.relu(x)),
  Sigmoid: unary((x) => tf.sigmoid(x)),
  Tanh: unary((x) => tf.tanh(x)),
  Exp: unary((x) => tf.exp(x)),
  Sqrt: unary((x) => tf.sqrt(x)),
  Neg: unary((x) => tf.neg(x)),
  Abs: unary((x) => tf.abs(x)),
  LeakyRelu: ({ attributes }) => {
    const alpha = attributes.number("alpha", 0.01);
    return unaryCompute((x) => tf.leakyRelu(x, alpha));
  },
  Elu: unary((x) => tf.elu(x)),
  Clip: lowerClip,
  Add: binary(tf.add),
  Sub: binary(tf.sub),
  Mul: binary(tf.mul),
  Div: binary(tf.div),
  Softmax: lowerSoftmax,
  Concat: lowerConcat,
  Pad: lowerPad,
  Flatten: lowerReshape,
  Reshape: lowerReshape,
  Squeeze: lowerReshape,
  Unsqueeze: lowerReshape,
  Gemm: lowerGemm,
  MatMul: lowerMatMul,
};

function unary(apply: (x: tf.Tensor) => tf.Tensor): Lower {
  return () => unaryCompute(apply);
}

function unaryCompute(apply: (x: tf.Tensor) => tf.Tensor): Compute {
  return ([x]) => ({ ...(x as Operand), tensor: apply((x as Operand).tensor) });
}

function windowOf({ attributes, shapeOf, unsupported }: Lowering, kernel: readonly number[]): Window {
  if (shapeOf(0).length !== 4) unsupported("anything but two spatial axes");
  return resolveWindow(shapeOf(0).slice(2), {
    kernel,
    strides: attributes.numbers("strides"),
    dilations: attributes.numbers("dilations"),
    pads: attributes.numbers("pads"),
    autoPad: attributes.string("auto_pad", "NOTSET"),
    ceilMode: attributes.flag("ceil_mode", false),
  });
}

/** "valid" or zeros per side, as far as the last window reaches. */
export function paddingOf(window: Window, spatial: readonly number[]): "valid" | tf.backend_util.ExplicitPadding {
  const ends = spatial.map((extent, axis) => {
    const reach = ((window.kernel[axis] as number) - 1) * (window.dilations[axis] as number) + 1;
    const last = ((window.output[axis] as number) - 1) * (window.strides[axis] as number) + reach;
    return Math.max(0, last - extent - (window.padsBegin[axis] as number));
  });
  if ([...window.padsBegin, ...ends].every((pad) => pad === 0)) return "valid";
  const [top = 0, left = 0] = window.padsBegin;
  const [bottom = 0, right = 0] = ends;
  return [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
}

export const pair = (values: readonly number[]): [number, number] => [values[0] as number, values[1] as number];

function lowerConv(lowering: Lowering): Compute {
  const { attributes, keep, shapeOf, node, activation } = lowering;
  const weight = lowering.constant(1, "weight");
  const window = windowOf(lowering, weight.shape.slice(2));
  const channels = shapeOf(0)[1] as number;
  const groups = attributes.number("group", 1);
  const isDepthwise = groups === channels && groups > 1;
  const data = weight.toFloat32();
  const [filters = 0, perGroup = 0, rows = 0, columns = 0] = weight.shape;
  const filter = keep(
    tf.tidy(() => {
      const oihw = tf.tensor4d(data, [filters, perGroup, rows, columns]);
      // Depthwise filters lie as [h, w, c, multiplier].
      return isDepthwise
        ? tf.reshape(tf.transpose(oihw, [2, 3, 0, 1]), [rows, columns, channels, filters / channels])
        : tf.transpose(oihw, [2, 3, 1, 0]);
    }) as tf.Tensor4D,
  );
  const bias = node.inputs[2] ? keep(tf.tensor1d(lowering.constant(2, "bias").toFloat32())) : undefined;
  const common = {
    strides: pair(window.strides),
    dilations: pair(window.dilations),
    pad: paddingOf(window, shapeOf(0).slice(2)),
    dataFormat: "NHWC" as const,
  };
  // The fused operators' types know no explicit padding; their code does.
  const fused = { ...common, pad: common.pad as "valid", ...(bias && { bias }), ...activation?.fused };
  if (isDepthwise) return ([x]) => ({ tensor: tf.fused.depthwiseConv2d({ x: toNhwc(x), filter, ...fused }), isNhwc: true });
  if (groups === 1) return ([x]) => ({ tensor: tf.fused.conv2d({ x: toNhwc(x), filter, ...fused }), isNhwc: true });
  // TensorFlow.js has no grouped convolution: one per group, side by side.
  const filterPerGroup = tf.tidy(() => tf.split(filter, groups, 3)).map((part) => keep(part));
  const { strides, pad, dataFormat, dilations } = common;
  return ([x]) => {
    const parts = tf.split(toNhwc(x), groups, 3);
    const convolved = tf.concat(
      parts.map((part, i) => tf.conv2d(part as tf.Tensor4D, filterPerGroup[i] as tf.Tensor4D, strides, pad, dataFormat, dilations)),
      3,
    );
    return { tensor: applyActivation(bias ? tf.add(convolved, bias) : convolved, activation), isNhwc: true };
  };
}

function lowerMaxPool(lowering: Lowering): Compute {
  const kernel = lowering.attributes.numbers("kernel_shape") ?? lowering.unsupported("no kernel_shape");
  const window = windowOf(lowering, kernel);
  if (window.dilations.some((d) => d !== 1)) lowering.unsupported("dilation");
  const pad = paddingOf(window, lowering.shapeOf(0).slice(2));
  return ([x]) => ({ tensor: tf.maxPool(toNhwc(x), pair(window.kernel), pair(window.strides), pad), isNhwc: true });
}

function lowerAveragePool(lowering: Lowering): Compute {
  const kernel = lowering.attributes.numbers("kernel_shape") ?? lowering.unsupported("no kernel_shape");
  const window = windowOf(lowering, kernel);
  const pad = paddingOf(window, lowering.shapeOf(0).slice(2));
  const isCounted = lowering.attributes.flag("count_include_pad", false) && pad !== "valid";
  return ([x]) => {
    const picture = toNhwc(x);
    const padded = isCounted ? tf.pad(picture, pad) : picture;
    return { tensor: tf.avgPool(padded, pair(window.kernel), pair(window.strides), isCounted ? "valid" : pad), isNhwc: true };
  };
}

function lowerBatchNorm(lowering: Lowering): Compute {
  const vector = (index: number, what: string) => lowering.keep(tf.tensor1d(lowering.constant(index, what).toFloat32()));
  const [scale, bias, mean, variance] = [vector(1, "scale"), vector(2, "bias"), vector(3, "mean"), vector(4, "variance")];
  const epsilon = lowering.attributes.number("epsilon", 1e-5);
  if (lowering.shapeOf(0).length !== 4) lowering.unsupported("anything but two spatial axes");
  return ([x]) => ({ tensor: tf.batchNorm(toNhwc(x), mean, variance, bias, scale, epsilon), isNhwc: true });
}

function lowerLrn({ attributes }: Lowering): Compute {
  const size = attributes.number("size");
  const [alpha, beta, bias] = [attributes.number("alpha", 1e-4), attributes.number("beta", 0.75), attributes.number("bias", 1)];
  return ([x]) => ({ tensor: tf.localResponseNormalization(toNhwc(x), (size - 1) / 2, bias, alpha / size, beta), isNhwc: true });
}

function lowerClip({ attributes, node, constant }: Lowering): Compute {
  const bound = (index: number, name: string, fallback: number): number =>
    node.inputs[index] ? (constant(index, name).toNumbers()[0] as number) : attributes.number(name, fallback);
  const [low, high] = [bound(1, "min", -Number.MAX_VALUE), bound(2, "max", Number.MAX_VALUE)];
  return unaryCompute((x) => (low === 0 && high === 6 ? tf.relu6(x) : tf.clipByValue(x, low, high)));
}

function binary(apply: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Lower {
  return ({ keep, constant, isConstant, shapeOf, outputShape }) => {
    const isNhwc = outputShape.length === 4;
    const fixed = [0, 1].map((index) => {
      if (!isConstant(index)) return undefined;
      const shape = shapeOf(index);
      const full = isNhwc ? [...new Array<number>(4 - shape.length).fill(1), ...shape] : [...shape];
      const tensor = tf.tensor(constant(index, "operand").toFloat32(), full);
      return keep(isNhwc ? tf.tidy(() => tf.transpose(tensor, [0, 2, 3, 1])) : tensor);
    });
    const variable = (operand: Operand | undefined): tf.Tensor => {
      if (!isNhwc) return toNchw(operand);
      // A lower rank lines up with the last axes, which are rows and columns in ONNX and channels here.
      const { tensor } = operand as Operand;
      return tensor.rank === 4
        ? toNhwc(operand)
        : tf.transpose(tf.reshape(tensor, [...new Array<number>(4 - tensor.rank).fill(1), ...tensor.shape]), [0, 2, 3, 1]);
    };
    return (operands) => {
      let next = 0;
      const [a, b] = fixed.map((tensor) => tensor ?? variable(operands[next++]));
      return { tensor: apply(a as tf.Tensor, b as tf.Tensor), isNhwc };
    };
  };
}

function lowerSoftmax({ attributes, shapeOf, unsupported }: Lowering): Compute {
  const rank = shapeOf(0).length;
  const axis = normalizeAxis(attributes.number("axis", -1), rank);
  if (rank === 4 && axis === 1) return ([x]) => ({ tensor: tf.softmax(toNhwc(x), 3), isNhwc: true });
  if (axis !== rank - 1) unsupported(`axis ${axis}`);
  return ([x]) => ({ tensor: tf.softmax(toNchw(x)), isNhwc: false });
}

function lowerConcat({ attributes, shapeOf, node, isConstant, unsupported }: Lowering): Compute {
  if (node.inputs.some((_, index) => isConstant(index))) unsupported("a constant operand");
  const axis = normalizeAxis(attributes.number("axis"), shapeOf(0).length);
  if (shapeOf(0).length !== 4) return (operands) => ({ tensor: tf.concat(operands.map(toNchw), axis), isNhwc: false });
  return (operands) => ({ tensor: tf.concat(operands.map(toNhwc), [0, 3, 1, 2][axis]), isNhwc: true });
}

function lowerPad({ attributes, shapeOf, node, constant, unsupported }: Lowering): Compute {
  const rank = shapeOf(0).length;
  if (attributes.string("mode", "constant") !== "constant" || rank !== 4 || node.inputs[3]) unsupported("this kind of padding");
  const pads = node.inputs[1] ? constant(1, "pads").toNumbers() : (attributes.numbers("pads") ?? []);
  const value = node.inputs[2] ? (constant(2, "value").toNumbers()[0] as number) : attributes.number("value", 0);
  const around = nhwcShape([0, 1, 2, 3]).map((axis) => [pads[axis] as number, pads[rank + axis] as number] as [number, number]);
  return ([x]) => ({ tensor: tf.pad(toNhwc(x), around, value), isNhwc: true });
}

function lowerReshape({ shapeOf, outputShape }: Lowering): Compute {
  const [, , rows = 1, columns = 1] = shapeOf(0);
  const isVector = shapeOf(0).length === 4 && rows * columns === 1 && outputShape.length === 2;
  return ([x]) => {
    const operand = x as Operand;
    // A lone pixel lies the same in both orders.
    if (isVector) return { tensor: tf.reshape(operand.tensor, [...outputShape]), isNhwc: false };
    // A matrix product that follows turns its weights instead of the picture.
    if (operand.isNhwc && outputShape.length === 2 && outputShape[0] === operand.tensor.shape[0])
      return { tensor: tf.reshape(operand.tensor, [...outputShape]), isNhwc: false, flattened: operand.tensor.shape };
    return { tensor: tf.reshape(toNchw(operand), [...outputShape]), isNhwc: false };
  };
}
