// Trainings of several outputs at once, of steps in parts, and with rates that go on by a schedule.
import { describe, expect, test } from "vitest";
import { createTrainer } from "../../src/engine/create-trainer.ts";
import type { OptimizerOptions } from "../../src/engine/gradient/training/optimizers.ts";
import { loadModel } from "../../src/engine/model.ts";
import { filled, graphOf, noise, op, scaledNoise } from "../support/graphs.ts";
import { expectClose } from "../support/reference.ts";
import { withDevice } from "../support/with-device.ts";

/** Two branches over one picture: scores of classes, and a number behind a sigmoid. */
const twofold = graphOf({
  inputs: { x: ["N", 1, 6, 6] },
  constants: {
    w: scaledNoise([4, 1, 3, 3], 1, 0.5),
    b: scaledNoise([4], 2, 0.1),
    left: scaledNoise([64, 3], 3, 0.2),
    v: scaledNoise([3, 1, 3, 3], 4, 0.5),
    right: scaledNoise([48, 1], 5, 0.2),
  },
  outputs: ["scores", "share"],
  nodes: [
    op("Conv", "x w b", "conv"),
    op("Relu", "conv", "relu"),
    op("Flatten", "relu", "flat"),
    op("MatMul", "flat left", "scores"),
    op("Conv", "x v", "other"),
    op("Flatten", "other", "long"),
    op("MatMul", "long right", "before"),
    op("Sigmoid", "before", "share"),
  ],
});

const both = (step: number) => ({
  inputs: noise([6, 1, 6, 6], 40 + step),
  targets: {
    scores: Int32Array.from({ length: 6 }, (_, i) => (i + step) % 3),
    share: Float32Array.from({ length: 6 }, (_, i) => ((i * step) % 5) / 5),
  },
});

const of = ["scores", { of: "share", loss: "mean-squared-error", weight: 0.5 }] as const;

describe("several losses", () => {
  const optimizer: OptimizerOptions = { name: "sgd", rate: 0.05 };

  test("add up by their weights, and each branch learns as it does alone", { timeout: 120_000 }, () =>
    withDevice(async (device) => {
      const model = await loadModel(device, twofold, { parameters: true });
      const alone = await Promise.all([0, 1].map(() => loadModel(device, twofold, { parameters: true })));
      const trainer = await createTrainer(model, { of, optimizer, batch: 6 });
      expect(trainer.of).toEqual(["scores", "share"]);
      const trainers = [
        await createTrainer(alone[0] as (typeof alone)[number], { of: "scores", optimizer, batch: 6 }),
        await createTrainer(alone[1] as (typeof alone)[number], {
          of: "share",
          loss: "mean-squared-error",
          // Half of the loss with the rate is all of it with half of the rate.
          optimizer: { ...optimizer, rate: 0.025 },
          batch: 6,
        }),
      ];
      for (let step = 1; step <= 5; step++) {
        const { inputs, targets } = both(step);
        trainer.step({ inputs, targets });
        trainers[0]?.step({ inputs, targets: targets.scores });
        trainers[1]?.step({ inputs, targets: targets.share });
        const [total, losses] = [await trainer.readLoss(), await trainer.readLosses()];
        expect(total).toBeCloseTo((losses["scores"] as number) + 0.5 * (losses["share"] as number), 5);
        expect(losses["scores"]).toBeCloseTo((await trainers[0]?.readLoss()) as number, 5);
        expect(losses["share"]).toBeCloseTo((await trainers[1]?.readLoss()) as number, 5);
      }
      expect((await trainer.readScores("share")).shape).toEqual([6, 1]);
      for (const [name, index] of [
        ["w", 0],
        ["b", 0],
        ["left", 0],
        ["v", 1],
        ["right", 1],
      ] as const)
        expectClose(await model.read(name), (await (alone[index] as (typeof alone)[number]).read(name)).toFloat32(), name);
      for (const one of [trainer, ...trainers]) one.dispose();
      for (const one of [model, ...alone]) one.dispose();
    }),
  );

  test.each<[string, (batch: ReturnType<typeof both>) => unknown, string]>([
    ["one array", ({ targets }) => targets.scores, "targets: got some without names; expected an object with 'scores', 'share'."],
    ["one too few", ({ targets: { scores } }) => ({ scores }), "targets: 'share': got undefined"],
    ["one too many", ({ targets }) => ({ ...targets, other: targets.share }), "there is no loss of 'other'"],
    ["no class", ({ targets }) => ({ ...targets, scores: Int32Array.of(0, 1, 2, 3, 0, 0) }), "'scores': 3 is no class"],
    ["another size", ({ targets }) => ({ ...targets, share: new Float32Array(5) }), "'share': 5 elements, expected 6"],
  ])("refuse targets with %s", (_, change, message) =>
    withDevice(async (device) => {
      const model = await loadModel(device, twofold, { parameters: true });
      const trainer = await createTrainer(model, { of, optimizer, batch: 6 });
      const { inputs } = both(1);
      expect(() => trainer.step({ inputs, targets: change(both(1)) as Float32Array })).toThrow(message);
      trainer.dispose();
      model.dispose();
    }),
  );
});

describe("a step in parts", () => {
  test.each<OptimizerOptions>([
    { name: "sgd", rate: 0.05, momentum: 0.9, nesterov: true },
    { name: "adam", rate: 0.01, weightDecay: 0.01 },
  ])("is that of the whole batch: $name", { timeout: 120_000 }, (optimizer) =>
    withDevice(async (device) => {
      const run = async (accumulate: number) => {
        const model = await loadModel(device, twofold, { parameters: true });
        const trainer = await createTrainer(model, { of, optimizer, batch: 6, accumulate, clipNorm: 0.5 });
        const losses: number[] = [];
        for (let step = 1; step <= 6; step++) {
          trainer.step(both(step));
          losses.push(await trainer.readLoss(), ...Object.values(await trainer.readLosses()));
        }
        const values = await Promise.all(model.parameters.map(async ({ name }) => (await model.read(name)).toFloat32()));
        trainer.dispose();
        model.dispose();
        return { losses, values };
      };
      const [whole, parts] = [await run(1), await run(3)];
      for (const [i, loss] of whole.losses.entries()) expect(Math.abs(loss - (parts.losses[i] as number))).toBeLessThan(1e-5 * loss);
      whole.values.forEach((values, i) => {
        const scale = Math.max(...Array.from(values, Math.abs));
        values.forEach((value, at) => expect(Math.abs(value - (parts.values[i]?.[at] as number))).toBeLessThan(1e-5 * scale));
      });
    }),
  );
});

test("a schedule changes the rate of a step, and whoever sets the rate changes what it is a share of", { timeout: 60_000 }, () =>
  withDevice(async (device) => {
    const graph = graphOf({ inputs: { x: ["N", 1] }, constants: { w: filled([1, 1], () => 1) }, nodes: [op("MatMul", "x w", "y")] });
    const model = await loadModel(device, graph, { parameters: true });
    const optimizer: OptimizerOptions = { name: "sgd", rate: 0.5, momentum: 0 };
    const schedule = { name: "constant", warmUp: 2 } as const;
    const trainer = await createTrainer(model, { loss: "mean-squared-error", optimizer, schedule, batch: 1 });
    const weight = async () => (await model.read("w")).toFloat32()[0] as number;
    // The gradient at w is 2 · w, so a step leaves w · (1 − 2 · rate).
    const batch = { inputs: Float32Array.of(1), targets: Float32Array.of(0) };
    expect(trainer.scheduledRate).toBe(0.25);
    trainer.step(batch);
    expect(await weight()).toBeCloseTo(0.5, 6);
    trainer.rate = 0.125;
    expect(trainer.scheduledRate).toBe(0.125);
    trainer.step(batch);
    expect(await weight()).toBeCloseTo(0.375, 6);
    trainer.dispose();
    model.dispose();
  }),
);
