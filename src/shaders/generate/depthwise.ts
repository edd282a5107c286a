// Generates depthwise convolutions: an invocation slides its window down a strip of one feature map. The rows that two outputs
// share stay in registers, so an input is loaded once per strip however many rows the kernel has.

import { type ActivationKind, activationFunction } from "../activations.ts";
import { defineShader, type Shader } from "../shader.ts";
import { beginMain, declareParams, type Fields, inputFields, outputFields, residualFields } from "./fields.ts";
import { indices } from "./indices.ts";

export const depthwiseWorkgroupSize = 32;

export interface DepthwiseVariant {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  /** Elements between taps of a row; between rows it is 1. */
  readonly dilation: number;
  /** Outputs of a row per invocation; at most as many as the map has. How many rows is a Param. */
  readonly columns: number;
  readonly activation: ActivationKind;
  readonly hasResidual: boolean;
}

const fields: Fields = [
  ["count", "u32"], // invocations
  ...inputFields, // in_offset: of the first tap of the first output, the border's corner, not the map's
  ...outputFields,
  ...residualFields,
  ["channels", "u32"], // of the output
  ["multiplier", "u32"], // output channels per input channel
  ["width", "u32"], // of the output
  ["height", "u32"],
  ["column_blocks", "u32"],
  ["strips", "u32"], // per column block
  ["strip_rows", "u32"],
  ["alpha", "f32"], // of the activation
  ["beta", "f32"],
];

/**
 * y[n, o, y, x] = f(bias[o] + Σ w[o, ky, kx] · x[n, o / multiplier, y·sy + ky, x·sx + kx·dx] + residual).
 *
 * Weights are [o][ky][kx]. The input has a zero border as wide as the pads. The last strip and the last block of columns move back
 * until they fit.
 */
export function generateDepthwise(variant: DepthwiseVariant): Shader {
  const { kernel, strides, dilation, columns, activation, hasResidual } = variant;
  const [kh, kw] = kernel;
  const [sy, sx] = strides;
  const name = `depthwise ${kh}×${kw} / ${sy}×${sx}, ${columns} columns`;
  const loaded = [...new Set(indices(columns).flatMap((c) => indices(kw).map((k) => c * sx + k * dilation)))].sort((a, b) => a - b);
  const rowsPerTurn = Math.min(sy, kh);
  const load = (row: number, ahead: number) => loaded.map((x) => `in_${row}_${x} = input[source + ${ahead}u * in_h + ${x}u];`);
  const slide = (by: number) => indices(kh - Math.min(by, kh)).flatMap((row) => loaded.map((x) => `in_${row}_${x} = in_${row + by}_${x};`));
  const sum = (c: number) => indices(kh).flatMap((ky) => indices(kw).map((kx) => `w_${ky}_${kx} * in_${ky}_${c * sx + kx * dilation}`));
  const code = [
    `// ${name}, ${activation}${hasResidual ? ", residual" : ""}`,
    ...declareParams(fields),
    "@group(0) @binding(1) var<storage, read> input: array<f32>;",
    "@group(0) @binding(2) var<storage, read> weights: array<f32>;",
    "@group(0) @binding(3) var<storage, read> bias: array<f32>;",
    "@group(0) @binding(4) var<storage, read_write> output: array<f32>;",
    hasResidual ? "@group(0) @binding(5) var<storage, read> residual: array<f32>;" : "",
    activationFunction(activation),
    ...beginMain(depthwiseWorkgroupSize),
    `let x = min(index % params.column_blocks * ${columns}u, params.width - ${columns}u);`,
    "let by_strip = index / params.column_blocks;",
    "let y = min(by_strip % params.strips * params.strip_rows, params.height - params.strip_rows);",
    "let by_channel = by_strip / params.strips;",
    "let channel = by_channel % params.channels;",
    "let n = by_channel / params.channels;",
    "let in_h = params.in_h;",
    "let out_h = params.out_h;",
    "let residual_h = params.residual_h;",
    "let strip_rows = params.strip_rows;",
    "let alpha = params.alpha;",
    "let beta = params.beta;",
    "let shift = bias[channel];",
    ...indices(kh).flatMap((ky) => indices(kw).map((kx) => `let w_${ky}_${kx} = weights[channel * ${kh * kw}u + ${ky * kw + kx}u];`)),
    `var source = params.in_offset + n * params.in_n + channel / params.multiplier * params.in_c + y * ${sy}u * in_h + x * ${sx}u;`,
    "var to = params.out_offset + n * params.out_n + channel * params.out_c + y * out_h + x;",
    "var add = params.residual_offset + n * params.residual_n + channel * params.residual_c + y * residual_h + x;",
    ...indices(kh).flatMap((row) => loaded.map((at) => `var in_${row}_${at} = 0.0;`)),
    // The first rows of the first window. The loop below loads the last rows of every window.
    ...(kh > sy ? [`for (var row = 0u; row < ${kh - sy}u; row++) {`, ...slide(1), ...load(kh - 1, 0), "source += in_h;", "}"] : []),
    "for (var row = 0u; row < strip_rows; row++) {",
    ...slide(sy),
    ...indices(rowsPerTurn).flatMap((r) => load(kh - rowsPerTurn + r, r)),
    ...indices(columns).map((c) => {
      const added = hasResidual ? ` + residual[add + ${c}u]` : "";
      return `output[to + ${c}u] = activate(shift + ${sum(c).join(" + ")}${added}, alpha, beta);`;
    }),
    `source += ${sy}u * in_h; to += out_h; add += residual_h;`,
    "}",
    "}",
  ].join("\n");
  return defineShader(name, code);
}
