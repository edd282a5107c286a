// Rewrites a shader so that some of its buffers hold halves, IEEE 754 binary16, in place of words. It goes on computing in 32 bits: a
// load widens, a store rounds. No kernel has to know, and each stays one text.
import { renderShader, type Shader } from "./shader.ts";

/** How a buffer holds halves: as WGSL's f16, where the device has shader-f16, or two to a u32, which any device can read. */
export type HalfFormat = "f16" | "pairs";

/**
 * @param names of storage bindings, arrays of f32, of u32 that hold the bits of floats, or of vectors of four of these
 * @param format "pairs" for bindings that are only read
 */
export function withHalves(shader: Shader, names: readonly string[], format: HalfFormat): Shader {
  if (names.length === 0) return shader;
  const change = format === "f16" ? asF16 : asPairs;
  const { name, enables } = shader;
  const changed = names.reduce(change, shader);
  return renderShader({ ...changed, name: `${name}, halves`, enables: format === "f16" ? ["f16", ...enables] : enables });
}

function asF16(shader: Shader, name: string): Shader {
  const element = elementOf(shader, name);
  const [stored, wide] = isVector(element) ? ["vec4<f16>", "vec4<f32>"] : ["f16", "f32"];
  const isBits = element.includes("u");
  const body = rewrite(shader.body, name, {
    load: (index) => (isBits ? `bitcast<${element}>(${wide}(${name}[${index}]))` : `${wide}(${name}[${index}])`),
    store: (index, value) => `${name}[${index}] = ${stored}(${isBits ? `bitcast<${wide}>(${value})` : value})`,
  });
  return withElement({ ...shader, body }, name, stored);
}

function asPairs(shader: Shader, name: string): Shader {
  const element = elementOf(shader, name);
  const read = isVector(element)
    ? `vec4<f32>(unpack2x16float(${name}[i].x), unpack2x16float(${name}[i].y))`
    : // The half wanted comes to the lower end.
      `unpack2x16float(${name}[i >> 1u] >> ((i & 1u) << 4u)).x`;
  const value = element.includes("u") ? `bitcast<${element}>(${read})` : read;
  const body = rewrite(shader.body, name, {
    load: (index) => `${name}_half(u32(${index}))`,
    store: () => {
      throw new Error(`'${name}' is written: pairs of halves can only be read`);
    },
  });
  const helper = `fn ${name}_half(i: u32) -> ${element} { return ${value}; }`;
  return withElement({ ...shader, body: `${body}\n${helper}` }, name, isVector(element) ? "vec2<u32>" : "u32");
}

function isVector(element: string): boolean {
  return element.startsWith("vec4");
}

function elementOf({ types }: Shader, name: string): string {
  const element = /^array<(f32|u32|vec4<[fu]32>|vec4[fu])>$/.exec(types[name] ?? "")?.[1];
  if (!element) throw new Error(`'${name}' is no array of floats, so it cannot hold halves`);
  return element;
}

function withElement(shader: Shader, name: string, element: string): Shader {
  return { ...shader, types: { ...shader.types, [name]: `array<${element}>` } };
}

interface Accesses {
  readonly load: (index: string) => string;
  /** Without the semicolon. */
  readonly store: (index: string, value: string) => string;
}

/** Replaces every `NAME[index]` and every `NAME[index] = value`. */
function rewrite(code: string, name: string, accesses: Accesses): string {
  const { load, store } = accesses;
  const parts: string[] = [];
  let end = 0;
  for (const { 0: head, index: start } of code.matchAll(new RegExp(`(?<![\\w.])${name}\\s*\\[`, "g"))) {
    if (start < end) continue; // lies inside the access that was replaced before
    parts.push(code.slice(end, start));
    const open = start + head.length;
    const close = closingBracket(code, open);
    const index = rewrite(code.slice(open, close), name, accesses);
    const assignment = /\s*([-+*/%&|^]|<<|>>)?=(?!=)\s*/y;
    assignment.lastIndex = close + 1;
    const assigned = assignment.exec(code);
    if (assigned?.[1]) throw new Error(`'${name}' is changed in place: load, compute and store it`);
    end = assigned ? code.indexOf(";", close) : close + 1;
    parts.push(assigned ? store(index, rewrite(code.slice(assignment.lastIndex, end), name, accesses)) : load(index));
  }
  return parts.join("") + code.slice(end);
}

/** Where the bracket closes whose inside starts at `from`. */
function closingBracket(code: string, from: number): number {
  let depth = 1;
  for (let at = from; at < code.length; at++) {
    if (code[at] === "[") depth++;
    else if (code[at] === "]" && --depth === 0) return at;
  }
  throw new Error("a bracket is not closed");
}
