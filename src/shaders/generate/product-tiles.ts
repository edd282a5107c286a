// Generates matrix products of two operands that lie in any order: each invocation keeps a block of the product in named scalar registers.
import { defineShader, type Shader } from "../shader.ts";
import { declareParams, type Fields, u32s } from "./fields.ts";
import { indices } from "./indices.ts";
import { ofTurn, testTurns } from "./of-turn.ts";

export interface ProductTilesVariant {
  /** Of the product, per invocation; at most as many as it has. */
  readonly rows: number;
  readonly columns: number;
  /**
   * Whether four lanes, whose blocks have the same rows, share what they load of `a`: each has its own order of rows. Takes a multiple of 4 of rows, and
   * of blocks side by side.
   */
  readonly isShared: boolean;
  /** Invocations, a multiple of 4. */
  readonly workgroupSize: number;
}

const fields: Fields = [
  ...u32s("count"), // invocations
  ...u32s("rows", "columns", "depth", "column_blocks", "row_blocks"),
  ...u32s("a_row", "a_column", "b_row", "b_column", "c_row", "c_column", "out_row", "out_column"), // strides, in elements
  ...u32s("a_batch", "b_batch", "out_batch"),
  ["alpha", "f32"],
  ["beta", "f32"],
];

/** Values of the depth in one turn of the loop. */
const turn = 4;

/**
 * y[i, m, n] = alpha · Σ over k of a[i, m, k] · b[i, k, n] + beta · c, which has a number for each row, for each column, or one for all
 *
 * Neighbours compute blocks side by side. Blocks at the end move back until they fit; where two overlap they write the same numbers.
 */
export function generateProductTiles({ rows, columns, isShared, workgroupSize }: ProductTilesVariant): Shader {
  const name = `product tiles ${rows}×${columns}`;
  const [down, across, depths] = [indices(rows), indices(columns), indices(turn)];
  const loaders = indices(isShared ? rows / 4 : rows);
  const loadedRow = (r: number) => (isShared ? `(${4 * r}u + lane)` : `${r}u`);
  const each = (write: (r: number, c: number) => string) => down.flatMap((r) => across.map((c) => write(r, c)));
  const code = [
    ...(isShared ? ["enable subgroups;"] : []),
    `// ${name}`,
    ...declareParams(fields),
    "@group(0) @binding(1) var<storage, read> a: array<f32>;",
    "@group(0) @binding(2) var<storage, read> b: array<f32>;",
    "@group(0) @binding(3) var<storage, read> c: array<f32>;",
    "@group(0) @binding(4) var<storage, read_write> output: array<f32>;",
    `@compute @workgroup_size(${workgroupSize})`,
    `fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) num_workgroups: vec3u${isShared ? ", @builtin(subgroup_invocation_id) lane: u32" : ""}) {`,
    `let number = id.x + id.y * (num_workgroups.x * ${workgroupSize}u);`,
    // What lanes exchange needs every lane, so those beyond the last block compute it again.
    "let index = min(number, params.count - 1u);",
    `let first_column = min(index % params.column_blocks * ${columns}u, params.columns - ${columns}u);`,
    "let tile = index / params.column_blocks;",
    `let first_row = min(tile % params.row_blocks * ${rows}u, params.rows - ${rows}u);`,
    "let batch = tile / params.row_blocks;",
    "let a_column = params.a_column;",
    "let b_row = params.b_row;",
    "let depth = params.depth;",
    "let last = depth - 1u;",
    "let a_at = batch * params.a_batch + first_row * params.a_row;",
    "let b_at = batch * params.b_batch + first_column * params.b_column;",
    ...loaders.map((r) => `let a_${r} = a_at + ${loadedRow(r)} * params.a_row;`),
    ...across.map((i) => `let b_${i} = b_at + ${i}u * params.b_column;`),
    ...each((r, i) => `var sum_${r}_${i} = 0.0;`),
    // Beyond the depth the last turn multiplies zeros: a loop of its own for what is left would take a third more compiling.
    `for (var k = 0u; k < depth; k += ${turn}u) {`,
    ...depths.flatMap((u) => [`let is_${u} = k + ${u}u < depth;`, `let k_${u} = min(k + ${u}u, last);`]),
    ...across.flatMap((i) => depths.map((u) => `let b_${i}_${u} = select(0.0, b[b_${i} + k_${u} * b_row], is_${u});`)),
    ...depths.flatMap((u) => loaders.flatMap((r) => loadRows(r, u, isShared))),
    ...each((r, i) => `sum_${r}_${i} += ${depths.map((u) => `a_${r}_${u} * b_${i}_${u}`).join(" + ")};`),
    "}",
    "let c_at = first_row * params.c_row + first_column * params.c_column;",
    ...loaders.map((r) => `let row_add_${r} = c[c_at + ${loadedRow(r)} * params.c_row];`),
    ...across.map((i) => `let column_add_${i} = c[c_at + ${i}u * params.c_column];`),
    "let alpha = params.alpha;",
    "let beta = params.beta;",
    "let by_row = params.c_row > 0u;",
    "let out_row = params.out_row;",
    "let out_column = params.out_column;",
    "var to = batch * params.out_batch + first_row * out_row + first_column * out_column;",
    ...(isShared
      ? storeQuads(rows / 4, across)
      : each((r, i) => `output[to + ${r}u * out_row + ${i}u * out_column] = ${finish(`sum_${r}_${i}`, `row_add_${r}`, i)};`)),
    "}",
  ].join("\n");
  return defineShader(name, code);
}

/** alpha · sum + beta · c */
const finish = (sum: string, rowAdd: string, column: number) => `alpha * ${sum} + beta * select(column_add_${column}, ${rowAdd}, by_row)`;

/** Code that stores four rows in each turn of a loop: a store is long in machine code. */
function storeQuads(quads: number, across: readonly number[]): string[] {
  const ofQuad = (name: (quad: number) => string) => ofTurn(indices(quads).map(name));
  return [
    `for (var turn = 0u; turn < ${quads}u; turn++) {`,
    ...testTurns(quads),
    `let own_add = ${ofQuad((quad) => `row_add_${quad}`)};`,
    ...swaps.flatMap((swap, s) => [
      `let add_${s} = ${swap ? `${swap}(own_add)` : "own_add"};`,
      `let to_${s} = to + (${s}u ^ lane) * out_row;`,
      ...across.map(
        (i) =>
          `output[to_${s} + ${i}u * out_column] = ${finish(
            ofQuad((quad) => `sum_${4 * quad + s}_${i}`),
            `add_${s}`,
            i,
          )};`,
      ),
    ]),
    "to += 4u * out_row;",
    "}",
  ];
}

const swaps = ["", "quadSwapX", "quadSwapY", "quadSwapDiagonal"];

/** Code that defines the elements a_ROW_U of a row at k_U, or of the four rows that lanes load together. */
function loadRows(loader: number, u: number, isShared: boolean): string[] {
  const load = `select(0.0, a[a_${loader} + k_${u} * a_column], is_${u})`;
  if (!isShared) return [`let a_${loader}_${u} = ${load};`];
  const own = `own_${loader}_${u}`;
  return [`let ${own} = ${load};`, ...swaps.map((swap, s) => `let a_${4 * loader + s}_${u} = ${swap ? `${swap}(${own})` : own};`)];
}
