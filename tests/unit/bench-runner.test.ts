// The bench's runner on made-up engines: order, fairness, and that nothing wrong or broken gets a time.
import { describe, expect, test } from "vitest";
import { buildTask } from "../../src/bench/cases.ts";
import type { Engine, Session } from "../../src/bench/engine.ts";
import type { EngineName } from "../../src/bench/report.ts";
import { type RunOptions, runCase } from "../../src/bench/runner.ts";

const benchCase = { name: "softmax_1000", kind: "layer" } as const;
const task = buildTask(benchCase);
const right = [Float32Array.of(1, 2, 4)];

/** Logs every run; `session` changes what it does. */
function engine(
  name: EngineName,
  log: string[],
  options: { readonly build?: string; readonly session?: Partial<Session>; readonly waitMs?: number } = {},
): Engine {
  const { build, waitMs = 0, session } = options;
  return {
    name,
    ...(build && { build }),
    prepare: async () => {},
    create: async () => ({
      run: async () => {
        log.push(build ?? name);
        const until = performance.now() + waitMs;
        while (performance.now() < until);
      },
      outputs: () => right,
      dispose: async () => {
        log.push(`${build ?? name} disposed`);
      },
      ...session,
    }),
  };
}

const run = (engines: readonly Engine[], options: Partial<RunOptions> = {}) =>
  runCase(benchCase, task, engines, { reference: async () => right, maxSamples: 3, budgetMs: 1000, ...options });

test("engines run by turns, and every session is disposed of", async () => {
  const log: string[] = [];
  const results = await run([engine("convcam", log), engine("tfjs-webgl", log)]);
  const turn = ["convcam", "tfjs-webgl"];
  expect(log).toEqual([...turn, ...turn, ...turn, ...turn, "convcam disposed", "tfjs-webgl disposed"]);
  expect(results.map(({ engine: name, sampleCount }) => [name, sampleCount])).toEqual([
    ["convcam", 3],
    ["tfjs-webgl", 3],
  ]);
  for (const { medianMs, firstRunMs, maxError, note } of results) {
    expect(medianMs).toBeGreaterThanOrEqual(0);
    expect(firstRunMs).toBeGreaterThanOrEqual(0);
    expect(maxError).toBe(0);
    expect(note).toBe("");
  }
});

test("steps of training are compared by their first losses, before any of them is timed", async () => {
  const log: string[] = [];
  const training = { ...task, training: { labels: Int32Array.of(0), rate: 1, checkedSteps: 3 } };
  const losses = (runs: () => number): Partial<Session> => ({ outputs: () => [Float32Array.from({ length: runs() }, (_, i) => 3 - i)] });
  const count = (name: string) => () => log.filter((one) => one === name).length;
  const engines = [
    engine("convcam", log, { session: losses(count("convcam")) }),
    engine("jax-js", log, { session: { outputs: () => [Float32Array.of(3, 2.5, 2)] } }),
  ];
  const results = await runCase(benchCase, training, engines, { reference: async () => [Float32Array.of(3, 2, 1)], maxSamples: 2 });
  expect(results[0]).toMatchObject({ engine: "convcam", maxError: 0, sampleCount: 2, note: "" });
  expect(results[1]).toMatchObject({ engine: "jax-js", medianMs: null });
  expect(results[1]?.note).toContain("of the largest loss");
  expect(log.filter((one) => one === "convcam")).toHaveLength(5);
});

test("a gradient is right by its distance from the reference: a few elements may differ", async () => {
  const gradient = { ...task, gradient: {} };
  const reference = new Float32Array(10_000).fill(1);
  const outputs = (change: (data: Float32Array) => void) => () => {
    const data = reference.slice();
    change(data);
    return [data];
  };
  const found = async (change: (data: Float32Array) => void) => {
    const engines = [engine("convcam", [], { session: { outputs: outputs(change) } })];
    const [result] = await runCase(benchCase, gradient, engines, { reference: async () => [reference], maxSamples: 1 });
    return [result?.maxError, result?.note];
  };
  const [distance, note] = await found((data) => void data.fill(1.05, 0, 1));
  expect([distance, note]).toEqual([expect.closeTo(0.0005, 6), ""]);
  expect((await found((data) => void data.fill(1.05)))[1]).toBe("wrong by 0.050 of the gradient's length");
  expect((await found((data) => void data.fill(Number.NaN, 0, 1)))[1]).toContain("wrong by Infinity");
});

test("the forward run of a gradient takes turns with the whole", async () => {
  const log: string[] = [];
  const forward = async () => void log.push("forward");
  const [own, peer] = await run([engine("convcam", log, { session: { forward } }), engine("tfjs-webgl", log)], { maxSamples: 2 });
  const turn = ["convcam", "forward", "tfjs-webgl"];
  expect(log.slice(2, -2)).toEqual([...turn, ...turn]);
  expect([own?.forwardMs !== undefined, peer?.forwardMs]).toEqual([true, undefined]);
});

test("an engine whose first run exceeds its budget still gets one steady run", async () => {
  const [result] = await run([engine("tfjs-webgpu", [], { waitMs: 5 })], { budgetMs: 1 });
  expect(result?.sampleCount).toBe(1);
});

test("an engine that fails gives back what it holds, and one that cannot be profiled keeps its times", async () => {
  const log: string[] = [];
  let runCount = 0;
  const failing = (at: number) => () => (++runCount === at ? Promise.reject(new Error("out of memory")) : Promise.resolve());
  const profile = () => Promise.reject(new Error("no timestamps"));
  for (const at of [1, 2]) {
    runCount = 0;
    const results = await run([
      engine("ort-webgpu", log, { session: { run: failing(at) } }),
      engine("convcam", log, { session: { profile, run: async () => {} } }),
    ]);
    expect(log.splice(0).toSorted()).toEqual(["convcam disposed", "ort-webgpu disposed"]);
    expect(results.find(({ engine: name }) => name === "convcam")).toMatchObject({
      sampleCount: 3,
      note: "could not be profiled: no timestamps",
    });
  }
});

describe("an engine that cannot be trusted gets no time, and says why", () => {
  const cases: readonly (readonly [why: string, session: Partial<Session>, note: RegExp])[] = [
    ["outputs differ", { outputs: () => [Float32Array.of(1, 2, 3)] }, /wrong by 0\.25/],
    ["an output is missing", { outputs: () => [] }, /wrong by Infinity/],
    ["a run fails", { run: () => Promise.reject(new Error("no kernel for this")) }, /failed: no kernel for this/],
  ];
  test.each(cases)("%s", async (_, session, note) => {
    const results = await run([engine("convcam", []), engine("ort-webgpu", [], { session })]);
    expect(results[0]?.medianMs).not.toBeNull();
    expect(results[1]).toMatchObject({ engine: "ort-webgpu", medianMs: null });
    expect(results[1]?.note).toMatch(note);
  });
});

test("what is right depends on what an engine stores", async () => {
  const near = { outputs: () => [Float32Array.of(1, 2, 3.96)] };
  const results = await run([
    engine("convcam", [], { session: near }),
    { ...engine("convcam-float16", [], { session: near }), errorLimit: 2e-2 },
  ]);
  expect(results.map(({ engine: name, medianMs }) => [name, medianMs !== null])).toEqual([
    ["convcam-float16", true],
    ["convcam", false],
  ]);
});

test("of several builds of an engine the fastest counts, the slower ones run once", async () => {
  const log: string[] = [];
  const builds = [engine("ort-webgpu", log, { build: "slow", waitMs: 8 }), engine("ort-webgpu", log, { build: "fast" })];
  const broken = engine("ort-webgpu", log, { build: "broken", session: { run: () => Promise.reject(new Error("refused")) } });
  const results = await run([...builds, broken]);
  expect(results).toHaveLength(1);
  expect(results[0]).toMatchObject({ build: "fast", sampleCount: 3, note: "fast build; broken build failed: refused" });
  expect(log.filter((entry) => entry === "slow")).toHaveLength(2);
});

test("without a reference the result says that nothing was compared", async () => {
  const [result] = await run([engine("convcam", [])], { reference: async () => undefined });
  expect(result).toMatchObject({ maxError: null, note: "not compared with a reference" });
});
