// Clip: element by element, with bounds that are attributes or inputs.
import { sizeOf } from "../shapes.ts";
import { gpuTypeOf, largestFloat } from "../tensor.ts";
import { elementWise } from "./element-wise.ts";
import { defineOperator, type Operator } from "./operator.ts";

const clip = defineOperator("Clip", { since: 7 }, (context) => {
  const x = context.input(0);
  if (x.dtype === "bool") return context.unsupported("bool elements. Cast to int32 before it");
  if (context.opset < 11) {
    const low = context.attributes.number("min", -largestFloat);
    const high = context.attributes.number("max", largestFloat);
    return elementWise(context, [x], {
      expression: "clip(a, low, high)",
      js: (a) => Math.min(high, Math.max(low, a)),
      dtype: x.dtype,
      scalars: { low, high },
    });
  }
  const isFloat = gpuTypeOf(x.dtype) === "f32";
  const min = context.inputs[1];
  const max = context.inputs[2];
  for (const bound of [min, max])
    if (bound && sizeOf(bound.shape) !== 1) context.invalid(`a bound must be one number, got [${bound.shape}]`);
  const low = min ? "b" : isFloat ? "low" : undefined;
  const high = max ? (min ? "c" : "b") : isFloat ? "high" : undefined;
  const raised = low ? `max(a, ${low})` : "a";
  return elementWise(context, [x, ...(min ? [min] : []), ...(max ? [max] : [])], {
    // min after max, so that max wins where they cross, as ONNX says.
    expression: high ? `min(${raised}, ${high})` : raised,
    js: (a, ...rest) => {
      const lower = min ? (rest.shift() as number) : isFloat ? -largestFloat : Number.NEGATIVE_INFINITY;
      const upper = max ? (rest.shift() as number) : isFloat ? largestFloat : Number.POSITIVE_INFINITY;
      return Math.min(upper, Math.max(lower, a));
    },
    dtype: x.dtype,
    scalars: isFloat ? { ...(!min && { low: -largestFloat }), ...(!max && { high: largestFloat }) } : {},
    nanOf: "a",
    shape: x.shape,
    indices: [0, ...(min ? [1] : []), ...(max ? [2] : [])],
  });
});

export default [clip] satisfies Operator[];
