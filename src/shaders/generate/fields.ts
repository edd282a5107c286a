// What generated shaders begin with: fields of Params that several have, such as where maps lie, in elements (along w the stride is always 1);
// Params itself; and the beginning of main.
import type { ParamField } from "../shader.ts";

export type Fields = readonly (readonly [string, ParamField["type"]])[];

export function u32s(...names: string[]): Fields {
  return names.map((name) => [name, "u32"]);
}

export const inputFields = u32s("in_offset", "in_n", "in_c", "in_h");
export const outputFields = u32s("out_offset", "out_n", "out_c", "out_h");
export const residualFields = u32s("residual_offset", "residual_n", "residual_c", "residual_h", "residual_count");

/** Params of these fields, at binding 0. */
export function declareParams(fields: Fields): readonly string[] {
  return [
    "struct Params {",
    ...fields.map(([field, type]) => `${field}: ${type},`),
    "}",
    "@group(0) @binding(0) var<uniform> params: Params;",
  ];
}

/** The beginning of a `main` whose invocations are numbered by `index`, below `params.count`. */
export function beginMain(workgroupSize: number): readonly string[] {
  return [
    `@compute @workgroup_size(${workgroupSize})`,
    "fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) num_workgroups: vec3u) {",
    `let index = id.x + id.y * (num_workgroups.x * ${workgroupSize}u);`,
    "if (index >= params.count) { return; }",
  ];
}
