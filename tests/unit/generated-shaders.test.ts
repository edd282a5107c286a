// Generated shaders, tested by their own output: valid WGSL whose bindings and Params are where TypeScript believes them to be.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { withActivationGradient } from "../../src/shaders/activation-gradients.ts";
import { type ActivationKind, activationNumber, activationRows, activations, asClip } from "../../src/shaders/activations.ts";
import { dropComments } from "../../src/shaders/compact.ts";
import { type ConvolutionVariant, convolutionWorkgroupSize, generateConvolution } from "../../src/shaders/generate/convolution.ts";
import { type DepthwiseVariant, generateDepthwise } from "../../src/shaders/generate/depthwise.ts";
import { type Access, type ElementType, elementWiseWorkgroupSize, generateElementWise } from "../../src/shaders/generate/element-wise.ts";
import { generateInterleave } from "../../src/shaders/generate/interleave.ts";
import { generateInterleavedDepthwise } from "../../src/shaders/generate/interleaved-depthwise.ts";
import { generateMatrixProduct } from "../../src/shaders/generate/matrix-product.ts";
import { generateMaxPoolIndices } from "../../src/shaders/generate/max-pool-indices.ts";
import { generatePoolGradient } from "../../src/shaders/generate/pool-gradient.ts";
import { generatePooling } from "../../src/shaders/generate/pooling.ts";
import { generateProductTiles } from "../../src/shaders/generate/product-tiles.ts";
import { generateWinogradInput, generateWinogradOutput, winogradTransform } from "../../src/shaders/generate/winograd.ts";
import { generateWinogradSlope, generateWinogradWeights } from "../../src/shaders/generate/winograd-gradient.ts";
import { defineShader, type Shader } from "../../src/shaders/shader.ts";
import { reflectShader } from "../../src/shaders/vite-plugin.ts";

/** The declared layout is the one that WGSL's rules give. */
function expectAsDeclared(shader: Shader): void {
  const { bindings, params, overrides } = reflectShader("generated", shader.code);
  expect(shader.bindings).toEqual(bindings);
  expect(shader.params).toEqual(params);
  expect(shader.overrides).toEqual(overrides);
}

/** `main`'s statements without indentation. */
const lines = (shader: Shader) => shader.code.split("\n");

describe("element-wise", () => {
  const types: ElementType[] = ["f32", "i32", "u32"];

  /** The output and `operands` of them, each walked alike. */
  const alike = (rank: number, block: number, access: Access, operands: number) => ({
    rank,
    axis: rank - 1,
    block,
    access: new Array<Access>(operands + 1).fill(access),
  });

  test.each([1, 2, 3, 4, 5, 6])("rank %i, one to seven operands of every type", (rank) => {
    for (const type of types)
      for (const count of [1, 2, 7])
        for (const variant of [alike(rank, 3, "strided", count), alike(rank, 8, "quads", count)])
          expectAsDeclared(
            generateElementWise(
              { name: "sum", expression: [..."abcdefg"].slice(0, count).join(" + "), inputs: new Array(count).fill(type), output: type },
              variant,
            ),
          );
  });

  test("scalars and helpers", () => {
    const formula = {
      name: "scaled",
      expression: "twice(a) * alpha + beta",
      inputs: ["f32"],
      output: "f32",
      scalars: ["alpha", "beta"],
      helpers: "fn twice(x: f32) -> f32 { return x + x; }",
    } as const;
    const shader = generateElementWise(formula, alike(2, 1, "strided", 1));
    expectAsDeclared(shader);
    expect(shader.params?.fields["beta"]).toMatchObject({ type: "f32", offsetBytes: 4 * 11 });
  });

  test("types may differ between operands and output", () => {
    const shader = generateElementWise(
      { name: "where", expression: "select(c, b, a != 0u)", inputs: ["u32", "f32", "f32"], output: "f32" },
      { rank: 3, axis: 2, block: 4, access: ["quads", "quads", "strided", "once"] },
    );
    expectAsDeclared(shader);
    expect(shader.code).toContain("var<storage, read> a: array<vec4<u32>>;");
    expect(shader.code).toContain("var<storage, read> b: array<f32>;");
    expect(shader.code).toContain("var<storage, read_write> y: array<vec4<f32>>;");
  });

  const mainOf = (shader: Shader) => lines(shader).slice(lines(shader).findIndex((line) => line.startsWith("fn main")) + 1);

  test("bounds are tested first, an index is taken apart from the last axis to the first, and Params are read once", () => {
    const copy = { name: "copy", expression: "a", inputs: ["u32"], output: "u32" } as const;
    expect(mainOf(generateElementWise(copy, { ...alike(3, 2, "strided", 1), axis: 1 }))).toEqual([
      `let index = id.x + id.y * (num_workgroups.x * ${elementWiseWorkgroupSize}u);`,
      "if (index >= params.count) { return; }",
      "let i_2 = i32(index % params.size_2);",
      "let rest_2 = index / params.size_2;",
      "let i_1 = i32(min(rest_2 % params.blocks * 2u, params.size_1 - 2u));",
      "let rest_1 = rest_2 / params.blocks;",
      "let i_0 = i32(rest_1);",
      "let y_step = params.y_stride_1;",
      "let y_at = params.y_offset + i_0 * params.y_stride_0 + i_1 * params.y_stride_1 + i_2 * params.y_stride_2;",
      "let a_step = params.a_stride_1;",
      "let a_at = params.a_offset + i_0 * params.a_stride_0 + i_1 * params.a_stride_1 + i_2 * params.a_stride_2;",
      "let a_0 = a[a_at + 0 * a_step];",
      "let a_1 = a[a_at + 1 * a_step];",
      "y[y_at + 0 * y_step] = formula(a_0);",
      "y[y_at + 1 * y_step] = formula(a_1);",
      "}",
    ]);
  });

  test("quads are loaded and stored whole, and what repeats is loaded once", () => {
    const scaled = { name: "scaled", expression: "a * b", inputs: ["f32", "f32"], output: "f32" } as const;
    const code = mainOf(generateElementWise(scaled, { rank: 1, axis: 0, block: 8, access: ["quads", "quads", "once"] }));
    expect(code.filter((line) => /\[/.test(line))).toEqual([
      "let a_quad_0 = a[(a_at >> 2u) + 0];",
      "let a_quad_1 = a[(a_at >> 2u) + 1];",
      "let b_0 = b[b_at];",
      "y[(y_at >> 2u) + 0] = vec4(formula(a_0, b_0),formula(a_1, b_0),formula(a_2, b_0),formula(a_3, b_0));",
      "y[(y_at >> 2u) + 1] = vec4(formula(a_4, b_0),formula(a_5, b_0),formula(a_6, b_0),formula(a_7, b_0));",
    ]);
  });
});

describe("matrix product", () => {
  test.each([
    { rows: 1, slices: 1 },
    { rows: 8, slices: 1, subgroupSize: 4 },
    { rows: 4, slices: 32 },
  ])("%o", (variant) => expectAsDeclared(generateMatrixProduct(variant)));

  test("a group of columns is loaded once for all rows, and a row once for all lanes of a subgroup", () => {
    const { code } = generateMatrixProduct({ rows: 3, slices: 1, subgroupSize: 4 });
    expect(code.match(/let b_\d = b\[/g)?.length).toBe(4);
    expect(code.match(/let own_\d = a\[/g)?.length).toBe(3);
    expect(code).not.toMatch(/return;|workgroupBarrier|local\.y/);
  });

  test("slices meet once, with every invocation alive", () => {
    const { code } = generateMatrixProduct({ rows: 4, slices: 8 });
    expect(code.match(/workgroupBarrier/g)?.length).toBe(1);
    expect(code.indexOf("return;")).toBeGreaterThan(code.indexOf("workgroupBarrier"));
  });
});

describe("product tiles", () => {
  test.each([
    { rows: 16, columns: 8, isShared: true, workgroupSize: 8 },
    { rows: 3, columns: 2, isShared: false, workgroupSize: 32 },
  ])("%o", (variant) => expectAsDeclared(generateProductTiles(variant)));

  test("what four lanes share is loaded once, with every lane alive", () => {
    const { code } = generateProductTiles({ rows: 16, columns: 8, isShared: true, workgroupSize: 8 });
    expect(code.match(/let own_\d+_\d = select\(0.0, a\[/g)?.length).toBe(16);
    expect(code.match(/let b_\d_\d = select\(0.0, b\[/g)?.length).toBe(32);
    expect(code).not.toMatch(/return;|&&|\|\||else/);
  });
});

test("gradients of 3×3 weights by Winograd's transforms", () => {
  for (const tile of [2, 4] as const) {
    const transform = winogradTransform(tile);
    expectAsDeclared(generateWinogradSlope(transform));
    expectAsDeclared(generateWinogradWeights(transform));
  }
});

describe("convolution", () => {
  const plain: ConvolutionVariant = {
    taps: 3,
    stride: 1,
    dilation: 1,
    block: { channels: 4, columns: 4 },
    loop: "row",
    activation: "none",
  };
  const pointwise = { ...plain, taps: 1, loop: "pixel" as const };

  test.each<[string, ConvolutionVariant]>([
    ["as it is", plain],
    ["strided", { ...plain, stride: 3 }],
    ["dilated", { ...plain, dilation: 2 }],
    ["with kernels that are columns", { ...plain, taps: 1 }],
    ["with long rows, strided", { ...plain, taps: 11, stride: 4 }],
    ["of one tap", pointwise],
    ["with one output per invocation", { ...plain, block: { channels: 1, columns: 1 } }],
    ["with blocks that no turn of the store divides", { ...plain, block: { channels: 5, columns: 3 } }],
    ["with weights shared in a subgroup", { ...plain, subgroupSize: 4 }],
    ["of one tap, two channels a turn", { ...pointwise, unroll: 2 }],
    ["of one tap, two channels a turn, shared", { ...pointwise, unroll: 2, subgroupSize: 4 }],
    ["tap by tap", { ...pointwise, loop: "tap", unroll: 2, subgroupSize: 4 }],
  ])("%s", (_, variant) => {
    const shader = generateConvolution(variant);
    expectAsDeclared(shader);
    expect(shader.code).toContain(`@workgroup_size(${convolutionWorkgroupSize})`);
  });

  test.each(Object.keys(activations) as ActivationKind[])("%s in the epilogue", (activation) => {
    const shader = generateConvolution({ ...plain, activation });
    expectAsDeclared(shader);
    expect(shader.code).toContain(activations[activation].wgsl);
  });

  test("none and Relu are Clip with open bounds, so that they share a pipeline", () => {
    expect(asClip({ kind: "none", alpha: 1, beta: 2 })).toEqual({ kind: "clip", alpha: -Infinity, beta: Infinity });
    expect(asClip({ kind: "relu", alpha: 1, beta: 2 })).toEqual({ kind: "clip", alpha: 0, beta: Infinity });
    expect(asClip({ kind: "silu", alpha: 1, beta: 2 })).toEqual({ kind: "silu", alpha: 1, beta: 2 });
  });

  test("each weight and each input of a row is loaded once, each product made once", () => {
    const { code } = generateConvolution(plain);
    const count = (pattern: RegExp) => code.match(pattern)?.length ?? 0;
    const { channels, columns } = plain.block;
    expect(count(/= weights\[/g)).toBe(channels * 3);
    expect(count(/= input\[/g)).toBe(columns + 2);
    expect(count(/ \* in_\d/g)).toBe(channels * columns * 3);
  });

  test("a block is stored by a loop, or by another with a residual: no more than 32 stores are compiled", () => {
    const { code } = generateConvolution({ ...pointwise, block: { channels: 16, columns: 8 } });
    expect(code.match(/output\[.*\] = /g)?.length).toBe(32);
  });

  test.each([
    ["four lanes swap their weights", 4, 8, "quadSwap", 6 * 3],
    ["they broadcast them where channels do not come in fours", 4, 6, "subgroupBroadcast", 6 * 3],
    ["so do eight lanes", 8, 8, "subgroupBroadcast", 8 * 3],
  ])("a subgroup loads each weight once and keeps every lane alive to pass it on: %s", (_, subgroupSize, channels, exchange, times) => {
    const { code } = generateConvolution({ ...plain, block: { ...plain.block, channels }, subgroupSize });
    expect(code.startsWith("enable subgroups;")).toBe(true);
    expect(code.match(/= weights\[/g)?.length).toBe(Math.ceil((channels * 3) / subgroupSize));
    expect(code.match(/(subgroupBroadcast|quadSwap\w+)\(/g)?.length).toBe(times);
    expect(code).toContain(exchange);
    expect(code).not.toContain("{ return; }");
  });

  test("one shader serves every layer shape: only the variant decides its code", () =>
    expect(generateConvolution(plain).code).toBe(generateConvolution({ ...plain }).code));

  test("no short-circuit in a loop: compilers unroll it into a branch each", () => {
    for (const variant of [plain, { ...plain, activation: "silu" as const }, { ...pointwise, loop: "tap" as const, unroll: 2 }])
      expect(generateConvolution(variant).code).not.toMatch(/&&|\|\||else/);
  });
});

describe("depthwise convolution", () => {
  const plain: DepthwiseVariant = { kernel: [3, 3], strides: [1, 1], dilation: 1, columns: 8, activation: "clip", hasResidual: false };

  test.each<[string, DepthwiseVariant]>([
    ["as it is", plain],
    ["strided", { ...plain, strides: [2, 2] }],
    ["with windows that do not touch", { ...plain, strides: [5, 4] }],
    ["not square, dilated along the row", { ...plain, kernel: [1, 5], dilation: 3 }],
    ["with one output at a time", { ...plain, columns: 1 }],
    ["with a residual", { ...plain, hasResidual: true }],
  ])("%s", (_, variant) => expectAsDeclared(generateDepthwise(variant)));

  test("each turn loads only the rows that no output above has loaded", () => {
    const turn = (code: string) => code.slice(code.indexOf("row < strip_rows"));
    const loads = (variant: DepthwiseVariant) => turn(generateDepthwise(variant).code).match(/= input\[/g)?.length;
    expect(loads(plain)).toBe(8 + 2);
    expect(loads({ ...plain, strides: [2, 2] })).toBe(2 * (7 * 2 + 3));
    expect(loads({ ...plain, strides: [5, 5] })).toBe(3 * 8 * 3);
  });
});

test.each([2, 4] as const)("Winograd's transforms, tiles of %i", (tile) => {
  expectAsDeclared(generateWinogradInput(winogradTransform(tile)));
  expectAsDeclared(generateWinogradOutput(winogradTransform(tile), "clip"));
});

test("of two Winograd tiles that overlap, one writes what both compute: their roundings differ", () => {
  const { code } = generateWinogradOutput(winogradTransform(4), "clip");
  const stores = code.split("\n").filter((line) => line.includes("output["));
  expect(stores).toHaveLength(2 * 4);
  stores.forEach((store, i) => {
    expect(store).toMatch(new RegExp(`^if \\(\\(turn >= skip_y\\) & \\(skip_x <= ${i % 4}u\\)\\)`));
  });
});

describe("pooling", () => {
  test.each(["max", "average"] as const)("%s, square or not", (kind) => {
    expectAsDeclared(generatePooling({ kind, kernel: [3, 3], strides: [2, 2], rows: 2, columns: 4 }));
    expectAsDeclared(generatePooling({ kind, kernel: [2, 5], strides: [1, 3], rows: 1, columns: 1 }));
  });

  test("each input of a block is loaded once", () => {
    const { code } = generatePooling({ kind: "max", kernel: [3, 3], strides: [2, 2], rows: 2, columns: 4 });
    expect(code.match(/= input\[/g)?.length).toBe((1 * 2 + 3) * (3 * 2 + 3));
  });
});

describe("activations", () => {
  test.each(["convolution-general", "implicit-gemm", "sum-slices"])("%s knows them all by number", (file) => {
    const { code } = defineShader(file, dropComments(readFileSync(`src/shaders/${file}.wgsl`, "utf8")));
    for (const [kind, { wgsl }] of activationRows)
      if (kind !== "none") expect(code).toContain(`case ${activationNumber(kind)}u: { y = ${wgsl}; }`);
    expect(reflectShader(file, code)).toEqual(defineShader(file, code));
  });
});

describe("gradients", () => {
  const stores: Readonly<Record<string, Shader>> = {
    "a row": generateConvolution({ loop: "row", taps: 3, stride: 1, dilation: 1, block: { channels: 8, columns: 4 }, activation: "clip" }),
    pixels: generateConvolution({
      ...{ loop: "pixel", taps: 1, stride: 1, dilation: 1, unroll: 2, subgroupSize: 4 },
      block: { channels: 8, columns: 4 },
      activation: "clip",
    }),
    "tap by tap": generateConvolution({
      loop: "tap",
      taps: 1,
      stride: 1,
      dilation: 1,
      block: { channels: 4, columns: 4 },
      activation: "relu",
    }),
    depthwise: generateDepthwise({
      ...{ kernel: [3, 3], strides: [1, 1], dilation: 1, columns: 4 },
      activation: "clip",
      hasResidual: true,
    }),
    "Winograd's tiles": generateWinogradOutput(winogradTransform(4), "clip"),
    interleaved: generateInterleave(2, 4),
    "interleaved depthwise": generateInterleavedDepthwise({
      stride: 2,
      kernel: [2, 2],
      taps: [[0], [0, 1], [0, 2], [0, 1, 2, 3]],
      columns: 3,
    }),
  };

  test.each(Object.entries(stores))("of an activation goes on where %s are stored", (_, shader) => {
    const changed = withActivationGradient(shader, "leaky");
    expectAsDeclared(changed);
    expect(changed.bindings["activated"]?.kind).toBe("read");
    const countOf = (code: string, what: RegExp) => code.match(what)?.length ?? 0;
    expect(countOf(changed.code, /pass_back\(activate/g)).toBe(countOf(shader.code, /output\[/g));
    expect(countOf(changed.code, /activated\[/g)).toBe(countOf(shader.code, /output\[/g));
  });

  test("of an activation needs a store of one", () => {
    expect(() => withActivationGradient(generateWinogradInput(winogradTransform(2)), "above")).toThrow("no store of an activation");
  });

  test.each([
    ["max", [3, 3], [2, 2]],
    ["max", [2, 1], [3, 4]],
    ["average", [3, 2], [1, 1]],
  ] as const)("of a pool, %s, windows of %j, steps of %j", (kind, kernel, strides) => {
    const variant = { kind, kernel, strides, rows: strides[0] * 2, columns: strides[1] * 2 };
    expectAsDeclared(generatePoolGradient(variant));
    if (kind === "max") expectAsDeclared(generateMaxPoolIndices({ ...variant, rows: 2, columns: 4 }));
  });
});
