// Generates gradients of a convolution's weights: each invocation keeps a block of weights in named scalar registers and slides along the rows of
// maps, where every element of dy meets every tap of the block.
import { defineShader, type Shader } from "../shader.ts";
import { declareParams, type Fields, u32s } from "./fields.ts";
import { indices } from "./indices.ts";

export const weightGradientWorkgroupSize = 32;

export interface WeightGradientVariant {
  /** Weights per invocation: of so many output channels, input channels and rows of the kernel, and all taps of those rows. */
  readonly block: { readonly outputs: number; readonly inputs: number; readonly rows: number };
  /** Taps of a row of the kernel, and the elements of x between taps and between outputs. */
  readonly taps: number;
  readonly dilation: number;
  readonly stride: number;
  /** Places of a row of dy per turn, at most as many as it has. */
  readonly columns: number;
  /** Whether the last turn of a row would reach beyond it: it moves back, and counts nothing twice. */
  readonly isUneven: boolean;
  /** Whether four lanes share what they load of dy. Takes a multiple of 4 of outputs in a block, and of blocks of inputs. */
  readonly isShared: boolean;
}

const fields: Fields = [
  ...u32s("count"), // invocations
  ...u32s("dy_offset", "dy_n", "dy_c", "dy_h", "in_offset", "in_n", "in_c", "in_h"), // in_offset: of the first tap of the first place
  ...u32s("outputs", "inputs", "groups"), // channels per group
  ...u32s("output_blocks", "input_blocks", "row_blocks"),
  ...u32s("kernel_rows", "stride_y", "dilation_y"),
  ...u32s("width", "height"), // of dy
  ...u32s("slice_rows", "turns"), // rows of dy per slice, over all pictures, and turns of the loop
];

/**
 * dw[s, o, i, ky, kx] = Σ dy[n, o, y, x] · in[n, i, y·sy + ky·dy, x·sx + kx·dx] over the rows (n, y) of slice s and all x.
 *
 * The input has a zero border as wide as the pads. Blocks at the end move back until they fit; where two overlap they write the same numbers.
 */
export function generateWeightGradient(variant: WeightGradientVariant): Shader {
  const { block, taps, dilation, stride, columns, isUneven, isShared } = variant;
  const name = `weight gradient, ${block.rows} rows of ${taps} taps / ${stride}, block ${block.outputs}×${block.inputs}, ${columns} columns`;
  const [outputs, inputs, rows, places] = [block.outputs, block.inputs, block.rows, columns].map(indices) as [
    number[],
    number[],
    number[],
    number[],
  ];
  // What lies under a tap for one place and another is the same element: each is loaded once.
  const reached = [...new Set(places.flatMap((c) => indices(taps).map((t) => c * stride + t * dilation)))].sort((a, b) => a - b);
  const product = (o: number, i: number, r: number, t: number) =>
    [`acc_${o}_${i}_${r}_${t}`, ...places.map((c) => `dy_${o}_${c} * in_${i}_${r}_${c * stride + t * dilation}`)].join(" + ");
  const each = (write: (o: number, i: number, r: number, t: number) => string) =>
    outputs.flatMap((o) => inputs.flatMap((i) => rows.flatMap((r) => indices(taps).map((t) => write(o, i, r, t)))));
  const code = [
    ...(isShared ? ["enable subgroups;"] : []),
    `// ${name}`,
    ...declareParams(fields),
    "@group(0) @binding(1) var<storage, read> dy: array<f32>;",
    "@group(0) @binding(2) var<storage, read> input: array<f32>;",
    "@group(0) @binding(3) var<storage, read_write> output: array<f32>;",
    `@compute @workgroup_size(${weightGradientWorkgroupSize})`,
    `fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) num_workgroups: vec3u${isShared ? ", @builtin(subgroup_invocation_id) lane: u32" : ""}) {`,
    `let number = id.x + id.y * (num_workgroups.x * ${weightGradientWorkgroupSize}u);`,
    // What lanes exchange needs every lane, so lanes beyond the last block compute that block again.
    "let index = min(number, params.count - 1u);",
    `let first_input = min(index % params.input_blocks * ${block.inputs}u, params.inputs - ${block.inputs}u);`,
    "let by_row = index / params.input_blocks;",
    `let first_row = min(by_row % params.row_blocks * ${block.rows}u, params.kernel_rows - ${block.rows}u);`,
    "let by_output = by_row / params.row_blocks;",
    `let first_output = min(by_output % params.output_blocks * ${block.outputs}u, params.outputs - ${block.outputs}u);`,
    "let by_group = by_output / params.output_blocks;",
    "let group = by_group % params.groups;",
    "let slice = by_group / params.groups;",
    "let dy_c = params.dy_c;",
    "let in_c = params.in_c;",
    "let in_row = params.dilation_y * params.in_h;",
    "let width = params.width;",
    "let height = params.height;",
    // From the end of a row to the next one, and from the last row of a map to the first of the next picture.
    "let dy_down = params.dy_h;",
    "let dy_on = params.dy_n - (height - 1u) * params.dy_h;",
    "let in_down = params.stride_y * params.in_h;",
    "let in_on = params.in_n - (height - 1u) * in_down;",
    "let begin = slice * params.slice_rows;",
    "var y = begin % height;",
    "let n = begin / height;",
    "var dy_at = params.dy_offset + n * params.dy_n + (group * params.outputs + first_output) * dy_c + y * dy_down;",
    "var in_at = params.in_offset + n * params.in_n + (group * params.inputs + first_input) * in_c + y * in_down + first_row * in_row;",
    "var x = 0u;",
    ...each((o, i, r, t) => `var acc_${o}_${i}_${r}_${t} = 0.0;`),
    "for (var turn = 0u; turn < params.turns; turn++) {",
    `let left = ${isUneven ? `min(x, width - ${columns}u)` : "x"};`,
    ...loadGradient(variant),
    ...inputs.flatMap((i) =>
      rows.flatMap((r) => [
        `let from_${i}_${r} = in_at + ${i}u * in_c + ${r}u * in_row + left * ${stride}u;`,
        ...reached.map((at) => `let in_${i}_${r}_${at} = input[from_${i}_${r} + ${at}u];`),
      ]),
    ),
    ...each((o, i, r, t) => `acc_${o}_${i}_${r}_${t} = ${product(o, i, r, t)};`),
    `x += ${columns}u;`,
    "let ends_row = x >= width;",
    "x = select(x, 0u, ends_row);",
    "y += u32(ends_row);",
    "let ends_map = y == height;",
    "y = select(y, 0u, ends_map);",
    "dy_at += u32(ends_row) * select(dy_down, dy_on, ends_map);",
    "in_at += u32(ends_row) * select(in_down, in_on, ends_map);",
    "}",
    `let per_input = params.kernel_rows * ${taps}u;`,
    "let per_output = params.inputs * per_input;",
    `let to = (slice * params.groups + group) * params.outputs * per_output + first_input * per_input + first_row * ${taps}u;`,
    ...outputs.map((o) => `let to_${o} = to + (first_output + ${channelOf(variant, o)}) * per_output;`),
    ...each((o, i, r, t) => `output[to_${o} + ${i}u * per_input + ${r * taps + t}u] = acc_${o}_${i}_${r}_${t};`),
    "}",
  ].join("\n");
  return defineShader(name, code);
}

/** Code of the channel within a block that accumulators are of. Where lanes exchange what they load, each lane has its own order of channels. */
function channelOf({ isShared }: WeightGradientVariant, output: number): string {
  return isShared ? `((${output}u) ^ lane)` : `${output}u`;
}

/** Code that defines dy_O_C. With shared lanes each loads every fourth channel of a place and exchanges it. */
function loadGradient({ block, columns, isUneven, isShared }: WeightGradientVariant): string[] {
  const places = indices(columns);
  const counted = (c: number, value: string) => (isUneven && c < columns - 1 ? `select(${value}, 0.0, left + ${c}u < x)` : value);
  if (!isShared)
    return indices(block.outputs).flatMap((o) => [
      `let row_${o} = dy_at + ${o}u * dy_c + left;`,
      ...places.map((c) => `let dy_${o}_${c} = ${counted(c, `dy[row_${o} + ${c}u]`)};`),
    ]);
  return indices(block.outputs / 4).flatMap((quad) => [
    `let row_${quad} = dy_at + (${quad * 4}u + lane) * dy_c + left;`,
    ...places.flatMap((c) => [
      `let own_${quad}_${c} = ${counted(c, `dy[row_${quad} + ${c}u]`)};`,
      ...["", "quadSwapX", "quadSwapY", "quadSwapDiagonal"].map(
        (swap, s) => `let dy_${quad * 4 + s}_${c} = ${swap ? `${swap}(own_${quad}_${c})` : `own_${quad}_${c}`};`,
      ),
    ]),
  ]);
}
