// Gemm and MatMul in training, where neither side is known at load: a block of the product per invocation, of operands in any order. Inference does not
// have it.
import { generateProductTiles, type ProductTilesVariant } from "../../../shaders/generate/product-tiles.ts";
import { sizeOf } from "../../shapes.ts";
import { costOf } from "../convolution/cost.ts";
import { workgroupCount } from "../dispatch.ts";
import { addend, type MatrixProduct } from "../matrix-product.ts";
import type { Binding, Dispatch, Kernel, PlacedOperand, Table, Target } from "../operator.ts";

/**
 * Rows and columns of a block. SwiftShader keeps variables in memory and loads dearly: 32 × 8, where four lanes share rows, loads as many rows as columns,
 * the least for what it multiplies. A graphics card has so many registers. SwiftShader gives a core a whole workgroup, and few large blocks are to keep all
 * cores busy.
 */
const blocks = { software: { rows: 32, columns: 8, workgroupSize: 4 }, gpu: { rows: 8, columns: 4, workgroupSize: 32 } } as const;

interface Block extends ProductTilesVariant {
  readonly columnBlocks: number;
  readonly rowBlocks: number;
  /** Of all blocks. */
  readonly count: number;
}

/** A product as the kernel sees it, which may be the transposed one. */
interface Tiling {
  readonly product: MatrixProduct;
  readonly isTurned: boolean;
  readonly block: Block;
  readonly cost: number;
}

// WebGPU refuses empty bindings.
const none: Table = { label: "no addend", data: new Float32Array(1) };

/** The kernels for a product with the one of this file: first where it should be faster than those there are. */
export function withTiles(product: MatrixProduct, target: Target, others: readonly Kernel[]): readonly Kernel[] {
  const { rows, columns, depth, batch, cStrides = [0, 0] } = product;
  if (batch || rows * columns * depth === 0 || (cStrides[0] > 0 && cStrides[1] > 0)) return others;
  const kernel: Kernel = {
    name: "tiles",
    dispatches: (inputs, [output]) => [
      tilesDispatch(product, target, inputs as readonly PlacedOperand[], output as PlacedOperand, addend(product, inputs)),
    ],
  };
  // The other kernel would be another pipeline, for what costs about the same.
  const isFaster = hasWholeBlock(product, target) && costOfTiles(product, target) < 1.25 * costOfColumns(product, target);
  return isFaster ? [kernel, ...others] : [...others, kernel];
}

/** Whether a step of training has the product's pipeline anyway, where the GPU is software: smaller blocks would be others. */
export function hasWholeBlock(product: MatrixProduct, target: Target): boolean {
  const { block } = tilingOf(product, target);
  return target.profile === "software" && block.rows === blocks.software.rows && block.columns === blocks.software.columns;
}

/** One dispatch, of a product or of several side by side. */
export function tilesDispatch(
  product: MatrixProduct,
  target: Target,
  inputs: readonly Binding[],
  output: Binding,
  c: Binding = none,
): Dispatch {
  const tiling = tilingOf(product, target);
  const { rows, columns, depth, alpha = 1, beta = 1, aStrides, bStrides, cStrides, batch } = tiling.product;
  const { columnBlocks, rowBlocks, count, ...variant } = tiling.block;
  const [a, b] = (tiling.isTurned ? [inputs[1], inputs[0]] : inputs) as [Binding, Binding];
  const [outRow, outColumn] = tiling.isTurned ? [1, rows] : [columns, 1];
  return {
    shader: generateProductTiles(variant),
    params: {
      count,
      rows,
      columns,
      depth,
      column_blocks: columnBlocks,
      row_blocks: rowBlocks,
      a_row: aStrides[0],
      a_column: aStrides[1],
      b_row: bStrides[0],
      b_column: bStrides[1],
      c_row: cStrides?.[0] ?? 0,
      c_column: cStrides?.[1] ?? 0,
      out_row: outRow,
      out_column: outColumn,
      a_batch: batch?.aStrides[0] ?? 0,
      b_batch: batch?.bStrides[0] ?? 0,
      out_batch: rows * columns,
      alpha,
      beta: cStrides ? beta : 0,
    },
    bindings: { a, b, c, output },
    workgroups: workgroupCount(count, variant.workgroupSize),
  };
}

export function costOfTiles(product: MatrixProduct, target: Target): number {
  return tilingOf(product, target).cost;
}

/** As it is or transposed, whichever costs less. */
function tilingOf(product: MatrixProduct, target: Target): Tiling {
  const [upright, turned] = [false, true].map((isTurned): Tiling => {
    const given = isTurned ? transposed(product) : product;
    const block = blockOf(given, target);
    return { product: given, isTurned, block, cost: costOfBlocks(block, given.depth, target) };
  }) as [Tiling, Tiling];
  const size = ({ block }: Tiling) => block.rows * block.columns;
  return size(turned) > size(upright) || (size(turned) === size(upright) && turned.cost < upright.cost) ? turned : upright;
}

/** y' = b' · a' */
function transposed({ rows, columns, aStrides, bStrides, cStrides, batch, ...rest }: MatrixProduct): MatrixProduct {
  const swap = ([one, other]: readonly [number, number]): [number, number] => [other, one];
  return {
    ...rest,
    rows: columns,
    columns: rows,
    aStrides: swap(bStrides),
    bStrides: swap(aStrides),
    ...(cStrides && { cStrides: swap(cStrides) }),
    ...(batch && { batch: { extent: batch.extent, aStrides: batch.bStrides, bStrides: batch.aStrides } }),
  };
}

function blockOf({ rows, columns, batch }: MatrixProduct, { profile = "gpu", sharingLanes }: Target): Block {
  const most = Math.min(rows, blocks[profile].rows);
  const size = { rows: most > 4 ? most - (most % 4) : most, columns: Math.min(columns, blocks[profile].columns) };
  const across = Math.ceil(columns / size.columns);
  const rowBlocks = Math.ceil(rows / size.rows);
  // Four lanes side by side share rows: so many blocks are computed, the last one perhaps more than once.
  const isShared = sharingLanes === 4 && size.rows % 4 === 0;
  const columnBlocks = isShared ? Math.ceil(across / 4) * 4 : across;
  return {
    ...size,
    isShared,
    workgroupSize: blocks[profile].workgroupSize,
    columnBlocks,
    rowBlocks,
    count: columnBlocks * rowBlocks * sizeOf(batch?.extent ?? []),
  };
}

function costOfBlocks({ rows, columns, isShared, count }: Block, depth: number, target: Target): number {
  return costOf(target).of({
    invocations: count,
    loads: depth * (columns + (isShared ? rows / 4 : rows)),
    swaps: isShared ? (depth * rows * 3) / 4 : 0,
    accumulations: (depth * rows * columns) / 4,
    multiplyAdds: depth * rows * columns,
    stores: rows * columns,
  });
}

/** What the kernel by columns costs, with packing `b` in each step where it does not lie by rows: it changes with every step. */
function costOfColumns({ rows, columns, depth, bStrides }: MatrixProduct, target: Target): number {
  const block = Math.min(rows, 8);
  const product = costOf(target).of({
    invocations: Math.ceil(columns / 4) * Math.ceil(rows / block),
    loads: depth * (4 + block / 4),
    broadcasts: depth * block,
    accumulations: depth * block,
    multiplyAdds: depth * block * 4,
    stores: block * 4,
  });
  const liesByRows = columns % 4 === 0 && bStrides[0] === columns && bStrides[1] === 1;
  return product + (liesByRows ? 0 : costOf(target).of({ invocations: columns * depth, loads: 1, stores: 1 }));
}
