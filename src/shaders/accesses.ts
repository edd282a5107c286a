// Changes how a shader loads from and stores to one of its buffers, as text: each access of ours is NAME[index].
import type { Shader } from "./shader.ts";

/** The element type of a storage binding of floats, or of their bits. */
export function elementOf({ types }: Shader, name: string): string {
  const element = /^array<(f32|u32|vec4<[fu]32>|vec4[fu])>$/.exec(types[name] ?? "")?.[1];
  if (!element) throw new Error(`'${name}' is no array of floats, so it cannot hold less than 32 bits`);
  return element;
}

export function withElement(shader: Shader, name: string, element: string): Shader {
  return { ...shader, types: { ...shader.types, [name]: `array<${element}>` } };
}

export interface Accesses {
  readonly load: (index: string) => string;
  /** Without the semicolon. */
  readonly store: (index: string, value: string) => string;
}

/** Replaces every `NAME[index]` and every `NAME[index] = value`. */
export function rewriteAccesses(code: string, name: string, accesses: Accesses): string {
  const { load, store } = accesses;
  const parts: string[] = [];
  let end = 0;
  for (const { 0: head, index: start } of code.matchAll(new RegExp(`(?<![\\w.])${name}\\s*\\[`, "g"))) {
    if (start < end) continue; // lies inside the access that was replaced before
    parts.push(code.slice(end, start));
    const open = start + head.length;
    const close = closingBracket(code, open);
    const index = rewriteAccesses(code.slice(open, close), name, accesses);
    const assignment = /\s*([-+*/%&|^]|<<|>>)?=(?!=)\s*/y;
    assignment.lastIndex = close + 1;
    const assigned = assignment.exec(code);
    if (assigned?.[1]) throw new Error(`'${name}' is changed in place: load, compute and store it`);
    end = assigned ? code.indexOf(";", close) : close + 1;
    parts.push(assigned ? store(index, rewriteAccesses(code.slice(assignment.lastIndex, end), name, accesses)) : load(index));
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
