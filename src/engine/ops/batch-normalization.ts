// BatchNormalization as an operator of its own, where no convolution has taken it in.
import { type Shape, sizeOf } from "../shapes.ts";
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

/** y = scale · (x − mean) / √(variance + ε) + bias per channel, for a BatchNormalization that no convolution has taken in. */
const batchNormalization = defineOperator("BatchNormalization", { since: 6 }, (context) => {
  const { attributes } = context;
  const epsilon = attributes.number("epsilon", 1e-5);
  attributes.ignore("momentum", "is_test", "consumed_inputs");
  if (!attributes.flag("spatial", true)) return context.unsupported("spatial=0, statistics per pixel. Export with statistics per channel");
  if (attributes.flag("training_mode", false)) return context.unsupported("training_mode=1. Export the model in evaluation mode");
  if (context.outputCount > 1)
    return context.unsupported("statistics as outputs, which only training computes. Export the model in evaluation mode");
  const x = floatInput(context, 0);
  checkSameType(context, 0, 1, 2, 3, 4);
  const channels = x.shape[1] ?? 1;
  const operands = [0, 1, 2, 3, 4].map((i) => context.input(i));
  for (const vector of operands.slice(1))
    if (sizeOf(vector.shape) !== channels)
      return context.invalid(`scale, bias, mean and variance must have ${channels} elements, got [${vector.shape}]`);
  return {
    outputs: [{ dtype: x.dtype, shape: x.shape }],
    continuesLayer: true,
    kernels: () => [perChannelKernel(elementWiseKernel(normalizationFormula, { epsilon }), x.shape)],
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
