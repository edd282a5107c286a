// Tuning on the GPU: a model that starts on a slow kernel ends on a fast one, between frames, and leaves nothing behind.
import { afterAll, describe, expect, test, vi } from "vitest";
import type { Clock } from "../../src/engine/gpu/clock.ts";
import { Device } from "../../src/engine/gpu/device.ts";
import { type LoadOptions, loadModel, type Model } from "../../src/engine/model.ts";
import type { Tensor } from "../../src/engine/tensor.ts";
import type { Choices, TuningMemory } from "../../src/engine/tune/memory.ts";
import type { TuneOptions } from "../../src/engine/tune/tuning.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import { expectClose } from "../support/reference.ts";
import { withDevice } from "../support/with-device.ts";

const signature = "Conv{group=8;pads=0,0,1,1} 1x8x24x24 8x1x2x2! -> 1x8x24x24";

// Files of a process share their modules: what was loaded with the real clock before is loaded anew, and so it is for the files after this one.
vi.hoisted(() => vi.resetModules());
afterAll(() => {
  for (const path of ["../../src/engine/tune/shipped.ts", "../../src/engine/gpu/clock.ts"]) vi.doUnmock(path);
  vi.resetModules();
});

/** Every adapter is said to prefer the kernel that runs anything, slowly. */
vi.mock("../../src/engine/tune/shipped.ts", () => ({
  shipped: new Proxy({}, { get: (): Choices => ({ "Conv{group=8;pads=0,0,1,1} 1x8x24x24 8x1x2x2! -> 1x8x24x24": "general" }) }),
}));

/** Really runs and times what it is given, but answers 3 ms for each dispatch of that kernel and 1 ms for any other. */
vi.mock("../../src/engine/gpu/clock.ts", async (original) => {
  const { createClock } = await original<typeof import("../../src/engine/gpu/clock.ts")>();
  return {
    createClock(device: Device): Clock {
      const clock = createClock(device);
      const time: Clock["time"] = async (encode) => {
        let ms = 0;
        const measured = await clock.time((pass) => {
          let perDispatch = 0;
          encode({
            setPipeline(pipeline: GPUComputePipeline) {
              perDispatch = pipeline.label === "convolution-general" ? 3 : 1;
              pass.setPipeline(pipeline);
            },
            setBindGroup: (index: number, group: GPUBindGroup) => pass.setBindGroup(index, group),
            dispatchWorkgroups(x: number, y: number, z: number) {
              ms += perDispatch;
              pass.dispatchWorkgroups(x, y, z);
            },
          } as unknown as GPUComputePassEncoder);
        });
        // Clocks are rounded to 0.1 ms, and this takes less.
        expect(measured).toBeGreaterThanOrEqual(0);
        return ms;
      };
      return { time, dispose: () => clock.dispose() };
    },
  };
});

const depthwise = { group: 8, pads: [0, 0, 1, 1] };
const x = noise([1, 8, 24, 24]);
const graph = graphOf({
  inputs: { x: x.shape },
  constants: { w: noise([8, 1, 2, 2], 2) },
  nodes: [
    op("Conv", "x w", "first", depthwise),
    op("Conv", "first w", "second", depthwise),
    op("GlobalAveragePool", "second", "mean"),
    // One of the rarer operators: a model with one has the kernel for any case as well.
    op("Softsign", "mean", "y"),
  ],
});

/** Remembers for as long as the test lasts. */
function scratchMemory(kept = new Map<string, Choices>()): TuningMemory & { kept: Map<string, Choices> } {
  return {
    kept,
    load: async (key) => kept.get(key),
    save: async (key, choices) => void kept.set(key, { ...kept.get(key), ...choices }),
  };
}

const load = (device: Device, tune: TuneOptions, options: LoadOptions = {}) =>
  loadModel(device, graph, { tune: { memory: scratchMemory(), ...tune }, ...options });

const kernelsOf = ({ plan }: Model) => plan.steps.filter(({ macs }) => macs > 0).map(({ kernel }) => kernel);

describe("tuning", () => {
  test("times every candidate, swaps to the fastest and leaves results, observed values and memory as they were", () =>
    withDevice(async (device) => {
      const memory = scratchMemory();
      const progress: string[] = [];
      const onSwap = vi.fn();
      const onCompile = vi.fn();
      const tune: TuneOptions = {
        memory,
        onSwap,
        onProgress: ({ layer, done, total }) => progress.push(`${layer.signature} ${done}/${total}`),
      };
      const model = await load(device, tune, { observe: ["first"], onProgress: onCompile });
      expect(kernelsOf(model)).toEqual(["general", "general"]);
      const before = await model.predict({ x });
      const map = await model.read("first");
      const compiled = onCompile.mock.calls.length;

      const report = await model.tuned;
      expect(report).toMatchObject({ isComplete: true, failures: [] });
      const [layer] = report?.layers ?? [];
      expect(layer).toMatchObject({ signature, nodes: ["first", "second"], before: "general" });
      const { general, ...others } = layer?.times ?? {};
      expect(general).toBe(3);
      expect(layer?.kernel).toBe(Object.keys(others).find((name) => others[name] === 1));
      expect(progress).toEqual([`${signature} 1/1`]);

      expect(kernelsOf(model)).toEqual([layer?.kernel, layer?.kernel]);
      expect([...memory.kept.values()]).toEqual([{ [signature]: layer?.kernel }]);
      expect(onSwap).toHaveBeenCalledOnce();
      // The user's loading bar is not for this.
      expect(onCompile).toHaveBeenCalledTimes(compiled);

      expect(model.observed).toEqual(["first"]);
      expect(await model.read("first")).toEqual(map);
      expect(await model.read("y")).toEqual(before["y"]);
      model.run();
      expectClose(await model.read("y"), (before["y"] as Tensor).toFloat32(), "y");
      const bytes = device.allocatedBytes;
      model.dispose();

      const second = await load(device, { memory, onSwap });
      await second.observe(["first"]);
      expect(kernelsOf(second)).toEqual([layer?.kernel, layer?.kernel]);
      expect(await second.tuned).toEqual({ isComplete: true, layers: [], failures: [] });
      expect(device.allocatedBytes).toBe(bytes);
      expect(onSwap).toHaveBeenCalledOnce();
      second.dispose();
      expect(device.allocatedBytes).toBe(0);
    }));

  test("keeps what it finds in words and in halves apart", () =>
    withDevice(async (device) => {
      const memory = scratchMemory();
      for (const precision of ["float32", "float16"] as const) {
        const model = await load(device, { memory }, { precision });
        expect(await model.tuned).toMatchObject({ isComplete: true, failures: [], layers: [{ signature }] });
        model.dispose();
      }
      expect([...memory.kept.keys()].map((key) => key.endsWith(", float16"))).toEqual([false, true]);
      expect(device.allocatedBytes).toBe(0);
    }));

  test("works without timestamps, by the wall clock", () =>
    withDevice(async ({ gpu, info, target }) => {
      const withoutClock = new Proxy(gpu, {
        get(object, name) {
          if (name === "features") return new Set();
          const value = Reflect.get(object, name, object) as unknown;
          return typeof value === "function" ? value.bind(object) : value;
        },
      });
      const device = new Device(withoutClock, info, target);
      const model = await load(device, {});
      expect((await model.tuned)?.layers).toHaveLength(1);
      expect(kernelsOf(model)).not.toContain("general");
      model.dispose();
      expect(device.allocatedBytes).toBe(0);
    }));

  test("is not done for what the caller decides, or unless asked for", () =>
    withDevice(async (device) => {
      const decided = await load(device, {}, { chooseKernel: (_, names) => names.at(-1) });
      expect(await decided.tuned).toEqual({ isComplete: true, layers: [], failures: [] });
      expect(kernelsOf(decided)).toEqual(["general", "general"]);
      expect((await loadModel(device, graph)).tuned).toBeUndefined();
    }));
});

/** Does something before the slice number `at`, then goes on. */
function interrupting(at: number, act: () => void | Promise<void>): () => Promise<void> {
  let slice = 0;
  return async () => {
    await new Promise((resolve) => setImmediate(resolve));
    if (++slice === at) await act();
  };
}

describe("tuning ends early, without an error,", () => {
  // Before anything is made, while there is one kernel, and in the middle of the race.
  test.each([1, 3, 7])("by the signal, in slice %i", (at) =>
    withDevice(async (device) => {
      const stop = new AbortController();
      const model = await load(device, { signal: stop.signal, idle: interrupting(at, () => stop.abort()) });
      const bytes = device.allocatedBytes;
      expect(await model.tuned).toEqual({ isComplete: false, layers: [], failures: [] });
      expect(device.allocatedBytes).toBe(bytes);
      expect(kernelsOf(model)).toEqual(["general", "general"]);
    }),
  );

  test.each([3, 7])("by the model's disposal, in slice %i", (at) =>
    withDevice(async (device) => {
      const model: Model = await load(device, { idle: interrupting(at, () => model.dispose()) });
      expect(await model.tuned).toMatchObject({ isComplete: false, failures: [] });
      expect(device.allocatedBytes).toBe(0);
    }),
  );

  test.each([3, 7])("by the loss of the device, in slice %i", (at) =>
    withDevice(async (device) => {
      const model = await load(device, {
        idle: interrupting(at, async () => {
          device.gpu.destroy();
          await device.lost;
        }),
      });
      expect(await model.tuned).toMatchObject({ isComplete: false, failures: [] });
    }),
  );
});

test("what a caller observes meanwhile is there when the call returns, and stays when the kernels change", () =>
  withDevice(async (device) => {
    let slices = 0;
    let last: Promise<void> | undefined;
    const model: Model = await load(device, {
      idle: async () => {
        await new Promise((resolve) => setImmediate(resolve));
        // Not awaited: the search goes on while the plan is made, and its end may come first.
        if (++slices % 3 === 0)
          last = model.observe([slices % 2 === 0 ? "first" : "second"]).then(() => void model.value(model.observed[0] as string));
      },
    });
    await model.tuned;
    await last;
    await model.observe(["second"]);
    expect(kernelsOf(model)).not.toContain("general");
    expect(model.value("second").shape).toEqual([1, 8, 24, 24]);
    model.dispose();
    expect(device.allocatedBytes).toBe(0);
  }));
