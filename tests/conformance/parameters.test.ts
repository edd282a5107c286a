// Weights as parameters: the same numbers as with constants for every kernel, new ones in the next run, and updates by the run itself.
import { expect, test } from "vitest";
import { Device } from "../../src/engine/gpu/device.ts";
import { ParameterBuffers } from "../../src/engine/gpu/parameters.ts";
import { Program } from "../../src/engine/gpu/program.ts";
import type { AttributeValue, Graph, Node } from "../../src/engine/graph/graph.ts";
import { optimizeGraph } from "../../src/engine/passes/index.ts";
import { halfStorage } from "../../src/engine/plan/halves.ts";
import { type PlanOptions, planGraph } from "../../src/engine/plan/planner.ts";
import { Tensor, toGpuWords } from "../../src/engine/tensor.ts";
import { everything } from "../support/catalog.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import { withDevice } from "../support/with-device.ts";

type Tensors = Readonly<Record<string, Tensor>>;

interface Case {
  readonly why: string;
  readonly operator: string;
  /** The operator that passes make of it, if that is another. */
  readonly runsAs?: string;
  readonly x: readonly number[];
  /** Shapes of weight and bias. */
  readonly w: readonly number[];
  readonly b?: readonly number[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** Kernels that must be among those on offer, by family. */
  readonly adapter?: readonly string[];
  readonly wide?: readonly string[];
}

const same = { pads: [1, 1, 1, 1] };

const cases: readonly Case[] = [
  {
    why: "3×3, channels that end inside a block",
    operator: "Conv",
    x: [1, 5, 9, 11],
    w: [19, 5, 3, 3],
    b: [19],
    attributes: same,
    adapter: ["direct", "winograd", "general"],
    wide: ["direct", "winograd", "implicit-gemm", "split-k", "general"],
  },
  { why: "no bias", operator: "Conv", x: [1, 3, 6, 6], w: [4, 3, 3, 3], adapter: ["direct", "tap"] },
  {
    why: "1×1",
    operator: "Conv",
    x: [1, 24, 5, 7],
    w: [70, 24, 1, 1],
    b: [70],
    adapter: ["pointwise"],
    wide: ["pointwise", "implicit-gemm"],
  },
  { why: "groups", operator: "Conv", x: [1, 6, 6, 5], w: [10, 3, 3, 3], b: [10], attributes: { ...same, group: 2 }, adapter: ["direct"] },
  {
    why: "a filter per channel",
    operator: "Conv",
    x: [1, 5, 9, 10],
    w: [10, 1, 3, 3],
    b: [10],
    attributes: { ...same, group: 5 },
    adapter: ["depthwise"],
  },
  { why: "one axis", operator: "Conv", x: [2, 3, 13], w: [5, 3, 5], b: [5], attributes: { pads: [1, 3] }, adapter: ["direct"] },
  { why: "three axes", operator: "Conv", x: [1, 2, 4, 5, 6], w: [3, 2, 2, 3, 3], b: [3], adapter: ["general"] },
  {
    why: "transposed",
    operator: "ConvTranspose",
    x: [1, 4, 5, 6],
    w: [4, 3, 3, 3],
    b: [3],
    attributes: { strides: [2, 2] },
    runsAs: "Conv",
    adapter: ["direct"],
  },
  {
    why: "transposed, without steps",
    operator: "ConvTranspose",
    x: [1, 4, 5, 6],
    w: [4, 3, 3, 3],
    b: [3],
    runsAs: "Conv",
    adapter: ["direct"],
  },
  {
    why: "transposed, in steps that differ",
    operator: "ConvTranspose",
    x: [1, 4, 5, 6],
    w: [4, 3, 3, 3],
    b: [3],
    attributes: { strides: [2, 1] },
    adapter: ["gathered"],
  },
  { why: "dense, by rows", operator: "Gemm", x: [3, 20], w: [20, 8], b: [8], adapter: ["columns", "blocked"] },
  {
    why: "dense, transposed, columns that end inside a group",
    operator: "Gemm",
    x: [2, 20],
    w: [10, 20],
    b: [10],
    attributes: { transB: 1 },
    adapter: ["columns"],
  },
  { why: "a product", operator: "MatMul", x: [5, 12], w: [12, 6], adapter: ["columns", "blocked"] },
];

/** A graph of one node whose weights are constants or parameters. */
function graphFor({ operator, x, w, b, attributes = {} }: Case, weights: Tensors, kind: "constants" | "parameters"): Graph {
  const names = ["w", ...(b ? ["b"] : [])];
  const tensors = Object.fromEntries(names.map((name) => [name, weights[name] as Tensor]));
  expect(weights["w"]?.shape).toEqual(w);
  return graphOf({ inputs: { x }, [kind]: tensors, nodes: [op(operator, ["x", ...names].join(" "), "y", attributes)] });
}

function weightsFor({ w, b }: Case, seed: number): Tensors {
  return { w: noise(w, seed), ...(b && { b: noise(b, seed + 1) }) };
}

function planFor(graph: Graph, options: PlanOptions) {
  const { graph: optimized, operations, obstacles } = optimizeGraph(graph, everything, { keep: new Set(options.keep) });
  expect(obstacles).toEqual([]);
  return planGraph(optimized, operations, options);
}

function kernelsOf(graph: Graph, device: Device, operator: string): readonly string[] {
  let found: readonly string[] = [];
  planFor(graph, {
    target: device.target,
    chooseKernel: (node, names) => {
      if (node.operator === operator) found = names;
      return undefined;
    },
  });
  return found;
}

/** A program that can be run again and again. */
async function startProgram(device: Device, graph: Graph, options: PlanOptions = {}, parameters?: ParameterBuffers) {
  const plan = planFor(graph, { target: device.target, ...options });
  const program = await Program.create(device, plan, { parameters });
  return {
    plan,
    program,
    async run(inputs: Tensors, outputs: readonly string[]): Promise<readonly Float32Array[]> {
      for (const [name, tensor] of Object.entries(inputs)) {
        const value = plan.values.get(name);
        if (value) program.write(value, toGpuWords(tensor));
      }
      const encoder = device.gpu.createCommandEncoder();
      const pass = encoder.beginComputePass();
      program.encode(pass);
      pass.end();
      const values = outputs.map((name) => plan.values.get(name) ?? expect.fail(`'${name}' lies nowhere`));
      return (await program.read(values, encoder)).map((tensor) => tensor.toFloat32());
    },
  };
}

/** Runs a graph once. */
async function runOnce(device: Device, graph: Graph, inputs: Tensors, options: PlanOptions = {}): Promise<Float32Array> {
  const { program, run } = await startProgram(device, graph, options);
  const [y] = await run(inputs, graph.outputs);
  program.dispose();
  return y as Float32Array;
}

function expectSame(kernel: string, actual: Float32Array | undefined, expected: Float32Array, why: string): void {
  // All packings only move numbers, but for Winograd's.
  if (!kernel.startsWith("winograd")) expect(actual, why).toEqual(expected);
  else expectWithin(actual, expected, 1e-6, why);
}

/** @param share of the largest number */
function expectWithin(actual: Float32Array | undefined, expected: Float32Array, share: number, why: string): void {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - (actual?.[i] ?? Number.NaN))), 0);
  expect(worst / largest, why).toBeLessThanOrEqual(share);
}

test.each(["the adapter", "a wide GPU"])(
  "every kernel for %s gives the same with parameters as with constants, also after they changed",
  (target) =>
    withDevice(async (own) => {
      const device = target === "the adapter" ? own : new Device(own.gpu, own.info);
      for (const oneCase of cases) {
        const [first, second] = [weightsFor(oneCase, 2), weightsFor(oneCase, 12)];
        const inputs = { x: noise(oneCase.x) };
        const constants = [graphFor(oneCase, first, "constants"), graphFor(oneCase, second, "constants")] as const;
        const kernels = kernelsOf(graphFor(oneCase, first, "parameters"), device, oneCase.runsAs ?? oneCase.operator);
        expect(kernels, oneCase.why).toEqual(kernelsOf(constants[0], device, oneCase.runsAs ?? oneCase.operator));
        const expected = (target === "the adapter" ? oneCase.adapter : (oneCase.wide ?? oneCase.adapter)) ?? [];
        const families = kernels.map((name) => name.split(" ")[0]);
        if (target === "the adapter" && device.target.profile === "software")
          expect(families).toEqual(expect.arrayContaining([...expected]));
        if (target === "a wide GPU")
          expect(families, oneCase.why).toEqual(expect.arrayContaining(expected.filter((name) => name !== "tap")));
        for (const kernel of kernels) {
          const why = `${oneCase.why}, ${kernel}`;
          const chooses = oneCase.runsAs ?? oneCase.operator;
          const options = { chooseKernel: ({ operator }: Node) => (operator === chooses ? kernel : undefined) };
          const { program, run } = await startProgram(device, graphFor(oneCase, first, "parameters"), options);
          expectSame(kernel, (await run(inputs, ["y"]))[0], await runOnce(device, constants[0], inputs, options), why);
          const bytes = device.allocatedBytes;
          for (const [name, tensor] of Object.entries(second)) program.parameters.write(name, toGpuWords(tensor));
          const again = await run(inputs, ["y"]);
          expect(device.allocatedBytes, why).toBeLessThanOrEqual(bytes);
          expectSame(kernel, again[0], await runOnce(device, constants[1], inputs, options), `${why}, changed`);
          program.dispose();
        }
      }
    }),
  180_000,
);

test("BatchNormalization, and Mul and Add per channel, fold into a convolution's parameters", () =>
  withDevice(async (device) => {
    const values = {
      w: noise([6, 4, 3, 3], 2),
      b: noise([6], 3),
      scale: noise([6], 4),
      shift: noise([6], 5),
      mean: noise([6], 6),
      variance: Tensor.float32(
        [6],
        noise([6], 7)
          .toFloat32()
          .map((x) => x * x + 0.1),
      ),
      factor: noise([6, 1, 1], 8),
      more: noise([1, 6, 1, 1], 9),
    };
    const graphWith = (names: readonly string[]): Graph => {
      const entries = Object.entries(values);
      return graphOf({
        inputs: { x: [1, 4, 7, 8] },
        constants: Object.fromEntries(entries.filter(([name]) => !names.includes(name))),
        parameters: Object.fromEntries(entries.filter(([name]) => names.includes(name))),
        nodes: [
          op("Conv", "x w b", "c", same),
          op("BatchNormalization", "c scale shift mean variance", "n"),
          op("Mul", "n factor", "m"),
          op("Add", "more m", "a"),
          op("Relu", "a", "y"),
        ],
      });
    };
    const inputs = { x: noise([1, 4, 7, 8]) };
    const expected = await runOnce(device, graphWith([]), inputs);
    for (const names of [Object.keys(values), ["w", "b"], ["scale"], ["mean", "variance"], ["factor"], ["more"]]) {
      const plan = planFor(graphWith(names), { target: device.target });
      expect(plan.steps.length, `${names}: steps of a run`).toBe(planFor(graphWith([]), { target: device.target }).steps.length);
      expectWithin(await runOnce(device, graphWith(names), inputs), expected, 1e-6, names.join());
    }
  }));

test("a run updates parameters: two runs give w − 2 · rate · gradient, and what is prepared from w follows", () =>
  withDevice(async (device) => {
    const w = noise([5, 3, 3, 3], 2);
    const graph = graphOf({
      inputs: { x: [1, 3, 6, 6], gradient: [5, 3, 3, 3], rate: [1] },
      parameters: { w },
      nodes: [op("Conv", "x w", "y", same), op("Mul", "gradient rate", "step"), op("Sub", "w step", "next")],
      outputs: ["y", "w"],
      updates: { w: "next" },
    });
    const gradient = noise([5, 3, 3, 3], 3);
    const inputs = { x: noise([1, 3, 6, 6]), gradient, rate: noise([1], 4) };
    const rate = inputs.rate.toFloat32()[0] as number;
    const { program, run } = await startProgram(device, graph);
    const seen = [await run(inputs, ["y", "w"]), await run(inputs, ["y", "w"])] as const;
    let expected = w.toFloat32();
    for (const [y, after] of seen) {
      const constants = graphOf({
        inputs: { x: [1, 3, 6, 6] },
        constants: { w: Tensor.float32([5, 3, 3, 3], expected) },
        nodes: [op("Conv", "x w", "y", same)],
      });
      expectWithin(y, await runOnce(device, constants, { x: inputs.x }), 1e-6, "y");
      const steps = gradient.toFloat32().map((g) => g * rate);
      expected = expected.map((value, i) => value - (steps[i] as number));
      expect(after).toEqual(expected);
    }
    program.dispose();
  }));

test("parameters that exchange what they hold", () =>
  withDevice(async (device) => {
    const [a, b] = [noise([8], 2), noise([8], 3)];
    const graph = graphOf({
      inputs: { x: [8] },
      parameters: { a, b },
      nodes: [op("Add", "x a", "s"), op("Mul", "s b", "y")],
      updates: { a: "b", b: "a" },
      outputs: ["y", "a", "b"],
    });
    const { program, run } = await startProgram(device, graph);
    const seen = await run({ x: noise([8]) }, ["a", "b"]);
    expect(seen).toEqual([b.toFloat32(), a.toFloat32()]);
    program.dispose();
  }));

test("two programs share parameters and what is packed of them; a change is seen by both", () =>
  withDevice(async (device) => {
    const oneCase = cases[0] as Case;
    const [first, second] = [weightsFor(oneCase, 2), weightsFor(oneCase, 12)];
    const graph = graphFor(oneCase, first, "parameters");
    const parameters = new ParameterBuffers(device);
    const [one, other] = [
      await startProgram(device, graph, {}, parameters),
      await startProgram(device, graph, { keep: ["y"] }, parameters),
    ];
    const inputs = { x: noise(oneCase.x) };
    expect(await one.run(inputs, ["y"])).toEqual(await other.run(inputs, ["y"]));
    for (const [name, tensor] of Object.entries(second)) parameters.write(name, toGpuWords(tensor));
    const expected = await runOnce(device, graphFor(oneCase, second, "constants"), inputs);
    for (const { run } of [other, one]) expectWithin((await run(inputs, ["y"]))[0], expected, 1e-6, "changed");
    one.program.dispose();
    expectWithin((await other.run(inputs, ["y"]))[0], expected, 1e-6, "after the other is gone");
    other.program.dispose();
    parameters.dispose();
  }));

test("a program is refined with parameters: kernels of another packing are prepared anew", () =>
  withDevice(async (device) => {
    const oneCase = cases[0] as Case;
    const first = weightsFor(oneCase, 2);
    const graph = graphFor(oneCase, first, "parameters");
    const target = { ...device.target, profile: "software" as const, sharingLanes: 4 };
    const chooseKernel = (_: unknown, names: readonly string[]) => names.find((name) => name.startsWith("direct"));
    const { program, run } = await startProgram(device, graph, { target: { ...target, quickStartBlock: 16 }, chooseKernel });
    const inputs = { x: noise(oneCase.x) };
    const before = await run(inputs, ["y"]);
    await program.refine(planFor(graph, { target, chooseKernel }));
    expectWithin((await run(inputs, ["y"]))[0], before[0] as Float32Array, 1e-6, "refined");
    program.dispose();
  }));

test("with halves, parameters keep their 32 bits", () =>
  withDevice(async (device) => {
    const oneCase = cases[0] as Case;
    const weights = weightsFor(oneCase, 2);
    const inputs = { x: noise(oneCase.x) };
    const options = { halves: halfStorage(false) };
    const exact = await runOnce(device, graphFor(oneCase, weights, "constants"), inputs);
    expectWithin(await runOnce(device, graphFor(oneCase, weights, "parameters"), inputs, options), exact, 1e-6, "halves");
  }));
