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
let word = ${flipped(`${name}[i]`)};
return vec4<f32>(${[0, 1, 2, 3].map((byte) => byteOf("word", byte)).join(", ")});
}`
    : `fn ${name}_steps(i: u32) -> f32 { return f32((bitcast<i32>(${name}[i >> 2u]) << ((~i & 3u) << 3u)) >> 24u); }`;
  const body = rewriteAccesses(shader.body, name, {
    load: (index) => `${name}_steps(u32(${index}))`,
    store: cannotBeWritten(name),
  });
  return renderShader(
    withElement({ ...shader, name: `${shader.name}, bytes`, body: byWords(shader.body, name) ?? `${body}\n${helper}` }, name, "u32"),
  );
}

/** A word of four steps as {@link byteOf} reads it. */
const flipped = (word: string) => `(bitcast<i32>(${word}) ^ 0x808080)`;

/** A step of a word, by masks: GPUs made of software shift lane by lane. The highest byte has the sign, the others are 128 too much. */
function byteOf(word: string, byte: number): string {
  if (byte === 3) return `f32(${word} & -0x1000000) * ${2 ** -24}`;
  return `(f32(${word} & 0x${"ff".padEnd(2 + 2 * byte, "0")})${byte > 0 ? ` * ${2 ** (-8 * byte)}` : ""} - 128.0)`;
}

/** Loads of consecutive weights in a loop, and where they go on. */
const oneOfRun = (name: string) => new RegExp(`let (\\w+) = ${name}\\[weight \\+ (\\d+)u\\];`, "g");
const advance = /weight \+= (\d+)u;/g;

/**
 * How many lanes share a run of weights that is read by whole words: word l of four then holds weights l, l + 4, l + 8 and l + 12 of sixteen, those
 * that lane l reads. 1 where no lanes share them, `undefined` where no run can be read so.
 */
export function lanesOfWords({ body }: Shader, name: string): 1 | 4 | undefined {
  const places = Array.from(body.matchAll(oneOfRun(name)), ([, , place]) => Number(place));
  const lanes = places[1] === 4 ? 4 : 1;
  const isRun = places.length > 0 && places.length % 4 === 0 && places.every((place, i) => place === i * lanes);
  const moves = Array.from(body.matchAll(advance), ([, move]) => Number(move));
  return isRun && moves.length === 1 && moves[0] === places.length * lanes ? lanes : undefined;
}

/** A word for each four loads of a run. */
function byWords(body: string, name: string): string | undefined {
  const lanes = lanesOfWords({ body } as Shader, name);
  if (!lanes) return undefined;
  return body
    .replace(/var weight = ([^;+]+)/, "var weight = $1 / 4u ")
    .replace(advance, (_, count) => `weight += ${Number(count) / 4}u;`)
    .replace(oneOfRun(name), (_, element, place) => inWord(element, Number(place) / lanes, (word) => `${name}[weight + ${word * lanes}u]`));
}

/** Defines an element of a run: the first of each four loads their word. */
function inWord(element: string, index: number, load: (word: number) => string): string {
  const [word, byte] = [Math.floor(index / 4), index % 4];
  const first = byte === 0 ? `let word_${word} = ${flipped(load(word))};\n` : "";
  return `${first}let ${element} = ${byteOf(`word_${word}`, byte)};`;
}

/** The kernel that transforms weights for Winograd's, from 3×3 kernels whose nine steps lie in three words each. */
export function withKernelsInWords(shader: Shader): Shader {
  const body = shader.body.replace(/let (\w+) = kernels\[source \+ (\d+)u\];/g, (_, element, index) =>
    inWord(element, Number(index), (word) => `kernels[source + ${word}u]`),
  );
  return renderShader(withElement({ ...shader, name: `${shader.name}, bytes`, body }, "kernels", "u32"));
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
      return `{ let stored_at = u32(${index}); ${name}[stored_at] = scaled(${sum}, ${own}, lowest_step, highest_step, stored_step); }`;
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
    body: withFunctions([withLimits(body), ...helpers].join("\n")),
  });
}

/** Winograd's kernel that transforms back, with whole numbers in the place of sums that are not quite. @throws Error for another kernel */
export function withWholeSums(shader: Shader): Shader {
  const body = shader.body.replace(/let (y_\d+_\d+) = ([^;]+);/g, "let $1 = round($2);");
  if (body === shader.body) throw new Error(`'${shader.name}' has no sums that could be rounded`);
  return renderShader({ ...shader, name: `${shader.name}, whole`, body });
}

type ScaleField = (typeof scaleFields)[number];

const field = (one: ScaleField) => `scales[${scaleFields.indexOf(one)}u]`;

/** Loads the numbers that are the same for all channels once in each function that stores: a load costs GPUs made of software as much as 20 products. */
function withLimits(code: string): string {
  const loads = (["lowest", "highest", "stored"] as const).map((one) => `let ${one}_step = ${field(one)};`);
  const stores = (one: string) => one.includes("stored_step");
  return code
    .split(/^(?=fn )/m)
    .map((one) => (stores(one) ? one.replace("{", `{\n${loads.join("\n")}`) : one))
    .join("");
}

/** The factor of the channel that an element of a buffer belongs to. */
function factorFunction(name: string, ...fields: readonly [offset: ScaleField, outer: ScaleField, inner: ScaleField]): string {
  const [offset, outer, inner] = fields.map((one) => `bitcast<u32>(${field(one)})`);
  return `fn ${name}(i: u32) -> f32 { return scales[((i - ${offset}) % ${outer}) / ${inner} + ${scaleFields.length}u]; }`;
}

/**
 * WGSL that rounds a number of at most 2²² to the nearest whole one, the middle between two to the even one. Next to 1.5 · 2²³ floats are whole, so a
 * sum with that rounds: a third of what `round` takes where there is no instruction for it. Bit 30 is set in every such sum, and in NaN, which is passed
 * on; a compiler that does not know it cannot leave the sum out. WGSL leaves the direction of rounding open: devices round to the nearest, and
 * `verify` would tell of one that does not.
 */
export function rounded(value: string): string {
  return `(bitcast<f32>(bitcast<u32>(${value} + 12582912.0) | 0x40000000u) - 12582912.0)`;
}

/** Bounds are whole, so what is cut off may be rounded after that. */
function cutOff(isRounded: boolean): string {
  return `fn scaled(value: f32, factor: f32, lowest: f32, highest: f32, stored: f32) -> f32 {
let steps = value * factor;
let above = select(steps, lowest, steps < lowest);
let bounded = select(above, highest, above > highest);
return ${isRounded ? `${rounded("bounded")} * stored` : "bounded"};
}`;
}

function activated(kind: ActivationKind): string {
  return `fn scaled(value: f32, factor: f32, alpha: f32, beta: f32, stored: f32) -> f32 {
let a = value * factor;
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
