// The kernels behind Gemm and MatMul: y = alpha · a · b + beta · c. The one for any case is in on-demand/.
import { generateMatrixProduct, groupsPerWorkgroup, type MatrixProductVariant } from "../../shaders/generate/matrix-product.ts";
import { sizeOf } from "../shapes.ts";
import type { Dispatch, Kernel, Operand, OperatorContext, Packed, PackingMove, PlacedOperand, Table, Target } from "./operator.ts";

/** Sizes and strides of one product, in elements; strides are [row, column]. */
export interface MatrixProduct {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly aStrides: readonly [number, number];
  readonly bStrides: readonly [number, number];
  /** Up to three axes; absent for a single product. */
  readonly batch?: {
    readonly extent: readonly number[];
    readonly aStrides: readonly number[];
    readonly bStrides: readonly number[];
  };
  readonly alpha?: number;
  readonly beta?: number;
  /** Of input 2, where there is one. */
  readonly cStrides?: readonly [number, number];
  /** Whether `b` is known at load, or changes with parameters only: packing it then costs a run nothing. */
  readonly isPackedOnce?: boolean;
}

// WebGPU refuses empty bindings, so a missing addend is four zero bytes.
const noAddend: Table = { label: "no addend", data: new Float32Array(1) };

/** Kernels for one product. Inputs are a, b and, with `cStrides`, c. All are read dense. */
export function productKernels({ families }: OperatorContext, product: MatrixProduct, target: Target): readonly Kernel[] {
  const kernels = usualKernels(families, product, target);
  return families.product?.(product, target, kernels) ?? kernels;
}

function usualKernels(families: OperatorContext["families"], product: MatrixProduct, target: Target): readonly Kernel[] {
  const general = families.general ? [families.general.product(product)] : [];
  const { rows, columns, depth, batch, bStrides, isPackedOnce } = product;
  if (batch || rows * columns * depth === 0) return general;
  const liesByRows = columns % 4 === 0 && bStrides[0] === columns && bStrides[1] === 1;
  if (liesByRows && !isPackedOnce) return [rowsKernel(product, target), ...general];
  // Packing costs a run about as much as one row of the product, so with many rows it pays as well; the general kernel needs none.
  return isPackedOnce || rows < fewRows ? [packedKernel(product, target), ...general] : [...general, packedKernel(product, target)];
}

/** With fewer rows most invocations of the general kernel would have no row: it computes tiles of 64 rows. */
const fewRows = 16;

/** Reads a `b` whose rows lie one after the other. */
function rowsKernel(product: MatrixProduct, target: Target): Kernel {
  return { name: "columns", dispatches: (inputs, outputs) => [byColumns(product, target, inputs, outputs, inputs[1] as PlacedOperand)] };
}

function packedKernel(product: MatrixProduct, target: Target): Kernel {
  return {
    name: "columns",
    dispatches: (inputs, outputs) =>
      partsOf(product, target).map((part) =>
        byColumns(product, target, inputs, outputs, packColumns(inputs[1] as PlacedOperand, product, part), part),
      ),
  };
}

/** Whether packing an operand costs a run nothing, see {@link MatrixProduct.isPackedOnce}. */
export function isPackedOnce({ constant, isPrepared }: Operand): boolean {
  return constant !== undefined || isPrepared === true;
}

export type Inputs = readonly (PlacedOperand | undefined)[];

/** Invocations that keep a GPU busy. */
const enoughInvocations = 4096;

/**
 * Eight rows share what they load of `b`. A graphics card needs more invocations than a dense layer has outputs, so the depth is cut into
 * slices. On SwiftShader the barrier that adds the slices would cost more than it gains.
 */
function chooseVariant({ rows, columns, depth }: MatrixProduct, { profile, sharingLanes: subgroupSize }: Target): MatrixProductVariant {
  const invocations = Math.ceil(columns / 4) * Math.ceil(rows / 8);
  if (profile === "software" || depth < 64 || invocations >= enoughInvocations) return { rows: Math.min(rows, 8), slices: 1, subgroupSize };
  return { rows: Math.min(rows, 4), slices: depth >= 1024 ? 32 : 8 };
}

function byColumns(
  product: MatrixProduct,
  target: Target,
  inputs: Inputs,
  outputs: readonly PlacedOperand[],
  b: PlacedOperand | Packed,
  { first, columns }: Part = { first: 0, columns: product.columns },
): Dispatch {
  const { rows, depth, alpha = 1, beta = 1, aStrides, cStrides = [0, 0] } = product;
  const variant = chooseVariant(product, target);
  const groups = Math.ceil(columns / 4);
  return {
    shader: generateMatrixProduct(variant),
    params: {
      rows,
      columns,
      first_column: first,
      row_length: product.columns,
      groups,
      depth,
      a_row: aStrides[0],
      a_column: aStrides[1],
      c_row: cStrides[0],
      c_column: cStrides[1],
      alpha,
      beta: product.cStrides ? beta : 0,
    },
    bindings: { a: inputs[0] as PlacedOperand, b, c: addend(product, inputs), output: outputs[0] as PlacedOperand },
    workgroups: Math.ceil(groups / groupsPerWorkgroup(variant)) * Math.ceil(rows / variant.rows),
  };
}

export function addend({ cStrides }: MatrixProduct, inputs: Inputs): PlacedOperand | Table {
  return cStrides ? (inputs[2] as PlacedOperand) : noAddend;
}

/** Columns of `b` that are computed together. */
interface Part {
  readonly first: number;
  readonly columns: number;
}

/** As many columns at once as may be bound: a classifier after large maps has a matrix of hundreds of megabytes. */
function partsOf({ columns, depth }: MatrixProduct, { maxBindingBytes = Number.POSITIVE_INFINITY }: Target): readonly Part[] {
  const most = Math.min(columns, Math.max(4, 4 * Math.floor(maxBindingBytes / (16 * depth))));
  return Array.from({ length: Math.ceil(columns / most) }, (_, i) => ({ first: i * most, columns: Math.min(most, columns - i * most) }));
}

/** A part of `b` as [depth, groups, 4]; its last column fills the last group up. */
function packColumns(source: PlacedOperand, { depth, bStrides }: MatrixProduct, { first, columns }: Part): Packed {
  const width = Math.ceil(columns / 4) * 4;
  const [rowStride, columnStride] = bStrides;
  const label = `${depth}×${columns} matrix by columns from ${first}, of strides of ${bStrides}`;
  const length = depth * width;
  if (length === sizeOf(source.shape) && columnStride === 1 && rowStride === columns) {
    // `b` already lies in the packed order.
    const dense = { offset: 0, strides: [1] };
    return { source, packing: { label, length, moves: [{ shape: [length], from: dense, to: dense }] } };
  }
  const move = (count: number, to: number, from: number, step: number): PackingMove => ({
    shape: [count, depth],
    from: { offset: (first + from) * columnStride, strides: [step, rowStride] },
    to: { offset: to, strides: [1, width] },
  });
  const moves = [move(columns, 0, 0, columnStride)];
  if (width > columns) moves.push(move(width - columns, columns, columns - 1, 0));
  return { source, packing: { label, length, moves } };
}
