// Clip, BatchNormalization and Cast: element by element, but each with a rule of its own.
import { type Shape, sizeOf } from "../shapes.ts";
import { type DataType, dataTypesByCode, gpuTypeOf } from "../tensor.ts";
import { checkSameType, floatInput } from "./checks.ts";
import { elementWise } from "./element-wise.ts";
import { elementWiseKernel } from "./element-wise-kernel.ts";
import { defineOperator, type Kernel, type Operator, type OperatorContext } from "./operator.ts";

/** Clip's bounds where a node has none: the largest finite numbers, so that it does away with infinities. */
const largest = 3.4028234663852886e38;

const clip = defineOperator("Clip", { since: 7 }, (context) => {
  const x = context.input(0);
  if (context.opset < 11) {
    const low = context.attributes.number("min", -largest);
    const high = context.attributes.number("max", largest);
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
      const lower = min ? (rest.shift() as number) : isFloat ? -largest : Number.NEGATIVE_INFINITY;
      const upper = max ? (rest.shift() as number) : isFloat ? largest : Number.POSITIVE_INFINITY;
      return Math.min(upper, Math.max(lower, a));
    },
    dtype: x.dtype,
    scalars: isFloat ? { ...(!min && { low: -largest }), ...(!max && { high: largest }) } : {},
    nanOf: "a",
    shape: x.shape,
    indices: [0, ...(min ? [1] : []), ...(max ? [2] : [])],
  });
});

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
  const formula = {
    name: "batch-normalization",
    expression: "b * (a - d) * inverseSqrt(e + epsilon) + c",
    inputs: ["f32", "f32", "f32", "f32", "f32"] as const,
    output: "f32" as const,
    scalars: ["epsilon"],
  };
  return {
    outputs: [{ dtype: x.dtype, shape: x.shape }],
    continuesLayer: true,
    kernels: () => [perChannelKernel(elementWiseKernel(formula, { epsilon }), x.shape)],
  };
});

/** A kernel whose operands after the first are vectors that broadcast along axis 1: views them as [1, C, 1, …]. */
function perChannelKernel(kernel: Kernel, shape: Shape): Kernel {
  return {
    ...kernel,
    dispatches(inputs, outputs) {
      const viewed = inputs.map((input, i) => {
        if (i === 0 || !input) return input;
        const strides = shape.map((_, axis) => (axis === 1 ? (input.strides[0] as number) : 0));
        return { ...input, shape: shape.map((extent, axis) => (axis === 1 ? extent : 1)), strides };
      });
      return kernel.dispatches(viewed, outputs);
    },
  };
}

const cast = (name: string) =>
  defineOperator(name, { since: name === "Cast" ? 7 : 15 }, (context) => {
    context.attributes.ignore("saturate", "round_mode");
    const x = context.input(0);
    const dtype = name === "Cast" ? onnxDataType(context, context.attributes.integer("to")) : context.input(1).dtype;
    const [from, to] = [gpuTypeOf(x.dtype), gpuTypeOf(dtype)];
    const base = elementWise(context, [x], {
      expression: dtype === "bool" ? `select(0u, 1u, a != ${from}(0))` : `${to}(a)`,
      js: (a) => (dtype === "bool" ? Number(a !== 0) : a),
      dtype,
      nanOf: "",
    });
    // The same words under another name: nothing to compute.
    const isView = from === to && dtype !== "bool" && !isNarrow(dtype);
    return { ...base, isView };
  });

function isNarrow(dtype: DataType): boolean {
  return /^u?int(8|16)$/.test(dtype);
}

function onnxDataType(context: OperatorContext, code: number): DataType {
  return dataTypesByCode[code] ?? context.unsupported(`element type ${code}. Cast to float32 instead`);
}

export default [clip, batchNormalization, cast("Cast"), cast("CastLike")] satisfies Operator[];
