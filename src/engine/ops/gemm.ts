// Gemm: y = alpha · A' · B' + beta · C, a dense layer. A' and B' may be transposed, C broadcasts to the product.
// https://onnx.ai/onnx/operators/onnx__Gemm.html
import { broadcastStrides, denseStrides } from "../shapes.ts";
import { checkSameType, floatInput } from "./checks.ts";
import { isPackedOnce, productKernels } from "./matrix-product.ts";
import { defineOperator } from "./operator.ts";

export default defineOperator("Gemm", { since: 7 }, (context) => {
  const { attributes } = context;
  const a = floatInput(context, 0);
  const b = floatInput(context, 1);
  const c = context.inputs[2];
  checkSameType(context, 0, 1, 2);
  if (a.shape.length !== 2 || b.shape.length !== 2) context.invalid(`A and B must be matrices, got [${a.shape}] and [${b.shape}]`);
  const matrix = (shape: readonly number[], transposed: boolean) => {
    const [extents, strides] = [[...shape], denseStrides(shape)];
    if (transposed) for (const list of [extents, strides]) list.reverse();
    return { extents: extents as [number, number], strides: strides as [number, number] };
  };
  const left = matrix(a.shape, attributes.flag("transA", false));
  const right = matrix(b.shape, attributes.flag("transB", false));
  const [rows, depth] = left.extents;
  const columns = right.extents[1];
  if (right.extents[0] !== depth) context.invalid(`A' is [${left.extents}] but B' is [${right.extents}]`);
  const shape = [rows, columns];
  const alpha = attributes.number("alpha", 1);
  const beta = attributes.number("beta", 1);
  if (c && (c.shape.length > 2 || c.shape.some((extent, axis) => extent !== 1 && extent !== shape[shape.length - c.shape.length + axis])))
    context.invalid(`C of shape [${c.shape}] does not broadcast to [${shape}]`);
  return {
    outputs: [{ dtype: a.dtype, shape }],
    nonnegative: () => (alpha >= 0 && beta >= 0 ? { whereAll: [0, 1, 2] } : undefined),
    macs: rows * columns * depth,
    kernels: (target) =>
      productKernels(
        context,
        {
          rows,
          columns,
          depth,
          alpha,
          beta,
          aStrides: left.strides,
          bStrides: right.strides,
          isPackedOnce: isPackedOnce(b),
          ...(c ? { cStrides: broadcastStrides(c.shape, denseStrides(c.shape), shape) as [number, number] } : {}),
        },
        target,
      ),
  };
});
