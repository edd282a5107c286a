// DFT and STFT, written as products with a matrix of cosines and sines. https://onnx.ai/onnx/operators/onnx__DFT.html
import { normalizeAxis, sameShape, sizeOf } from "../../shapes.ts";
import { Tensor } from "../../tensor.ts";
import { checkSameType, floatInput } from "../checks.ts";
import { defineComposed } from "../on-demand/composed.ts";
import type { OperatorContext } from "../operator.ts";

/** Numbers of one matrix, or of one list of places. */
const mostNumbers = 1 << 22;

interface Transform {
  /** Numbers that are transformed, of which missing ones are 0. */
  readonly period: number;
  readonly inputs: number;
  /** 1: real, 2: complex. */
  readonly parts: number;
  readonly outputs: number;
  /** 1 of what a whole spectrum's second half repeats, 2 of complex numbers. */
  readonly outputParts: number;
  readonly isInverse: boolean;
  /** The input is one half of a spectrum, of which the other half is its mirror. */
  readonly isHalf: boolean;
}

/** Of the matrix that transforms: real and imaginary part of each input in rows, of each output in columns. @throws where it is too large */
function matrixShape(context: OperatorContext, { period, inputs, parts, outputs, outputParts }: Transform): readonly number[] {
  const shape = [inputs * parts, outputs * outputParts];
  if (sizeOf(shape) > mostNumbers) context.unsupported(`a transform of ${period} numbers takes a matrix of [${shape}]. Make it shorter`);
  return shape;
}

/** Its numbers, which take a while where there are many. */
function matrixOf({ period, inputs, parts, outputs, outputParts, isInverse, isHalf }: Transform): Float32Array {
  const shape = [inputs * parts, outputs * outputParts];
  const values = new Float32Array(sizeOf(shape));
  const scale = isInverse ? 1 / period : 1;
  for (let n = 0; n < Math.min(inputs, period); n++) {
    // All but the first, and of an even number the middle one, stand for two.
    const weight = isHalf && n > 0 && 2 * n < period ? 2 * scale : scale;
    for (let k = 0; k < outputs; k++) {
      const angle = (2 * Math.PI * ((n * k) % period)) / period;
      const [cos, sin] = [weight * Math.cos(angle), weight * Math.sin(angle) * (isInverse ? 1 : -1)];
      const at = (part: number, outputPart: number) => (n * parts + part) * outputs * outputParts + k * outputParts + outputPart;
      values[at(0, 0)] = cos;
      if (outputParts > 1) values[at(0, 1)] = sin;
      if (parts > 1) values[at(1, 0)] = -sin;
      if (parts > 1 && outputParts > 1) values[at(1, 1)] = cos;
    }
  }
  return values;
}

function partsOf(context: OperatorContext, shape: readonly number[]): number {
  const parts = shape.at(-1);
  if (parts !== 1 && parts !== 2)
    return context.invalid(`the input has the shape [${shape}], whose last axis is 1 or 2 for real or complex numbers`);
  return parts;
}

export const dft = defineComposed("DFT", { since: 17 }, (context) => {
  const x = floatInput(context, 0);
  const { attributes, opset } = context;
  const rank = x.shape.length;
  const parts = partsOf(context, x.shape);
  const isInverse = attributes.flag("inverse", false);
  const isOneSided = attributes.flag("onesided", false);
  const given = opset < 20 ? attributes.integer("axis", 1) : (context.constant(2, "axis")?.toNumbers()[0] ?? -2);
  const axis = normalizeAxis(given, rank);
  if (axis === rank - 1) context.invalid("the last axis holds the parts of numbers");
  const inputs = x.shape[axis] as number;
  const isHalf = isInverse && isOneSided;
  const period = context.constant(1, "dft_length")?.toNumbers()[0] ?? (isHalf ? 2 * (inputs - 1) : inputs);
  if (!(period >= 1)) context.invalid(`dft_length is ${period}`);
  if (isOneSided && !isInverse && parts === 2) context.invalid("one side of a spectrum is the whole of real numbers only");
  const outputs = isOneSided && !isInverse ? Math.floor(period / 2) + 1 : period;
  const outputParts = isHalf ? 1 : 2;
  const used = isHalf ? Math.min(inputs, Math.floor(period / 2) + 1) : Math.min(inputs, period);
  const transform = { period, inputs: used, parts, outputs, outputParts, isInverse, isHalf };
  const matrix = matrixShape(context, transform);
  const shape = x.shape.map((extent, i) => (i === axis ? outputs : i === rank - 1 ? outputParts : extent));
  return {
    outputs: [{ dtype: x.dtype, shape }],
    macs: (sizeOf(x.shape) / Math.max(1, inputs)) * used * outputs * outputParts,
    write: (writer, [value = ""]) => {
      const others = x.shape.map((_, i) => i).filter((i) => i !== axis && i < rank - 1);
      const order = [...others, axis, rank - 1];
      const outer = others.map((i) => x.shape[i] as number);
      const cut = used < inputs ? writer.slice(value, axis, 0, used) : value;
      const rows = writer.reshape(writer.transpose(cut, order), [sizeOf(outer), used * parts]);
      const product = writer.node("MatMul", [rows, writer.floats(x.dtype, matrix, matrixOf(transform))]);
      const back = x.shape.map((_, i) => order.indexOf(i));
      return [writer.transpose(writer.reshape(product, [...outer, outputs, outputParts]), back)];
    },
  };
});

export const stft = defineComposed("STFT", { since: 17 }, (context) => {
  const signal = floatInput(context, 0);
  const window = context.inputs[2];
  checkSameType(context, 0, 2);
  const isOneSided = context.attributes.flag("onesided", true);
  const [batch = 0, length = 0, more] = signal.shape;
  const parts = more === undefined && signal.shape.length === 2 ? 1 : partsOf(context, signal.shape);
  if (signal.shape.length < 2 || signal.shape.length > 3) context.invalid(`the signal has the shape [${signal.shape}], expected 3 axes`);
  const step = context.constant(1, "frame_step")?.toNumbers()[0] ?? context.invalid("a frame_step is required");
  const size =
    context.constant(3, "frame_length")?.toNumbers()[0] ?? window?.shape[0] ?? context.invalid("a frame_length or a window is required");
  if (!(step >= 1) || !(size >= 1) || size > length)
    context.invalid(`frames of ${size} numbers, ${step} apart, do not fit ${length} numbers`);
  if (window && !sameShape(window.shape, [size])) context.invalid(`the window has the shape [${window.shape}], expected [${size}]`);
  if (isOneSided && parts === 2) context.invalid("one side of a spectrum is the whole of real numbers only");
  const frames = Math.floor((length - size) / step) + 1;
  if (frames * size > mostNumbers) context.unsupported(`${frames} frames of ${size} numbers. Make them fewer`);
  const outputs = isOneSided ? Math.floor(size / 2) + 1 : size;
  const transform = { period: size, inputs: size, parts, outputs, outputParts: 2, isInverse: false, isHalf: false };
  const matrix = matrixShape(context, transform);
  return {
    outputs: [{ dtype: signal.dtype, shape: [batch, frames, outputs, 2] }],
    macs: batch * frames * size * parts * outputs * 2,
    write: (writer, [value = "", , shape = ""]) => {
      const places = Array.from({ length: frames * size }, (_, i) => Math.floor(i / size) * step + (i % size));
      const whole = writer.reshape(value, [batch, length, parts]);
      const apart = writer.node("Gather", [whole, writer.constant(Tensor.int64([frames, size], places))], { axis: 1 });
      const weighed = shape ? writer.multiply(apart, writer.reshape(shape, [size, 1])) : apart;
      const rows = writer.reshape(weighed, [batch * frames, size * parts]);
      const product = writer.node("MatMul", [rows, writer.floats(signal.dtype, matrix, matrixOf(transform))]);
      return [writer.reshape(product, [batch, frames, outputs, 2])];
    },
  };
});
