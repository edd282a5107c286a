// Generates blocked max pooling that also says where the maxima are: one invocation loads a patch once and finds every window's in it.
import { defineShader, type Shader } from "../shader.ts";
import { beginMain, declareParams, type Fields, inputFields, outputFields, u32s } from "./fields.ts";
import { indices } from "./indices.ts";
import { type PoolingVariant, poolingWorkgroupSize } from "./pooling.ts";

const fields: Fields = [
  ["count", "u32"], // invocations
  ["channels", "u32"],
  ...inputFields,
  ...outputFields,
  ...u32s("maxima_offset", "maxima_n", "maxima_c", "maxima_h"),
  ["in_height", "i32"],
  ["in_width", "i32"],
  ["pad_top", "i32"],
  ["pad_left", "i32"],
  ["width", "u32"], // of the output
  ["height", "u32"],
  ["column_blocks", "u32"],
  ["row_blocks", "u32"],
];

/**
 * y[n, c, y, x] = max over ky, kx of x[n, c, y·sy + ky − pad, x·sx + kx − pad], and the index of the first tap that has it, counted in the
 * whole of x, row by row. A tap outside the map repeats an element of its own window, which has the same index.
 */
export function generateMaxPoolIndices({ kernel, strides, rows, columns }: Omit<PoolingVariant, "kind">): Shader {
  const [kh, kw] = kernel;
  const [sy, sx] = strides;
  const name = `max pooling with indices ${kh}×${kw} / ${sy}×${sx}, block ${rows}×${columns}`;
  const inputRows = indices((rows - 1) * sy + kh);
  const inputColumns = indices((columns - 1) * sx + kw);
  /** Code that defines NAME and NAME_id: the first maximum of these values, each with its id. */
  const first = (result: string, candidates: readonly string[]): string[] => [
    `var ${result} = ${candidates[0]};`,
    `var ${result}_id = ${candidates[0]}_id;`,
    ...candidates.slice(1).flatMap((value, i) => {
      const higher = `higher_${result}_${i}`;
      return [
        `let ${higher} = ((${value} > ${result}) | is_nan(${value})) & !is_nan(${result});`,
        `${result}_id = select(${result}_id, ${value}_id, ${higher});`,
        `${result} = select(${result}, ${value}, ${higher});`,
      ];
    }),
  ];
  const code = [
    `// ${name}`,
    ...declareParams(fields),
    "@group(0) @binding(1) var<storage, read> input: array<f32>;",
    "@group(0) @binding(2) var<storage, read_write> output: array<f32>;",
    "@group(0) @binding(3) var<storage, read_write> maxima: array<u32>;",
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
    "let maximum = params.maxima_offset + n * params.maxima_n + c * params.maxima_c + y * params.maxima_h + x;",
    "let in_width = u32(params.in_width);",
    "let first_id = plane * u32(params.in_height) * in_width;",
    `let first_y = i32(y) * ${sy} - params.pad_top;`,
    `let first_x = i32(x) * ${sx} - params.pad_left;`,
    ...inputColumns.map((i) => `let column_${i} = u32(clamp(first_x + ${i}, 0, params.in_width - 1));`),
    ...inputRows.flatMap((r) => [
      `let row_${r} = u32(clamp(first_y + ${r}, 0, params.in_height - 1));`,
      `let at_${r} = source + row_${r} * params.in_h;`,
      `let id_${r} = first_id + row_${r} * in_width;`,
      ...inputColumns.flatMap((i) => [`let in_${r}_${i} = input[at_${r} + column_${i}];`, `let in_${r}_${i}_id = id_${r} + column_${i};`]),
      // Windows of several rows of outputs have rows of taps in common.
      ...indices(columns).flatMap((o) =>
        first(
          `of_${r}_${o}`,
          indices(kw).map((kx) => `in_${r}_${o * sx + kx}`),
        ),
      ),
    ]),
    ...indices(rows).flatMap((r) =>
      indices(columns).flatMap((o) => [
        ...first(
          `y_${r}_${o}`,
          indices(kh).map((ky) => `of_${r * sy + ky}_${o}`),
        ),
        `output[to + ${r}u * out_h + ${o}u] = y_${r}_${o};`,
        `maxima[maximum + ${r}u * params.maxima_h + ${o}u] = y_${r}_${o}_id;`,
      ]),
    ),
    "}",
  ].join("\n");
  return defineShader(name, code);
}
