// A GPU that is lost fifty times in a row, at another moment each time: every call ends, with an error of ours or with right numbers, and the next GPU
// answers as the first did. `npm run test:large`.
import { expect, test } from "vitest";
import { requestNodeDevice } from "../../src/cli/node-device.ts";
import { createTrainer } from "../../src/engine/create-trainer.ts";
import { DeviceError } from "../../src/engine/errors.ts";
import type { Device } from "../../src/engine/gpu/device.ts";
import { loadModel, type Model } from "../../src/engine/model.ts";
import { noise } from "../support/graphs.ts";
import { smallNetworks } from "../support/small-networks.ts";

const { graph, answer, layers } = smallNetworks["a depthwise network"];
const x = noise([1, 3, 24, 24], 1);

/** What goes on while the GPU is lost. Each answers with the numbers of the network, or with none. */
const moments: Readonly<Record<string, (device: Device, model: Model) => Promise<Float32Array | undefined>>> = {
  load: async (device) => {
    const model = await loadModel(device, graph);
    model.dispose();
    return undefined;
  },
  run: async (_, model) => {
    for (let i = 0; i < 5; i++) model.run({ x });
    return (await model.read(answer)).toFloat32();
  },
  predict: async (_, model) => (await model.predict({ x }))[answer]?.toFloat32(),
  read: async (_, model) => {
    model.run({ x });
    const [first] = await Promise.all([model.read(answer), model.read(answer), model.read(answer)]);
    return first?.toFloat32();
  },
  observe: async (_, model) => {
    await model.observe("all");
    await model.observe([]);
    return undefined;
  },
  gate: async (_, model) => {
    await model.gate(layers[0] ?? "", { channel: 0, scale: 0 });
    await model.ungate();
    return undefined;
  },
  explain: async (_, model) => {
    const explanation = await model.explain({ method: "grad-cam", of: { class: 1 } });
    await explanation.predict({ x });
    explanation.dispose();
    return undefined;
  },
  train: async (device) => {
    const learner = await loadModel(device, graph);
    const trainer = await createTrainer(learner, { batch: 1, loss: "cross-entropy" });
    for (let i = 0; i < 5; i++) trainer.step({ inputs: x, targets: Int32Array.of(1) });
    await trainer.readLoss();
    trainer.dispose();
    learner.dispose();
    return undefined;
  },
  "move on": async (device, model) => {
    await model.moveTo(device);
    return undefined;
  },
  dispose: async (device) => {
    const model = await loadModel(device, graph);
    model.run({ x });
    model.dispose();
    return undefined;
  },
};

/** Lets so many turns of the event loop pass, so that the loss meets another part of the work each time. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

test("50 GPUs lost in a row, at each moment of use", async () => {
  const names = Object.keys(moments);
  let device = await requestNodeDevice();
  const model = await loadModel(device, graph);
  const right = (await model.predict({ x }))[answer]?.toFloat32() as Float32Array;
  const outcomes: string[] = [];
  for (let i = 0; i < 50; i++) {
    const name = names[i % names.length] as string;
    const lost = device;
    const work = (moments[name] as (typeof moments)[string])(lost, model).then(
      (found) => {
        if (found) expect(found, `${name}, loss ${i}`).toEqual(right);
        return "done";
      },
      (error: unknown) => {
        expect(error, `${name}, loss ${i}: ${error}`).toBeInstanceOf(DeviceError);
        return "lost";
      },
    );
    await turns(3 * Math.floor(i / names.length));
    lost.gpu.destroy();
    outcomes.push(await work);
    await lost.lost;
    device = await requestNodeDevice();
    await model.moveTo(device);
    expect((await model.predict({ x }))[answer]?.toFloat32(), `after ${name}, loss ${i}`).toEqual(right);
    lost.dispose();
    expect(lost.allocatedBytes, `after ${name}, loss ${i}`).toBe(0);
  }
  // Both ends must have been met, or the losses came too early or too late to test anything.
  expect(new Set(outcomes)).toEqual(new Set(["lost", "done"]));
  model.dispose();
  expect(device.allocatedBytes).toBe(0);
  device.dispose();
});
