// A WGSL module as data: its code, override constants, bindings and the layout of its Params, all read from the code.

import { withFunctions } from "./functions.ts";

export interface ParamField {
  readonly offsetBytes: number;
  /** Elements of 4 bytes: 1 for a scalar, more for a vector or an array of them. */
  readonly count: number;
  readonly type: "u32" | "i32" | "f32";
}

export interface ParamsLayout {
  readonly sizeBytes: number;
  readonly fields: Readonly<Record<string, ParamField>>;
}

export type BindingKind = "uniform" | "read" | "read_write" | "texture" | "external_texture" | "storage_texture" | "sampler";

export interface ShaderBinding {
  readonly binding: number;
  readonly kind: BindingKind;
}

/**
 * One WGSL module. Every binding is in group 0; the uniform one, if any, is called `params`. The declarations before the body are data, from
 * which {@link renderShader} writes the code: to change a binding's access or type is to change a value here.
 */
export interface Shader {
  readonly name: string;
  readonly code: string;
  /** What `enable` names. */
  readonly enables: readonly string[];
  /** Each binding's WGSL type, such as `array<f32>`. */
  readonly types: Readonly<Record<string, string>>;
  /** The code without enables and bindings. */
  readonly body: string;
  readonly bindings: Readonly<Record<string, ShaderBinding>>;
  readonly overrides: readonly string[];
  readonly params?: ParamsLayout;
}

/**
 * A shader by its code. Shipping a second description of what the code says would take more bytes than reading it.
 *
 * @param ownCode WGSL without comments, and without the functions of functions.ts that it calls. Every binding is in group 0; Params holds scalars, vectors and arrays of vec4, without
 *   alignment or size attributes. Files are checked for this when they are built, see vite-plugin.ts.
 */
export function defineShader(name: string, ownCode: string): Shader {
  const bindings: Record<string, ShaderBinding> = {};
  const types: Record<string, string> = {};
  const enables: string[] = [];
  const body = ownCode
    .replace(/\benable (\w+);\n?/g, (_, feature: string) => {
      enables.push(feature);
      return "";
    })
    .replace(
      /@group\(0\)\s*@binding\((\d+)\)\s*var(?:<([^>]*)>)?\s*(\w+)\s*:\s*([^;]+);\n?/g,
      (_, binding: string, access: string | undefined, variable: string, type: string) => {
        bindings[variable] = { binding: Number(binding), kind: kindOf(access, type) };
        types[variable] = type;
        return "";
      },
    );
  const overrides = Array.from(body.matchAll(/\boverride (\w+)/g), ([, override]) => override as string);
  const members = /struct Params\s*{([^}]*)}/.exec(body)?.[1];
  const params = members === undefined ? {} : { params: layOut(members) };
  return renderShader({ name, enables, types, bindings, overrides, body: withFunctions(body), ...params });
}

/** The shader that these declarations and this body make. */
export function renderShader(parts: Omit<Shader, "code">): Shader {
  const { enables, bindings, types, body } = parts;
  const declarations = Object.entries(bindings).map(
    ([name, { binding, kind }]) => `@group(0) @binding(${binding}) var${spaces[kind] ?? ""} ${name}: ${types[name]};`,
  );
  return { ...parts, code: [...enables.map((feature) => `enable ${feature};`), ...declarations, body].join("\n") };
}

const spaces: Readonly<Partial<Record<BindingKind, string>>> = {
  uniform: "<uniform>",
  read: "<storage, read>",
  read_write: "<storage, read_write>",
};

/** The same shader with these bindings declared `read_write`, although it only reads them. */
export function withWritable(shader: Shader, names: readonly string[]): Shader {
  if (names.length === 0) return shader;
  const writable = ([name, binding]: [string, ShaderBinding]): [string, ShaderBinding] => [
    name,
    names.includes(name) && binding.kind === "read" ? { ...binding, kind: "read_write" } : binding,
  ];
  return renderShader({ ...shader, bindings: Object.fromEntries(Object.entries(shader.bindings).map(writable)) });
}

function kindOf(access: string | undefined, type: string): BindingKind {
  if (access) return access === "uniform" ? access : /write/.test(access) ? "read_write" : "read";
  if (type === "texture_external") return "external_texture";
  if (type.startsWith("texture")) return type.startsWith("texture_storage") ? "storage_texture" : "texture";
  return "sampler";
}

/** WGSL's rules for a uniform struct: two elements align to 8 bytes, three and more to 16. */
function layOut(members: string): ParamsLayout {
  const fields: Record<string, ParamField> = {};
  let end = 0;
  for (const [, name, vector = 1, letter, length = 1] of members.matchAll(
    /(\w+)\s*:\s*(?:array<)?(?:vec(\d)<?)?([uif])(?:32)?>?(?:\s*,\s*(\d+))?/g,
  )) {
    const count = Number(vector) * Number(length);
    const offsetBytes = roundUp(end, count > 2 ? 16 : 4 * count);
    fields[name as string] = { offsetBytes, count, type: `${letter as "u" | "i" | "f"}32` };
    end = offsetBytes + 4 * count;
  }
  return { sizeBytes: roundUp(end, 16), fields };
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}

export type ParamValues = Readonly<Record<string, number | ArrayLike<number>>>;

/** The bytes of a Params struct. Every field must be given, and nothing else. */
export function encodeParams(shader: Shader, values: ParamValues): ArrayBuffer {
  const layout = shader.params ?? { sizeBytes: 0, fields: {} };
  const bytes = new ArrayBuffer(layout.sizeBytes);
  const view = new DataView(bytes);
  for (const name of Object.keys(values)) if (!layout.fields[name]) throw new Error(`${shader.name}: Params has no field '${name}'`);
  for (const [name, field] of Object.entries(layout.fields)) {
    const value = values[name];
    if (value === undefined) throw new Error(`${shader.name}: Params field '${name}' was not given`);
    const elements = typeof value === "number" ? [value] : value;
    if (elements.length > field.count)
      throw new Error(`${shader.name}: Params field '${name}' holds ${field.count} elements, got ${elements.length}`);
    for (let i = 0; i < elements.length; i++) {
      const offset = field.offsetBytes + i * 4;
      const element = elements[i] as number;
      if (field.type === "f32") view.setFloat32(offset, element, true);
      else if (field.type === "i32") view.setInt32(offset, element, true);
      else view.setUint32(offset, element, true);
    }
  }
  return bytes;
}
