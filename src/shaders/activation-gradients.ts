// Gradients of activations by what goes in, told from what came out, a row each; and epilogues of convolutions that apply one.
import { defineShader, type Shader } from "./shader.ts";

export interface ActivationGradientRow {
  /** WGSL of the result over `a`, the gradient of the activation's output, `b`, that output, and two scalars, `alpha` and `beta`. */
  readonly wgsl: string;
  readonly js: (a: number, b: number, alpha: number, beta: number) => number;
}

/** All are multiples of `a`. Where one is 0 it is so for any `a`, also an infinite one or NaN. */
export const activationGradients = {
  /** Of what is constant up to `alpha`, such as ReLU up to 0. */
  above: { wgsl: "select(0.0, a, b > alpha)", js: (a, b, alpha) => (b > alpha ? a : 0) },
  /** Of what is constant up to `alpha` and from `beta` on. */
  between: { wgsl: "select(0.0, a, (b > alpha) & (b < beta))", js: (a, b, alpha, beta) => (b > alpha && b < beta ? a : 0) },
  /** `alpha` is the slope below 0. */
  leaky: { wgsl: "select(alpha * a, a, b > 0.0)", js: (a, b, alpha) => (b > 0 ? a : alpha * a) },
  sigmoid: { wgsl: "a * (b * (1.0 - b))", js: (a, b) => a * (b * (1 - b)) },
  tanh: { wgsl: "a * (1.0 - b * b)", js: (a, b) => a * (1 - b * b) },
} as const satisfies Readonly<Record<string, ActivationGradientRow>>;

export type ActivationGradientKind = keyof typeof activationGradients;

/**
 * The same kernel with an epilogue that goes on: what it would store is `a` of a row, and `b` is read from a buffer called `activated`. It lies
 * there as in the output, by Params of its own: each `out_…` that says where gets an `activated_…` beside it, and each variable that is
 * computed from these gets one, too. Scalars are `gradient_alpha` and `gradient_beta`.
 *
 * @param shader one that stores `output[…] = activate(…)` or `activate_as(…)`
 */
export function withActivationGradient(shader: Shader, kind: ActivationGradientKind): Shader {
  const places = [...new Set(Array.from(shader.code.matchAll(placeParam), ([, field]) => field as string))];
  const { code, count } = followPlaces(shader.code);
  if (count === 0) throw new Error(`${shader.name}: no store of an activation`);
  const fields = [
    ...places.map((field) => `activated_${field}: ${shader.params?.fields[`out_${field}`]?.count === 4 ? "vec4<u32>" : "u32"},`),
    "gradient_alpha: f32,",
    "gradient_beta: f32,",
  ];
  const binding = 1 + Math.max(...Object.values(shader.bindings).map((one) => one.binding));
  return defineShader(
    `${shader.name}, gradient ${kind}`,
    [
      code.replace(/(struct Params\s*\{[^}]*?),?\s*\}/, (_, members: string) => `${members},\n${fields.join("\n")}\n}`),
      `@group(0) @binding(${binding}) var<storage, read> activated: array<f32>;`,
      `fn pass_back(a: f32, b: f32, alpha: f32, beta: f32) -> f32 { return ${activationGradients[kind].wgsl}; }`,
    ].join("\n"),
  );
}

/** A Param that says where the output lies. */
const placeParam = /\bparams\.out_(offset|n|c|h|slice|strides)\b/g;

/** Doubles every statement that computes a place in the output, and reads the operand there where a value is stored. */
function followPlaces(whole: string): { readonly code: string; readonly count: number } {
  const names = new Set<string>();
  /** The same expression of the operand's place; the expression itself where it has none to do with the output's. */
  const follow = (expression: string): string =>
    expression
      .replace(placeParam, "params.activated_$1")
      .replace(/(?<![\w.])[a-z]\w*/g, (name) => (names.has(name) ? `activated_${name}` : name));
  let count = 0;
  const statements = whole.split(";").map((statement) => {
    const store = /\boutput\[([^\]]+)\]\s*=\s*(activate(?:_as)?\([\s\S]+\))\s*$/.exec(statement);
    if (store) {
      const [all, place = "", value = ""] = store;
      count++;
      const passed = `pass_back(${value}, activated[${follow(place)}], params.gradient_alpha, params.gradient_beta)`;
      return `${statement.slice(0, -all.length)}output[${place}] = ${passed}`;
    }
    const assignment = /(?:\b(let|var)\s+)?([a-z]\w*)\s*(\+?=)(?!=)\s*([^{}]+)$/.exec(statement);
    if (!assignment) return statement;
    const [, keyword, name = "", operator = "", expression = ""] = assignment;
    const isPlace = follow(expression) !== expression || (!keyword && names.has(name));
    if (!isPlace) return statement;
    names.add(name);
    return `${statement};\n${keyword ? `${keyword} ` : ""}activated_${name} ${operator} ${follow(expression)}`;
  });
  return { code: statements.join(";"), count };
}
