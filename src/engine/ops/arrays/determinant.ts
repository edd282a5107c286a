// Det: the determinant of each matrix. https://onnx.ai/onnx/operators/onnx__Det.html
import determinantShader from "../../../shaders/determinant.wgsl";
import { sizeOf } from "../../shapes.ts";
import { floatInput } from "../checks.ts";
import { workgroupCount } from "../dispatch.ts";
import { copyDispatch } from "../element-wise-kernel.ts";
import { defineOperator, type PlacedOperand } from "../operator.ts";

/** Rows of a matrix. One invocation does all of it. */
const mostRows = 128;

export default defineOperator("Det", { since: 11 }, (context) => {
  const { dtype, shape } = floatInput(context, 0);
  const [size, columns] = shape.slice(-2);
  if (size === undefined || size !== columns) return context.invalid(`[${shape}] has no square matrices`);
  if (size > mostRows) context.unsupported(`matrices of ${size} rows. Make them at most ${mostRows}`);
  const outer = shape.slice(0, -2);
  const count = sizeOf(outer);
  return {
    outputs: [{ dtype, shape: outer }],
    macs: (count * size ** 3) / 3,
    kernels: () => [
      {
        name: "determinant",
        readsStrided: [0],
        dispatches: (inputs, outputs) => {
          const [input, output] = [inputs[0] as PlacedOperand, outputs[0] as PlacedOperand];
          const work = { scratchBytes: 4 * Math.max(1, sizeOf(shape)) };
          const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
          const copy = copyDispatch(
            "copy",
            shape,
            { binding: input, offset: input.offset, strides: input.strides },
            { binding: work, offset: 0, strides },
          );
          const eliminate = {
            shader: determinantShader,
            params: { count, size },
            bindings: { work, output },
            workgroups: workgroupCount(count, 64),
          };
          return sizeOf(shape) === 0 ? [eliminate] : [copy, eliminate];
        },
      },
    ],
  };
});
