// Sixty steps of training against PyTorch's, from the same weights, on the same pictures in the same order.
import { expect, test } from "vitest";
import { createTrainer } from "../../src/engine/create-trainer.ts";
import { loadModel } from "../../src/engine/model.ts";
import { Scorer } from "../../src/engine/scorer.ts";
import { withDevice } from "../support/with-device.ts";
import { pictures, runs } from "../training/runs.ts";

test("there are runs of both networks", () => expect(runs.map(({ name }) => name)).toContain("residual adam"));

test.each(runs)("$name: losses within 1e-3, scores afterwards within 1e-2 of the largest", { timeout: 120_000 }, (run) =>
  withDevice(async (device) => {
    const model = await loadModel(device, run.graph);
    const trainer = await createTrainer(model, { optimizer: run.optimizer, batch: 32 });
    const losses: number[] = [];
    for (let step = 1; step <= run.losses.length; step++) {
      trainer.step(pictures(run, 32, 1000 + step));
      losses.push(await trainer.readLoss());
    }
    const worst = Math.max(...losses.map((loss, i) => Math.abs(loss - (run.losses[i] as number)) / (run.losses[i] as number)));
    expect(worst).toBeLessThan(1e-3);
    const scorer = await Scorer.make(model, { batch: 8 });
    const scores = await scorer.scores(pictures(run, 8, 5000).inputs, 8);
    const largest = Math.max(...run.scores.map(Math.abs));
    const apart = Math.max(...run.scores.map((score, i) => Math.abs(score - (scores[i] as number))));
    expect(apart / largest).toBeLessThan(1e-2);
    scorer.dispose();
    trainer.dispose();
    model.dispose();
  }),
);
