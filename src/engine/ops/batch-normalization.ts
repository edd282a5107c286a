// BatchNormalization as an operator of its own, where no convolution has taken it in.
import type { ValueType } from "../graph/graph.ts";
import { type Shape, sameShape, sizeOf } from "../shapes.ts";
import { checkSameType, floatInput } from "./checks.ts";
import { elementWiseKernel } from "./element-wise-kernel.ts";
import { defineOperator, type Kernel, type Operator } from "./operator.ts";

/** Of x, scale, bias, mean and variance. */
export const normalizationFormula = {
  name: "batch-normalization",
  expression: "b * (a - d) * inverseSqrt(e + epsilon) + c",
  inputs: ["f32", "f32", "f32", "f32", "f32"] as const,
  output: "f32" as const,
  scalars: ["epsilon"],
};

/**
 * y = scale · (x − mean) / √(variance + ε) + bias per channel, or with `spatial=0` per element of an example; for a BatchNormalization that no
 * convolution has taken in. In training mode mean and variance are the batch's, and the running ones are outputs.
 */
const batchNormalization = defineOperator("BatchNormalization", { since: 6 }, (context) => {
  const { attributes, opset, outputCount } = context;
  const epsilon = attributes.number("epsilon", 1e-5);
  const momentum = attributes.number("momentum", 0.9);
  const isPerElement = !attributes.flag("spatial", true);
  // Before opset 14 it trains where it has statistics as outputs.
  const trains = opset < 14 ? outputCount > 1 : attributes.flag("training_mode", false);
  if (!trains && outputCount > 1) return context.invalid("it has statistics as outputs, which only training mode computes");
  const { dtype, shape } = floatInput(context, 0);
  const vector = isPerElement ? shape.slice(1) : [shape[1] ?? 1];
  const [, , mean] = [1, 2, 3, 4].map((index) => {
    const operand = floatInput(context, index);
    if (!sameShape(operand.shape, vector))
      return context.invalid(
        `scale, bias, mean and variance must have the shape [${vector}]${isPerElement ? " with spatial=0" : ""}, got [${operand.shape}]`,
      );
    return operand;
  });
  // The types of x, of scale and bias, and of the statistics came apart one after the other.
  checkSameType(context, ...(opset < 15 ? [0] : []), 1, 2);
  checkSameType(context, ...(opset < 14 ? [0] : []), 3, 4);
  if (trains && sizeOf(shape) === 0) return context.invalid(`x of shape [${shape}] has no elements to take statistics of`);
  const mostOutputs = trains ? (opset < 14 ? 5 : 3) : 1;
  const kernel = elementWiseKernel(normalizationFormula, { epsilon });
  const statistics = { dtype: mean?.dtype ?? dtype, shape: vector };
  return {
    outputs: [{ dtype, shape }, ...new Array<ValueType>(Math.min(outputCount, mostOutputs) - 1).fill(statistics)],
    exact: [1, 2, 3, 4],
    continuesLayer: true,
    kernels: () => {
      const { general } = context.families;
      if (trains) return general ? [general.normalizationOfBatch({ shape, epsilon, momentum, isPerElement })] : [];
      return [isPerElement ? kernel : perChannelKernel(kernel, shape)];
    },
  };
});

/** A kernel whose operands after the first (or the first few) are vectors that broadcast along axis 1: views them as [1, C, 1, …]. */
export function perChannelKernel(kernel: Kernel, shape: Shape, whole = 1): Kernel {
  return {
    ...kernel,
    dispatches(inputs, outputs) {
      const viewed = inputs.map((input, i) => {
        if (i < whole || !input) return input;
        const strides = shape.map((_, axis) => (axis === 1 ? (input.strides[0] as number) : 0));
        return { ...input, shape: shape.map((extent, axis) => (axis === 1 ? extent : 1)), strides };
      });
      return kernel.dispatches(viewed, outputs);
    },
  };
}

export default [batchNormalization] satisfies Operator[];
