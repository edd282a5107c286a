// Tuning without a GPU: what a measurement is remembered by and where, who decides, what is worth measuring, how a race is run.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { buildGraph } from "../../models/index.ts";
import type { Node } from "../../src/engine/graph/graph.ts";
import { optimizeGraph } from "../../src/engine/passes/index.ts";
import { browserMemory } from "../../src/engine/tune/browser-memory.ts";
import { fileMemory } from "../../src/engine/tune/file-memory.ts";
import { unlessAborted } from "../../src/engine/tune/idle.ts";
import { adapterFamily, adapterName, type Choices, memoryKey } from "../../src/engine/tune/memory.ts";
import { preferKernels } from "../../src/engine/tune/prefer.ts";
import { type Contender, race, winnerOf } from "../../src/engine/tune/race.ts";
import { shipped } from "../../src/engine/tune/shipped.ts";
import { signatureOf } from "../../src/engine/tune/signature.ts";
import { graphOfNode, layersToTune } from "../../src/engine/tune/tuner.ts";
import { everything } from "../support/catalog.ts";
import { type GraphLines, graphOf, ints, noise, op } from "../support/graphs.ts";

const same = { pads: [1, 1, 1, 1] };
const w = noise([8, 8, 3, 3]);
const lines: GraphLines = {
  inputs: { x: [1, 8, 12, 12] },
  constants: { w, other: noise([8, 8, 3, 3], 5), b: noise([8]), large: noise([64, 8, 5, 5]) },
  nodes: [
    op("Conv", "x w b", "first", same),
    op("Conv", "first other b", "second", same),
    op("Conv", "second w", "unbiased", same),
    op("Conv", "unbiased w", "y", { ...same, dilations: [1, 1] }),
  ],
};
const infer = (given: GraphLines) => optimizeGraph(graphOf(given), everything, { keep: new Set() });
const nodeOf = (name: string, { graph } = infer(lines)): Node => graph.nodes.find((node) => node.name === name) as Node;

describe("a signature", () => {
  test("names operator, attributes and types, and what is constant", () => {
    const { graph } = infer(lines);
    expect(graph.nodes.map((node) => signatureOf(node, graph))).toEqual([
      "Conv{pads=1,1,1,1} 1x8x12x12 8x8x3x3! 8! -> 1x8x12x12",
      "Conv{pads=1,1,1,1} 1x8x12x12 8x8x3x3! 8! -> 1x8x12x12",
      "Conv{pads=1,1,1,1} 1x8x12x12 8x8x3x3! -> 1x8x12x12",
      "Conv{dilations=1,1;pads=1,1,1,1} 1x8x12x12 8x8x3x3! -> 1x8x12x12",
    ]);
  });

  test("of a fused node has its domain and the omitted bias; other types than float32 are said", () => {
    const { graph } = infer({
      inputs: { x: [1, 8, 4, 4] },
      constants: { w: noise([8, 8, 1, 1]), picks: ints(0, 2) },
      nodes: [op("Conv", "x w", "conv"), op("Add", "conv x", "sum"), op("Gather", "sum picks", "y", { axis: 1 })],
    });
    expect(graph.nodes.map((node) => signatureOf(node, graph))).toEqual([
      "convcam.Conv{activation=none;activation_alpha=0;activation_beta=0} 1x8x4x4 8x8x1x1! _ 1x8x4x4 -> 1x8x4x4",
      "Gather{axis=1} 1x8x4x4 int64:2! -> 1x2x4x4",
    ]);
  });

  test("does not depend on the order of attributes", () => {
    const { graph } = infer(lines);
    const attributes = { group: 1, ...same };
    const turned = Object.fromEntries(Object.entries(attributes).reverse());
    expect(signatureOf(op("Conv", "x w", "y", attributes), graph)).toBe(signatureOf(op("Conv", "x w", "y", turned), graph));
  });
});

describe("a kernel is decided", () => {
  const { graph } = infer(lines);
  const node = nodeOf("first");
  const signature = signatureOf(node, graph);
  const names = ["a", "b", "c"];
  const cases: readonly (readonly [why: string, decided: string | undefined, caller: string | undefined, tables: readonly Choices[]])[] = [
    ["by the caller first", "c", "c", [{ [signature]: "b" }, { [signature]: "a" }]],
    ["then by what is remembered", "b", undefined, [{ [signature]: "b" }, { [signature]: "a" }]],
    ["then by what is shipped", "a", undefined, [{}, { [signature]: "a" }]],
    ["by no name that is gone", "a", undefined, [{ [signature]: "gone" }, { [signature]: "a" }]],
    ["else by the operator's order", undefined, undefined, [{ "another signature": "b" }, {}]],
  ];
  test.each(cases)("%s", (_, decided, caller, tables) => {
    expect(preferKernels(graph, () => caller, ...tables)(node, names)).toBe(decided);
  });
});

describe("worth measuring is", () => {
  test("each signature once, with the most work first and the kernel in use before the others", () => {
    const layers = layersToTune(infer(lines), {}, (_, names) => names[1]);
    expect(layers.map(({ nodeNames }) => nodeNames)).toEqual([["first", "second"], ["unbiased"], ["y"]]);
    for (const { candidates } of layers) {
      expect(new Set(candidates).size).toBe(candidates.length);
      expect(candidates.length).toBeLessThanOrEqual(4);
      expect(candidates).not.toContain("general");
    }
    const order = infer(lines).operations.get("first")?.kernels?.({}) ?? [];
    expect(layers[0]?.candidates[0]).toBe(order[1]?.name);
  });

  test("neither what somebody decided nor what takes no time nor what has one kernel", () => {
    const inference = infer({
      ...lines,
      nodes: [...lines.nodes, op("Conv", "y large", "big", same), op("GlobalAveragePool", "big", "pooled"), op("Exp", "pooled", "z")],
    });
    const left = (choose: (node: Node, names: readonly string[]) => string | undefined) =>
      layersToTune(inference, {}, choose).flatMap(({ nodeNames }) => nodeNames);
    expect(left(() => undefined)).toEqual([]);
    expect(left((_, names) => names[0])).not.toContain("pooled");
    expect(left((_, names) => names[0])).not.toContain("z");
    expect(left((node, names) => (node.name === "big" ? undefined : names[0]))).not.toContain("big");
  });
});

test("a node alone has its own inputs and constants, and nobody else's", () => {
  const { graph } = infer(lines);
  const alone = graphOfNode(graph, nodeOf("second"));
  expect(alone.inputs).toEqual([{ name: "first", dtype: "float32", shape: [1, 8, 12, 12] }]);
  expect([...alone.initializers.keys()]).toEqual(["other", "b"]);
  expect(alone.outputs).toEqual(["second"]);
});

/** Kernels whose dispatches take known times, on a clock with the grain of a browser's. */
class FakeGpu {
  /** GPU milliseconds between one pause and the next. */
  readonly slices: number[] = [];
  readonly timed: string[] = [];

  readonly pause = async (): Promise<void> => {
    this.slices.push(0);
  };

  contender(name: string, ...steps: number[]): Contender {
    return {
      name,
      stepCount: steps.length,
      time: async (step, count) => {
        const ms = (steps[step] as number) * count;
        this.timed.push(name);
        this.slices.push((this.slices.pop() ?? 0) + ms);
        return Math.round(ms * 10) / 10;
      },
    };
  }
}

describe("a race", () => {
  test("tells kernels of microseconds apart, although the clock counts 0.1 ms", async () => {
    const gpu = new FakeGpu();
    const timings = await race([gpu.contender("a", 0.02), gpu.contender("b", 0.017), gpu.contender("c", 0.01, 0.005)], gpu.pause);
    for (const [name, ms] of Object.entries({ a: 0.02, b: 0.017, c: 0.015 })) expect(timings.get(name)?.medianMs).toBeCloseTo(ms, 3);
  });

  test("never keeps the GPU busy for longer than 8 ms, or one dispatch", async () => {
    const gpu = new FakeGpu();
    await race([gpu.contender("a", 0.003, 1.3, 3), gpu.contender("b", 0.3, 7), gpu.contender("c", 1.9, 2.1)], gpu.pause);
    expect(Math.max(...gpu.slices)).toBeLessThanOrEqual(8);
    const slow = new FakeGpu();
    await race([slow.contender("a", 120), slow.contender("b", 90)], slow.pause);
    expect(Math.max(...slow.slices)).toBe(120);
  });

  test("drops who falls behind, and goes on by turns with the others", async () => {
    const gpu = new FakeGpu();
    await race([gpu.contender("a", 5), gpu.contender("slow", 12), gpu.contender("b", 5.2)], gpu.pause);
    expect(gpu.timed.filter((name) => name === "slow")).toHaveLength(3);
    expect(gpu.timed.slice(-4)).toEqual(["a", "b", "a", "b"]);
  });

  test("runs but once what is hopeless and long, and none of its further steps", async () => {
    const gpu = new FakeGpu();
    const timings = await race([gpu.contender("a", 20), gpu.contender("hopeless", 500, 500), gpu.contender("b", 30)], gpu.pause);
    expect(gpu.timed.filter((name) => name === "hopeless")).toHaveLength(1);
    expect(timings.get("hopeless")?.medianMs).toBe(500);
    expect(gpu.timed.slice(-4)).toEqual(["a", "b", "a", "b"]);
  });

  test("keeps the one in use to the end, whatever a disturbance did to its first run", async () => {
    const gpu = new FakeGpu();
    const disturbed = gpu.contender("a", 5);
    let runs = 0;
    const time = async (step: number, count: number) => (await disturbed.time(step, count)) * (++runs === 3 ? 9 : 1);
    const timings = await race([{ ...disturbed, time }, gpu.contender("b", 5.5)], gpu.pause);
    expect(timings.get("a")).toEqual({ bestMs: 5, medianMs: 5 });
    expect(winnerOf(timings, "a")).toBe("a");
  });

  test("ends when the pause says so", async () => {
    const gpu = new FakeGpu();
    const stop = new AbortController();
    const pause = async () => {
      if (gpu.timed.length === 3) stop.abort(new Error("enough"));
      stop.signal.throwIfAborted();
    };
    await expect(race([gpu.contender("a", 5), gpu.contender("b", 6)], pause)).rejects.toThrow("enough");
    expect(gpu.timed).toHaveLength(3);
  });

  test.each([
    ["the fastest", { a: [10, 10], b: [8, 8], c: [9, 9] }, "b"],
    ["the one in use where the gain is small", { a: [10, 10], b: [9.8, 9.8], c: [12, 12] }, "a"],
    ["the one in use where the gain is noise", { a: [10, 30], b: [9, 20] }, "a"],
    ["the fastest where the one in use failed", { b: [9, 9], c: [8, 8] }, "c"],
  ] as const)("is won by %s", (_, timings, winner) => {
    const entries = Object.entries(timings).map(([name, [bestMs, medianMs]]) => [name, { bestMs, medianMs }] as const);
    expect(winnerOf(new Map(entries), "a")).toBe(winner);
  });
});

test("waiting ends with the signal, even if nothing else ever happens", async () => {
  const stop = new AbortController();
  const waiting = unlessAborted(new Promise(() => {}), stop.signal);
  stop.abort(new Error("disposed"));
  await expect(waiting).rejects.toThrow("disposed");
  await expect(unlessAborted(Promise.resolve(1), stop.signal)).rejects.toThrow("disposed");
  await expect(unlessAborted(Promise.resolve(1), new AbortController().signal)).resolves.toBe(1);
});

test("choices belong to an adapter and a version of the engine", () => {
  const info = { vendor: "google", architecture: "swiftshader", device: "", description: "SwiftShader" };
  expect(adapterName(info)).toBe("google swiftshader SwiftShader");
  expect(adapterFamily(info)).toBe("google swiftshader");
  expect(memoryKey(info)).toMatch(/^google swiftshader SwiftShader, convcam \d+\.\d+\.\d+/);
  expect(adapterName({ vendor: "", architecture: "", device: "", description: "" })).toBe("unknown");
});

test("every shipped choice is a kernel of a layer that a network of the bench has", () => {
  const choices = shipped["mesa software"] as Choices;
  const missing = new Set(Object.keys(choices));
  for (const name of ["squeezenet1_1", "mobilenetv2", "resnet18", "resnet50"]) {
    const { graph, operations } = optimizeGraph(buildGraph(name, { seed: 1 }), everything, { keep: new Set() });
    for (const node of graph.nodes) {
      const signature = signatureOf(node, graph);
      const kernels = operations.get(node.name)?.kernels?.({ profile: "software", sharingLanes: 8 }) ?? [];
      if (kernels.some((kernel) => kernel.name === choices[signature])) missing.delete(signature);
    }
  }
  expect([...missing]).toEqual([]);
});

describe("a file", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "convcam-tune-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test("remembers by key, adds to what is there and leaves no drafts", async () => {
    const memory = fileMemory(join(folder, "new/tuning.json"));
    expect(await memory.load("gpu")).toBeUndefined();
    await memory.save("gpu", { one: "a" });
    await memory.save("gpu", { two: "b" });
    await memory.save("other", { one: "c" });
    expect(await fileMemory(join(folder, "new/tuning.json")).load("gpu")).toEqual({ one: "a", two: "b" });
    expect(await memory.load("other")).toEqual({ one: "c" });
    expect(await readdir(join(folder, "new"))).toEqual(["tuning.json"]);
  });

  test.each(['{"gpu": {"one": "a"', "[]", "null", '"text"', '{"gpu": ["a"]}', '{"gpu": {"one": 1}}'])(
    "that holds %s is ignored and written anew",
    async (text) => {
      const path = join(folder, "tuning.json");
      await writeFile(path, text);
      const memory = fileMemory(path);
      expect(await memory.load("gpu")).toBeUndefined();
      await memory.save("gpu", { one: "b" });
      expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({ gpu: { one: "b" } });
    },
  );

  test("that cannot be written remembers nothing, without an error", async () => {
    await writeFile(join(folder, "file"), "");
    const memory = fileMemory(join(folder, "file/tuning.json"));
    await memory.save("gpu", { one: "a" });
    expect(await memory.load("gpu")).toBeUndefined();
  });

  test("keeps what several write at once, and leaves no drafts", async () => {
    const path = join(folder, "tuning.json");
    const names = ["one", "two", "three", "four"];
    await Promise.all(names.map((name) => fileMemory(path).save(name === "four" ? "other" : "gpu", { [name]: name })));
    const memory = fileMemory(path);
    expect(await memory.load("gpu")).toEqual({ one: "one", two: "two", three: "three" });
    expect(await memory.load("other")).toEqual({ four: "four" });
    expect(await readdir(folder)).toEqual(["tuning.json"]);
  });

  test("that cannot be replaced leaves no drafts, and is written once it can", async () => {
    const path = join(folder, "tuning.json");
    await mkdir(join(path, "in the way"), { recursive: true });
    await fileMemory(path).save("gpu", { one: "a" });
    expect(await readdir(folder)).toEqual(["tuning.json"]);
    await rm(path, { recursive: true });
    await fileMemory(path).save("gpu", { one: "a" });
    expect(await fileMemory(path).load("gpu")).toEqual({ one: "a" });
  });

  test("lies in the user's cache folder", async () => {
    vi.stubEnv("XDG_CACHE_HOME", folder);
    await fileMemory().save("gpu", { one: "a" });
    expect(await readdir(join(folder, "convcam"))).toEqual(["tuning.json"]);
    vi.unstubAllEnvs();
  });
});

describe("a browser that refuses storage", () => {
  const refusals: readonly (readonly [how: string, open: () => unknown])[] = [
    [
      "by throwing",
      () => {
        throw new DOMException("The operation is insecure", "SecurityError");
      },
    ],
    [
      "by an error event",
      () => {
        const request = { error: new DOMException("denied", "InvalidStateError"), onerror: () => {} };
        queueMicrotask(() => request.onerror());
        return request;
      },
    ],
    ["by never answering", () => ({})],
  ];
  test.each(refusals)("%s remembers nothing, without an error", async (_, open) => {
    vi.useFakeTimers();
    try {
      const memory = browserMemory({ open } as unknown as IDBFactory);
      const done = Promise.all([memory.load("gpu"), memory.save("gpu", { one: "a" })]);
      await vi.advanceTimersByTimeAsync(2000);
      expect(await done).toEqual([undefined, undefined]);
    } finally {
      vi.useRealTimers();
    }
  });
});

test("a database that opens after nobody waits any more is closed, so that it blocks no upgrade and no deletion", async () => {
  vi.useFakeTimers();
  try {
    const close = vi.fn();
    const request = { result: { close }, onsuccess: () => {} };
    const loading = browserMemory({ open: () => request } as unknown as IDBFactory).load("gpu");
    await vi.advanceTimersByTimeAsync(2000);
    expect(await loading).toBeUndefined();
    expect(close).not.toHaveBeenCalled();
    request.onsuccess();
    expect(close).toHaveBeenCalledOnce();
  } finally {
    vi.useRealTimers();
  }
});
