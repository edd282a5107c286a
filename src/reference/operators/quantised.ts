// Operators on whole steps of a scale. https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html
import { normalizeAxis, type Shape } from "../../engine/shapes.ts";
import { type DataType, dataTypesByCode, roundToEven } from "../../engine/tensor.ts";
import { map, type NdArray, ndArray, zip } from "../array.ts";
import type { Call, Evaluate, Operators } from "../operator.ts";
import { placeAlong } from "../rows.ts";
import { activations } from "./activations.ts";
import { arithmetic } from "./arithmetic.ts";
import { convolution } from "./convolution.ts";
import { movement } from "./movement.ts";
import { pooling } from "./pooling.ts";

const ranges: Readonly<Partial<Record<DataType, readonly [number, number]>>> = {
  int4: [-8, 7],
  uint4: [0, 15],
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
};

/** The element of a scale, or of a zero point, that belongs to an element of the value. */
function belonging(shape: Shape, one: NdArray, axis: number, block: number): (index: number) => number {
  if (one.data.length === 1) return () => one.data[0] as number;
  const at = normalizeAxis(axis, shape.length);
  if (block === 0) {
    const place = placeAlong(shape, at);
    return (index) => one.data[place(index)] as number;
  }
  const places = shape.map((_, i) => placeAlong(shape, i));
  return (index) => {
    const to = places.reduce(
      (sum, place, i) => sum * (one.shape[i] as number) + (i === at ? Math.floor(place(index) / block) : place(index)),
      0,
    );
    return one.data[to] as number;
  };
}

interface Spread {
  readonly axis?: number;
  readonly block?: number;
}

function dequantized(x: NdArray, scale: NdArray, zeroPoint: NdArray | undefined, { axis = 1, block = 0 }: Spread = {}): NdArray {
  const [factor, zero] = [scale, zeroPoint].map((one) => one && belonging(x.shape, one, axis, block));
  const data = x.data.map((steps, i) => (steps - (zero?.(i) ?? 0)) * (factor?.(i) ?? 1));
  return ndArray(scale.dtype, x.shape, data);
}

function quantized(
  x: NdArray,
  scale: NdArray,
  zeroPoint: NdArray | undefined,
  dtype: DataType,
  { axis = 1, block = 0 }: Spread = {},
): NdArray {
  const [factor, zero] = [scale, zeroPoint].map((one) => one && belonging(x.shape, one, axis, block));
  const [lowest, highest] = ranges[dtype] as readonly [number, number];
  // The quotient is a float32, too: ONNX's cases have ones in the middle of two steps.
  const stepsOf = (value: number, i: number) => roundToEven(Math.fround(value / (factor?.(i) ?? 1)));
  const data = x.data.map((value, i) => Math.min(highest, Math.max(lowest, stepsOf(value, i) + (zero?.(i) ?? 0))));
  return ndArray(dtype, x.shape, data);
}

const spreadOf = ({ attributes }: Call): Spread => ({ axis: attributes.number("axis", 1), block: attributes.number("block_size", 0) });

const quantizeLinear: Evaluate = (call) => {
  const zeroPoint = call.inputs[2];
  const asked = dataTypesByCode[call.attributes.number("output_dtype", 0)];
  return quantized(call.input(0), call.input(1), zeroPoint, zeroPoint?.dtype ?? asked ?? "uint8", spreadOf(call));
};

/** The value that three inputs from `at` on stand for. */
function operand({ input, inputs }: Call, at: number, axis = 1): NdArray {
  return dequantized(input(at), input(at + 1), inputs[at + 2], { axis });
}

/** The steps of a result, by the scale and zero point from `at` on. */
function result({ input, inputs }: Call, value: NdArray, at: number, first = 0): NdArray {
  const zeroPoint = inputs[at + 1];
  return quantized(value, input(at), zeroPoint, (zeroPoint ?? input(first)).dtype);
}

function evaluate(call: Call, operators: Operators, name: string, inputs: readonly (NdArray | undefined)[]): NdArray {
  const input = (index: number) => inputs[index] ?? call.unsupported(`input ${index} is missing.`);
  const found = (operators[name] as Evaluate)({ ...call, inputs, input, outputCount: 1 });
  return "data" in found ? found : (found[0] as NdArray);
}

/** A bias as steps of the product of both scales, each of which it broadcasts with. */
function biasOf({ input, inputs }: Call, at: number, alpha = 1): NdArray | undefined {
  const bias = inputs[at];
  if (!bias) return undefined;
  const scales = zip(input(1), input(4), (a, b) => a * b * alpha);
  return zip(bias, scales, (steps, scale) => steps * scale, scales.dtype);
}

const one = ndArray("float32", [], Float64Array.of(1));

/** Steps less their zero points. ONNX spreads zero points of several axes over the others. */
function lessZeros(x: NdArray, zero: NdArray | undefined, axis: number): NdArray {
  return zero && zero.shape.length > 1 ? zip(x, zero, (a, b) => a - b, "float32") : dequantized(x, one, zero, { axis });
}

/** Sums of whole numbers. */
const sums =
  (operators: Operators, name: string, axes: (a: NdArray, b: NdArray) => readonly [number, number]): Evaluate =>
  (call) => {
    const [a, b] = [call.input(0), call.input(1)];
    const [left, right] = axes(a, b);
    const operands = [lessZeros(a, call.inputs[2], left), lessZeros(b, call.inputs[3], right)];
    return { ...evaluate(call, operators, name, operands), dtype: "int32" };
  };

const dynamicQuantizeLinear: Evaluate = ({ input }) => {
  const x = input(0);
  const [least, most] = [Math.min(0, ...x.data), Math.max(0, ...x.data)];
  // A scale is a float32, and what lies between two steps hangs on its last digit.
  const span = Math.fround((most - least) / 255) || 1;
  const scale = ndArray(x.dtype, [], Float64Array.of(span));
  const zeroPoint = quantized(ndArray(x.dtype, [], Float64Array.of(-least)), scale, undefined, "uint8");
  return [quantized(x, scale, zeroPoint, "uint8"), scale, zeroPoint];
};

/** An operator on numbers, for one operand. */
const unary =
  (operators: Operators, name: string): Evaluate =>
  (call) =>
    result(call, evaluate(call, operators, name, [operand(call, 0)]), 3);

const binary =
  (name: string): Evaluate =>
  (call) =>
    result(call, evaluate(call, arithmetic, name, [operand(call, 0), operand(call, 3)]), 6);

export const quantisation: Operators = {
  QuantizeLinear: quantizeLinear,
  DequantizeLinear: (call) => dequantized(call.input(0), call.input(1), call.inputs[2], spreadOf(call)),
  DynamicQuantizeLinear: dynamicQuantizeLinear,
  QLinearConv: (call) => result(call, evaluate(call, convolution, "Conv", [operand(call, 0), operand(call, 3, 0), biasOf(call, 8)]), 6),
  QLinearMatMul: (call) => result(call, evaluate(call, arithmetic, "MatMul", [operand(call, 0, -2), operand(call, 3, -1)]), 6),
  ConvInteger: sums(convolution, "Conv", () => [1, 0]),
  MatMulInteger: sums(arithmetic, "MatMul", () => [-2, -1]),
  QLinearAdd: binary("Add"),
  QLinearMul: binary("Mul"),
  QLinearConcat: (call) => {
    const count = (call.inputs.length - 2) / 3;
    const operands = Array.from({ length: count }, (_, i) => operand(call, 2 + 3 * i));
    return result(call, evaluate(call, movement, "Concat", operands), 0, 2);
  },
  QLinearGlobalAveragePool: unary(pooling, "GlobalAveragePool"),
  QLinearAveragePool: unary(pooling, "AveragePool"),
  QLinearSigmoid: unary(activations, "Sigmoid"),
  QLinearLeakyRelu: unary(activations, "LeakyRelu"),
  QGemm: (call) => {
    const right = operand(call, 3, call.attributes.number("transB", 0) ? 0 : 1);
    const value = evaluate(call, arithmetic, "Gemm", [operand(call, 0), right, biasOf(call, 6, call.attributes.number("alpha", 1))]);
    return call.inputs[7] ? result(call, value, 7) : value;
  },
  FusedConv: (call) => {
    const [residual, kind] = [call.inputs[3], call.attributes.string("activation", "")];
    const conv = evaluate(call, convolution, "Conv", call.inputs.slice(0, 3));
    const sum = residual ? evaluate(call, arithmetic, "Add", [conv, residual]) : conv;
    const [low = 0, high = 0] = call.attributes.numbers("activation_params", []);
    if (kind === "Clip") return map(sum, (value) => Math.min(high, Math.max(low, value)));
    if (kind === "HardSigmoid") return map(sum, (value) => Math.min(1, Math.max(0, low * value + high)));
    if (kind === "LeakyRelu") return map(sum, (value) => (value < 0 ? low * value : value));
    return kind === "" ? sum : evaluate(call, activations, kind, [sum]);
  },
};
