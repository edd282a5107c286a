// Generates element-wise shaders: y = f(a, b, …) over operands of any rank, strides and broadcasting.
// One of the few generated shaders, because rank, operand count and formula shape the code itself.
import { defineShader, type ParamField, type Shader } from "../shader.ts";

export type ElementType = "f32" | "i32" | "u32";

export interface ElementWiseFormula {
  /** Shown in labels. */
  readonly name: string;
  /** WGSL over the operand names `a`, `b`, `c`, … and the `params.NAME` scalars below. */
  readonly expression: string;
  /** Element type of each operand, in order. */
  readonly inputs: readonly ElementType[];
  readonly output: ElementType;
  /** Names of f32 scalars in Params. */
  readonly scalars?: readonly string[];
  /** WGSL functions that the expression calls. */
  readonly helpers?: string;
}

export const elementWiseWorkgroupSize = 64;

const operandNames = "abcdefgh";

/**
 * Params: `count`, `size_K` per axis, `y_offset`, `y_stride_K`, and the same for each operand, then the scalars.
 * Bindings: `y` and one per operand. One invocation computes one element.
 */
export function generateElementWise(formula: ElementWiseFormula, rank: number): Shader {
  const operands = formula.inputs.map((_, i) => operandNames[i] as string);
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  const fields: [string, ParamField["type"]][] = [["count", "u32"]];
  for (const axis of axes) fields.push([`size_${axis}`, "u32"]);
  for (const name of ["y", ...operands]) {
    fields.push([`${name}_offset`, "i32"]);
    for (const axis of axes) fields.push([`${name}_stride_${axis}`, "i32"]);
  }
  for (const scalar of formula.scalars ?? []) fields.push([scalar, "f32"]);

  const address = (name: string) =>
    [`params.${name}_offset`, ...axes.map((axis) => `i_${axis} * params.${name}_stride_${axis}`)].join(" + ");
  const code = [
    `// ${formula.name}: y = ${formula.expression}`,
    "struct Params {",
    ...fields.map(([name, type]) => `${name}: ${type},`),
    "}",
    "@group(0) @binding(0) var<uniform> params: Params;",
    `@group(0) @binding(1) var<storage, read_write> y: array<${formula.output}>;`,
    ...operands.map((name, i) => `@group(0) @binding(${i + 2}) var<storage, read> ${name}: array<${formula.inputs[i]}>;`),
    formula.helpers ?? "",
    `@compute @workgroup_size(${elementWiseWorkgroupSize})`,
    "fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) num_workgroups: vec3<u32>) {",
    `let index = id.x + id.y * (num_workgroups.x * ${elementWiseWorkgroupSize}u);`,
    "if (index >= params.count) { return; }",
    ...axes.toReversed().flatMap((axis) => {
      const rest = axis === rank - 1 ? "index" : `rest_${axis + 1}`;
      // The outermost axis needs no modulo: what is left is its index.
      if (axis === 0) return [`let i_0 = i32(${rest});`];
      return [`let i_${axis} = i32(${rest} % params.size_${axis});`, `let rest_${axis} = ${rest} / params.size_${axis};`];
    }),
    // From here on an operand's name is its element.
    ...operands.map((name) => `let ${name} = ${name}[${address(name)}];`),
    `y[${address("y")}] = ${formula.expression};`,
    "}",
  ].join("\n");
  return defineShader(formula.name, code);
}
