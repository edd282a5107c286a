// A step of training in several submits: the same bits as in one, and nobody sees half of it.
import { expect, test } from "vitest";
import { createTrainer } from "../../src/engine/create-trainer.ts";
import type { Device } from "../../src/engine/gpu/device.ts";
import { loadModel, type Model } from "../../src/engine/model.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import type { Trainer } from "../../src/engine/trainer.ts";
import { filled, graphOf, noise, op, scaledNoise } from "../support/graphs.ts";
import { withDevice } from "../support/with-device.ts";

const small = (shape: readonly number[], seed: number) => scaledNoise(shape, seed, 0.3);

/** With statistics that move, and a Dropout: both must not move twice. */
const graph = graphOf({
  inputs: { x: ["N", 1, 8, 8] },
  constants: {
    w: small([4, 1, 3, 3], 1),
    scale: filled([4], () => 1),
    shift: small([4], 2),
    mean: small([4], 3),
    variance: filled([4], () => 1),
    d: small([144, 3], 4),
    c: small([3], 5),
    ratio: Tensor.from("float32", [], [0.25]),
  },
  nodes: [
    op("Conv", "x w", "conv"),
    op("BatchNormalization", "conv scale shift mean variance", "norm"),
    op("Relu", "norm", "relu"),
    op("Dropout", "relu ratio", "dropped"),
    op("Flatten", "dropped", "flat"),
    op("Gemm", "flat d c", "y"),
  ],
});

const batch = 4;
const examples = (step: number) => ({
  inputs: noise([batch, 1, 8, 8], 20 + step),
  targets: Int32Array.from({ length: batch }, (_, i) => (i + step) % 3),
});

const steps = 3;

async function bitsOf(model: Model): Promise<Uint8Array> {
  const tensors = await Promise.all(model.parameters.map(({ name }) => model.read(name)));
  return Buffer.concat(tensors.map(({ bytes }) => bytes));
}

async function training(device: Device): Promise<{ model: Model; trainer: Trainer }> {
  const model = await loadModel(device, graph, { parameters: true });
  return { model, trainer: await createTrainer(model, { batch, optimizer: { name: "adam", rate: 0.01 }, seed: 3 }) };
}

/** The parameters after some steps in one submit each. */
async function inOneSubmit(device: Device): Promise<Uint8Array> {
  const { model, trainer } = await training(device);
  for (let step = 0; step < steps; step++) trainer.step(examples(step));
  const bits = await bitsOf(model);
  trainer.dispose();
  model.dispose();
  return bits;
}

test("steps in pieces give the same bits, and runs between pieces have the parameters of the step before", { timeout: 120_000 }, () =>
  withDevice(async (device) => {
    const expected = await inOneSubmit(device);
    const { model, trainer } = await training(device);
    const x = noise([1, 1, 8, 8], 9);
    for (let step = 0; step < steps; step++) {
      const before = await model.predict({ x });
      let turns = 0;
      const between = async () => {
        turns++;
        expect((await model.predict({ x }))["y"]?.toFloat32()).toEqual(before["y"]?.toFloat32());
        expect(trainer.steps).toBe(step);
      };
      const { count, longestMs } = await trainer.stepInPieces(examples(step), { milliseconds: 1e-4, between });
      expect([count, turns]).toEqual([turns + 1, count - 1]);
      expect(count).toBeGreaterThan(8);
      expect(longestMs).toBeGreaterThan(0);
      expect(trainer.steps).toBe(step + 1);
      expect((await model.predict({ x }))["y"]?.toFloat32()).not.toEqual(before["y"]?.toFloat32());
    }
    expect(await bitsOf(model)).toEqual(expected);
    trainer.dispose();
    model.dispose();
  }),
);

test("longer pieces are fewer, and a step that is shorter than a piece is one", { timeout: 120_000 }, () =>
  withDevice(async (device) => {
    const { model, trainer } = await training(device);
    const counts: number[] = [];
    for (const milliseconds of [1e-4, 1e-4, 1e-4, 1e-4, 50, 50, 60_000])
      counts.push((await trainer.stepInPieces(examples(0), { milliseconds })).count);
    const [most = 0, few = 0, one = 0] = [counts[3], counts[5], counts[6]];
    expect(few).toBeLessThan(most);
    expect(one).toBe(1);
    trainer.dispose();
    model.dispose();
  }),
);

test("a plan that changes meanwhile begins the step anew, with the same bits", { timeout: 120_000 }, () =>
  withDevice(async (device) => {
    const expected = await inOneSubmit(device);
    const { model, trainer } = await training(device);
    let usual = 0;
    for (let step = 0; step < steps; step++) {
      let turns = 0;
      // A gate plans every execution anew, the trainer's too. Afterwards it changes nothing.
      const between = async () => {
        if (++turns !== 4 || step !== 1) return;
        await model.gate("relu", { channel: 1, scale: 0 });
        await model.ungate();
      };
      const { count } = await trainer.stepInPieces(examples(step), { milliseconds: 1e-4, between });
      if (step === 0) usual = count;
      else if (step === 1) expect(count, "with those that were computed again").toBeGreaterThan(usual);
    }
    expect(await bitsOf(model)).toEqual(expected);
    trainer.dispose();
    model.dispose();
  }),
);

test("what would overwrite a step that is under way is refused, and disposal ends it", { timeout: 120_000 }, () =>
  withDevice(async (device) => {
    const { model, trainer } = await training(device);
    const first = trainer.stepInPieces(examples(0), { milliseconds: 1e-4 });
    expect(() => trainer.step(examples(1))).toThrow("a step in pieces is under way");
    await expect(trainer.stepInPieces(examples(1))).rejects.toThrow("a step in pieces is under way");
    await first;
    await expect(trainer.stepInPieces({ ...examples(1), targets: Int32Array.of(0, 1, 2, 3) })).rejects.toThrow("3 is no class");
    trainer.step(examples(1));
    await trainer.finished();
    expect(trainer.steps).toBe(2);
    const ended = trainer.stepInPieces(examples(2), { milliseconds: 1e-4, between: () => trainer.dispose() });
    await expect(ended).rejects.toThrow("disposed of");
    expect(trainer.steps).toBe(2);
    model.dispose();
  }),
);

test("parameters that are set between two parts of a step begin all of it anew", { timeout: 120_000 }, () =>
  withDevice(async (device) => {
    const begin = async () => {
      const model = await loadModel(device, graph, { parameters: true });
      return { model, trainer: await createTrainer(model, { batch, accumulate: 2, optimizer: { name: "sgd", rate: 0.1 }, seed: 3 }) };
    };
    const others = { w: small([4, 1, 3, 3], 8) };
    const [expected, meanwhile] = [await begin(), await begin()];
    await expected.model.setParameters(others);
    expected.trainer.step(examples(0));
    let turns = 0;
    // Each part is one piece.
    const between = () => (turns++ === 0 ? meanwhile.model.setParameters(others) : undefined);
    const { count } = await meanwhile.trainer.stepInPieces(examples(0), { milliseconds: 60_000, between });
    expect([count, turns]).toEqual([3, 2]);
    // Running statistics follow each part, also one that is computed again.
    for (const name of meanwhile.trainer.parameters)
      expect((await meanwhile.model.read(name)).bytes, name).toEqual((await expected.model.read(name)).bytes);
    for (const { model, trainer } of [expected, meanwhile]) {
      trainer.dispose();
      model.dispose();
    }
  }),
);
