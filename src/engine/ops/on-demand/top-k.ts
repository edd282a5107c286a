// TopK: the k largest or smallest elements along an axis, best first, and where they were. https://onnx.ai/onnx/operators/onnx__TopK.html
import topKShader from "../../../shaders/top-k.wgsl";
import { normalizeAxis, sizeOf } from "../../shapes.ts";
import { gpuTypeOf } from "../../tensor.ts";
import { aroundAxis } from "../axes.ts";
import { workgroupCount } from "../dispatch.ts";
import { defineOperator, type PlacedOperand } from "../operator.ts";

export default defineOperator("TopK", { since: 1 }, (context) => {
  const { attributes } = context;
  const { dtype, shape } = context.input(0);
  if (dtype === "bool") context.invalid("bool elements have no order");
  const axis = normalizeAxis(attributes.integer("axis", -1), shape.length);
  const isLargest = attributes.flag("largest", true);
  // `sorted=0` allows any order, so the sorted one too.
  attributes.ignore("sorted");
  const k = context.opset < 10 ? attributes.integer("k") : (context.constant(1, "k")?.toNumbers()[0] ?? context.invalid("k is required"));
  const { extent, inner } = aroundAxis(shape, axis);
  if (k < 0 || k > extent) context.invalid(`k = ${k}, which is not between 0 and the ${extent} elements along axis ${axis}`);
  const result = shape.map((extent, i) => (i === axis ? k : extent));
  return {
    outputs: [
      { dtype, shape: result },
      { dtype: "int64", shape: result },
    ],
    nonnegative: () => ({ whereAll: [0] }),
    kernels: () => [
      {
        name: "top-k",
        dispatches: ([input], [values, indices]) => [
          {
            shader: topKShader,
            constants: { TYPE: ["f32", "i32", "u32"].indexOf(gpuTypeOf(dtype)) },
            params: { count: sizeOf(shape), length: extent, inner, k, sign: isLargest ? 1 : -1 },
            bindings: {
              input: input as PlacedOperand,
              values: values as PlacedOperand,
              indices: indices ?? { scratchBytes: 4 * sizeOf(result) },
            },
            workgroups: workgroupCount(sizeOf(shape), 64),
          },
        ],
      },
    ],
  };
});
