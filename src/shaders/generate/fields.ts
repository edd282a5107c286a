// Fields of Params that several generated shaders have: where maps lie, in elements. Along w the stride is always 1.
import type { ParamField } from "../shader.ts";

export type Fields = readonly (readonly [string, ParamField["type"]])[];

export function u32s(...names: string[]): Fields {
  return names.map((name) => [name, "u32"]);
}

export const inputFields = u32s("in_offset", "in_n", "in_c", "in_h");
export const outputFields = u32s("out_offset", "out_n", "out_c", "out_h");
export const residualFields = u32s("residual_offset", "residual_n", "residual_c", "residual_h", "residual_count");
