// MatMul, and the kernel for any product, which Gemm uses as well. MatMul has NumPy's rules: vectors become matrices of one row or column, leading axes are a batch and broadcast.
// https://onnx.ai/onnx/operators/onnx__MatMul.html
import matmulShader from "../../../shaders/matmul.wgsl";
import { fusedDomain } from "../../graph/graph.ts";
import { broadcastShapes, broadcastStrides, denseStrides, sizeOf } from "../../shapes.ts";
import { collapseAxes, padFront } from "../axes.ts";
import { checkSameType, floatInput } from "../checks.ts";
import { addend, type Inputs, isPackedOnce, type MatrixProduct, productKernels } from "../matrix-product.ts";
import {
  type Dispatch,
  defineOperator,
  type Kernel,
  type Operand,
  type Operation,
  type OperatorContext,
  type PlacedOperand,
} from "../operator.ts";

/** @param bias the operand that is added to every row, if there is one: input 2 */
function describeProduct(context: OperatorContext, bias?: Operand): Operation {
  const a = floatInput(context, 0);
  const b = floatInput(context, 1);
  checkSameType(context, 0, 1, ...(bias ? [2] : []));
  if (a.shape.length === 0 || b.shape.length === 0) context.invalid("a scalar operand is not allowed; use Mul");
  const left = a.shape.length === 1 ? [1, ...a.shape] : a.shape;
  const right = b.shape.length === 1 ? [...b.shape, 1] : b.shape;
  const [rows, depth] = left.slice(-2) as [number, number];
  const [rightDepth, columns] = right.slice(-2) as [number, number];
  if (depth !== rightDepth) context.invalid(`the operands' shapes [${a.shape}] and [${b.shape}] do not fit`);
  const leftBatch = left.slice(0, -2);
  const rightBatch = right.slice(0, -2);
  const batchShape = broadcastShapes(leftBatch, rightBatch);
  const shape = [...batchShape, ...(a.shape.length === 1 ? [] : [rows]), ...(b.shape.length === 1 ? [] : [columns])];
  return {
    outputs: [{ dtype: a.dtype, shape }],
    nonnegative: () => ({ whereAll: bias ? [0, 1, 2] : [0, 1] }),
    macs: sizeOf(batchShape) * rows * columns * depth,
    kernels: (target) => {
      const aStrides = denseStrides(left);
      const bStrides = denseStrides(right);
      const single = {
        rows,
        columns,
        depth,
        aStrides: aStrides.slice(-2) as [number, number],
        bStrides: bStrides.slice(-2) as [number, number],
        ...(bias && { cStrides: [0, 1] as const }),
      };
      // One matrix for a whole batch of rows is a single taller product.
      if (sizeOf(rightBatch) === 1)
        return productKernels(context, { ...single, rows: sizeOf(left.slice(0, -1)), isPackedOnce: isPackedOnce(b) }, target);
      const batch = walkBatch(
        context,
        batchShape,
        broadcastStrides(leftBatch, aStrides.slice(0, -2), batchShape),
        broadcastStrides(rightBatch, bStrides.slice(0, -2), batchShape),
      );
      return productKernels(context, { ...single, ...(batch ? { batch } : { isPackedOnce: isPackedOnce(b) }) }, target);
    },
  };
}

/** A MatMul whose every row one more row is added to. */
export const productAndRow = defineOperator("Gemm", { since: 1, domain: fusedDomain }, (context) =>
  describeProduct(context, context.input(2)),
);
export const matMul = defineOperator("MatMul", { since: 1 }, (context) => describeProduct(context));

export default [
  matMul,
  // With a bias, which passes fuse: a Gemm whose first operand may have more axes.
  productAndRow,
];

/** The kernel for any product. */
export function blockedProduct(product: MatrixProduct): Kernel {
  return { name: "blocked", dispatches: (inputs, outputs) => [blocked(product, inputs, outputs)] };
}

function blocked(product: MatrixProduct, inputs: Inputs, outputs: readonly PlacedOperand[]): Dispatch {
  const { rows, columns, depth, alpha = 1, beta = 1, aStrides, bStrides, cStrides, batch } = product;
  const batchCount = (batch?.extent ?? []).reduce((product, extent) => product * extent, 1);
  return {
    shader: matmulShader,
    params: {
      rows,
      columns,
      depth,
      alpha,
      beta: cStrides ? beta : 0,
      a_strides: aStrides,
      b_strides: bStrides,
      c_strides: cStrides ?? [0, 0],
      batch_extent: batch?.extent ?? [1, 1, 1],
      a_batch_strides: batch?.aStrides ?? [0, 0, 0],
      b_batch_strides: batch?.bStrides ?? [0, 0, 0],
    },
    bindings: {
      a: inputs[0] as PlacedOperand,
      b: inputs[1] as PlacedOperand,
      c: addend(product, inputs),
      output: outputs[0] as PlacedOperand,
    },
    workgroups: Math.ceil(columns / 32) * Math.ceil(rows / 64) * batchCount,
  };
}

/** The batch as at most three axes; `undefined` where it has one element. */
function walkBatch(context: OperatorContext, extents: number[], a: number[], b: number[]): MatrixProduct["batch"] {
  const merged = collapseAxes(extents, a, b);
  const extent = padFront(merged.extents, 3, 1);
  if (!extent) return context.unsupported(`batch axes [${extents}] broadcast in more than three runs. Expand the operands first.`);
  if (merged.extents.length === 0) return undefined;
  return { extent, aStrides: padFront(merged.strides[0] ?? [], 3, 0) ?? [], bStrides: padFront(merged.strides[1] ?? [], 3, 0) ?? [] };
}
