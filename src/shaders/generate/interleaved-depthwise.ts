// Generates depthwise convolutions that compute the phases of a map and put them beside each other: an invocation slides its window down a strip of
// one map of the input, and stores all phases of each place.
import { defineShader, type Shader } from "../shader.ts";
import { depthwiseWorkgroupSize } from "./depthwise.ts";
import { beginMain, declareParams, type Fields, inputFields, outputFields } from "./fields.ts";
import { indices } from "./indices.ts";

export interface InterleavedDepthwiseVariant {
  /** Phases along each axis. */
  readonly stride: number;
  readonly kernel: readonly [number, number];
  /** For each phase, row by row, the taps that it has. The weights of others are 0. */
  readonly taps: readonly (readonly number[])[];
  /** Places of a row per invocation; at most as many as a phase has. How many rows is a Param. */
  readonly columns: number;
}

const fields: Fields = [
  ["count", "u32"], // invocations
  ...inputFields, // in_offset: of the first tap of the first place, the border's corner, not the map's
  ...outputFields,
  ["channels", "u32"],
  ["width", "u32"], // of a phase
  ["height", "u32"],
  ["column_blocks", "u32"],
  ["strips", "u32"], // per column block
  ["strip_rows", "u32"],
];

/**
 * y[n, c, s·q + r] = bias[c, r] + Σ w[c, r, k] · x[n, c, q + k] along both axes, for the phases r of steps of s and the taps k.
 *
 * Weights are [c][r][ky][kx]. The input has a zero border as wide as the pads. The last strip and the last block of columns move back until they fit.
 */
export function generateInterleavedDepthwise({ stride, kernel, taps, columns }: InterleavedDepthwiseVariant): Shader {
  const [kh, kw] = kernel;
  const phases = indices(stride * stride);
  const name = `interleaved depthwise ${kh}×${kw}, ${stride}×${stride} phases, ${columns} columns`;
  const loaded = indices(columns + kw - 1);
  const load = loaded.map((x) => `in_${kh - 1}_${x} = input[source + ${x}u];`);
  const slide = indices(kh - 1).flatMap((row) => loaded.map((x) => `in_${row}_${x} = in_${row + 1}_${x};`));
  const tapsOf = (phase: number) => taps[phase] ?? [];
  const sum = (phase: number, c: number) =>
    [`shift_${phase}`, ...tapsOf(phase).map((tap) => `w_${phase}_${tap} * in_${Math.floor(tap / kw)}_${c + (tap % kw)}`)].join(" + ");
  const code = [
    `// ${name}`,
    ...declareParams(fields),
    "@group(0) @binding(1) var<storage, read> input: array<f32>;",
    "@group(0) @binding(2) var<storage, read> weights: array<f32>;",
    "@group(0) @binding(3) var<storage, read> bias: array<f32>;",
    "@group(0) @binding(4) var<storage, read_write> output: array<f32>;",
    // Where the gradient of an activation follows, it goes here.
    "fn activate(a: f32) -> f32 { return a; }",
    ...beginMain(depthwiseWorkgroupSize),
    `let q_x = min(index % params.column_blocks * ${columns}u, params.width - ${columns}u);`,
    "let by_strip = index / params.column_blocks;",
    "let q_y = min(by_strip % params.strips * params.strip_rows, params.height - params.strip_rows);",
    "let by_channel = by_strip / params.strips;",
    "let channel = by_channel % params.channels;",
    "let n = by_channel / params.channels;",
    "let in_h = params.in_h;",
    "let out_h = params.out_h;",
    "let strip_rows = params.strip_rows;",
    ...phases.map((phase) => `let shift_${phase} = bias[channel * ${phases.length}u + ${phase}u];`),
    `let filter_at = channel * ${phases.length * kh * kw}u;`,
    ...phases.flatMap((phase) => tapsOf(phase).map((tap) => `let w_${phase}_${tap} = weights[filter_at + ${phase * kh * kw + tap}u];`)),
    "var source = params.in_offset + n * params.in_n + channel * params.in_c + q_y * in_h + q_x;",
    `var to = params.out_offset + n * params.out_n + channel * params.out_c + q_y * ${stride}u * out_h + q_x * ${stride}u;`,
    ...indices(kh).flatMap((row) => loaded.map((x) => `var in_${row}_${x} = 0.0;`)),
    // The first rows of the first window. The loop below loads the last row of every window.
    ...(kh > 1 ? [`for (var row = 0u; row < ${kh - 1}u; row++) {`, ...slide, ...load, "source += in_h;", "}"] : []),
    "for (var row = 0u; row < strip_rows; row++) {",
    ...slide,
    ...load,
    ...indices(stride).flatMap((down) => [
      ...indices(columns * stride).map((right) => {
        const value = sum(down * stride + (right % stride), Math.floor(right / stride));
        return `output[to + ${right}u] = activate(${value});`;
      }),
      "to += out_h;",
    ]),
    "source += in_h;",
    "}",
    "}",
  ].join("\n");
  return defineShader(name, code);
}
