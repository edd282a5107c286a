// What the first step of a training waits for: which pipelines a step takes where the GPU is software, told from its plan.
import { afterAll, expect, test } from "vitest";
import { buildTask } from "../../src/bench/cases.ts";
import { createTrainer } from "../../src/engine/create-trainer.ts";
import { Device } from "../../src/engine/gpu/device.ts";
import { loadModel } from "../../src/engine/model.ts";
import type { Plan } from "../../src/engine/plan/plan.ts";
import { requestNullDevice } from "../support/half-device.ts";

const nullDevice = await requestNullDevice();
afterAll(() => nullDevice.dispose());

/** The plans of a network's own run and of a step of its training. */
async function plansOf(name: string): Promise<readonly [model: Plan, step: Plan]> {
  const software = new Device(nullDevice.gpu, nullDevice.info, { ...nullDevice.target, profile: "software", sharingLanes: 4 });
  const model = await loadModel(software, buildTask({ kind: "training", name }).bytes, { parameters: true });
  const trainer = await createTrainer(model, { batch: 32 });
  return [model.plan, trainer.running.plan];
}

const pipelinesOf = ({ prepare, steps }: Plan) => new Map([...prepare, ...steps].map(({ shader }) => [shader.code, shader.name]));

test("convolutions share the pipelines of dense layers and of the quick start: no large block is compiled for one layer", async () => {
  const [model, step] = await plansOf("mnist_convnet@32 training");
  const known = pipelinesOf(model);
  const added = [...pipelinesOf(step)].filter(([code]) => !known.has(code));
  expect(added.filter(([code]) => code.length > 12_000).map(([, name]) => name)).toEqual(["product tiles 32×8"]);
  const kernels = new Map(step.steps.map(({ node, kernel }) => [node, kernel]));
  expect(kernels.get("conv_1")).toBe("tap by tap");
  expect(kernels.get("conv_2")).toBe("winograd 4×4 by tiles");
});

test("weights that are turned round for the way back are one copy, and nothing is filled first", async () => {
  const [, { prepare }] = await plansOf("mnist_convnet@32 training");
  expect(prepare.filter(({ node }) => node.includes("/phases")).map(({ shader }) => shader.name)).toEqual(["copy"]);
});
