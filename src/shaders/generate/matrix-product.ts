// Generates matrix products whose right side lies in groups of four columns: dense layers, and MatMul by constants.
import { defineShader, type ParamField, type Shader } from "../shader.ts";
import { declareParams } from "./fields.ts";
import { indices } from "./indices.ts";

export interface MatrixProductVariant {
  /** Rows per invocation, at most as many as the product has; at most `slices` where the depth is sliced. */
  readonly rows: number;
  /** Invocations that share a sum and meet in workgroup memory, so that a product with few outputs fills a GPU; 1 for none. */
  readonly slices: number;
  /** Lanes per subgroup, where each loads its share of `a` and broadcasts it. Not with slices. */
  readonly subgroupSize?: number | undefined;
}

/** Groups of columns per workgroup. */
export function groupsPerWorkgroup({ slices }: Pick<MatrixProductVariant, "slices">): number {
  return slices > 1 ? 8 : 32;
}

const fields: readonly (readonly [string, ParamField["type"]])[] = [
  ["rows", "u32"], // M
  ["columns", "u32"], // N
  ["first_column", "u32"], // of all that y and c have
  ["row_length", "u32"], // of y
  ["groups", "u32"], // N / 4, rounded up
  ["depth", "u32"], // K
  ["a_row", "u32"], // strides, in elements
  ["a_column", "u32"],
  ["c_row", "u32"],
  ["c_column", "u32"],
  ["alpha", "f32"],
  ["beta", "f32"],
];

/**
 * y[m, n] = alpha · Σ over k of a[m, k] · b[k, n] + beta · c[m, n], y dense: N of its columns, for b may be one part of a matrix.
 *
 * b is [K, groups, 4]; where N is no multiple of 4, the last column fills the last group up. One invocation computes a block
 * of rows × 4 columns; neighbours read neighbouring groups. The last block of rows reaches back until it fits.
 */
export function generateMatrixProduct(variant: MatrixProductVariant): Shader {
  const { rows, slices, subgroupSize: lanes } = variant;
  const turn = lanes ?? 4;
  const width = groupsPerWorkgroup(variant);
  // WGSL allows a broadcast only in control flow that is provably uniform.
  const slice = slices > 1 ? "local.y" : "0u";
  const all = indices(rows);
  const name = `matrix product, ${rows} rows, ${slices} slices`;
  const code = [
    ...(lanes ? ["enable subgroups;"] : []),
    `// ${name}`,
    ...declareParams(fields),
    "@group(0) @binding(1) var<storage, read> a: array<f32>;",
    "@group(0) @binding(2) var<storage, read> b: array<vec4<f32>>;",
    "@group(0) @binding(3) var<storage, read> c: array<f32>;",
    "@group(0) @binding(4) var<storage, read_write> output: array<f32>;",
    ...(slices > 1 ? [`var<workgroup> sums: array<vec4<f32>, ${slices * rows * width}>;`] : []),
    `@compute @workgroup_size(${width}, ${slices})`,
    `fn main(@builtin(local_invocation_id) local: vec3u, @builtin(workgroup_id) workgroup_id: vec3u, @builtin(num_workgroups) num_workgroups: vec3u${lanes ? ", @builtin(subgroup_invocation_id) lane: u32" : ""}) {`,
    "let number = workgroup_id.x + workgroup_id.y * num_workgroups.x;",
    `let across = (params.groups + ${width - 1}u) / ${width}u;`,
    // Broadcasts and barriers need every invocation, so those beyond the end compute the last group or the last rows again.
    `let group = min(number % across * ${width}u + local.x, params.groups - 1u);`,
    `let first_row = min(number / across * ${rows}u, params.rows - ${rows}u);`,
    "let groups = params.groups;",
    "let depth = params.depth;",
    `let whole = depth - depth % ${turn}u;`,
    "let a_column = params.a_column;",
    ...all.map((r) => `let a_${r} = (first_row + ${r}u) * params.a_row;`),
    ...all.flatMap((r) => [..."xyzw"].map((i) => `var sum_${r}_${i} = 0.0;`)),
    `for (var k = ${turn}u * ${slice}; k < whole; k += ${turn * slices}u) {`,
    ...indices(turn).map((u) => `let b_${u} = b[(k + ${u}u) * groups + group];`),
    ...all.flatMap((r) => loadTurn(r, turn, lanes)),
    ...all.flatMap((r) =>
      [..."xyzw"].map(
        (i) =>
          `sum_${r}_${i} += ${indices(turn)
            .map((u) => `a_${r}_${u} * b_${u}.${i}`)
            .join(" + ")};`,
      ),
    ),
    "}",
    `for (var k = whole + ${slice}; k < depth; k += ${slices}u) {`,
    "let right = b[k * groups + group];",
    ...all.flatMap((r) => [
      `let left_${r} = a[a_${r} + k * a_column];`,
      ...[..."xyzw"].map((i) => `sum_${r}_${i} += left_${r} * right.${i};`),
    ]),
    "}",
    ...(slices > 1 ? meet(rows, slices, width) : []),
    "let alpha = params.alpha;",
    "let beta = params.beta;",
    "let last = params.columns - 1u;",
    ...indices(4).map((i) => `let column_${i} = min(group * 4u + ${i}u, last);`),
    ...(slices > 1
      ? store("first_row + local.y", (i) => `sum.${i}`)
      : all.flatMap((r) => ["{", ...store(`first_row + ${r}u`, (i) => `sum_${r}_${i}`), "}"])),
    "}",
  ].join("\n");
  return defineShader(name, code);
}

/** Code that defines `a_ROW_U`, the next elements of a row. */
function loadTurn(row: number, turn: number, lanes: number | undefined): string[] {
  if (!lanes) return indices(turn).map((u) => `let a_${row}_${u} = a[a_${row} + (k + ${u}u) * a_column];`);
  return [
    `let own_${row} = a[a_${row} + (k + lane) * a_column];`,
    ...indices(turn).map((u) => `let a_${row}_${u} = subgroupBroadcast(own_${row}, ${u}u);`),
  ];
}

/** Code that adds the slices up: of the invocations that share sums, the first finishes the first row, and so on. */
function meet(rows: number, slices: number, width: number): string[] {
  return [
    ...indices(rows).map(
      (r) => `sums[(local.y * ${rows}u + ${r}u) * ${width}u + local.x] = vec4(${[..."xyzw"].map((i) => `sum_${r}_${i}`).join(", ")});`,
    ),
    "workgroupBarrier();",
    `if (local.y >= ${rows}u) { return; }`,
    "var sum = vec4<f32>();",
    `for (var slice = 0u; slice < ${slices}u; slice++) { sum += sums[(slice * ${rows}u + local.y) * ${width}u + local.x]; }`,
  ];
}

function store(row: string, sum: (component: string) => string): string[] {
  return [
    `let row = ${row};`,
    "let c_column = params.c_column;",
    "let to = row * params.row_length + params.first_column;",
    "let add = row * params.c_row + params.first_column * c_column;",
    ...indices(4).map((i) => `output[to + column_${i}] = alpha * ${sum("xyzw"[i] as string)} + beta * c[add + column_${i} * c_column];`),
  ];
}
