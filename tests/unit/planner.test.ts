// Plans as pure data: kernels, layouts, shared buffers, values in place. No GPU.
import { describe, expect, test } from "vitest";
import { buildGraph } from "../../models/index.ts";
import type { Node } from "../../src/engine/graph/graph.ts";
import { copyDispatch } from "../../src/engine/ops/element-wise-kernel.ts";
import type { Kernel, Operation, PlacedOperand, Target } from "../../src/engine/ops/operator.ts";
import { optimizeGraph } from "../../src/engine/passes/index.ts";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import { halfStorage } from "../../src/engine/plan/halves.ts";
import type { Plan, PlanBuffer, Step } from "../../src/engine/plan/plan.ts";
import { type PlanOptions, planGraph } from "../../src/engine/plan/planner.ts";
import { denseStrides } from "../../src/engine/shapes.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { encodeParams, type Shader } from "../../src/shaders/shader.ts";
import { everything } from "../support/catalog.ts";
import { type GraphLines, graphOf, ints, noise, op } from "../support/graphs.ts";

interface Options extends GraphLines {
  readonly keep?: readonly string[];
  readonly chooseKernel?: PlanOptions["chooseKernel"];
}

function plan({ keep = [], chooseKernel, ...lines }: Options): Plan {
  const { graph, operations, obstacles } = optimizeGraph(graphOf(lines), everything, { keep: new Set(keep) });
  expect(obstacles).toEqual([]);
  return planGraph(graph, operations, { keep, chooseKernel });
}

/** What a buffer starts with. */
function contentsOf({ initial, fill, sizeBytes }: PlanBuffer): ArrayBufferView | undefined {
  if (!fill) return initial;
  const contents = new Float32Array(sizeBytes / 4);
  fill(contents);
  return contents;
}

/** Whether one plan's kernels find every value, and every border of zeros, where another's left them. */
function usesSameMemory(one: Plan, other: Plan): boolean {
  return describeMemory(one) === describeMemory(other);
}

function describeMemory({ buffers, steps, values }: Plan): string {
  let count = 0;
  const numbers = buffers.map(({ role }) => (role === "weights" ? -1 : count++));
  return JSON.stringify([
    buffers.filter(({ role }) => role !== "weights").map(({ sizeBytes }) => sizeBytes),
    steps.map(({ node, kernel, bindings, ranges }) => [node, kernel, Object.values(bindings).map((index) => numbers[index]), ranges]),
    [...values].map(([name, { offset, strides, buffer }]) => [name, offset, strides, numbers[buffer]]),
  ]);
}

/** Node and family of kernels: which of its blocks is a matter of the cost model. */
const steps = (plan: Plan) => plan.steps.map(({ node, kernel }) => `${node} ${kernel.split(" ")[0]}`);

/** Two values are in one buffer. */
const share = ({ values }: Plan, a: string, b: string) => values.get(a)?.buffer === values.get(b)?.buffer;

function isDense(plan: Plan, name: string): boolean {
  const { offset, strides, shape } = plan.values.get(name) ?? expect.fail(`'${name}' has no place`);
  return offset === 0 && strides.join() === denseStrides(shape).join();
}

/** The buffer that a dispatch writes. */
function written({ shader, bindings }: Step): number | undefined {
  const name = Object.keys(bindings).find((key) => shader.bindings[key]?.kind === "read_write");
  return name === undefined ? undefined : bindings[name];
}

/** What WebGPU demands: where a dispatch may write a part of a buffer, it may write every part that it binds, and none of them twice. */
function expectNoAliases({ steps }: Plan): void {
  for (const { shader, bindings, ranges, node } of steps) {
    const bound = Object.entries(bindings).map(([name, buffer]) => {
      const { offsetBytes = 0, sizeBytes = Number.POSITIVE_INFINITY } = ranges?.[name] ?? {};
      return { buffer, isWritable: shader.bindings[name]?.kind === "read_write", start: offsetBytes, end: offsetBytes + sizeBytes };
    });
    for (const one of bound.filter(({ isWritable }) => isWritable))
      for (const other of bound.filter(({ buffer }) => buffer === one.buffer))
        if (other !== one) expect(other.isWritable && (other.end <= one.start || one.end <= other.start), node).toBe(true);
  }
}

const same = { pads: [1, 1, 1, 1] };
const w34 = noise([4, 3, 3, 3]);
const w44 = noise([4, 4, 3, 3]);
const mix = noise([4, 4, 1, 1]);

describe("order and kernels", () => {
  test("one dispatch per node, in order, with its multiply-adds", () => {
    const planned = plan({
      constants: { w34, mix },
      nodes: [op("Conv", "x w34", "a", same), op("Exp", "a", "b"), op("Conv", "b mix", "y")],
    });
    expect(steps(planned)).toEqual(["a direct", "b element-wise", "y pointwise"]);
    expect(planned.steps.map(({ macs }) => macs)).toEqual([8 * 8 * 4 * 27, 0, 8 * 8 * 4 * 4]);
    expectNoAliases(planned);
  });

  test("nodes that nothing needs are left out, unless they are observed", () => {
    const lines = { nodes: [op("Exp", "x", "dead"), op("Neg", "dead", "deader"), op("Abs", "x", "y")] };
    expect(steps(plan(lines))).toEqual(["y element-wise"]);
    expect(steps(plan({ ...lines, keep: ["dead"] }))).toEqual(["dead element-wise", "y element-wise"]);
  });

  test("a kernel can be asked for by name", () => {
    const lines = { constants: { w34 }, nodes: [op("Conv", "x w34", "y", same)] };
    const planned = plan({ ...lines, chooseKernel: (_, names) => names.at(-1) });
    expect(steps(planned)).toEqual(["y general"]);
    expect(() => plan({ ...lines, chooseKernel: () => "magic" })).toThrow("Conv 'y': no kernel");
  });

  test("constants become outputs without a dispatch", () => {
    const planned = plan({ nodes: [op("Shape", "x", "s"), op("Abs", "x", "y")], outputs: ["s", "y"] });
    expect(planned.constants.get("s")?.toNumbers()).toEqual([1, 3, 8, 8]);
    expect(planned.values.has("s")).toBe(false);
  });

  test("an input may be an output", () => {
    const planned = plan({ nodes: [], outputs: ["x"] });
    expect(planned.steps).toEqual([]);
    expect(planned.values.get("x")?.shape).toEqual([1, 3, 8, 8]);
  });

  test("the same graph gives the same plan", () => {
    const lines = {
      constants: { w34, w44 },
      nodes: [op("Conv", "x w34", "a", same), op("Conv", "a w44", "b", same), op("Concat", "a b", "y", { axis: 1 })],
    };
    const [one, other] = [plan(lines), plan(lines)].map((planned) => ({
      ...planned,
      buffers: planned.buffers.map((buffer) => ({ ...buffer, initial: contentsOf(buffer), fill: undefined })),
    }));
    expect(one).toEqual(other);
  });
});

describe("buffers", () => {
  const chain = (count: number, keep: string[] = []) =>
    plan({ nodes: Array.from({ length: count }, (_, i) => op("Exp", i === 0 ? "x" : `v${i - 1}`, `v${i}`)), keep });
  const valueBytes = 3 * 8 * 8 * 4;

  test("a chain needs the input, the output and two buffers to go back and forth", () => {
    const { memory, buffers } = chain(20);
    expect(memory).toEqual({ weightBytes: 0, activationBytes: 4 * valueBytes, peakLiveBytes: 4 * valueBytes });
    expect(buffers.map(({ role }) => role)).toEqual(["input", "activations", "activations", "activations"]);
  });

  test("what is kept shares with nothing", () => {
    const planned = chain(6, ["v1", "v3"]);
    const kept = ["x", "v1", "v3", "v5"].map((name) => planned.values.get(name)?.buffer);
    expect(new Set(kept).size).toBe(4);
    const writers = planned.steps.filter((step) => kept.includes(written(step)));
    expect(writers.map(({ node }) => node)).toEqual(["v1", "v3", "v5"]);
  });

  test("what is read late stays: a skip connection over a chain", () => {
    const planned = plan({
      nodes: [op("Exp", "x", "skip"), op("Abs", "skip", "a"), op("Neg", "a", "b"), op("Sin", "b", "c"), op("Add", "c skip", "y")],
    });
    const own = written(planned.steps[0] as Step);
    expect(planned.steps.filter((step) => written(step) === own)).toHaveLength(1);
    expect(planned.memory.activationBytes).toBe(planned.memory.peakLiveBytes);
    expectNoAliases(planned);
  });

  test("values of different sizes share, and buffers are at least the peak", () => {
    const nodes = [0, 1, 2, 3].flatMap((i) => [
      op("Exp", i === 0 ? "x" : `p${i - 1}`, `e${i}`),
      op("MaxPool", `e${i}`, `p${i}`, { kernel_shape: [2, 2], strides: [1, 1] }),
    ]);
    const { memory, buffers } = plan({ nodes });
    expect(memory.activationBytes).toBeGreaterThanOrEqual(memory.peakLiveBytes);
    expect(buffers.length).toBeLessThan(6);
  });

  test("a small chain after a large value lies beside itself in that value's buffer, in dispatches that may write all they bind", () => {
    const planned = plan({
      inputs: { x: [1, 1, 16, 16] },
      nodes: [
        op("Concat", "x x x x", "large", { axis: 1 }),
        op("MaxPool", "large", "a", { kernel_shape: [2, 2], strides: [1, 2], pads: [0, 0, 1, 0] }),
        op("Exp", "a", "b"),
        op("Neg", "b", "c"),
        op("ReduceMax", "c _", "y"),
      ],
    });
    const ranges = planned.steps.flatMap((step) => (step.ranges ? [[step.node, step.ranges]] : []));
    expect(ranges).not.toEqual([]);
    expectNoAliases(planned);
    const inPlace = planned.steps.filter(({ bindings }) => new Set(Object.values(bindings)).size < Object.values(bindings).length);
    expect(inPlace.length).toBeGreaterThan(0);
    for (const { shader } of inPlace) expect(Object.values(shader.bindings).map(({ kind }) => kind)).not.toContain("read");
  });

  test("what is read twice by one dispatch lies in a buffer that it does not write", () => {
    const planned = plan({
      inputs: { x: [1, 4, 16, 16] },
      nodes: [
        op("Exp", "x", "large"),
        op("MaxPool", "large", "a", { kernel_shape: [2, 2], strides: [2, 1], pads: [0, 0, 0, 1] }),
        op("Mul", "a a", "b"),
        op("Add", "b b", "c"),
        op("ReduceMax", "c _", "y"),
      ],
    });
    expectNoAliases(planned);
  });

  const targets: Readonly<Record<string, Target>> = { "a graphics card": {}, "few lanes": { profile: "software", sharingLanes: 4 } };
  const names = [
    "tiny-vgg",
    "mnist",
    "squeezenet1_1",
    "mobilenetv2",
    "resnet18",
    "resnet50",
    "vgg16_features",
    "xception",
    "inception-resnet-v2",
  ];

  test.each(names)("the activations of %s take at most 1.15 of what is alive at once, in words and in halves", (name) => {
    const { graph, operations } = optimizeGraph(buildGraph(name, { seed: 1 }), everything, { keep: new Set() });
    for (const [what, target] of Object.entries(targets))
      for (const halves of [undefined, halfStorage(true)]) {
        const planned = planGraph(graph, operations, { target, halves });
        const { activationBytes, peakLiveBytes } = planned.memory;
        expect(activationBytes / peakLiveBytes, `${what}${halves ? ", in halves" : ""}`).toBeLessThanOrEqual(1.15);
        expectNoAliases(planned);
      }
  });

  test.each(["squeezenet1_1", "mobilenetv2", "resnet50"])(
    "no dispatch of %s reads and writes one buffer, whichever the kernels",
    (name) => {
      const { graph, operations } = optimizeGraph(buildGraph(name, { seed: 1 }), everything, { keep: new Set() });
      for (const target of Object.values(targets)) {
        const kernels = new Set([...operations.values()].flatMap(({ kernels }) => kernels?.(target).map((kernel) => kernel.name) ?? []));
        for (const kernel of kernels) {
          const chooseKernel = (_: unknown, all: readonly string[]) => (all.includes(kernel) ? kernel : undefined);
          expectNoAliases(planGraph(graph, operations, { target, chooseKernel }));
        }
      }
    },
  );

  test("no kernel binds more than the adapter allows where another can do", () => {
    const lines: Options = {
      inputs: { x: [1, 16, 12, 12] },
      constants: { w: noise([16, 16, 3, 3]), m: noise([2304, 50], 2), b: noise([50], 3) },
      nodes: [op("Conv", "x w", "c", same), op("Flatten", "c", "f"), op("Gemm", "f m b", "y")],
    };
    const { graph, operations } = optimizeGraph(graphOf(lines), everything, { keep: new Set() });
    const largest = ({ buffers }: Plan) => Math.max(...buffers.map(({ sizeBytes }) => sizeBytes));
    expect(largest(planGraph(graph, operations))).toBe(2304 * 52 * 4);
    for (const maxBindingBytes of [2304 * 24 * 4, 2304 * 17 * 4]) {
      const planned = planGraph(graph, operations, { target: { maxBindingBytes } });
      expect(largest(planned)).toBeLessThanOrEqual(maxBindingBytes);
      expect(planned.steps.filter(({ node }) => node === "y").map(({ params }) => [params["first_column"], params["columns"]])).toEqual(
        maxBindingBytes === 2304 * 24 * 4
          ? [
              [0, 24],
              [24, 24],
              [48, 2],
            ]
          : [
              [0, 16],
              [16, 16],
              [32, 16],
              [48, 2],
            ],
      );
    }
    const kernels = (maxBindingBytes: number) =>
      operations
        .get("c")
        ?.kernels?.({ maxBindingBytes })
        .map(({ name }) => name);
    expect(kernels(36 * 16 * 16 * 4)).toContain("winograd 4×4");
    expect(kernels(36 * 16 * 16 * 4 - 1)).not.toContain("winograd 4×4");
  });

  test("a constant that two nodes read is uploaded once", () => {
    const planned = plan({ constants: { k: noise([3, 8, 8]) }, nodes: [op("Mul", "x k", "a"), op("Div", "a k", "y")] });
    expect(planned.buffers.filter(({ role }) => role === "weights")).toHaveLength(1);
    expect(planned.memory.weightBytes).toBe(3 * 8 * 8 * 4);
  });
});

describe("constants", () => {
  const lines = {
    constants: { w: noise([16, 3, 3, 3]), w2: noise([16, 16, 3, 3]), scale: noise([16, 1, 1]) },
    nodes: [
      op("Conv", "x w", "a", same),
      op("Mul", "a scale", "m"),
      op("Conv", "m w2", "b", same),
      op("Relu", "b", "r"),
      op("Conv", "r w2", "y", same),
    ],
  };
  // Tables that are made for a kernel are their own keys.
  const weightsOf = ({ buffers }: Plan) => buffers.filter(({ key }) => typeof key === "string");

  test("have the same key and contents in every plan, whatever is observed and fused", () => {
    const [one, other] = [plan(lines), plan({ ...lines, keep: ["b"] })];
    expect(steps(one)).not.toEqual(steps(other));
    expect(weightsOf(one).length).toBe(3);
    const keysAndContents = (planned: Plan) => weightsOf(planned).map((buffer) => [buffer.key, contentsOf(buffer)]);
    expect(keysAndContents(one)).toEqual(keysAndContents(other));
  });

  test("have another key where something is folded into them, or where they are packed otherwise", () => {
    const keysOf = (given: Options) => weightsOf(plan(given)).map(({ key }) => key);
    const folded = keysOf(lines);
    const apart = keysOf({ ...lines, keep: ["a"] });
    expect(apart.filter((key) => folded.includes(key)).length).toBe(1);
    const grouped = { constants: { w: noise([4, 2, 3, 3]) }, inputs: { x: [1, 4, 8, 8], z: [1, 2, 8, 8] } };
    const twice = plan({
      ...grouped,
      nodes: [op("Conv", "x w", "a", { ...same, group: 2 }), op("Conv", "z w", "b", same), op("Add", "a b", "y")],
      chooseKernel: (_, names) => names.find((name) => name === "direct"),
    });
    expect(new Set(weightsOf(twice).map(({ key }) => key)).size).toBe(2);
  });

  test("are not looked at before they are uploaded", () => {
    const unread = new Tensor("float32", [16, 16, 3, 3], () => expect.fail("the weights were read"));
    const planned = plan({ ...lines, constants: { ...lines.constants, w2: unread } });
    expect(planned.memory.weightBytes).toBeGreaterThan(16 * 16 * 9 * 4);
    expect(() => planned.buffers.map(contentsOf)).toThrow("the weights were read");
  });

  test("that several nodes read are counted once", () => {
    const { memory, buffers } = plan(lines);
    expect(memory.weightBytes).toBe(buffers.reduce((sum, { role, sizeBytes }) => sum + (role === "weights" ? sizeBytes : 0), 0));
    for (const buffer of buffers) expect(contentsOf(buffer)?.byteLength ?? buffer.sizeBytes).toBe(buffer.sizeBytes);
  });
});

describe("drafts", () => {
  const quickStartBlocks: readonly (readonly [string, 16 | 32])[] = [
    ["mnist", 16],
    ["squeezenet1_1", 16],
    ["mobilenetv2", 16],
    ["resnet18", 16],
    ["xception", 32],
    ["vgg16_features", 32],
  ];

  test.each(quickStartBlocks)("of %s in blocks of %i: fewer pipelines, the same memory and kernels", (name, quickStartBlock) => {
    const { graph, operations } = optimizeGraph(inferGraph(buildGraph(name, { seed: 1 }), everything).graph, everything, {
      keep: new Set(),
    });
    const planFor = (target: Target) => planGraph(graph, operations, { target });
    const [draft, final] = [
      planFor({ profile: "software", sharingLanes: 4, quickStartBlock }),
      planFor({ profile: "software", sharingLanes: 4 }),
    ];
    expect(usesSameMemory(draft, final)).toBe(true);
    const pipelines = ({ steps }: Plan) => new Set(steps.map(({ shader }) => shader.code)).size;
    expect(pipelines(draft)).toBeLessThanOrEqual(pipelines(final));
    const convolutions = draft.steps.filter(({ shader }) => shader.name.startsWith("convolution "));
    expect(new Set(convolutions.map(({ shader }) => shader.code)).size).toBe(1);
  });

  test("of other kernels have other memory", () => {
    const lines = {
      constants: { w44 },
      inputs: { x: [1, 4, 8, 8] },
      nodes: [op("Conv", "x w44", "a", same), op("Conv", "a w44", "y", same)],
    };
    const choose = (wanted: string) => plan({ ...lines, chooseKernel: (_, names) => names.find((name) => name.startsWith(wanted)) });
    expect(usesSameMemory(choose("direct"), choose("direct"))).toBe(true);
    expect(usesSameMemory(choose("direct"), choose("winograd"))).toBe(false);
    expect(usesSameMemory(choose("direct"), choose("general"))).toBe(false);
  });
});

describe("zero borders", () => {
  test("a value has the border its reader wants; its padding costs no dispatch", () => {
    const planned = plan({ constants: { w34, w44 }, nodes: [op("Conv", "x w34", "a", same), op("Conv", "a w44", "y", same)], keep: ["a"] });
    expect(steps(planned)).toEqual(["a direct", "y direct"]);
    expect(planned.values.get("a")).toMatchObject({ offset: 11, strides: [400, 100, 10, 1] });
    expect(isDense(planned, "y")).toBe(true);
  });

  test("readers with different pads share the largest", () => {
    const wide = noise([4, 4, 5, 5]);
    const planned = plan({
      constants: { w34, w44, wide },
      nodes: [
        op("Conv", "x w34", "a", same),
        op("Conv", "a w44", "b", { pads: [1, 1, 1, 1], strides: [2, 2] }),
        op("Conv", "a wide", "c", { pads: [0, 2, 4, 2], strides: [2, 2] }),
        op("Add", "b c", "y"),
      ],
      keep: ["a"],
    });
    // One row above (for b), four below and two on either side (for c).
    expect(planned.values.get("a")).toMatchObject({ offset: 12 + 2, strides: [4 * 13 * 12, 13 * 12, 12, 1] });
    expect(planned.steps.filter(({ kernel }) => kernel === "copy")).toHaveLength(0);
  });

  test("an input has the border its readers want, unless one of them reads dense", () => {
    const lines = { constants: { w34, flat: ints(1, -1) }, nodes: [op("Conv", "x w34", "y", same)] };
    const planned = plan(lines);
    expect(steps(planned)).toEqual(["y direct"]);
    expect(planned.values.get("x")).toMatchObject({ offset: 11, strides: [300, 100, 10, 1] });
    expect(planned.memory.activationBytes).toBe((3 * 100 + 4 * 64) * 4);
    const viewed = plan({ ...lines, nodes: [...lines.nodes, op("Reshape", "x flat", "v"), op("Neg", "v", "z")], outputs: ["y", "z"] });
    expect(isDense(viewed, "x")).toBe(true);
    expect(steps(viewed)).toEqual(["x with border copy", "y direct", "z element-wise"]);
  });

  test("one axis has a border left and right only", () => {
    const planned = plan({
      inputs: { x: [2, 3, 10] },
      constants: { a: noise([4, 3, 3]), b: noise([5, 4, 5]) },
      nodes: [op("Conv", "x a", "v", { pads: [1, 1] }), op("Conv", "v b", "y", { pads: [3, 1] })],
      keep: ["v"],
    });
    expect(planned.values.get("v")).toMatchObject({ offset: 3, strides: [4 * 14, 14, 1] });
  });

  test("a view needs dense words, so its reader gets a bordered copy of its own", () => {
    const planned = plan({
      constants: { w34, w44, flat: ints(1, -1) },
      nodes: [op("Conv", "x w34", "a", same), op("Conv", "a w44", "b", same), op("Reshape", "a flat", "view"), op("Neg", "view", "y")],
      outputs: ["b", "y"],
      keep: ["a", "view"],
    });
    expect(isDense(planned, "a")).toBe(true);
    expect(share(planned, "a", "view")).toBe(true);
    expect(steps(planned)).toEqual(["a direct", "a with border copy", "b direct", "y element-wise"]);
  });

  const outputOf = (planned: Plan, node: string) => written(planned.steps.findLast((step) => step.node === node) as Step);

  test("values share a buffer with others of the same border first: its zeros are never written again", () => {
    const planned = plan({
      constants: { w34, w44 },
      nodes: [op("Conv", "x w34", "a", same), ...["ab", "bc", "cd", "dy"].map(([from, to]) => op("Conv", `${from} w44`, `${to}`, same))],
    });
    expect(steps(planned).filter((step) => step.endsWith("zero-border"))).toEqual([]);
    expect(outputOf(planned, "c")).toBe(outputOf(planned, "a"));
    expect(outputOf(planned, "b")).toBe(outputOf(planned, "d"));
    expect(outputOf(planned, "a")).not.toBe(outputOf(planned, "b"));
    expectNoAliases(planned);
  });

  test("where memory would exceed 1.15 of the peak they share with any, and their border is zeroed before they are written", () => {
    const planned = plan({
      constants: { w34, w44 },
      nodes: [
        op("Conv", "x w34", "a", same),
        op("Conv", "a w44", "b", same),
        op("MaxPool", "b", "c", { kernel_shape: [2, 2], strides: [2, 2] }),
        op("Conv", "c w44", "d", same),
        op("Conv", "d w44", "e", same),
        op("Conv", "e w44", "y", same),
      ],
    });
    const { activationBytes, peakLiveBytes } = planned.memory;
    expect(activationBytes).toBeLessThanOrEqual(1.15 * peakLiveBytes);
    const zeroed = planned.steps.flatMap(({ kernel, node }, i) => (kernel === "zero-border" ? [[node, planned.steps[i + 1]?.node]] : []));
    expect(zeroed.length).toBeGreaterThan(0);
    for (const [node, next] of zeroed) expect(next).toBe(node);
    expectNoAliases(planned);
  });
});

describe("views", () => {
  test("Reshape, Flatten, Squeeze and Identity of a dense value are other names for it", () => {
    const planned = plan({
      constants: { to: ints(3, 64), one: ints(0) },
      nodes: [op("Exp", "x", "e"), op("Reshape", "e to", "r"), op("Unsqueeze", "r one", "u"), op("Flatten", "u", "y", { axis: 2 })],
      keep: ["e", "r", "u"],
    });
    expect(steps(planned)).toEqual(["e element-wise"]);
    for (const name of ["r", "u", "y"]) expect(share(planned, "e", name), name).toBe(true);
  });

  test("a view keeps its source alive", () => {
    const planned = plan({
      constants: { to: ints(3, 64) },
      nodes: [
        op("Exp", "x", "e"),
        op("Reshape", "e to", "r"),
        op("Abs", "e", "a"),
        op("Neg", "a", "b"),
        op("Sin", "b", "c"),
        op("Flatten", "c", "d"),
        op("Softmax", "r", "s"),
        op("Mul", "s s", "y"),
      ],
      outputs: ["d", "y"],
    });
    const source = written(planned.steps[0] as Step);
    const lastRead = planned.steps.findLastIndex(({ bindings }) => Object.values(bindings).includes(source as number));
    expect(planned.steps[lastRead]?.node).toBe("s");
    expect(planned.steps.slice(1, lastRead).some((step) => written(step) === source)).toBe(false);
  });

  test("a view of a slice is a copy", () => {
    const planned = plan({
      constants: { w34, flat: ints(1, -1) },
      nodes: [
        op("Conv", "x w34", "a"),
        op("Conv", "x w34", "b"),
        op("Concat", "a b", "c", { axis: 1 }),
        op("Split", "c", "p q", { axis: 1, num_outputs: 2 }),
        op("Concat", "q p", "d", { axis: 1 }),
        op("Reshape", "d flat", "y"),
      ],
      keep: ["p"],
    });
    expect(isDense(planned, "y")).toBe(true);
    expectNoAliases(planned);
  });
});

describe("Concat in place", () => {
  test("its inputs are written where they end up, observed or not", () => {
    const planned = plan({
      constants: { w34, mix },
      nodes: [op("Conv", "x w34", "a"), op("Conv", "a mix", "b"), op("Conv", "x w34", "c"), op("Concat", "b c", "y", { axis: 1 })],
      keep: ["b", "c"],
    });
    expect(steps(planned)).toEqual(["a direct", "b pointwise", "c direct"]);
    expect(planned.values.get("c")).toMatchObject({ offset: 4 * 36, strides: [8 * 36, 36, 6, 1] });
    expect(share(planned, "b", "y") && share(planned, "c", "y")).toBe(true);
  });

  test("along any axis", () => {
    for (const axis of [0, 2, 3, -1]) {
      const planned = plan({ nodes: [op("Exp", "x", "a"), op("Neg", "x", "b"), op("Concat", "a b", "y", { axis })] });
      expect(steps(planned), `axis ${axis}`).toEqual(["a element-wise", "b element-wise"]);
    }
  });

  test("inputs, constants, views and values given twice are copied", () => {
    const planned = plan({
      constants: { k: noise([1, 3, 8, 8]), to: ints(1, 3, 8, 8) },
      nodes: [
        op("Exp", "x", "e"),
        op("Reshape", "e to", "r"),
        op("Abs", "x", "twice"),
        op("Concat", "x k r twice twice", "y", { axis: 1 }),
      ],
    });
    expect(steps(planned)).toEqual(["e element-wise", "twice element-wise", "y copy", "y copy", "y copy", "y copy", "y copy"]);
    expectNoAliases(planned);
  });

  test("with a border around the whole, for the convolution that reads it", () => {
    const planned = plan({
      constants: { w34, wide: noise([2, 8, 3, 3]) },
      nodes: [
        op("Conv", "x w34", "a", same),
        op("Conv", "x w34", "b", same),
        op("Concat", "a b", "c", { axis: 1 }),
        op("Conv", "c wide", "y", same),
      ],
      keep: ["b", "c"],
    });
    expect(steps(planned)).toEqual(["a direct", "b direct", "y direct"]);
    expect(planned.values.get("b")).toMatchObject({ offset: 400 + 11, strides: [800, 100, 10, 1] });
  });

  test("a slice that is also convolved lends its border to the whole", () => {
    const planned = plan({
      constants: { w34, w44 },
      nodes: [
        op("Conv", "x w34", "a", same),
        op("Exp", "x", "b"),
        op("Concat", "a b", "c", { axis: 1 }),
        op("Conv", "a w44", "d", same),
        op("GlobalMaxPool", "c", "y"),
      ],
      outputs: ["d", "y"],
      keep: ["c"],
    });
    expect(planned.values.get("c")).toMatchObject({ offset: 11, strides: [700, 100, 10, 1] });
    expect(steps(planned).filter((step) => step.endsWith("copy"))).toEqual([]);
  });

  test("a whole with a border joins its parts along rows by copies", () => {
    const planned = plan({
      constants: { w34, w44 },
      nodes: [
        op("Conv", "x w34", "a", same),
        op("Conv", "x w34", "b", same),
        op("Concat", "a b", "c", { axis: 2 }),
        op("Conv", "c w44", "y", same),
      ],
      keep: ["a"],
    });
    expect(steps(planned)).toEqual(["a direct", "b direct", "c copy", "c copy", "y direct"]);
  });

  test("a dense block: what was there grows in place, what a layer adds is copied, for no dispatch reads and writes one buffer", () => {
    const planned = plan({
      inputs: { x: [1, 4, 8, 8] },
      constants: { w1: noise([4, 4, 3, 3]), w2: noise([4, 8, 3, 3]), w3: noise([4, 12, 3, 3]) },
      nodes: [
        op("Exp", "x", "v0"),
        op("Conv", "v0 w1", "n1", same),
        op("Concat", "v0 n1", "v1", { axis: 1 }),
        op("Conv", "v1 w2", "n2", same),
        op("Concat", "v1 n2", "v2", { axis: 1 }),
        op("Conv", "v2 w3", "n3", same),
        op("Concat", "v2 n3", "y", { axis: 1 }),
      ],
    });
    expect(steps(planned)).toEqual(["v0 element-wise", "n1 direct", "v1 copy", "n2 direct", "v2 copy", "n3 direct", "y copy"]);
    expectNoAliases(planned);
  });

  test("a value that two parts of one whole want is copied into both: neither may read what it writes", () => {
    const planned = plan({
      nodes: [
        op("Exp", "x", "a"),
        op("Neg", "x", "b"),
        op("Abs", "x", "c"),
        op("Concat", "a b", "left", { axis: 1 }),
        op("Concat", "a c", "right", { axis: 1 }),
        op("Concat", "left right", "y", { axis: 1 }),
      ],
      keep: ["a", "b", "c"],
    });
    expect(steps(planned)).toEqual(["a element-wise", "b element-wise", "c element-wise", "left copy", "right copy"]);
    expect(["a", "b", "c"].map((name) => share(planned, name, "y"))).toEqual([false, true, true]);
    expectNoAliases(planned);
  });

  test("parts of parts that meet along rows have no border between them", () => {
    const planned = plan({
      constants: { w34, w44 },
      nodes: [
        op("Conv", "x w34", "a", same),
        op("Exp", "a", "e"),
        op("Concat", "a e", "inner", { axis: 1 }),
        op("Sin", "inner", "below"),
        op("Concat", "inner below", "y", { axis: 2 }),
        op("Conv", "a w44", "n", same),
      ],
      outputs: ["y", "n"],
      keep: ["a"],
    });
    expect(share(planned, "a", "y")).toBe(false);
    expect(planned.values.get("a")).toMatchObject({ offset: 11, strides: [400, 100, 10, 1] });
    expectNoAliases(planned);
  });
});

describe("the effort of planning", () => {
  /** How often planning looks at what nodes read, for a graph of so many nodes. */
  function readsOfInputs(nodes: readonly Node[], lines: Partial<GraphLines> = {}): number {
    let count = 0;
    const counting = nodes.map(
      ({ inputs, ...node }): Node => ({
        ...node,
        get inputs() {
          count++;
          return inputs;
        },
      }),
    );
    const { graph, operations } = inferGraph(graphOf({ ...lines, nodes: counting }), everything);
    count = 0;
    planGraph(graph, operations);
    return count;
  }

  test("grows with the nodes and not with their square, in a chain of Concats that lie in one another", () => {
    const chain = (length: number) =>
      Array.from({ length }, (_, i) => [
        op("Exp", "x", `e${i}`),
        op("Concat", `${i === 0 ? "x" : `c${i - 1}`} e${i}`, `c${i}`, { axis: 1 }),
      ]).flat();
    const lines = { inputs: { x: [1, 1, 2, 2] } };
    expect(readsOfInputs(chain(200), lines)).toBeLessThan(2.2 * readsOfInputs(chain(100), lines));
  });
});

describe("parameters", () => {
  const roles = ({ buffers }: Plan) => buffers.map(({ role }) => role);

  test("what depends on them alone is prepared, in memory of its own; the rest runs", () => {
    const planned = plan({
      parameters: { w: w34, s: noise([4, 1, 1]) },
      constants: { c: noise([4, 1, 1], 2) },
      nodes: [op("Mul", "s c", "factor"), op("Conv", "x w", "v", same), op("Exp", "v", "e"), op("Mul", "e factor", "y")],
    });
    expect(planned.prepare.map(({ kernel, parameters }) => [kernel, parameters])).toEqual([
      ["element-wise", ["s"]],
      ["pack", ["w"]],
    ]);
    expect(steps(planned)).toEqual(["v direct", "e element-wise", "y element-wise"]);
    expect(new Set(roles(planned))).toEqual(new Set(["input", "activations", "parameter", "prepared", "packed", "weights"]));
    const { buffers, memory } = planned;
    const weights = buffers.filter(({ role }) => role !== "input" && role !== "activations");
    expect(memory.weightBytes).toBe(weights.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
    expectNoAliases(planned);
  });

  test("a plan without parameters prepares nothing", () => {
    const planned = plan({ constants: { w34 }, nodes: [op("Conv", "x w34", "y", same)] });
    expect([planned.prepare, planned.updates]).toEqual([[], []]);
  });

  test("what is prepared is no slice of what a run computes", () => {
    const planned = plan({
      inputs: { x: [1, 3, 4, 4] },
      parameters: { p: noise([1, 2, 4, 4]) },
      nodes: [op("Abs", "p", "a"), op("Exp", "x", "b"), op("Concat", "a b", "y", { axis: 1 })],
    });
    expect(planned.prepare.map(({ node }) => node)).toEqual(["a"]);
    expect(steps(planned)).toEqual(["b element-wise", "y copy"]);
  });

  test("a kept value names the step that writes it, also through views and Concats in place", () => {
    const planned = plan({
      nodes: [op("Exp", "x", "a"), op("Neg", "x", "b"), op("Concat", "a b", "c", { axis: 1 }), op("Flatten", "c", "y")],
      keep: ["a", "b", "c"],
    });
    expect(["x", "a", "b", "c", "y"].map((name) => planned.values.get(name)?.producedBy)).toEqual([undefined, 0, 1, 1, 1]);
  });
});

describe("kernels that change an input where it lies", () => {
  /** Plans a graph in which every Neg and Sub works in place. */
  function planInPlace({ keep = [], ...lines }: Options): Plan {
    const { graph, operations } = inferGraph(graphOf(lines), everything);
    const kernel: Kernel = {
      name: "in place",
      inPlace: 0,
      writesStrided: true,
      dispatches: ([x], [y]) => {
        expect(x).toBeUndefined();
        const view = { ...(y as PlacedOperand), binding: y as PlacedOperand };
        const zero = { binding: { label: "zero", data: new Uint32Array(1) }, offset: 0, strides: view.shape.map(() => 0) };
        return [copyDispatch("change", view.shape, zero, view)];
      },
    };
    const changed = graph.nodes.flatMap(({ name, operator }) =>
      operator === "Neg" || operator === "Sub"
        ? ([[name, { ...(operations.get(name) as Operation), kernels: () => [kernel] }]] as const)
        : [],
    );
    return planGraph(graph, new Map([...operations, ...changed]), { keep });
  }

  const nodes = [op("Exp", "x", "a"), op("Neg", "a", "b"), op("Abs", "b", "y")];

  test("take over the memory of a value that nobody reads afterwards", () => {
    const planned = planInPlace({ nodes, keep: ["b"] });
    expect(steps(planned)).toEqual(["a element-wise", "b in", "y element-wise"]);
    expect(written(planned.steps[0] as Step)).toBe(written(planned.steps[1] as Step));
  });

  test.each<{ why: string; lines: Options }>([
    { why: "is kept", lines: { nodes, keep: ["a"] } },
    { why: "is read afterwards", lines: { nodes: [...nodes.slice(0, 2), op("Add", "a b", "y")] } },
    {
      why: "has a view",
      lines: { nodes: [op("Exp", "x", "a"), op("Flatten", "a", "f"), op("Neg", "a", "b"), op("Flatten", "b", "g"), op("Add", "f g", "y")] },
    },
    { why: "is an input", lines: { nodes: [op("Neg", "x", "y")] } },
    {
      why: "is a constant",
      lines: { constants: { c: noise([2, 2]) }, nodes: [op("Neg", "c", "b"), op("Add", "b x", "y")], inputs: { x: [2, 2] } },
    },
    {
      why: "is a parameter that is not updated",
      lines: { parameters: { w: noise([2, 2]) }, nodes: [op("Neg", "w", "b"), op("Add", "b x", "y")], inputs: { x: [2, 2] } },
    },
  ])("work on a copy of a value that $why", ({ lines }) => {
    const { prepare, steps: run } = planInPlace(lines);
    const all = [...prepare, ...run];
    const at = all.findIndex(({ kernel }) => kernel === "in place");
    if (at < 0) return expect(lines.constants).toBeDefined();
    expect(all[at - 1]?.node).toContain("to be changed");
  });

  test("update a parameter after its last reader without a copy, and with one before it", () => {
    const lines = { inputs: { x: [3, 8, 8] }, parameters: { w: noise([3, 8, 8]) }, updates: { w: "next" }, outputs: ["y"] };
    const [read, change] = [op("Add", "x w", "y"), op("Sub", "w x", "next")];
    const after = planInPlace({ ...lines, nodes: [read, change] });
    expect(after.steps.map(({ node }) => node)).toEqual(["y", "next"]);
    expect(after.buffers[written(after.steps[1] as Step) as number]?.role).toBe("parameter");
    expect(after.updates).toEqual(["w"]);
    const before = planInPlace({ ...lines, nodes: [change, read] });
    expect(before.steps.map(({ node }) => node)).toEqual(["w to be changed", "next", "y", "w updated"]);
  });

  test("leave alone a parameter that is prepared from itself", () => {
    const planned = planInPlace({
      parameters: { w: noise([4]) },
      updates: { w: "next" },
      nodes: [op("Neg", "w", "next"), op("Exp", "x", "y")],
    });
    expect(planned.prepare.map(({ node }) => node)).toEqual(["w to be changed", "next"]);
    expect(planned.steps.map(({ node }) => node)).toEqual(["y", "w updated"]);
  });
});

describe("a part along the channels or the batch", () => {
  const cut = { starts: ints(2), ends: ints(5), axes: ints(1), v: noise([4, 3, 3, 3]), w: noise([6, 3, 3, 3]) };
  const nodes = [op("Conv", "x w", "c", same), op("Slice", "c starts ends axes", "s")];

  test("lies in the whole, inside its border, and costs nothing", () => {
    const planned = plan({ constants: cut, nodes: [...nodes, op("Conv", "s v", "y", same)], keep: ["s"] });
    expect(steps(planned)).toEqual(["c direct", "y direct"]);
    const { shape, strides, offset } = planned.values.get("s") ?? expect.fail();
    expect([shape, strides, offset]).toEqual([[1, 3, 8, 8], [600, 100, 10, 1], 200 + 11]);
  });

  test("of the input, too; who reads without strides gets a copy", () => {
    const planned = plan({
      inputs: { x: [2, 6, 4, 4] },
      constants: { ...cut, m: noise([4, 5]) },
      nodes: [op("Slice", "x starts ends axes", "s"), op("MatMul", "s m", "y")],
      keep: ["s"],
    });
    expect(share(planned, "x", "s")).toBe(true);
    expect(planned.steps.map(({ kernel }) => kernel)).toContain("copy");
  });

  test("is copied where it is one of other axes, or is a slice of a Concat", () => {
    const rows = { ...cut, rows: ints(2), v: noise([4, 6, 3, 3]) };
    const planned = plan({
      constants: rows,
      nodes: [op("Conv", "x w", "c", same), op("Slice", "c starts ends rows", "s"), op("Conv", "s v", "y", same)],
    });
    expect(steps(planned)).toContain("s copy");
    const joined = plan({ constants: cut, nodes: [...nodes, op("Relu", "c", "r"), op("Concat", "r s", "y", { axis: 1 })] });
    expect(steps(joined)).toContain("y copy");
  });

  test("keeps the whole from being changed in place and from lying in a Concat's output that it is read for", () => {
    const planned = plan({
      constants: { ...cut, z: noise([6, 3, 1, 1]) },
      nodes: [...nodes, op("Conv", "s z", "d"), op("Concat", "c d", "y", { axis: 1 })],
    });
    expect(share(planned, "c", "y")).toBe(false);
  });
});

test.each([
  ["another rank", [4, 6]],
  ["its own rank", [2, 3, 2, 2]],
])("a Reshape of a Slice to %s copies its elements in their order", (_, shape) => {
  const { steps } = plan({
    inputs: { x: [2, 4, 3, 2] },
    constants: { shape: ints(...shape), two: ints(2), four: ints(4), one: ints(1) },
    nodes: [op("Relu", "x", "a"), op("Slice", "a two four one", "part"), op("Reshape", "part shape", "flat"), op("Abs", "flat", "y")],
  });
  const copy = steps.find(({ kernel }) => kernel === "copy");
  expect(() => encodeParams(copy?.shader as Shader, copy?.params ?? {})).not.toThrow();
  // Two runs of 12 elements, 24 apart in the value that is cut.
  expect(copy?.params).toMatchObject({ size_0: 2, size_1: 12, a_offset: 12, a_stride_0: 24, a_stride_1: 1, y_stride_0: 12, y_stride_1: 1 });
});
