// Buffers of halves: shaders rewritten to load and store them, and plans that know which they are. No GPU.
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { buildGraph } from "../../models/index.ts";
import { optimizeGraph } from "../../src/engine/passes/index.ts";
import { halfStorage } from "../../src/engine/plan/halves.ts";
import type { Plan, PlanBuffer } from "../../src/engine/plan/plan.ts";
import { planGraph } from "../../src/engine/plan/planner.ts";
import { float16ToNumber, numberToFloat16, type Tensor } from "../../src/engine/tensor.ts";
import { dropComments } from "../../src/shaders/compact.ts";
import { withHalves } from "../../src/shaders/halves.ts";
import { defineShader, type Shader } from "../../src/shaders/shader.ts";
import { reflectShader } from "../../src/shaders/vite-plugin.ts";
import { everything } from "../support/catalog.ts";
import { type GraphLines, graphOf, noise, op } from "../support/graphs.ts";

/** A shader of two buffers, `x` to read and `y` to write. */
function shaderOf(statements: string, x = "f32", y = "f32"): Shader {
  return defineShader(
    "test",
    `@group(0) @binding(0) var<storage, read> x: array<${x}>;
@group(0) @binding(1) var<storage, read_write> y: array<${y}>;
@compute @workgroup_size(1) fn main() {
${statements}
}`,
  );
}

/** The statements of a shader as {@link shaderOf} wraps them. */
function statementsOf({ code }: Shader): string {
  return code.slice(code.indexOf("main() {") + 8, code.lastIndexOf("}")).trim();
}

describe("a rewritten shader", () => {
  test.each([
    ["widens what it loads", "let a = x[i + 1u] * 2.0;", "let a = f32(x[i + 1u]) * 2.0;"],
    ["rounds what it stores", "y[i] = a * b;", "y[i] = f16(a * b);"],
    ["does both in one statement", "y[at(i)] = x[i] + y[i];", "y[at(i)] = f16(f32(x[i]) + f32(y[i]));"],
    ["follows brackets", "let a = x[places[x[0]]];", "let a = f32(x[places[f32(x[0])]]);"],
    ["takes a comparison for no store", "let a = x[i] == x[j];", "let a = f32(x[i]) == f32(x[j]);"],
    ["leaves other names alone", "let a = max[i] + p.x[i] + xx[i] + x_0;", "let a = max[i] + p.x[i] + xx[i] + x_0;"],
    ["leaves vectors of that name alone", "let a = x.x;", "let a = x.x;"],
    ["needs no spaces", "y[i]=x[i];", "y[i] = f16(f32(x[i]));"],
  ])("%s", (_, statements, expected) => {
    const shader = withHalves(shaderOf(statements), ["x", "y"], "f16");
    expect(statementsOf(shader)).toBe(expected);
    expect(shader.code).toMatch(/^enable f16;\n/);
    expect(shader.code).toContain("x: array<f16>;");
    expect(shader.code).toContain("y: array<f16>;");
  });

  test("changes only what is named", () => {
    const shader = withHalves(shaderOf("y[i] = x[i];"), ["y"], "f16");
    expect(statementsOf(shader)).toBe("y[i] = f16(x[i]);");
    expect(shader.code).toContain("x: array<f32>;");
    expect(withHalves(shaderOf("y[i] = x[i];"), [], "f16").code).toBe(shaderOf("y[i] = x[i];").code);
  });

  test.each([
    ["u32", "y[i] = f16(bitcast<f32>(bitcast<u32>(f32(x[i]))));", "f16"],
    ["vec4<f32>", "y[i] = vec4<f16>(vec4<f32>(x[i]));", "vec4<f16>"],
    ["vec4f", "y[i] = vec4<f16>(vec4<f32>(x[i]));", "vec4<f16>"],
    ["vec4<u32>", "y[i] = vec4<f16>(bitcast<vec4<f32>>(bitcast<vec4<u32>>(vec4<f32>(x[i]))));", "vec4<f16>"],
  ])("moves elements of %s", (element, expected, stored) => {
    const shader = withHalves(shaderOf("y[i] = x[i];", element, element), ["x", "y"], "f16");
    expect(statementsOf(shader)).toBe(expected);
    expect(shader.code).toContain(`x: array<${stored}>;`);
  });

  test.each([
    ["f32", "u32", "unpack2x16float(x[i >> 1u] >> ((i & 1u) << 4u)).x"],
    ["u32", "u32", "bitcast<u32>(unpack2x16float(x[i >> 1u] >> ((i & 1u) << 4u)).x)"],
    ["vec4<f32>", "vec2<u32>", "vec4<f32>(unpack2x16float(x[i].x), unpack2x16float(x[i].y))"],
  ])("reads pairs as %s", (element, stored, value) => {
    const { code } = withHalves(shaderOf("y[i] = x[i + 1u];", element, element), ["x"], "pairs");
    expect(code).toContain(`x: array<${stored}>;`);
    expect(code).toContain("y[i] = x_half(u32(i + 1u));");
    expect(code).toContain(`fn x_half(i: u32) -> ${element} { return ${value}; }`);
    expect(code).not.toContain("f16");
  });

  test("cannot write pairs, change a half in place, or hold halves in integers", () => {
    expect(() => withHalves(shaderOf("y[i] = 1.0;"), ["y"], "pairs")).toThrow("'y' is written");
    expect(() => withHalves(shaderOf("y[i] += 1.0;"), ["y"], "f16")).toThrow("'y' is changed in place");
    expect(() => withHalves(shaderOf("y[i] = 1;", "f32", "i32"), ["y"], "f16")).toThrow("'y' is no array of floats");
  });
});

describe.each(
  readdirSync(resolve(import.meta.dirname, "../../src/shaders"))
    .filter((file) => file.endsWith(".wgsl"))
    .map((file) => [file]),
)("%s", (file) => {
  const source = readFileSync(join(import.meta.dirname, "../../src/shaders", file), "utf8");
  const plain = defineShader(file, dropComments(source));

  test("is still what it was to those who bind it, with every buffer in halves that can be", () => {
    const names = Object.keys(plain.bindings).filter((name) => new RegExp(`${name}\\s*:\\s*array<[fu]32>`).test(plain.code));
    for (const [format, some] of [
      ["f16", names],
      ["pairs", names.filter((name) => plain.bindings[name]?.kind === "read")],
    ] as const) {
      const shader = withHalves(plain, some, format);
      const { bindings, overrides, params } = shader;
      expect({ bindings, overrides, params }).toEqual({ bindings: plain.bindings, overrides: plain.overrides, params: plain.params });
      // wgsl_reflect reads what was made of it.
      expect(reflectShader(file, shader.code).bindings).toEqual(plain.bindings);
    }
  });
});

function plan(lines: GraphLines, hasF16: boolean, keep: readonly string[] = []): Plan {
  const { graph, operations } = optimizeGraph(graphOf(lines), everything, { keep: new Set(keep) });
  return planGraph(graph, operations, { keep, halves: halfStorage(hasF16) });
}

/** A constant's elements as numbers, from halves or words. */
function elementsOf({ initial, fill, sizeBytes, holdsHalves }: PlanBuffer): number[] {
  const words = new Float32Array(sizeBytes / 4);
  if (fill) fill(words);
  else if (initial) words.set(initial as Float32Array);
  return holdsHalves ? Array.from(new Uint16Array(words.buffer), float16ToNumber) : [...words];
}

describe("a plan in halves", () => {
  const same = { pads: [1, 1, 1, 1] };
  const w = noise([4, 3, 3, 3]);
  const v = noise([4, 4, 3, 3], 2);
  const network: GraphLines = {
    constants: { w, v, b: noise([4], 3) },
    nodes: [op("Conv", "x w b", "a", same), op("Exp", "a", "e"), op("Conv", "e v", "f", same), op("Neg", "f", "y")],
  };

  test("stores what lies between layers in halves, and nothing that can be read from outside", () => {
    const planned = plan(network, true, ["e"]);
    const bytes = (label: string) => planned.buffers.find((buffer) => buffer.label === label)?.sizeBytes;
    expect(bytes("x")).toBe(3 * 10 * 10 * 4);
    expect(bytes("a, f")).toBe(4 * 8 * 8 * 2);
    expect(bytes("e")).toBe(4 * 10 * 10 * 4);
    expect(bytes("y")).toBe(4 * 8 * 8 * 4);
    const [conv, exp, next, neg] = planned.steps.map(({ shader }) => shader.code);
    expect(conv).toMatch(/input: array<f32>[\s\S]* output: array<f16>/);
    expect(exp).toMatch(/y: array<f32>[\s\S]* a: array<f16>/);
    expect(next).toMatch(/input: array<f32>[\s\S]* output: array<f16>/);
    expect(neg).toMatch(/y: array<(vec4<)?f32>?>[\s\S]* a: array<(vec4<)?f16>?>/);
  });

  test("counts halves as two bytes, in buffers and in traffic", () => {
    const [whole, half] = [plan(network, false), plan(network, true)];
    const wholeExp = whole.steps.find(({ node }) => node === "e")?.bytes as number;
    expect(half.steps.find(({ node }) => node === "e")?.bytes).toBe(wholeExp / 2);
    expect(half.memory.peakLiveBytes).toBeLessThan(whole.memory.peakLiveBytes);
  });

  test.each([
    [true, "array<f16>"],
    [false, "array<u32>"],
  ])("stores weights in halves and biases in words (shader-f16: %s)", (hasF16, stored) => {
    const planned = plan(network, hasF16);
    const { steps, buffers } = planned;
    for (const [index, weight] of [
      [0, w],
      [2, v],
    ] as const) {
      const { shader, bindings } = steps[index] as Plan["steps"][number];
      expect(shader.code).toContain(`weights: ${stored};`);
      expect(shader.code).toContain("bias: array<f32>;");
      const buffer = buffers[bindings["weights"] as number] as PlanBuffer;
      expect(buffer.holdsHalves).toBe(true);
      expect(elementsOf(buffer).sort()).toEqual(weightsOf(weight).sort());
    }
  });

  const weightsOf = (weight: Tensor) => [...weight.toFloat32()].map((value) => float16ToNumber(numberToFloat16(value)));

  test("zeroes the border of a value in halves as halves", () => {
    // Two maps of one size of bytes, one with a border, take turns in a buffer.
    const lines: GraphLines = {
      inputs: { x: [1, 4, 8, 8] },
      constants: { v },
      nodes: [
        op("Exp", "x", "a"),
        op("Conv", "a v", "b", same),
        op("Exp", "b", "c"),
        op("Sqrt", "c", "d"),
        op("Abs", "d", "e"),
        op("Conv", "e v", "f", same),
        op("Neg", "f", "y"),
      ],
    };
    const zeroing = plan(lines, true).steps.filter(({ kernel }) => kernel === "zero-border");
    expect(zeroing.length).toBeGreaterThan(0);
    for (const { shader, bytes, params } of zeroing) {
      expect(shader.code).toContain("value: array<f16>;");
      expect(bytes).toBe((params["count"] as number) * 2);
    }
  });

  test("leaves integers and small constants as they are", () => {
    const planned = plan(
      {
        constants: { epsilon: noise([1]), large: noise([1, 3, 32, 32]), places: noise([2]) },
        inputs: { x: [1, 3, 32, 32] },
        nodes: [
          op("Add", "x epsilon", "a"),
          op("Mul", "a large", "b"),
          op("ArgMax", "b", "i", { axis: 1 }),
          op("Cast", "i", "y", { to: 1 }),
        ],
      },
      true,
    );
    const halves = planned.buffers.filter(({ holdsHalves }) => holdsHalves);
    expect(halves.map(({ label }) => label)).toEqual([expect.stringMatching(/^b: /)]);
    const cast = planned.steps.find(({ node }) => node === "y")?.shader.code;
    expect(cast).toMatch(/a: array<(vec4<)?i32>?>/);
    expect(cast).not.toContain("f16");
  });

  test("rounds weights to the nearest half, keeps finite what is, and infinity and NaN as they are", () => {
    const finite = [1, 1 + 2 ** -11, 1 + 3 * 2 ** -11, -(2 ** -14), 2 ** -24, 2 ** -26, 65504, 65519, 65520, 1e9, -1e9, 0, -0];
    const special = [Infinity, -Infinity, NaN];
    const values = [...finite, ...special];
    const buffer = halfStorage(true).weights({
      label: "w",
      role: "weights",
      sizeBytes: values.length * 4,
      fill: (zeros) => zeros.set(values),
    });
    expect(buffer.sizeBytes).toBe(32);
    const expected = finite.map((value) => float16ToNumber(numberToFloat16(Math.min(65504, Math.max(-65504, value)))));
    expect(elementsOf(buffer)).toEqual([...expected, ...special]);
    expect(expected.slice(0, 3)).toEqual([1, 1, 1 + 2 ** -9]);
    expect(expected.slice(7, 11)).toEqual([65504, 65504, 65504, -65504]);
  });

  test("halves a network's memory", () => {
    const { graph, operations } = optimizeGraph(buildGraph("squeezenet1_1", { seed: 1 }), everything, { keep: new Set() });
    const whole = planGraph(graph, operations);
    const half = planGraph(graph, operations, { halves: halfStorage(true) });
    expect(half.memory.weightBytes / whole.memory.weightBytes).toBeLessThan(0.51);
    expect(half.memory.activationBytes / whole.memory.activationBytes).toBeLessThan(0.65);
  });
});
