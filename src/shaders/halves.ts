// Rewrites a shader so that some of its buffers hold halves, IEEE 754 binary16, in place of words. It goes on computing in 32 bits: a
// load widens, a store rounds. No kernel has to know, and each stays one text.
import { elementOf, rewriteAccesses as rewrite, withElement } from "./accesses.ts";
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
