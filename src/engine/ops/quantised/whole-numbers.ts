// ConvInteger and MatMulInteger, whose sums are whole numbers, and DynamicQuantizeLinear, which chooses a scale for what it is given.
// https://onnx.ai/onnx/operators/onnx__ConvInteger.html
import type { Shape } from "../../shapes.ts";
import { floatInput } from "../checks.ts";
import type { Operand, OperatorContext } from "../operator.ts";
import { rangeOf } from "./grid.ts";
import { type Describe, describeAs } from "./lowered.ts";
import { checkDepth, checkZeros, convolutionSums, exactProduct, exactSum, matrixSums, type Sums } from "./sums.ts";

function asNumbers(context: OperatorContext, index: number): Operand {
  const { dtype, shape } = context.input(index);
  if (rangeOf(context, dtype)[1] > 255) context.invalid(`${dtype} elements, expected int8 or uint8`);
  return { dtype: "float32", shape };
}

const places = { left: [0, 2], right: [1, 3] } as const;

/** @param products how the operator on numbers multiplies `operands` */
function wholeProduct(name: "Conv" | "MatMul", products: (x: Operand, w: Operand) => Sums): Describe {
  return (context) => {
    const operands = [asNumbers(context, 0), asNumbers(context, 1)] as const;
    const { outputs, macs = 0 } = describeAs(context, name, operands);
    const own = { ...places, ...products(...operands) };
    checkDepth(context, own.depth);
    checkZeros(context, own);
    return {
      outputs: [{ dtype: "int32", shape: outputs[0]?.shape as Shape }],
      macs,
      write: (writer, inputs, attributes) => [exactSum(writer, context, own, inputs, exactProduct(writer, name, attributes))],
    };
  };
}

export const convInteger = wholeProduct("Conv", convolutionSums);
export const matMulInteger = wholeProduct("MatMul", matrixSums);

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
