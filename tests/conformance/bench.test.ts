// Convcam's half of the bench in Node: one layer through the real runner, and the device's ceilings.
import { expect, test } from "vitest";
import { buildTask } from "../../src/bench/cases.ts";
import { measureCeilings } from "../../src/bench/ceilings.ts";
import { convcamEngine } from "../../src/bench/convcam-engine.ts";
import { gradientReference } from "../../src/bench/gradient-reference.ts";
import { runCase } from "../../src/bench/runner.ts";
import { trainingReference } from "../../src/bench/training-reference.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { runReference } from "../support/onnxruntime.ts";
import { withDevice } from "../support/with-device.ts";

test("times a layer, its dispatches and its frame, after comparing it with ONNX Runtime", async () => {
  await withDevice(async (device) => {
    const benchCase = { name: "depthwise3x3_14_384", kind: "layer" } as const;
    const [result] = await runCase(benchCase, buildTask(benchCase), [convcamEngine(async () => device)], {
      maxSamples: 2,
      reference: async ({ graph, inputs }) => {
        const tensors = Object.fromEntries(Object.entries(inputs).map(([name, { shape, data }]) => [name, Tensor.float32(shape, data)]));
        return [...(await runReference(graph, tensors)).values()].map((tensor) => tensor.toFloat32());
      },
    });
    expect(result).toMatchObject({ engine: "convcam", note: "", sampleCount: 2 });
    expect(result?.maxError).toBeLessThan(1e-4);
    expect(result?.gpuBytes).toBeGreaterThan(384 * 9 * 4);
    expect(result?.gpuMs).toBeGreaterThan(0);
    expect(result?.encodeMs).toBeGreaterThan(0);
    const macs = result?.layers?.reduce((sum, layer) => sum + layer.macs, 0);
    expect(macs).toBe(384 * 9 * 14 * 14);
    expect(device.allocatedBytes).toBe(0);
  });
});

test("times a gradient and, by turns, the forward run, after comparing it with loops in double precision", async () => {
  await withDevice(async (device) => {
    const benchCase = { name: "depthwise3x3_14_384 gradient", kind: "gradient" } as const;
    const [result] = await runCase(benchCase, buildTask(benchCase), [convcamEngine(async () => device)], {
      maxSamples: 2,
      reference: gradientReference,
    });
    expect(result).toMatchObject({ engine: "convcam", note: "", sampleCount: 2 });
    expect(result?.maxError).toBeLessThan(1e-4);
    expect(result?.forwardMs).toBeGreaterThan(0);
    expect(device.allocatedBytes).toBe(0);
  });
});

test.each([
  ["a step of training", "mnist_convnet@2 training", 1e-4],
  ["the gradient of a layer's weights", "depthwise3x3_14_384 training", 1e-4],
])(
  "times %s and, by turns, the forward run, after comparing it with loops in double precision",
  { timeout: 120_000 },
  async (_, name, limit) => {
    await withDevice(async (device) => {
      const benchCase = { name, kind: "training" } as const;
      const task = buildTask(benchCase);
      const [result] = await runCase(benchCase, task, [convcamEngine(async () => device)], {
        maxSamples: 2,
        reference: task.training ? trainingReference : gradientReference,
      });
      expect(result).toMatchObject({ engine: "convcam", note: "", sampleCount: 2 });
      expect(result?.maxError).toBeLessThan(limit);
      expect(result?.forwardMs).toBeGreaterThan(0);
      if (task.training) expect(result?.layers?.some(({ kernel }) => kernel === "update")).toBe(true);
      expect(device.allocatedBytes).toBe(0);
    });
  },
);

test("times a network in halves beside the same in words, and counts each one's bytes", async () => {
  await withDevice(async (device) => {
    const engines = [convcamEngine(async () => device), convcamEngine(async () => device, "float16")];
    const benchCase = { name: "mnist", kind: "network" } as const;
    const rows = await runCase(benchCase, buildTask(benchCase), engines, {
      maxSamples: 1,
      reference: async () => undefined,
      profile: false,
    });
    expect(rows.map(({ engine }) => engine)).toEqual(["convcam", "convcam-float16"]);
    const [whole, half] = rows.map(({ gpuBytes }) => gpuBytes as number) as [number, number];
    expect(half).toBeLessThan(0.7 * whole);
    expect(device.allocatedBytes).toBe(0);
  });
});

test("the ceilings are above what the layer of a network needs", async () => {
  await withDevice(async (device) => {
    const ceilings = await measureCeilings(device);
    expect(ceilings?.flops).toBeGreaterThan(1e8);
    expect(ceilings?.bytesPerSecond).toBeGreaterThan(1e6);
    expect(device.allocatedBytes).toBe(0);
  });
});
