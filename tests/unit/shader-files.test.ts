// Every .wgsl file, as written and as shipped: defineShader reads from it what wgsl_reflect does, and compacting changes no token.
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { compactWgsl, dropComments } from "../../src/shaders/compact.ts";
import { defineShader } from "../../src/shaders/shader.ts";
import { reflectShader } from "../../src/shaders/vite-plugin.ts";

const folder = resolve(import.meta.dirname, "../../src/shaders");
const files = readdirSync(folder).filter((file) => file.endsWith(".wgsl"));

describe.each(files)("%s", (file) => {
  const source = readFileSync(join(folder, file), "utf8");

  test.each([
    ["without comments", dropComments],
    ["compact", compactWgsl],
  ])("reads as WGSL says, %s", (_, shorten) => {
    const shader = defineShader("shader", shorten(source));
    expect(shader).toEqual(reflectShader("shader", shader.code));
  });

  test("keeps every token when compacted", () => {
    expect(tokens(compactWgsl(source))).toEqual(tokens(dropComments(source)));
  });
});

/** What a WGSL reader sees, but for the two spellings that compacting changes on purpose. */
function tokens(code: string): readonly string[] {
  const normal = code.replace(/vec([234])<([fiu])32>/g, "vec$1$2").replace(/,(\s*[)}\]])/g, "$1");
  return normal.match(/\w+(?:\.\w*)?|&&|\|\||\+\+|--|->|<<=?|>>=?|[-+*/%&|^=!<>]=|\S/g) ?? [];
}

test.each([
  ["operators that would run together", "let a = b - -c;", "let a=b- -c;"],
  ["a type before its value", "let a: array<u32> = b;", "let a:array<u32> =b;"],
  ["a type's short name, and no comma at the end", "vec4<f32>(a, vec2<u32>(b),)", "vec4f(a,vec2u(b))"],
  ["attributes", "@compute @workgroup_size(8, 8)\nfn main() {\n  return;\n}", "@compute@workgroup_size(8,8)fn main(){return;}"],
  ["comments", "let a = 1; // one\n/* two\nlines */ let b = 2.5;", "let a=1;let b=2.5;"],
  ["comparisons and shifts", "if (a >= b >> 1u) { c <<= 2u; }", "if(a>=b>>1u){c<<=2u;}"],
])("compacts %s", (_, source, compact) => {
  expect(compactWgsl(source)).toBe(compact);
});

test.each([
  ["scalars", "a: u32, b: i32, c: f32,", { a: [0, 1, "u32"], b: [4, 1, "i32"], c: [8, 1, "f32"] }, 16],
  [
    "vectors where they align",
    "a: u32, b: vec2f, c: vec3<i32>, d: u32",
    { a: [0, 1, "u32"], b: [8, 2, "f32"], c: [16, 3, "i32"], d: [28, 1, "u32"] },
    32,
  ],
  ["arrays of vec4", "a: u32, b: array<vec4<f32>, 3>, c: array<vec4u, 2>", { a: [0, 1, "u32"], b: [16, 12, "f32"], c: [64, 8, "u32"] }, 96],
])("lays out %s", (_, members, fields, sizeBytes) => {
  const code = `struct Params { ${members} }\n@group(0) @binding(0) var<uniform> params: Params;\n@compute @workgroup_size(1) fn main() {}`;
  const { params } = defineShader("shader", code);
  expect(params?.sizeBytes).toBe(sizeBytes);
  expect(Object.entries(params?.fields ?? {}).map(([name, { offsetBytes, count, type }]) => [name, [offsetBytes, count, type]])).toEqual(
    Object.entries(fields),
  );
  expect(params).toEqual(reflectShader("shader", code).params);
});

test("reads every kind of binding", () => {
  const code = `
    @group(0) @binding(1) var<storage> a: array<u32>;
    @group(0) @binding(2) var<storage, read> b: array<u32>;
    @group(0) @binding(3) var<storage, read_write> c: array<u32>;
    @group(0) @binding(4) var d: texture_2d<f32>;
    @group(0) @binding(5) var e: texture_external;
    @group(0) @binding(6) var f: texture_storage_2d<rgba8unorm, write>;
    @group(0) @binding(7) var g: sampler;
    override H: u32 = 1u;
    @compute @workgroup_size(1) fn main() {}`;
  const { bindings, overrides } = defineShader("shader", code);
  expect(Object.values(bindings).map(({ kind }) => kind)).toEqual([
    ...["read", "read", "read_write", "texture", "external_texture", "storage_texture", "sampler"],
  ]);
  expect(overrides).toEqual(["H"]);
  expect(bindings).toEqual(reflectShader("shader", code).bindings);
});
