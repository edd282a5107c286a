// Rewrites a kernel so that weights are bytes, four to a word, and what it stores is scaled for each channel and, perhaps, rounded to whole steps.

import { elementOf, rewriteAccesses, withElement } from "./accesses.ts";
import { type ActivationKind, activations, orNan } from "./activations.ts";
import { withFunctions } from "./functions.ts";
import { renderShader, type Shader } from "./shader.ts";

/**
 * The kernel with bytes in the place of floats.
 *
 * @param name of a storage binding, an array of f32 or of vectors of four
 */
export function withBytes(shader: Shader, name: string): Shader {
  const element = elementOf(shader, name);
  const isVector = element.startsWith("vec4");
  const helper = isVector
    ? `fn ${name}_steps(i: u32) -> vec4<f32> {
let word = vec4<i32>(bitcast<i32>(${name}[i]));
return vec4<f32>((word << vec4<u32>(24u, 16u, 8u, 0u)) >> vec4<u32>(24u));
}`
    : `fn ${name}_steps(i: u32) -> f32 { return f32((bitcast<i32>(${name}[i >> 2u]) << ((~i & 3u) << 3u)) >> 24u); }`;
  const body = rewriteAccesses(shader.body, name, {
    load: (index) => `${name}_steps(u32(${index}))`,
    store: cannotBeWritten(name),
  });
  return renderShader(withElement({ ...shader, name: `${shader.name}, bytes`, body: `${body}\n${helper}` }, name, "u32"));
}

function cannotBeWritten(name: string): () => never {
  return () => {
    throw new Error(`'${name}' is written, but can only be read`);
  };
}

/** How results are rounded: to whole steps between bounds, or only cut off. */
export interface Scaled {
  readonly isRounded: boolean;
  /** In place of both an activation, whose two scalars are in the place of the bounds. */
  readonly activation?: ActivationKind;
}

/** What a table for {@link withScales} begins with, before the factors. The first six are whole numbers, by their bits. */
export const scaleFields = [
  "offset",
  "outer",
  "inner",
  "residualOffset",
  "residualOuter",
  "residualInner",
  "stored",
  "lowest",
  "highest",
] as const;

/**
 * The kernel with y = clamp(round(v · factor), lowest, highest) · stored in the place of each v that it stores; where nothing is rounded
 * y = clamp(v · factor, lowest, highest).
 *
 * A residual, which the kernel adds to v, is divided by the factor before: it is none of what is scaled.
 *
 * Where the kernel keeps elements of `bias` by name, factors lie in the order of these. Elsewhere the element at `i` of the buffer has that of
 * channel (i − offset) mod outer / inner; divisions cost GPUs made of software much.
 *
 * @param name of the storage binding that it writes, an array of f32
 */
export function withScales(shader: Shader, name: string, { isRounded, activation }: Scaled): Shader {
  if (elementOf(shader, name) !== "f32") throw new Error(`'${name}' is no array of f32`);
  const shifts = biasesOf(shader);
  const withFactors =
    shifts.length > 0 ? shader.body.replace(named, `$& let $1_factor = scales[$2 + ${scaleFields.length}u];`) : shader.body;
  const hasResidual = "residual" in shader.bindings;
  const withShares = hasResidual
    ? rewriteAccesses(withFactors, "residual", { load: (index) => `residual_at(u32(${index}))`, store: cannotBeWritten("residual") })
    : withFactors;
  const factor = (value: string) => {
    const shift = shifts.find((one) => new RegExp(`\\b${one}\\b`).test(value)) ?? (shifts.length === 1 ? shifts[0] : undefined);
    return shift === undefined ? "factor_at(stored_at)" : `${shift}_factor`;
  };
  const body = rewriteAccesses(withShares, name, {
    load: (index) => `${name}[${index}]`,
    store: (index, value) => {
      const own = factor(value);
      const sum = value.replaceAll("residual_at(", `residual_share(${own}, `);
      return `{ let stored_at = u32(${index}); ${name}[stored_at] = scaled(${sum}, ${own}); }`;
    },
  });
  const helpers = [
    factorFunction("factor_at", "offset", "outer", "inner"),
    ...(hasResidual
      ? [
          factorFunction("residual_factor_at", "residualOffset", "residualOuter", "residualInner"),
          "fn residual_share(factor: f32, i: u32) -> f32 { return residual[i] / factor; }",
          "fn residual_at(i: u32) -> f32 { return residual_share(residual_factor_at(i), i); }",
        ]
      : []),
    activation ? activated(activation) : cutOff(isRounded),
  ];
  const binding = Math.max(...Object.values(shader.bindings).map((one) => one.binding)) + 1;
  return renderShader({
    ...shader,
    name: `${shader.name}, ${isRounded ? "rounded" : (activation ?? "scaled")}`,
    bindings: { ...shader.bindings, scales: { binding, kind: "read" } },
    types: { ...shader.types, scales: "array<f32>" },
    body: withFunctions([body, ...helpers].join("\n")),
  });
}

type ScaleField = (typeof scaleFields)[number];

const field = (one: ScaleField) => `scales[${scaleFields.indexOf(one)}u]`;

/** The factor of the channel that an element of a buffer belongs to. */
function factorFunction(name: string, ...fields: readonly [offset: ScaleField, outer: ScaleField, inner: ScaleField]): string {
  const [offset, outer, inner] = fields.map((one) => `bitcast<u32>(${field(one)})`);
  return `fn ${name}(i: u32) -> f32 { return scales[((i - ${offset}) % ${outer}) / ${inner} + ${scaleFields.length}u]; }`;
}

function cutOff(isRounded: boolean): string {
  return `fn scaled(value: f32, factor: f32) -> f32 {
let steps = ${isRounded ? "round(value * factor)" : "value * factor"};
let lowest = ${field("lowest")};
let highest = ${field("highest")};
let above = select(steps, lowest, steps < lowest);
let bounded = select(above, highest, above > highest);
return ${isRounded ? `bounded * ${field("stored")}` : "bounded"};
}`;
}

function activated(kind: ActivationKind): string {
  return `fn scaled(value: f32, factor: f32) -> f32 {
let a = value * factor;
let alpha = ${field("lowest")};
let beta = ${field("highest")};
return ${orNan(activations[kind].wgsl, "a")};
}`;
}

/** Elements of the bias that a kernel keeps by name. */
const named = /let (\w+) = bias\[([^\]]+)\];/g;

function biasesOf({ body }: Shader): readonly string[] {
  return Array.from(body.matchAll(named), ([, name]) => name as string);
}

/** Whether {@link withScales} takes factors in the order of the kernel's bias. */
export function hasNamedBias(shader: Shader): boolean {
  return biasesOf(shader).length > 0;
}
