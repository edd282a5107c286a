// Generates the blocked gradient of pooling: one invocation loads what the windows over a block of the pool's input hand back, once.
import { defineShader, type Shader } from "../shader.ts";
import { beginMain, declareParams, type Fields, outputFields } from "./fields.ts";
import { indices } from "./indices.ts";
import { type PoolingVariant, poolingWorkgroupSize } from "./pooling.ts";

const fields: Fields = [
  ["count", "u32"], // invocations
  ["channels", "u32"],
  ...["gradient_offset", "gradient_n", "gradient_c", "gradient_h"].map((name) => [name, "u32"] as const),
  ...outputFields,
  ["windows_y", "i32"],
  ["windows_x", "i32"],
  ["height", "i32"], // of the pool's input, and of this output
  ["width", "i32"],
  ["pad_top", "i32"],
  ["pad_left", "i32"],
  ["column_blocks", "u32"],
  ["row_blocks", "u32"],
];

/** See pooling.ts. */
const averageFields: Fields = [
  ...fields,
  ["counted_from_y", "i32"],
  ["counted_from_x", "i32"],
  ["counted_to_y", "i32"],
  ["counted_to_x", "i32"],
];

/** A window relative to a block, by its number from the one that begins at the block's first row, and the rows of the block that it covers. */
function windowsOf(size: number, kernel: number, stride: number): readonly number[] {
  const before = Math.floor((kernel - 1) / stride);
  return indices(before + Math.floor((size - 1) / stride) + 1).map((i) => i - before);
}

const nameOf = (window: number): string => (window < 0 ? `b${-window}` : `${window}`);

/**
 *   maximum  dx[i] = Σ dy[w] over the windows w whose maximum lies at i
 *   average  dx[i] = Σ dy[w] / (taps of w that count)
 *
 * A block has `rows` × `columns` elements of dx, multiples of the strides, and begins where a window does: so which windows cover an
 * element is known when this is generated. What lies outside of the map is not stored; windows outside of the pool's output hand back 0.
 */
export function generatePoolGradient({ kind, kernel, strides, rows, columns }: PoolingVariant): Shader {
  const isMax = kind === "max";
  const [kh, kw] = kernel;
  const [sy, sx] = strides;
  const name = `gradient of ${kind} pooling ${kh}×${kw} / ${sy}×${sx}, block ${rows}×${columns}`;
  const [down, across] = [windowsOf(rows, kh, sy), windowsOf(columns, kw, sx)];
  const covers = (window: number, at: number, size: number, stride: number) => at >= window * stride && at < window * stride + size;
  const place = (axis: "y" | "x", windows: readonly number[], pad: string, stride: number, taps: number): string[] =>
    windows.flatMap((window) => {
      const own = `window_${axis}_${nameOf(window)}`;
      const start = `${own} * ${stride} - params.${pad}`;
      return [
        `let ${own} = (first_${axis} + params.${pad}) / ${stride} + ${window};`,
        `let is_${axis}_${nameOf(window)} = (${own} >= 0) & (${own} < params.windows_${axis});`,
        `let at_${axis}_${nameOf(window)} = u32(clamp(${own}, 0, params.windows_${axis} - 1));`,
        ...(isMax
          ? []
          : [
              `let taps_${axis}_${nameOf(window)} = f32(max(1, min(${start} + ${taps}, params.counted_to_${axis}) - max(${start}, params.counted_from_${axis})));`,
            ]),
      ];
    });
  const sum = (r: number, c: number): string => {
    const terms = down
      .filter((j) => covers(j, r, kh, sy))
      .flatMap((j) =>
        across
          .filter((i) => covers(i, c, kw, sx))
          .map((i) => {
            const window = `${nameOf(j)}_${nameOf(i)}`;
            return isMax ? `select(0.0, dy_${window}, maximum_${window} == id_${r} + ${c}u)` : `dy_${window}`;
          }),
      );
    return terms.length > 0 ? terms.join(" + ") : "0.0";
  };
  const code = [
    `// ${name}`,
    ...declareParams(isMax ? fields : averageFields),
    "@group(0) @binding(1) var<storage, read> gradient: array<f32>;",
    isMax ? "@group(0) @binding(2) var<storage, read> maxima: array<u32>;" : "",
    "@group(0) @binding(3) var<storage, read_write> output: array<f32>;",
    ...beginMain(poolingWorkgroupSize),
    // Blocks begin where a window begins, so the first one may begin before the map.
    `let first_x = i32(index % params.column_blocks) * ${columns} - params.pad_left % ${sx};`,
    "let by_row = index / params.column_blocks;",
    `let first_y = i32(by_row % params.row_blocks) * ${rows} - params.pad_top % ${sy};`,
    "let plane = by_row / params.row_blocks;",
    "let n = plane / params.channels;",
    "let c = plane % params.channels;",
    "let source = params.gradient_offset + n * params.gradient_n + c * params.gradient_c;",
    ...place("y", down, "pad_top", sy, kh),
    ...place("x", across, "pad_left", sx, kw),
    ...down.flatMap((j) => [
      `let row_${nameOf(j)} = source + at_y_${nameOf(j)} * params.gradient_h;`,
      ...(isMax ? [`let maxima_${nameOf(j)} = (plane * u32(params.windows_y) + at_y_${nameOf(j)}) * u32(params.windows_x);`] : []),
      ...across.flatMap((i) => {
        const window = `${nameOf(j)}_${nameOf(i)}`;
        const share = isMax ? "" : ` / (taps_y_${nameOf(j)} * taps_x_${nameOf(i)})`;
        return [
          `let dy_${window} = select(0.0, gradient[row_${nameOf(j)} + at_x_${nameOf(i)}]${share}, is_y_${nameOf(j)} & is_x_${nameOf(i)});`,
          ...(isMax ? [`let maximum_${window} = maxima[maxima_${nameOf(j)} + at_x_${nameOf(i)}];`] : []),
        ];
      }),
    ]),
    "let to = i32(params.out_offset + n * params.out_n + c * params.out_c) + first_y * i32(params.out_h) + first_x;",
    ...indices(columns).map((c) => `let has_${c} = (first_x + ${c} >= 0) & (first_x + ${c} < params.width);`),
    ...indices(rows).flatMap((r) => [
      `let y_${r} = first_y + ${r};`,
      ...(isMax ? [`let id_${r} = u32(i32(plane) * params.height * params.width + y_${r} * params.width + first_x);`] : []),
      `if ((y_${r} >= 0) & (y_${r} < params.height)) {`,
      ...indices(columns).map((c) => `if (has_${c}) { output[to + ${r} * i32(params.out_h) + ${c}] = ${sum(r, c)}; }`),
      "}",
    ]),
    "}",
  ].join("\n");
  return defineShader(name, code);
}
