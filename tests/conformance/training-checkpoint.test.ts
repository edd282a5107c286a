// A training that stops and goes on from a checkpoint: the same bits as one that does not stop.
import { describe, expect, test } from "vitest";
import { requestNodeDevice } from "../../src/cli/node-device.ts";
import { createTrainer } from "../../src/engine/create-trainer.ts";
import { DeviceError, ModelError } from "../../src/engine/errors.ts";
import type { Device } from "../../src/engine/gpu/device.ts";
import { loadModel, type Model } from "../../src/engine/model.ts";
import { importModel } from "../../src/engine/onnx/import.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import type { Trainer, TrainingOptions } from "../../src/engine/trainer.ts";
import { filled, graphOf, noise, op, scaledNoise } from "../support/graphs.ts";
import { runReference } from "../support/onnxruntime.ts";
import { expectClose } from "../support/reference.ts";
import { withDevice } from "../support/with-device.ts";

const small = (shape: readonly number[], seed: number) => scaledNoise(shape, seed, 0.3);

/** With statistics that move, a Dropout that draws, and weights that the file stores in 16 bits. */
const graph = graphOf({
  inputs: { x: ["N", 1, 8, 8] },
  constants: {
    w: small([4, 1, 3, 3], 1),
    scale: filled([4], () => 1),
    shift: small([4], 2),
    mean: small([4], 3),
    variance: filled([4], () => 1),
    d: Tensor.from("float16", [144, 3], small([144, 3], 4).toFloat32()),
    c: small([3], 5),
    ratio: Tensor.from("float32", [], [0.25]),
  },
  nodes: [
    op("Conv", "x w", "conv"),
    op("BatchNormalization", "conv scale shift mean variance", "norm"),
    op("Relu", "norm", "relu"),
    op("Dropout", "relu ratio", "dropped"),
    op("Flatten", "dropped", "flat"),
    op("Cast", "d", "wide", { to: 1 }),
    op("Gemm", "flat wide c", "y"),
  ],
});

/** What a usual training takes alone. */
const plain = graphOf({
  inputs: { x: ["N", 1, 8, 8] },
  constants: { w: small([4, 1, 3, 3], 1), d: small([144, 3], 4) },
  nodes: [op("Conv", "x w", "conv"), op("Relu", "conv", "relu"), op("Flatten", "relu", "flat"), op("MatMul", "flat d", "y")],
});

const batch = 4;
const examples = (step: number) => ({
  inputs: noise([batch, 1, 8, 8], 20 + step),
  targets: Int32Array.from({ length: batch }, (_, i) => (i + step) % 3),
});

/** Takes steps until it has taken so many. */
function learn(trainer: Trainer, until: number): void {
  while (trainer.steps < until) trainer.step(examples(trainer.steps));
}

async function bitsOf(model: Model): Promise<Uint8Array> {
  const tensors = await Promise.all(model.parameters.map(({ name }) => model.read(name)));
  return Buffer.concat(tensors.map(({ bytes }) => bytes));
}

async function training(device: Device, options: TrainingOptions, file = graph) {
  const model = await loadModel(device, file, { parameters: true });
  const trainer = await createTrainer(model, { batch, ...options });
  const dispose = () => {
    trainer.dispose();
    model.dispose();
  };
  return { model, trainer, dispose };
}

const sgd = { name: "sgd", rate: 0.05, momentum: 0.9 } as const;
const adam = { name: "adam", rate: 0.01 } as const;

describe("ten steps are five, a checkpoint and five more by another trainer, bit for bit", () => {
  test.each<[string, TrainingOptions, typeof graph]>([
    ["SGD with momentum", { optimizer: sgd, seed: 3 }, graph],
    ["Adam", { optimizer: adam, seed: 3 }, graph],
    ["the usual SGD of a plain network", {}, plain],
    ["the usual Adam of a plain network", { optimizer: adam }, plain],
    [
      "Adagrad, with a schedule and parts of steps",
      { optimizer: "adagrad", schedule: { name: "cosine", steps: 12 }, accumulate: 2 },
      graph,
    ],
    ["AdamW with a scaled loss", { optimizer: "adamw", lossScale: { initial: 64, every: 3 } }, graph],
  ])("%s", { timeout: 120_000 }, (_, options, file) =>
    withDevice(async (device) => {
      const whole = await training(device, options, file);
      learn(whole.trainer, 10);
      const expected = await bitsOf(whole.model);
      const loss = await whole.trainer.readLoss();
      whole.dispose();

      const first = await training(device, options, file);
      first.trainer.rate *= 0.5;
      first.trainer.rate *= 2;
      learn(first.trainer, 5);
      const kept = await first.trainer.checkpoint();
      const { rate } = first.trainer;
      first.dispose();

      const second = await training(device, options, file);
      second.trainer.rate = 7;
      learn(second.trainer, 2);
      await second.trainer.restore(kept);
      expect([second.trainer.steps, second.trainer.rate]).toEqual([5, rate]);
      await expect(second.trainer.readLoss()).rejects.toThrow("no step");
      learn(second.trainer, 10);
      expect(Buffer.compare(await bitsOf(second.model), expected)).toBe(0);
      expect(await second.trainer.readLoss()).toBe(loss);
      second.dispose();
      expect(device.allocatedBytes).toBe(0);
    }),
  );
});

test("a checkpoint is a file that runs as it has learned, here and in ONNX Runtime", { timeout: 60_000 }, () =>
  withDevice(async (device) => {
    const { model, trainer, dispose } = await training(device, { optimizer: adam }, plain);
    learn(trainer, 3);
    const kept = await trainer.checkpoint();
    const x = noise([1, 1, 8, 8], 9);
    const { y } = await model.predict({ x });
    dispose();
    const again = await loadModel(device, kept, { parameters: true });
    const result = await again.predict({ x });
    expect(result["y"]?.toFloat32()).toEqual(y?.toFloat32());
    // Nothing of it is on the GPU, or a parameter, that the network does not read.
    expect(again.parameters.map(({ name }) => name)).toEqual(["w", "d"]);
    again.dispose();
    const reference = (await runReference(await importModel(kept), { x })).get("y") as Tensor;
    expectClose(y as Tensor, reference.toFloat32(), "the checkpoint");
    const weights = await loadModel(device, plain, { parameters: true });
    await weights.setParameters(kept);
    expect((await weights.predict({ x }))["y"]?.toFloat32()).toEqual(y?.toFloat32());
    weights.dispose();
  }),
);

test("a checkpoint of something else is refused, and changes nothing", { timeout: 60_000 }, () =>
  withDevice(async (device) => {
    const bySgd = await training(device, { optimizer: sgd }, plain);
    learn(bySgd.trainer, 2);
    const [checkpoint, weights] = [await bySgd.trainer.checkpoint(), await bySgd.model.toOnnx()];
    bySgd.dispose();
    const { model, trainer, dispose } = await training(device, { optimizer: adam }, plain);
    learn(trainer, 1);
    const before = await bitsOf(model);
    await expect(trainer.restore(checkpoint)).rejects.toThrow("has no 'training: moment 1 of w', expected float32 [4, 1, 3, 3]");
    await expect(trainer.restore(weights)).rejects.toThrow("takes what checkpoint() gave");
    const other = await training(device, { optimizer: adam });
    await expect(other.trainer.restore(await trainer.checkpoint())).rejects.toThrow(ModelError);
    other.dispose();
    expect([trainer.steps, Buffer.compare(await bitsOf(model), before)]).toEqual([1, 0]);
    const pieces = trainer.stepInPieces(examples(1));
    await expect(trainer.restore(checkpoint)).rejects.toThrow("under way");
    await expect(trainer.checkpoint()).rejects.toThrow("under way");
    await pieces;
    dispose();
  }),
);

test("after a lost GPU a step says so, and another trainer goes on from a checkpoint on another device", { timeout: 60_000 }, () =>
  withDevice(async (replacement) => {
    const whole = await training(replacement, { optimizer: adam, seed: 3 });
    learn(whole.trainer, 6);
    const expected = await bitsOf(whole.model);
    whole.dispose();
    const device = await requestNodeDevice();
    const { model, trainer } = await training(device, { optimizer: adam, seed: 3 });
    learn(trainer, 3);
    const kept = await trainer.checkpoint();
    device.gpu.destroy();
    await device.lost;
    expect(() => trainer.step(examples(3))).toThrow(DeviceError);
    await expect(trainer.stepInPieces(examples(3))).rejects.toThrow("the GPU was lost");
    await expect(trainer.checkpoint()).rejects.toThrow("restore a checkpoint");
    await expect(createTrainer(model, { batch: 8 })).rejects.toThrow(DeviceError);
    await model.moveTo(replacement);
    expect(() => trainer.step(examples(3))).toThrow("Make another trainer");
    trainer.dispose();
    const next = await createTrainer(model, { batch, optimizer: adam, seed: 3 });
    await next.restore(kept);
    learn(next, 6);
    expect(Buffer.compare(await bitsOf(model), expected)).toBe(0);
    next.dispose();
    model.dispose();
    device.dispose();
  }),
);
