// Generates what puts the phases of a sub-pixel convolution beside each other: an invocation writes a few steps of as many rows as a step has.
import { defineShader, type Shader } from "../shader.ts";
import { beginMain, declareParams, type Fields, inputFields, outputFields } from "./fields.ts";
import { indices } from "./indices.ts";

export const interleaveWorkgroupSize = 32;

/** Steps along a row that an invocation takes. */
export const interleavedSteps = 4;

const fields: Fields = [
  ["count", "u32"], // invocations
  ["channels", "u32"], // of the output
  ...inputFields,
  ...outputFields,
  ["height", "i32"], // of the output
  ["width", "i32"],
  ["rows", "u32"], // of a phase
  ["columns", "u32"],
  ["crop_y", "i32"],
  ["crop_x", "i32"],
  ["column_blocks", "u32"],
];

/**
 * y[n, c, s·q + r − crop] = x[n, c · s² + r, q] along both axes, for the phases r of steps of s. The last block of columns moves back until it
 * fits, unless a row has fewer steps. What is cropped is not stored.
 *
 * @param steps at most as many as a phase has columns
 */
export function generateInterleave(stride: number, steps: number): Shader {
  const name = `interleave ${stride}×${stride} phases, ${steps} steps`;
  const phases = indices(stride);
  const code = [
    `// ${name}`,
    ...declareParams(fields),
    "@group(0) @binding(1) var<storage, read> input: array<f32>;",
    "@group(0) @binding(2) var<storage, read_write> output: array<f32>;",
    // Where the gradient of an activation follows, it goes here.
    "fn activate(a: f32) -> f32 { return a; }",
    ...beginMain(interleaveWorkgroupSize),
    `let q_x = min(index % params.column_blocks * ${steps}u, params.columns - ${steps}u);`,
    "let by_row = index / params.column_blocks;",
    "let q_y = by_row % params.rows;",
    "let plane = by_row / params.rows;",
    "let c = plane % params.channels;",
    "let n = plane / params.channels;",
    `let source = params.in_offset + n * params.in_n + c * ${stride * stride}u * params.in_c + q_y * params.in_h + q_x;`,
    ...indices(stride * stride).flatMap((phase) => [
      `let phase_${phase} = source + ${phase}u * params.in_c;`,
      ...indices(steps).map((q) => `let in_${phase}_${q} = input[phase_${phase} + ${q}u];`),
    ]),
    "let plane_at = params.out_offset + n * params.out_n + c * params.out_c;",
    `let x = i32(q_x) * ${stride} - params.crop_x;`,
    ...indices(steps * stride).map((i) => `let has_${i} = (x + ${i} >= 0) & (x + ${i} < params.width);`),
    ...phases.flatMap((row) => [
      `let y_${row} = i32(q_y) * ${stride} + ${row} - params.crop_y;`,
      `let row_${row} = plane_at + u32(max(y_${row}, 0)) * params.out_h;`,
      `if ((y_${row} >= 0) & (y_${row} < params.height)) {`,
      ...indices(steps * stride).map((i) => {
        const value = `in_${row * stride + (i % stride)}_${Math.floor(i / stride)}`;
        return `if (has_${i}) { output[row_${row} + u32(x + ${i})] = activate(${value}); }`;
      }),
      "}",
    ]),
    "}",
  ].join("\n");
  return defineShader(name, code);
}
