// GlobalAveragePool and GlobalMaxPool: a reduction over all spatial axes.
// https://onnx.ai/onnx/operators/onnx__GlobalAveragePool.html
import { sizeOf } from "../shapes.ts";
import { floatInput } from "./checks.ts";
import { defineOperator, type Operator, type OperatorContext } from "./operator.ts";
import { type Reduction, reductionKernel } from "./reduction.ts";

export default [
  defineOperator("GlobalAveragePool", { since: 1 }, (context) => describeGlobalPool(context, { isMean: true })),
  defineOperator("GlobalMaxPool", { since: 1 }, (context) => describeGlobalPool(context, { combine: "max" })),
] satisfies Operator[];

export function describeGlobalPool(context: OperatorContext, reduction: Reduction): ReturnType<Operator["describe"]> {
  const { dtype, shape } = floatInput(context, 0);
  if (shape.length < 3) context.invalid(`input of shape [${shape}] has no spatial axes`);
  if (sizeOf(shape.slice(2)) === 0) context.unsupported(`an empty input of shape [${shape}] is not supported`);
  const spatial = new Set(shape.map((_, axis) => axis).slice(2));
  return {
    outputs: [{ dtype, shape: shape.map((extent, axis) => (axis < 2 ? extent : 1)) }],
    nonnegative: () => ({ whereAll: [0] }),
    kernels: () => [reductionKernel(reduction, spatial)],
  };
}
