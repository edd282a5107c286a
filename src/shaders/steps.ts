// Rewrites a kernel so that weights are bytes, four to a word, and what it stores is scaled for each channel and, perhaps, rounded to whole steps.
import { elementOf, rewriteAccesses, withElement } from "./accesses.ts";
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
    store: () => {
      throw new Error(`'${name}' is written: bytes can only be read`);
    },
  });
  return renderShader(withElement({ ...shader, name: `${shader.name}, bytes`, body: `${body}\n${helper}` }, name, "u32"));
}

/** How results are rounded: to whole steps between bounds, or only cut off. */
export interface Scaled {
  readonly isRounded: boolean;
}

/** What a table for {@link withScales} begins with, before the factors. The first three are whole numbers, by their bits. */
export const scaleFields = ["offset", "outer", "inner", "stored", "lowest", "highest"] as const;

/**
 * The kernel with y = clamp(round(v · factor), lowest, highest) · stored in the place of each v that it stores; where nothing is rounded
 * y = clamp(v · factor, lowest, highest).
 *
 * Where the kernel keeps elements of `bias` by name, factors lie in the order of these. Elsewhere the element at `i` of the buffer has that of
 * channel (i − offset) mod outer / inner; divisions cost GPUs made of software much.
 *
 * @param name of the storage binding that it writes, an array of f32
 */
export function withScales(shader: Shader, name: string, { isRounded }: Scaled): Shader {
  if (elementOf(shader, name) !== "f32") throw new Error(`'${name}' is no array of f32`);
  const field = (one: (typeof scaleFields)[number]) => `scales[${scaleFields.indexOf(one)}u]`;
  const shifts = biasesOf(shader);
  const withFactors =
    shifts.length > 0 ? shader.body.replace(named, `$& let $1_factor = scales[$2 + ${scaleFields.length}u];`) : shader.body;
  const factor = (value: string) => {
    const shift = shifts.find((one) => new RegExp(`\\b${one}\\b`).test(value)) ?? (shifts.length === 1 ? shifts[0] : undefined);
    return shift === undefined ? "factor_at(stored_at)" : `${shift}_factor`;
  };
  const body = rewriteAccesses(withFactors, name, {
    load: (index) => `${name}[${index}]`,
    store: (index, value) => `{ let stored_at = u32(${index}); ${name}[stored_at] = scaled(${value}, ${factor(value)}); }`,
  });
  const steps = isRounded ? "round(value * factor)" : "value * factor";
  const helpers = `fn factor_at(i: u32) -> f32 {
return scales[((i - bitcast<u32>(${field("offset")})) % bitcast<u32>(${field("outer")})) / bitcast<u32>(${field("inner")}) + ${scaleFields.length}u];
}
fn scaled(value: f32, factor: f32) -> f32 {
let steps = ${steps};
let lowest = ${field("lowest")};
let highest = ${field("highest")};
let above = select(steps, lowest, steps < lowest);
let bounded = select(above, highest, above > highest);
return ${isRounded ? `bounded * ${field("stored")}` : "bounded"};
}`;
  const binding = Math.max(...Object.values(shader.bindings).map((one) => one.binding)) + 1;
  return renderShader({
    ...shader,
    name: `${shader.name}, ${isRounded ? "rounded" : "scaled"}`,
    bindings: { ...shader.bindings, scales: { binding, kind: "read" } },
    types: { ...shader.types, scales: "array<f32>" },
    body: `${body}\n${helpers}`,
  });
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
