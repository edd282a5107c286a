// Generates steps of optimisers: what lasts from run to run is changed where it lies, element by element.
import { defineShader, type ParamField, type Shader } from "../shader.ts";
import { beginMain, declareParams } from "./fields.ts";
import { indices } from "./indices.ts";

export const updateWorkgroupSize = 64;

/** Elements per invocation. */
export const updateBlock = 8;

export interface UpdateFormula {
  readonly name: string;
  /** WGSL over the state `s`, operands `a`, `b` of its shape, `rates`, and the scalars. */
  readonly expression: string;
  /** Besides the state. */
  readonly operands: number;
  /** Names of numbers in Params. */
  readonly scalars: readonly string[];
}

/** Whether a formula reads the rates: a shader binds nothing that it does not read. */
export function usesRates(expression: string): boolean {
  return expression.includes("rates");
}

/**
 * Params: `count` invocations, the `size` of the state, then the scalars. Bindings: `state`, one per operand, and `rates`, eight numbers that
 * may change from run to run. What does not fill a block is computed by the last invocation, element by element.
 */
export function generateUpdate({ name, expression, operands, scalars }: UpdateFormula): Shader {
  const names = [..."ab"].slice(0, operands);
  const fields: [string, ParamField["type"]][] = [
    ["count", "u32"],
    ["size", "u32"],
    ...scalars.map((one): [string, "f32"] => [one, "f32"]),
  ];
  const given = ["s", ...names].map((one) => `${one}: f32`);
  const at = (index: string) => `update(${["s", ...names].map((one) => `${one === "s" ? "state" : one}[${index}]`).join(", ")})`;
  const code = [
    `// ${name}: s = ${expression}`,
    ...declareParams(fields),
    "@group(0) @binding(1) var<storage, read_write> state: array<f32>;",
    ...(usesRates(expression) ? ["@group(0) @binding(2) var<storage, read> rates: array<f32>;"] : []),
    ...names.map((one, i) => `@group(0) @binding(${i + 3}) var<storage, read> ${one}: array<f32>;`),
    `fn update(${given.join(", ")}) -> f32 {`,
    ...scalars.map((one) => `let ${one} = params.${one};`),
    `return ${expression};`,
    "}",
    ...beginMain(updateWorkgroupSize),
    `let at = index * ${updateBlock}u;`,
    `if (at + ${updateBlock}u > params.size) {`,
    `for (var i = at; i < params.size; i++) { state[i] = ${at("i")}; }`,
    "return;",
    "}",
    ...indices(updateBlock).map((i) => `let new_${i} = ${at(`at + ${i}u`)};`),
    ...indices(updateBlock).map((i) => `state[at + ${i}u] = new_${i};`),
    "}",
  ].join("\n");
  return defineShader(name, code);
}
