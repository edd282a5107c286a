// What TypeScript knows about a WGSL module: its code, knobs, bindings and the layout of its Params.

export interface ParamField {
  readonly offsetBytes: number;
  /** Elements: 1 for a scalar, more for a vector or an array of them (tightly counted). */
  readonly count: number;
  /** Between consecutive elements. */
  readonly strideBytes: number;
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

/** One WGSL module. Every binding is in group 0; the uniform one, if any, is called `params`. */
export interface Shader {
  readonly name: string;
  readonly code: string;
  readonly bindings: Readonly<Record<string, ShaderBinding>>;
  readonly overrides: readonly string[];
  readonly params?: ParamsLayout;
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
    if (elements.length > field.count) throw new Error(`${shader.name}: Params field '${name}' holds ${field.count} elements, got ${elements.length}`);
    for (let i = 0; i < elements.length; i++) {
      const offset = field.offsetBytes + i * field.strideBytes;
      const element = elements[i] as number;
      if (field.type === "f32") view.setFloat32(offset, element, true);
      else if (field.type === "i32") view.setInt32(offset, element, true);
      else view.setUint32(offset, element, true);
    }
  }
  return bytes;
}

/** Replaces the value of `const NAME = …;` lines, for what an override cannot reach (array extents). */
export function withConstants(shader: Shader, constants: Readonly<Record<string, number | string>>): Shader {
  let code = shader.code;
  for (const [name, value] of Object.entries(constants)) {
    const line = new RegExp(`^(const ${name}\\b[^=]*= )[^;]*;`, "m");
    if (!line.test(code)) throw new Error(`${shader.name}: no line 'const ${name} = …;'`);
    code = code.replace(line, `$1${value};`);
  }
  return { ...shader, code };
}
