// ConvInteger and MatMulInteger, whose sums are whole numbers, and DynamicQuantizeLinear, which chooses a scale for what it is given.
// https://onnx.ai/onnx/operators/onnx__ConvInteger.html
import type { Shape } from "../../shapes.ts";
import { Tensor } from "../../tensor.ts";
import { floatInput } from "../checks.ts";
import type { Writer } from "../on-demand/composed.ts";
import type { Operand, OperatorContext } from "../operator.ts";
import { rangeOf } from "./grid.ts";
import { type Describe, describeAs } from "./lowered.ts";

/** Up to here float32 has every whole number. */
const mostExact = 2 ** 24;

/** The largest size of a step less its zero point. */
function largest(context: OperatorContext, { dtype }: Operand): number {
  const [lowest, highest] = rangeOf(context, dtype);
  if (highest > 255) context.invalid(`${dtype} elements, expected int8 or uint8`);
  return highest - lowest;
}

/**
 * The largest size that a sum of products may have: what is known of the weights makes it smaller than what their type allows.
 *
 * @param sumAt for the index of a weight, to which sum it belongs
 */
function largestSum(
  context: OperatorContext,
  [x, w]: readonly [Operand, Operand],
  depth: number,
  sumAt: (index: number) => number,
): number {
  const [zero, each] = [context.inputs[3], largest(context, w)];
  if (!w.constant || (zero && zero.constant?.size !== 1)) return largest(context, x) * each * depth;
  const sums: number[] = [];
  const start = Number(zero?.constant?.data[0] ?? 0);
  w.constant.toNumbers().forEach((steps, i) => {
    sums[sumAt(i)] = (sums[sumAt(i)] ?? 0) + Math.abs(steps - start);
  });
  return largest(context, x) * sums.reduce((most, sum) => Math.max(most, sum), 0);
}

/**
 * Sums of products of whole numbers, in float32 where none can be too large for it. Otherwise the left ones are taken apart into sixteens and
 * what is left: both sums are exact for up to 4000 products, and are added as whole numbers.
 */
function exactly(writer: Writer, x: string, isSmall: boolean, sumOf: (x: string) => string): string {
  if (isSmall) return writer.cast(sumOf(x), "int32");
  const sixteen = writer.number("float32", 16);
  const sixteens = writer.node("Floor", [writer.divide(x, sixteen)]);
  const rest = writer.subtract(x, writer.multiply(sixteens, sixteen));
  const high = writer.multiply(writer.cast(sumOf(sixteens), "int32"), writer.number("int32", 16));
  return writer.add(high, writer.cast(sumOf(rest), "int32"));
}

/** Steps less their zero point. */
function counted(
  writer: Writer,
  steps: string,
  zeroPoint: string | undefined,
  { shape }: Operand,
  zero: Operand | undefined,
  axis: number,
): string {
  const isList = zero !== undefined && zero.shape.length === 1 && zero.shape[0] !== 1;
  const ones = isList ? Tensor.filled("float32", zero.shape, 1) : Tensor.from("float32", zero?.shape ?? [], [1]);
  return writer.node(
    "DequantizeLinear",
    [steps, writer.constant(ones), zeroPoint ?? ""],
    isList ? { axis: Math.min(axis, shape.length - 1) } : {},
  );
}

function asNumbers({ shape }: Operand): Operand {
  return { dtype: "float32", shape };
}

export const convInteger: Describe = (context) => {
  const [x, w] = [context.input(0), context.input(1)];
  const { outputs, macs = 0 } = describeAs(context, "Conv", [asNumbers(x), asNumbers(w)]);
  const depth = w.shape.slice(1).reduce((product, extent) => product * extent, 1);
  const isSmall = largestSum(context, [x, w], depth, (i) => Math.floor(i / depth)) <= mostExact;
  return {
    outputs: [{ dtype: "int32", shape: outputs[0]?.shape as Shape }],
    macs,
    write: (writer, [steps = "", weights = "", zero, weightZero], attributes) => {
      const numbers = counted(writer, weights, weightZero, w, context.inputs[3], 0);
      const sums = (operand: string) => writer.node("Conv", [operand, numbers], attributes);
      return [exactly(writer, counted(writer, steps, zero, x, context.inputs[2], 1), isSmall, sums)];
    },
  };
};

export const matMulInteger: Describe = (context) => {
  const [a, b] = [context.input(0), context.input(1)];
  const { outputs, macs = 0 } = describeAs(context, "MatMul", [asNumbers(a), asNumbers(b)]);
  const [depth = 1, columnCount = 1] = [a.shape.at(-1), b.shape.length > 1 ? b.shape.at(-1) : 1];
  const column = (i: number) => Math.floor(i / (depth * columnCount)) * columnCount + (i % columnCount);
  const isSmall = largestSum(context, [a, b], depth, column) <= mostExact;
  return {
    outputs: [{ dtype: "int32", shape: outputs[0]?.shape as Shape }],
    macs,
    write: (writer, [left = "", right = "", leftZero, rightZero]) => {
      const columns = counted(writer, right, rightZero, b, context.inputs[3], b.shape.length - 1);
      const sums = (operand: string) => writer.node("MatMul", [operand, columns]);
      return [exactly(writer, counted(writer, left, leftZero, a, context.inputs[2], Math.max(0, a.shape.length - 2)), isSmall, sums)];
    },
  };
};

/** The scale is 1 where all numbers are 0. */
export const dynamicQuantize: Describe = (context) => {
  const { dtype, shape } = floatInput(context, 0);
  return {
    outputs: [
      { dtype: "uint8" as const, shape },
      { dtype, shape: [] },
      { dtype: "uint8" as const, shape: [] },
    ].slice(0, Math.max(1, context.outputCount)),
    write: (writer, [x = ""]) => {
      const zero = writer.number(dtype, 0);
      const axes = shape.map((_, axis) => axis);
      const bound = (operator: string) => {
        const extreme = writer.reshape(writer.reduce(`Reduce${operator}`, x, axes), []);
        return writer.node(operator, [extreme, zero]);
      };
      const [least, most] = [bound("Min"), bound("Max")];
      const span = writer.divide(writer.subtract(most, least), writer.number(dtype, 255));
      const scale = writer.node("Where", [writer.node("Equal", [span, zero]), writer.number(dtype, 1), span]);
      const zeroPoint = writer.node("QuantizeLinear", [writer.subtract(zero, least), scale, writer.number("uint8", 0)]);
      return [writer.node("QuantizeLinear", [x, scale, zeroPoint]), scale, zeroPoint];
    },
  };
};
