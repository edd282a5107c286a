// A second network that learns beside the first: the same where nothing is another, begins anew with its own first weights, and goes on with kept ones.
import { expect, test } from "vitest";
import { createTrainer } from "../../src/engine/create-trainer.ts";
import type { Device } from "../../src/engine/gpu/device.ts";
import { loadModel } from "../../src/engine/model.ts";

import type { RivalWish } from "../../src/ui/train/request.ts";
import { Rival } from "../../src/ui/train/rival.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import { withDevice } from "../support/with-device.ts";

const network = graphOf({
  inputs: { x: ["N", 6] },
  constants: { d: noise([6, 5], 3), c: noise([5], 4), e: noise([5, 3], 5) },
  nodes: [op("Gemm", "x d c", "dense"), op("Relu", "dense", "relu"), op("Gemm", "relu e", "y")],
});
const options = { batch: 4, optimizer: "adam" } as const;
const batch = { inputs: noise([4, 6], 6).toFloat32(), targets: Int32Array.of(0, 1, 2, 1) };
const same: RivalWish = { optimizer: undefined, rate: undefined, blank: 7 };

async function pair(device: Device, wish: RivalWish) {
  const [model, second] = [await loadModel(device, network), await loadModel(device, network)];
  await model.reinitialize(7);
  const trainer = await createTrainer(model, options);
  const rival = await Rival.make(second, wish, options, undefined);
  const step = async (rate: number, share = 1) => {
    trainer.rate = rate * share;
    trainer.step(batch);
    const [loss] = await rival.step(batch, { rate, share });
    return [await trainer.readLoss(), await loss] as const;
  };
  const end = () => {
    for (const one of [trainer, rival, model, second]) one.dispose();
  };
  return { step, rival, second, end };
}

test.each<[string, RivalWish, boolean]>([
  ["learns the same bits where nothing is another", same, true],
  ["with a rate of its own", { ...same, rate: 0.5 }, false],
  ["with an optimiser of its own", { ...same, optimizer: "sgd" }, false],
  ["with first weights of its own", { ...same, blank: 8 }, false],
])("a second network %s", (_, wish, isSame) =>
  withDevice(async (device) => {
    const { step, end } = await pair(device, wish);
    const losses = [await step(0.01), await step(0.02), await step(0.02)];
    expect(losses.every(([own, other]) => own === other)).toBe(isSame);
    // Both begin with the same weights unless these are what is another.
    expect(losses[0]?.[0] === losses[0]?.[1]).toBe(wish.blank === 7);
    end();
  }),
);

test.each<[string, RivalWish]>([
  ["the rate of the first", same],
  ["a rate of its own", { ...same, rate: 0.5 }],
  ["an optimiser of its own", { ...same, optimizer: "sgd" }],
])("with %s its rate goes on as that of the first does", (_, wish) =>
  withDevice(async (device) => {
    const { step, second, end } = await pair(device, wish);
    const weights = async () => [...(await second.read("d")).toFloat32()];
    const first = await weights();
    await step(0.1, 0);
    expect(await weights()).toEqual(first);
    await step(0.1, 0.5);
    expect(await weights()).not.toEqual(first);
    end();
  }),
);

test("goes on with the weights that were kept, and begins anew without", () =>
  withDevice(async (device) => {
    const { step, rival, second, end } = await pair(device, same);
    const weights = async () => [...(await second.read("d")).toFloat32()];
    const first = await weights();
    await step(0.1);
    const bytes = (await rival.keep()) as Uint8Array<ArrayBuffer>;
    const learned = await weights();
    expect(learned).not.toEqual(first);
    await step(0.1);
    await rival.look(bytes);
    expect(await weights()).toEqual(learned);
    (await Rival.make(second, same, options, undefined)).dispose();
    expect(await weights()).toEqual(first);
    (await Rival.make(second, same, options, { steps: 1, bytes, rival: bytes })).dispose();
    expect(await weights()).toEqual(learned);
    end();
  }));
