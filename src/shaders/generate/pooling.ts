// Generates blocked pooling: one invocation loads a patch of a feature map once and reduces every window in it, all unrolled.
import { defineShader, type Shader } from "../shader.ts";
import { beginMain, declareParams, type Fields, inputFields, outputFields } from "./fields.ts";
import { indices } from "./indices.ts";

export const poolingWorkgroupSize = 32;

export interface PoolingVariant {
  readonly kind: "max" | "average";
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  /** Outputs per invocation; at most as large as the output. */
  readonly rows: number;
  readonly columns: number;
}

const fields: Fields = [
  ["count", "u32"], // invocations
  ["channels", "u32"],
  ...inputFields,
  ...outputFields,
  ["in_height", "i32"],
  ["in_width", "i32"],
  ["pad_top", "i32"],
  ["pad_left", "i32"],
  ["width", "u32"], // of the output
  ["height", "u32"],
  ["column_blocks", "u32"],
  ["row_blocks", "u32"],
];

/** The divisor of an average counts the taps between these coordinates: the map, with its padding where that counts. */
const averageFields: Fields = [
  ...fields,
  ["counted_from_y", "i32"],
  ["counted_from_x", "i32"],
  ["counted_to_y", "i32"],
  ["counted_to_x", "i32"],
];

/**
 * y[n, c, y, x] = max or mean over ky, kx of x[n, c, y·sy + ky − pad, x·sx + kx − pad].
 *
 * A maximum clamps its taps into the map. A tap outside then repeats an element of its own window, provided that every window holds one. An
 * average reads a zero border instead.
 */
export function generatePooling(variant: PoolingVariant): Shader {
  const { kind, kernel, strides, rows, columns } = variant;
  const [kh, kw] = kernel;
  const [sy, sx] = strides;
  const name = `${kind} pooling ${kh}×${kw} / ${sy}×${sx}, block ${rows}×${columns}`;
  const params = kind === "max" ? fields : averageFields;
  const inputRows = indices((rows - 1) * sy + kh);
  const inputColumns = indices((columns - 1) * sx + kw);
  const fold = (terms: readonly string[]) => (kind === "max" ? terms.reduce((a, b) => `larger(${a}, ${b})`) : terms.join(" + "));
  const place = (axis: "y" | "x", extent: string, index: number) => {
    const at = `first_${axis} + ${index}`;
    return kind === "max" ? `u32(clamp(${at}, 0, ${extent} - 1))` : `u32(${at})`;
  };
  const code = [
    `// ${name}`,
    ...declareParams(params),
    "@group(0) @binding(1) var<storage, read> input: array<f32>;",
    "@group(0) @binding(2) var<storage, read_write> output: array<f32>;",
    ...beginMain(poolingWorkgroupSize),
    // The last block of each axis moves back until it fits, as in the convolutions.
    `let x = min(index % params.column_blocks * ${columns}u, params.width - ${columns}u);`,
    "let by_row = index / params.column_blocks;",
    `let y = min(by_row % params.row_blocks * ${rows}u, params.height - ${rows}u);`,
    "let plane = by_row / params.row_blocks;",
    "let n = plane / params.channels;",
    "let c = plane % params.channels;",
    "let source = params.in_offset + n * params.in_n + c * params.in_c;",
    "let out_h = params.out_h;",
    "let to = params.out_offset + n * params.out_n + c * params.out_c + y * out_h + x;",
    // An average's offset already points at the border's corner.
    `let first_y = i32(y) * ${sy}${kind === "max" ? " - params.pad_top" : ""};`,
    `let first_x = i32(x) * ${sx}${kind === "max" ? " - params.pad_left" : ""};`,
    ...inputColumns.map((i) => `let column_${i} = ${place("x", "params.in_width", i)};`),
    ...inputRows.flatMap((r) => [
      `let row_${r} = source + ${place("y", "params.in_height", r)} * params.in_h;`,
      ...inputColumns.map((i) => `let in_${r}_${i} = input[row_${r} + column_${i}];`),
    ]),
    ...(kind === "average"
      ? [
          ...indices(rows).map((r) => countTaps("y", "top", r, r * sy, kh)),
          ...indices(columns).map((c) => countTaps("x", "left", c, c * sx, kw)),
        ]
      : []),
    // Each column of a window first: windows of a row of outputs have columns in common.
    ...indices(rows).flatMap((r) => [
      ...inputColumns.map((x) => `let of_${r}_${x} = ${fold(indices(kh).map((ky) => `in_${r * sy + ky}_${x}`))};`),
      ...indices(columns).map((c) => {
        const value = fold(indices(kw).map((kx) => `of_${r}_${c * sx + kx}`));
        return `output[to + ${r}u * out_h + ${c}u] = ${kind === "max" ? value : `(${value}) / (count_y_${r} * count_x_${c})`};`;
      }),
    ]),
    "}",
  ].join("\n");
  return defineShader(name, code);
}

/** How many taps along an axis count for the output number `index` of the block, whose window starts `start` after the first. */
function countTaps(axis: "y" | "x", pad: "top" | "left", index: number, start: number, taps: number): string {
  const first = `first_${axis} - params.pad_${pad} + ${start}`;
  return `let count_${axis}_${index} = f32(min(${first} + ${taps}, params.counted_to_${axis}) - max(${first}, params.counted_from_${axis}));`;
}
