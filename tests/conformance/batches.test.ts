// Batches that are made on the GPU, against those that are prepared on the CPU; and steps that take them.
import { describe, expect, test, vi } from "vitest";
import { type Augmentation, changedExamples, changesOfSeen, parseAugmentation } from "../../src/data-sets/augment.ts";
import { BytesSet, type Picture, type Preparation } from "../../src/data-sets/data-set.ts";
import { createTrainer } from "../../src/engine/create-trainer.ts";
import type { GpuValue } from "../../src/engine/execution.ts";
import type { Device } from "../../src/engine/gpu/device.ts";
import { readBack } from "../../src/engine/gpu/read-buffer.ts";
import { loadModel } from "../../src/engine/model.ts";
import { denseStrides } from "../../src/engine/shapes.ts";
import type { BatchSource } from "../../src/engine/trainer.ts";
import { batchesOf } from "../../src/lessons/pictures-on-gpu.ts";
import { graphOf, op, scaledNoise } from "../support/graphs.ts";
import { withDevice } from "../support/with-device.ts";

const count = 7;

/** Every byte is another one, and neighbours differ much. */
function pictures(picture: Picture, preparation: Preparation = { mean: [0.1307], std: [0.3081] }): BytesSet {
  const size = picture.channels * picture.height * picture.width;
  const pixels = Uint8Array.from({ length: count * size }, (_, i) => (Math.imul(i + 1, 0x9e3779b1) >>> 24) ^ (i % 251));
  return new BytesSet(
    pixels,
    Int32Array.from({ length: count }, (_, i) => i % 3),
    { picture, classes: ["a", "b", "c"], preparation },
  );
}

interface Place {
  readonly offset: number;
  readonly strides: readonly number[];
  readonly words: number;
}

/** All words of a buffer into which a source has written. */
async function written(device: Device, source: BatchSource, shape: readonly number[], place?: Place): Promise<Float32Array> {
  const { offset, strides, words } = place ?? { offset: 0, strides: denseStrides(shape), words: shape.reduce((a, b) => a * b) };
  const buffer = device.createBuffer("target", 4 * words, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC);
  source.write({ buffer, offset, strides, dtype: "float32", shape } as GpuValue, 0, shape[0] as number);
  const result = new Float32Array(await readBack(device, buffer, 4 * words));
  device.destroyBuffer(buffer);
  return result;
}

function expectSame(actual: Float32Array, expected: Float32Array, range: number): void {
  expect(actual.length).toBe(expected.length);
  const worst = actual.reduce((most, one, i) => Math.max(most, Math.abs(one - (expected[i] as number))), 0);
  expect(worst).toBeLessThan(1e-5 * range);
}

const sizes: readonly Picture[] = [
  { channels: 1, height: 28, width: 28 },
  { channels: 3, height: 5, width: 9 },
  { channels: 4, height: 17, width: 3 },
  { channels: 2, height: 1, width: 6 },
  { channels: 3, height: 224, width: 224 },
];

const changes: readonly Augmentation[] = [
  {},
  ...["shift:0.3", "turn:40", "scale:0.9", "crop:0.6", "flip:0.5", "brightness:0.8", "noise:0.2", "cut-out:0.5"].map(parseAugmentation),
  parseAugmentation("shift,turn,scale,crop,flip,brightness,noise,cut-out"),
];

describe.each(sizes)("pictures of $channels × $height × $width", (picture) => {
  test("are changed and prepared on the GPU as on the CPU", { timeout: 120_000 }, () =>
    withDevice(async (device) => {
      const set = pictures(picture);
      for (const augmentation of changes) {
        const order = [[2, 0, 2, 5], [6, 1, 0, 3], ...(picture.width < 100 ? [[1, 1, 4, 5]] : [])];
        const cpu = changedExamples(set, changesOfSeen(augmentation, picture, 11));
        const gpu = await batchesOf(device, set, { length: count, next: changesOfSeen(augmentation, picture, 11) });
        for (const indices of order) {
          const [expected, { inputs, targets }] = [cpu(indices), gpu.batch(indices)];
          expect(targets).toEqual(expected.targets);
          const { channels, height, width } = picture;
          const actual = await written(device, inputs as BatchSource, [indices.length, channels, height, width]);
          expectSame(actual, expected.inputs, 1 / 0.3081);
        }
        gpu.dispose();
      }
      expect(device.allocatedBytes).toBe(0);
    }),
  );
});

test("means and deviations of each channel hold, blue comes first where the network takes it so, and gaps stay as they are", () =>
  withDevice(async (device) => {
    const picture = { channels: 3, height: 4, width: 5 };
    const set = pictures(picture, { mean: [0.1, 0.2, 0.3], std: [0.5, 0.25, 2], isBlueFirst: true });
    const gpu = await batchesOf(device, set, { length: count });
    const { inputs } = gpu.batch([4, 2]);
    const strides = [3 * 7 * 8, 7 * 8, 8, 1];
    const offset = 3;
    const actual = await written(device, inputs as BatchSource, [2, 3, 4, 5], { offset, strides, words: offset + 2 * 3 * 7 * 8 });
    const expected = new Float32Array(actual.length);
    const dense = set.examples([4, 2]).inputs;
    for (let i = 0; i < dense.length; i++) {
      const at = [Math.floor(i / 60), Math.floor(i / 20) % 3, Math.floor(i / 5) % 4, i % 5];
      expected[offset + at.reduce((sum, one, axis) => sum + one * (strides[axis] as number), 0)] = dense[i] as number;
    }
    expectSame(actual, expected, 4);
    gpu.dispose();
  }));

test("two networks that learn from the same are bound once each", () =>
  withDevice(async (device) => {
    const set = pictures({ channels: 1, height: 4, width: 4 });
    const gpu = await batchesOf(device, set, { length: count });
    const shape = [2, 1, 4, 4];
    const buffers = [0, 1].map(() => device.createBuffer("target", 4 * 32, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC));
    const bind = vi.spyOn(device.gpu, "createBindGroup");
    for (const indices of [
      [0, 1],
      [4, 2],
      [3, 3],
    ]) {
      const source = gpu.batch(indices).inputs as BatchSource;
      for (const buffer of buffers) {
        source.write({ buffer, offset: 0, strides: denseStrides(shape), dtype: "float32", shape } as GpuValue, 0, 2);
        expectSame(new Float32Array(await readBack(device, buffer, 4 * 32)), set.examples(indices).inputs, 1 / 0.3081);
      }
    }
    expect(bind).toHaveBeenCalledTimes(2);
    gpu.dispose();
    for (const buffer of buffers) device.destroyBuffer(buffer);
    expect(device.allocatedBytes).toBe(0);
  }));

test("a set that takes more than it may, or has no end, is prepared on the CPU", () =>
  withDevice(async (device) => {
    const set = pictures({ channels: 1, height: 4, width: 4 });
    for (const options of [{ length: count, mostBytes: 100 }, { length: undefined }]) {
      const { batch } = await batchesOf(device, set, options);
      expect(batch([3, 1])).toEqual(set.examples([3, 1]));
    }
    expect(device.allocatedBytes).toBe(0);
  }));

const small = (shape: readonly number[], seed: number) => scaledNoise(shape, seed, 0.3);

/** Its convolution pads, so that the input may have a border. */
const graph = graphOf({
  inputs: { x: ["N", 1, 8, 8] },
  constants: { w: small([4, 1, 3, 3], 1), d: small([256, 3], 4), c: small([3], 5) },
  nodes: [
    op("Conv", "x w", "conv", { pads: [1, 1, 1, 1] }),
    op("Relu", "conv", "relu"),
    op("Flatten", "relu", "flat"),
    op("Gemm", "flat d c", "y"),
  ],
});

/** Losses of six steps. */
async function losses(device: Device, mode: "cpu" | "gpu" | "pieces", accumulate = 1): Promise<readonly number[]> {
  const model = await loadModel(device, graph, { parameters: true });
  const trainer = await createTrainer(model, { batch: 4, accumulate, optimizer: { name: "adam", rate: 0.01 } });
  const set = pictures({ channels: 1, height: 8, width: 8 });
  const next = changesOfSeen(parseAugmentation("shift,flip,noise"), set.picture, 5);
  const { batch, dispose } = await batchesOf(device, set, { length: mode === "cpu" ? undefined : count, next });
  const all: number[] = [];
  for (let step = 0; step < 6; step++) {
    const given = batch([0, 1, 2, 3].map((i) => (i + 3 * step) % count));
    let turns = 0;
    // A gate plans every execution anew, the trainer's too: its inputs then lie elsewhere.
    const between = async () => {
      if (++turns !== 3 || step !== 2) return;
      await model.gate("relu", { channel: 1, scale: 0 });
      await model.ungate();
    };
    if (mode === "pieces") await trainer.stepInPieces(given, { milliseconds: 1e-4, between });
    else trainer.step(given);
    if (mode === "pieces" && step === 2) expect(turns).toBeGreaterThan(13);
    all.push(await trainer.readLoss());
  }
  trainer.dispose();
  dispose();
  model.dispose();
  return all;
}

test("a network learns the same from batches of either, in one submit, in pieces and in parts", { timeout: 120_000 }, () =>
  withDevice(async (device) => {
    const expected = await losses(device, "cpu");
    const once = await losses(device, "gpu");
    once.forEach((loss, i) => {
      expect(loss).toBeCloseTo(expected[i] as number, 4);
    });
    expect(await losses(device, "gpu"), "the same bits again").toEqual(once);
    expect(await losses(device, "pieces")).toEqual(once);
    const parts = await losses(device, "gpu", 2);
    parts.forEach((loss, i) => {
      expect(loss).toBeCloseTo(expected[i] as number, 4);
    });
    expect(device.allocatedBytes).toBe(0);
  }),
);
