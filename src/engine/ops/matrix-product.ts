// The kernels behind Gemm and MatMul: y = alpha · a · b + beta · c. The one for any case is in on-demand/.
import { generateMatrixProduct, groupsPerWorkgroup, type MatrixProductVariant } from "../../shaders/generate/matrix-product.ts";
import type { Tensor } from "../tensor.ts";
import {
  type Dispatch,
  type Kernel,
  type OperatorContext,
  type PackedConstant,
  type PlacedOperand,
  packLater,
  type Target,
} from "./operator.ts";

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
  /** `b`, where it is known at load: it is then repacked for the kernel that wants it so. */
  readonly b?: Tensor | undefined;
}

// WebGPU refuses empty bindings, so a missing addend is four zero bytes.
const noAddend: PackedConstant = { label: "no addend", data: new Float32Array(1) };

/** Kernels for one product. Inputs are a, b and, with `cStrides`, c. All are read dense. */
export function productKernels({ families }: OperatorContext, product: MatrixProduct, target: Target): readonly Kernel[] {
  return [...matrixProductKernels(product, target), ...(families.general ? [families.general.product(product)] : [])];
}

/**
 * For one product whose `b` is known, or lies by rows whose length is a multiple of 4.
 */
function matrixProductKernels(product: MatrixProduct, target: Target): readonly Kernel[] {
  const { rows, columns, depth, batch, b, bStrides } = product;
  const kernels: Kernel[] = [];
  if (!batch && rows * columns * depth > 0) {
    if (b)
      kernels.push({
        name: "columns",
        ignoresInputs: [1],
        dispatches: (inputs, outputs) =>
          partsOf(product, target).map((part) => byColumns(product, target, inputs, outputs, packColumns(b, product, part), part)),
      });
    else if (columns % 4 === 0 && bStrides[0] === columns && bStrides[1] === 1)
      kernels.push({
        name: "columns",
        dispatches: (inputs, outputs) => [byColumns(product, target, inputs, outputs, inputs[1] as PlacedOperand)],
      });
  }
  return kernels;
}

export type Inputs = readonly (PlacedOperand | undefined)[];

/** Invocations that keep a GPU busy. */
const enoughInvocations = 4096;

/**
 * Eight rows share what they load of `b`. A GPU wants more invocations than a dense layer has outputs, so its depth is
 * sliced; where subgroups are narrow, as on SwiftShader, the barrier would cost more than it gains.
 */
function chooseVariant({ rows, columns, depth }: MatrixProduct, { subgroupSize }: Target): MatrixProductVariant {
  const invocations = Math.ceil(columns / 4) * Math.ceil(rows / 8);
  if (subgroupSize || depth < 64 || invocations >= enoughInvocations) return { rows: Math.min(rows, 8), slices: 1, subgroupSize };
  return { rows: Math.min(rows, 4), slices: depth >= 1024 ? 32 : 8 };
}

function byColumns(
  product: MatrixProduct,
  target: Target,
  inputs: Inputs,
  outputs: readonly PlacedOperand[],
  b: PlacedOperand | PackedConstant,
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

export function addend({ cStrides }: MatrixProduct, inputs: Inputs): PlacedOperand | PackedConstant {
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
function packColumns(b: Tensor, { depth, bStrides }: MatrixProduct, { first, columns }: Part): PackedConstant {
  const width = Math.ceil(columns / 4) * 4;
  const [rowStride, columnStride] = bStrides;
  return packLater(`${depth}×${columns} matrix by columns from ${first}, of strides of ${bStrides}`, depth * width, (data) => {
    const source = b.toFloat32();
    // Already as the kernel reads it.
    if (width === columns && columnStride === 1 && rowStride === columns) return data.set(source);
    for (let n = 0; n < width; n++) {
      const column = (first + Math.min(n, columns - 1)) * columnStride;
      for (let k = 0; k < depth; k++) data[k * width + n] = source[k * rowStride + column] as number;
    }
  });
}
