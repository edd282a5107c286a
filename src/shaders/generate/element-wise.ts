// Generates element-wise shaders: y = f(a, b, …) over operands of any rank, strides and broadcasting.
// One of the few generated shaders, because rank, operand count and formula shape the code itself.
import { defineShader, type ParamField, type Shader } from "../shader.ts";
import { beginMain, declareParams } from "./fields.ts";
import { indices } from "./indices.ts";

export type ElementType = "f32" | "i32" | "u32";

export interface ElementWiseFormula {
  /** Shown in labels. */
  readonly name: string;
  /** WGSL over the operand names `a`, `b`, `c`, … and the scalars below. */
  readonly expression: string;
  /** Element type of each operand, in order. */
  readonly inputs: readonly ElementType[];
  readonly output: ElementType;
  /** Names of f32 scalars in Params. */
  readonly scalars?: readonly string[];
  /** WGSL functions that the expression calls. */
  readonly helpers?: string;
}

/**
 * How the elements of a block are read or written. `quads`: four neighbours at once, which needs a stride of 1 along the block's axis,
 * and the view's offset, its other strides and that axis's extent to be multiples of 4. `once`: one element for the whole block,
 * where the stride is 0.
 */
export type Access = "strided" | "quads" | "once";

export interface ElementWiseVariant {
  /** Axes of the index space. */
  readonly rank: number;
  /** The axis that blocks lie along. Neighbouring invocations are neighbours along the last axis. */
  readonly axis: number;
  /** Elements per invocation, neighbours along that axis: at most its extent; 4 or 8 where any view is read in quads. */
  readonly block: number;
  /** Of the output, which is not read `once`, and of each operand. */
  readonly access: readonly Access[];
}

export const elementWiseWorkgroupSize = 128;

const operandNames = "abcdefgh";

/**
 * Params: `count` invocations, `blocks` along the axis, `size_K` per axis, `y_offset`, `y_stride_K`, and the same for
 * each operand, then the scalars. Bindings: `y` and one per operand.
 */
export function generateElementWise(formula: ElementWiseFormula, { rank, axis, block, access }: ElementWiseVariant): Shader {
  const operands = formula.inputs.map((_, i) => operandNames[i] as string);
  const { scalars = [] } = formula;
  const views = ["y", ...operands];
  const accessOf = (name: string) => access[views.indexOf(name)] as Access;
  const axes = indices(rank);
  const fields: [string, ParamField["type"]][] = [
    ["count", "u32"],
    ["blocks", "u32"],
    ...axes.map((at): [string, "u32"] => [`size_${at}`, "u32"]),
    ...views.flatMap((name): [string, "i32"][] => [
      [`${name}_offset`, "i32"],
      ...axes.map((at): [string, "i32"] => [`${name}_stride_${at}`, "i32"]),
    ]),
    ...scalars.map((scalar): [string, "f32"] => [scalar, "f32"]),
  ];
  const stored = (name: string, type: ElementType) => `array<${accessOf(name) === "quads" ? `vec4<${type}>` : type}>`;
  const parameters = [...operands.map((name, i) => `${name}: ${formula.inputs[i]}`), ...scalars.map((scalar) => `${scalar}: f32`)];
  const value = (i: number) =>
    `formula(${[...operands.map((name) => (accessOf(name) === "once" ? `${name}_0` : `${name}_${i}`)), ...scalars].join(", ")})`;
  const code = [
    `// ${formula.name}: y = ${formula.expression}`,
    ...declareParams(fields),
    `@group(0) @binding(1) var<storage, read_write> y: ${stored("y", formula.output)};`,
    ...operands.map(
      (name, i) => `@group(0) @binding(${i + 2}) var<storage, read> ${name}: ${stored(name, formula.inputs[i] as ElementType)};`,
    ),
    formula.helpers ?? "",
    `fn formula(${parameters.join(", ")}) -> ${formula.output} { return ${formula.expression}; }`,
    ...beginMain(elementWiseWorkgroupSize),
    ...axes.toReversed().flatMap((at) => {
      const extent = at === axis ? "params.blocks" : `params.size_${at}`;
      const rest = at === rank - 1 ? "index" : `rest_${at + 1}`;
      // The outermost axis needs no modulo: what is left is its index.
      const number = at === 0 ? rest : `${rest} % ${extent}`;
      return [
        // The last block moves back until it fits. Where two blocks overlap they write the same numbers.
        `let i_${at} = i32(${at === axis ? `min(${number} * ${block}u, params.size_${at} - ${block}u)` : number});`,
        ...(at === 0 ? [] : [`let rest_${at} = ${rest} / ${extent};`]),
      ];
    }),
    ...views.flatMap((name) => [
      `let ${name}_step = params.${name}_stride_${axis};`,
      `let ${name}_at = ${[`params.${name}_offset`, ...axes.map((at) => `i_${at} * params.${name}_stride_${at}`)].join(" + ")};`,
    ]),
    ...scalars.map((scalar) => `let ${scalar} = params.${scalar};`),
    ...operands.flatMap((name) => load(name, accessOf(name), block)),
    ...(accessOf("y") === "quads"
      ? indices(block / 4).map((quad) => `y[(y_at >> 2u) + ${quad}] = vec4(${indices(4).map((i) => value(quad * 4 + i))});`)
      : indices(block).map((i) => `y[y_at + ${i} * y_step] = ${value(i)};`)),
    "}",
  ].join("\n");
  return defineShader(formula.name, code);
}

/** Code that defines `NAME_I`, the operand's element for each of the block. */
function load(name: string, access: Access, block: number): string[] {
  if (access === "once") return [`let ${name}_0 = ${name}[${name}_at];`];
  if (access === "strided") return indices(block).map((i) => `let ${name}_${i} = ${name}[${name}_at + ${i} * ${name}_step];`);
  return indices(block / 4).flatMap((quad) => [
    `let ${name}_quad_${quad} = ${name}[(${name}_at >> 2u) + ${quad}];`,
    ...indices(4).map((i) => `let ${name}_${quad * 4 + i} = ${name}_quad_${quad}.${"xyzw"[i]};`),
  ]);
}
