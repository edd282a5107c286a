// RMSNormalization, LpNormalization and MeanVarianceNormalization, written as reductions and arithmetic.
// https://onnx.ai/onnx/operators/onnx__RMSNormalization.html
import { normalizeAxis, type Shape } from "../../shapes.ts";
import { floatInput } from "../checks.ts";
import { defineComposed } from "../on-demand/composed.ts";

/** Whether a value can be repeated to a larger one's shape. */
export function repeatsTo(shape: Shape, whole: Shape): boolean {
  const added = whole.length - shape.length;
  return added >= 0 && shape.every((extent, i) => extent === 1 || extent === whole[added + i]);
}

export const rmsNormalization = defineComposed("RMSNormalization", { since: 23 }, (context) => {
  const { dtype, shape } = floatInput(context, 0);
  const scale = floatInput(context, 1);
  context.attributes.ignore("stash_type");
  const axis = normalizeAxis(context.attributes.integer("axis", -1), shape.length);
  const epsilon = context.attributes.number("epsilon", 1e-5);
  if (!repeatsTo(scale.shape, shape)) context.invalid(`a scale of shape [${scale.shape}] does not fit [${shape}]`);
  return {
    outputs: [{ dtype, shape }],
    write: (writer, [x = "", factors = ""]) => {
      const axes = shape.map((_, i) => i).slice(axis);
      const square = writer.reduce("ReduceMean", writer.multiply(x, x), axes);
      const root = writer.node("Sqrt", [writer.add(square, writer.number(dtype, epsilon))]);
      return [writer.multiply(writer.divide(x, root), factors)];
    },
  };
});

/** Less than any length that is not 0. */
const least = 1.1754943508222875e-38;

export const lpNormalization = defineComposed("LpNormalization", { since: 8 }, (context) => {
  const { dtype, shape } = floatInput(context, 0);
  const axis = normalizeAxis(context.attributes.integer("axis", -1), shape.length);
  const p = context.attributes.integer("p", 2);
  if (p !== 1 && p !== 2) context.invalid(`p is ${p}, expected 1 or 2`);
  return {
    outputs: [{ dtype, shape }],
    nonnegative: () => ({ whereAll: [0] }),
    // Zeros stay zeros.
    write: (writer, [x = ""]) => [
      writer.divide(x, writer.node("Max", [writer.reduce(`ReduceL${p}`, x, [axis]), writer.number(dtype, least)])),
    ],
  };
});

export const meanVarianceNormalization = defineComposed("MeanVarianceNormalization", { since: 9 }, (context) => {
  const { dtype, shape } = floatInput(context, 0);
  const axes = context.attributes.integers("axes", [0, 2, 3]).map((axis) => normalizeAxis(axis, shape.length));
  return {
    outputs: [{ dtype, shape }],
    write: (writer, [x = ""]) => {
      const distance = writer.subtract(x, writer.reduce("ReduceMean", x, axes));
      const variance = writer.reduce("ReduceMean", writer.multiply(distance, distance), axes);
      const deviation = writer.add(writer.node("Sqrt", [variance]), writer.number(dtype, 1e-9));
      return [writer.divide(distance, deviation)];
    },
  };
});
