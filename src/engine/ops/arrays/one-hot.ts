// OneHot: an axis along which one element is on, at a place that the input says. https://onnx.ai/onnx/operators/onnx__OneHot.html
import { sameShape, sizeOf } from "../../shapes.ts";
import { isFloat, isSigned } from "../../tensor.ts";
import { defineComposed } from "../on-demand/composed.ts";

/** Numbers that are made at load for the places. */
const mostDepth = 1 << 20;

export default defineComposed("OneHot", { since: 9 }, (context) => {
  const [places, values] = [context.input(0), context.input(2)];
  const given = context.constant(1, "depth")?.toNumbers() ?? context.invalid("a depth is required");
  const depth = Math.trunc(given[0] ?? 0);
  if (given.length !== 1 || !(depth >= 0)) context.invalid(`the depth must be one number from 0 on, got [${given}]`);
  if (depth > mostDepth) context.unsupported(`a depth of ${depth}. Make it at most ${mostDepth}`);
  if (!sameShape(values.shape, [2])) context.invalid(`values have the shape [${values.shape}], expected [2]`);
  const rank = places.shape.length + 1;
  const axis = context.attributes.integer("axis", -1);
  if (axis < -rank || axis >= rank) context.invalid(`axis ${axis} does not exist in rank ${rank}`);
  const at = axis < 0 ? axis + rank : axis;
  const shape = places.shape.toSpliced(at, 0, depth);
  return {
    outputs: [{ dtype: values.dtype, shape }],
    nonnegative: () => ({ whereAll: [2] }),
    write: (writer, [indices = "", , offAndOn = ""]) => {
      // Whole numbers compare in 32 bits, floats as they are.
      const dtype = isFloat(places.dtype) ? "float32" : "int32";
      const own = writer.cast(indices, dtype);
      const isNegative = isSigned(places.dtype) && writer.node("Less", [own, writer.number(dtype, 0)]);
      const fromStart = isNegative ? writer.node("Where", [isNegative, writer.add(own, writer.number(dtype, depth)), own]) : own;
      const aside = writer.reshape(fromStart, places.shape.toSpliced(at, 0, 1));
      const along = shape.map((_, i) => (i === at ? depth : 1));
      const counting = writer.floats(
        dtype,
        along,
        Array.from({ length: sizeOf(along) }, (_, i) => i),
      );
      const [off, on] = [0, 1].map((i) => writer.reshape(writer.slice(offAndOn, 0, i, i + 1), [])) as [string, string];
      return [writer.node("Where", [writer.node("Equal", [aside, counting]), on, off])];
    },
  };
});
