// Vite plugin: `import shader from "./foo.wgsl"` gives a typed Shader. Every file is checked when it is loaded: wgsl_reflect, which is
// never shipped, must read from it what defineShader does. Builds ship compact code.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Plugin } from "vite";
import type { ArrayInfo, TemplateInfo, TypeInfo } from "wgsl_reflect";
// The package's own entry for Node is CommonJS under an ESM name and exports nothing.
import { ResourceType, WgslReflect } from "wgsl_reflect/wgsl_reflect.module.js";
import { compactWgsl, dropComments } from "./compact.ts";
import { type BindingKind, defineShader, type ParamField, type ParamsLayout, type Shader, type ShaderBinding } from "./shader.ts";

const folder = import.meta.dirname.replaceAll("\\", "/");

export function wgsl(): Plugin {
  let shorten = dropComments;
  return {
    name: "convcam:wgsl",
    enforce: "pre",
    configResolved({ command, build }) {
      if (command === "build" && build.minify !== false) shorten = compactWgsl;
    },
    load(id) {
      const path = id.split("?")[0] as string;
      if (!path.endsWith(".wgsl")) return null;
      this.addWatchFile(path);
      const definition = define(basename(path, ".wgsl"), shorten(readFileSync(path, "utf8")));
      return `import { defineShader } from "${folder}/shader.ts";\nexport default ${definition};`;
    },
  };
}

function define(name: string, code: string): string {
  const found = defineShader(name, code);
  const expected = reflectShader(name, found.code);
  if (!isDeepStrictEqual(found, expected))
    throw new Error(
      `${name}.wgsl: defineShader reads ${JSON.stringify({ ...found, code: "" })}, WGSL says ${JSON.stringify({ ...expected, code: "" })}`,
    );
  return `/* @__PURE__ */ defineShader(${JSON.stringify(name)}, ${JSON.stringify(code)})`;
}

/** Reads name, overrides, bindings and the Params layout out of WGSL source. */
export function reflectShader(name: string, source: string): Shader {
  const reflection = new WgslReflect(source);
  const bindings: Record<string, ShaderBinding> = {};
  let params: ParamsLayout | undefined;
  for (const group of reflection.getBindGroups()) {
    for (const variable of group) {
      if (!variable) continue;
      if (variable.group !== 0) throw new Error(`${name}.wgsl: binding '${variable.name}' must be in group 0`);
      bindings[variable.name] = { binding: variable.binding, kind: kindOf(variable.resourceType, variable.access, variable.type) };
      if (variable.resourceType === ResourceType.Uniform) {
        if (variable.name !== "params")
          throw new Error(`${name}.wgsl: the uniform binding must be called 'params', not '${variable.name}'`);
        const struct = reflection.structs.find((s) => s.name === variable.type.name);
        if (!struct) throw new Error(`${name}.wgsl: 'params' must be a struct`);
        const fields: Record<string, ParamField> = {};
        for (const member of struct.members) fields[member.name] = fieldOf(`${name}.wgsl: ${member.name}`, member.offset, member.type);
        params = { sizeBytes: Math.ceil(struct.size / 16) * 16, fields };
      }
    }
  }
  return { ...defineShader(name, source), bindings, overrides: reflection.overrides.map((o) => o.name), ...(params && { params }) };
}

function kindOf(resource: ResourceType, access: string, type: TypeInfo): BindingKind {
  if (resource === ResourceType.Uniform) return "uniform";
  if (resource === ResourceType.Sampler) return "sampler";
  if (resource === ResourceType.StorageTexture) return "storage_texture";
  if (resource === ResourceType.Texture) return type.name === "texture_external" ? "external_texture" : "texture";
  return access === "read_write" ? "read_write" : "read";
}

function fieldOf(where: string, offsetBytes: number, type: TypeInfo): ParamField {
  const scalars: Record<string, ParamField["type"]> = { u32: "u32", i32: "i32", f32: "f32" };
  const scalar = scalars[type.name];
  if (scalar) return { offsetBytes, count: 1, type: scalar };
  const vector = /^vec([234])([uif])?$/.exec(type.name);
  if (vector) {
    const element = vector[2]
      ? ({ u: "u32", i: "i32", f: "f32" } as const)[vector[2] as "u" | "i" | "f"]
      : scalars[(type as TemplateInfo).format?.name ?? ""];
    if (element) return { offsetBytes, count: Number(vector[1]), type: element };
  }
  if (type.isArray) {
    const { format, count } = type as ArrayInfo;
    const element = fieldOf(where, offsetBytes, format);
    // Uniform arrays advance by 16 bytes, so only vec4 elements lie without gaps.
    if (element.count === 4) return { ...element, count: element.count * count };
  }
  throw new Error(`${where}: Params holds scalars, vectors and arrays of vec4, not ${type.getTypeName()}`);
}
