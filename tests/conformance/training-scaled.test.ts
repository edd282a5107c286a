// Training with a loss that is scaled, and in 16 bits between layers: near what 32 bits give, in less memory, and without what is not finite.
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { createTrainer } from "../../src/engine/create-trainer.ts";
import type { Device } from "../../src/engine/gpu/device.ts";
import type { OptimizerOptions } from "../../src/engine/gradient/training/optimizers.ts";
import { type LoadOptions, loadModel, type Model } from "../../src/engine/model.ts";
import { importModel } from "../../src/engine/onnx/import.ts";
import type { TrainingBatch, TrainingOptions } from "../../src/engine/trainer.ts";
import { requestHalfDevice, requestNullDevice } from "../support/half-device.ts";
import { withDevice } from "../support/with-device.ts";
import { pictures, runs, type TrainingRun } from "../training/runs.ts";

const nullDevice = await requestNullDevice();
const halfDevice = await requestHalfDevice();
afterAll(() => {
  nullDevice.dispose();
  halfDevice?.dispose();
});

const runOf = (name: string) => runs.find((run) => run.name === name) as TrainingRun;
const good = (run: TrainingRun, step: number): TrainingBatch => pictures(run, 32, 1000 + step);

/** Pictures of which one element is infinite: so is what is computed from it. */
function bad(run: TrainingRun): TrainingBatch {
  const batch = pictures(run, 32, 1);
  batch.inputs[5] = Number.POSITIVE_INFINITY;
  return batch;
}

async function parametersOf(model: Model): Promise<ReadonlyMap<string, Float32Array>> {
  const tensors = await Promise.all(model.parameters.map(async ({ name }) => [name, (await model.read(name)).toFloat32()] as const));
  return new Map(tensors);
}

/** The parameters after these batches, running statistics among them, and the scale. */
async function learned(
  device: Device,
  { graph }: TrainingRun,
  options: TrainingOptions,
  batches: readonly TrainingBatch[],
  network: LoadOptions = {},
) {
  const before = device.allocatedBytes;
  const model = await loadModel(device, graph, network);
  const trainer = await createTrainer(model, { batch: 32, ...options });
  const losses: number[] = [];
  for (const batch of batches) {
    trainer.step(batch);
    losses.push(await trainer.readLoss());
  }
  const result = { parameters: await parametersOf(model), losses, ...(await trainer.readScale()), bytes: device.allocatedBytes - before };
  trainer.dispose();
  model.dispose();
  expect(device.allocatedBytes).toBe(before);
  return result;
}

function expectNear(actual: ReadonlyMap<string, Float32Array>, expected: ReadonlyMap<string, Float32Array>, tolerance: number): void {
  expect([...actual.keys()]).toEqual([...expected.keys()]);
  for (const [name, wanted] of expected) {
    const largest = wanted.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-2);
    const worst = wanted.reduce((most, x, i) => Math.max(most, Math.abs(x - (actual.get(name)?.[i] as number))), 0);
    expect(worst / largest, name).toBeLessThan(tolerance);
  }
}

const sgd: OptimizerOptions = { name: "sgd", rate: 0.05, momentum: 0.9 };
const adam: OptimizerOptions = { name: "adam", rate: 0.01 };

describe("a loss that is scaled", () => {
  test.each<[string, string, TrainingOptions]>([
    ["SGD with momentum", "plain sgd", { optimizer: sgd }],
    ["decay, and shortened gradients", "plain sgd", { optimizer: { ...sgd, weightDecay: 0.1 }, clipNorm: 0.05 }],
    ["AdamW", "residual adam", { optimizer: { name: "adamw", rate: 0.01, weightDecay: 0.1 } }],
    ["Adam with decay, in parts", "residual adam", { optimizer: { ...adam, weightDecay: 0.1 }, accumulate: 2 }],
    ["Adagrad", "residual adam", { optimizer: { name: "adagrad", rate: 0.02, weightDecay: 0.1 } }],
  ])("gives what one that is not gives: %s", (_, name, options) =>
    withDevice(async (device) => {
      const run = runOf(name);
      const batches = [1, 2, 3].map((step) => good(run, step));
      const expected = await learned(device, run, options, batches);
      const scaled = await learned(device, run, { ...options, lossScale: 1000 }, batches);
      expectNear(scaled.parameters, expected.parameters, 1e-4);
      expect(scaled.scale).toBe(1000);
      expect(expected).toMatchObject({ scale: 1, skipped: 0 });
    }),
  );

  test("skips a step whose gradients are not finite: parameters, moments and statistics are those without it, bit for bit", () =>
    withDevice(async (device) => {
      const run = runOf("residual sgd");
      for (const accumulate of [1, 2]) {
        const options = { optimizer: sgd, accumulate, lossScale: "dynamic" } as const;
        const without = await learned(device, run, options, [good(run, 1), good(run, 2), good(run, 3)]);
        const skipping = await learned(device, run, options, [good(run, 1), bad(run), good(run, 2), bad(run), good(run, 3)]);
        expect(skipping.parameters).toEqual(without.parameters);
        expect(skipping).toMatchObject({ scale: 16384, skipped: 2 });
        expect(without).toMatchObject({ scale: 65536, skipped: 0 });
        // All of them, so that the statistics of a batch are compared that moved.
        expect(without.parameters.get("m1")).not.toEqual(run.graph.initializers.get("m1")?.toFloat32());
      }
    }));

  test("does not make up for moments of Adam that a skipped step has not changed", () =>
    withDevice(async (device) => {
      const run = runOf("residual adam");
      const options = { optimizer: adam, lossScale: 64 };
      const without = await learned(device, run, options, [good(run, 1), good(run, 2)]);
      const skipping = await learned(device, run, options, [bad(run), bad(run), good(run, 1), bad(run), good(run, 2)]);
      expectNear(skipping.parameters, without.parameters, 1e-4);
      expect(skipping).toMatchObject({ scale: 64, skipped: 3 });
    }));

  test("doubles its scale after so many good steps in a row, and halves it down to 1", () =>
    withDevice(async (device) => {
      const run = runOf("plain sgd");
      const scaleAfter = async (kinds: string) => {
        const batches = [...kinds].map((kind, i) => (kind === "g" ? good(run, i) : bad(run)));
        return (await learned(device, run, { optimizer: sgd, lossScale: { initial: 8, every: 3 } }, batches)).scale;
      };
      expect(await scaleAfter("gg")).toBe(8);
      expect(await scaleAfter("ggg")).toBe(16);
      expect(await scaleAfter("ggbgg")).toBe(4);
      expect(await scaleAfter("ggbggg")).toBe(8);
      expect(await scaleAfter("bbbbb")).toBe(1);
    }));

  test("computes the same bits in pieces", () =>
    withDevice(async (device) => {
      const run = runOf("residual adam");
      const options = { optimizer: adam, lossScale: "dynamic" } as const;
      const whole = await learned(device, run, options, [good(run, 1), good(run, 2)]);
      const model = await loadModel(device, run.graph);
      const trainer = await createTrainer(model, { batch: 32, ...options });
      for (const step of [1, 2]) await trainer.stepInPieces(good(run, step), { milliseconds: 0.01 });
      expect(await parametersOf(model)).toEqual(whole.parameters);
      trainer.dispose();
      model.dispose();
    }));

  test("leaves gradients that are kept as they are without it", () =>
    withDevice(async (device) => {
      const run = runOf("plain sgd");
      const gradients = await Promise.all(
        [undefined, 1024].map(async (lossScale) => {
          const model = await loadModel(device, run.graph);
          const trainer = await createTrainer(model, { optimizer: sgd, batch: 32, lossScale, clipNorm: 0.01 });
          await trainer.keepGradients(["w2"]);
          trainer.step(good(run, 1));
          const { shape, dtype, offset, strides, buffer } = trainer.gradient("w2");
          const staging = device.gpu.createBuffer({ size: buffer.size, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });
          const encoder = device.gpu.createCommandEncoder();
          encoder.copyBufferToBuffer(buffer, staging);
          device.gpu.queue.submit([encoder.finish()]);
          await staging.mapAsync(GPUMapMode.READ);
          const words = new Float32Array(staging.getMappedRange().slice(0));
          staging.destroy();
          trainer.dispose();
          model.dispose();
          return { shape, dtype, strides, numbers: words.slice(offset, offset + 12 * 8 * 9) };
        }),
      );
      expect(gradients[1]).toEqual(gradients[0]);
      expect(gradients[0]?.numbers.some((x) => x !== 0)).toBe(true);
    }));

  test.each<[TrainingOptions["lossScale"], string]>([
    [0, "lossScale 0: expected a number above 0"],
    [Number.NaN, "lossScale NaN"],
    [{ initial: -1 }, "lossScale -1"],
    [2 ** 100, "at most 2^40"],
    [{ every: 0 }, "lossScale: every: 0"],
    [{ growth: 2 } as never, "there is no 'growth'"],
    ["static" as never, "lossScale 'static': expected a number, \"dynamic\", or options."],
  ])("refuses %j", (lossScale, message) =>
    withDevice(async (device) => {
      const model = await loadModel(device, runOf("plain sgd").graph);
      await expect(createTrainer(model, { lossScale })).rejects.toThrow(message);
      model.dispose();
    }),
  );
});

describe("a model in 16 bits", () => {
  test("learns as one in 32 bits where the device stores no values in 16", () =>
    withDevice(async (device) => {
      const run = runOf("residual adam");
      const batches = [good(run, 1), good(run, 2)];
      const words = await learned(device, run, { optimizer: adam }, batches);
      const halves = await learned(device, run, { optimizer: adam }, batches, { precision: "float16" });
      if (device.gpu.features.has("shader-f16")) expect(halves.scale).toBe(65536);
      else expect(halves).toEqual(words);
    }));

  test.each(["plain sgd", "residual adam"])("compiles its steps in halves, whichever the kernel: %s", async (name) => {
    const { graph, optimizer } = runOf(name);
    const names = new Set<string | undefined>([undefined]);
    const trainOnce = async (wanted: string | undefined) => {
      nullDevice.gpu.pushErrorScope("validation");
      const model = await loadModel(nullDevice, graph, {
        precision: "float16",
        chooseKernel: (_node, all) => {
          for (const one of all) names.add(one);
          return wanted !== undefined && all.includes(wanted) ? wanted : undefined;
        },
      });
      const trainer = await createTrainer(model, { optimizer, batch: 4, accumulate: 2 });
      trainer.step(pictures(runOf(name), 4, 1));
      trainer.dispose();
      model.dispose();
      expect(await nullDevice.gpu.popErrorScope()).toBeNull();
    };
    await trainOnce(undefined);
    for (const one of names) await trainOnce(one);
  });
});

describe("a model in 16 bits, on a GPU that computes with them", () => {
  // SwiftShader has no shader-f16. See docs/testing.md for a driver that has, and needs no GPU either.
  const device = halfDevice as Device;
  beforeEach(({ skip }) => skip(!halfDevice, "no GPU or driver here has shader-f16"));

  /** Means of ten losses, one after the other. */
  const tens = (losses: readonly number[]) =>
    Array.from({ length: losses.length / 10 }, (_, i) => losses.slice(10 * i, 10 * i + 10).reduce((a, b) => a + b) / 10);

  // The maximum of a window is elsewhere where 16 bits make two numbers alike, so that single steps of the plain network go another way.
  test.each(runs)("$name: means of ten losses within 0.04 of those of 32 bits, which begin at 1.4", async (run) => {
    const batches = run.losses.map((_, i) => good(run, i + 1));
    const { losses, skipped } = await learned(device, run, { optimizer: run.optimizer }, batches, { precision: "float16" });
    expect(skipped).toBeLessThan(4);
    const expected = tens(run.losses);
    for (const [i, mean] of tens(losses).entries()) expect(Math.abs(mean - (expected[i] as number)), `${10 * i}…`).toBeLessThan(0.04);
    if (run.name.startsWith("residual"))
      for (const [i, loss] of losses.entries()) expect(Math.abs(loss / (run.losses[i] as number) - 1), `step ${i + 1}`).toBeLessThan(2e-2);
  });

  test("takes less memory, and gives the same bits for the same seed", async () => {
    const run = runOf("plain adam");
    const batches = [1, 2, 3, 4].map((step) => good(run, step));
    const words = await learned(device, run, { optimizer: adam }, batches);
    const halves = await learned(device, run, { optimizer: adam }, batches, { precision: "float16" });
    expect(halves.bytes / words.bytes).toBeLessThan(0.65);
    expect(await learned(device, run, { optimizer: adam }, batches, { precision: "float16" })).toEqual(halves);
  });

  test("halves a scale with which gradients overflow until they do not, and changes nothing before", async () => {
    const run = runOf("residual sgd");
    const options = { optimizer: sgd, lossScale: { initial: 2 ** 24 } };
    const batches = Array.from({ length: 12 }, (_, i) => good(run, i + 1));
    const first = await learned(device, run, options, batches.slice(0, 1), { precision: "float16" });
    expect(first).toMatchObject({ scale: 2 ** 23, skipped: 1 });
    for (const [name, numbers] of first.parameters) expect(numbers, name).toEqual(run.graph.initializers.get(name)?.toFloat32());
    const last = await learned(device, run, options, batches, { precision: "float16" });
    expect(last.scale).toBe(2 ** (24 - last.skipped));
    expect(last.skipped).toBeLessThan(12);
    expect(last.parameters.get("d")).not.toEqual(run.graph.initializers.get("d")?.toFloat32());
  });

  test("writes the 32 bits that it has learned into its file", async () => {
    const run = runOf("residual adam");
    const model = await loadModel(device, run.graph, { precision: "float16" });
    const trainer = await createTrainer(model, { optimizer: adam, batch: 32 });
    for (const step of [1, 2, 3]) trainer.step(good(run, step));
    const file = await importModel(await model.toOnnx());
    const parameters = await parametersOf(model);
    expect(parameters.size).toBeGreaterThan(10);
    for (const [name, numbers] of parameters) expect(file.initializers.get(name)?.toFloat32(), name).toEqual(numbers);
    trainer.dispose();
    model.dispose();
  });
});
