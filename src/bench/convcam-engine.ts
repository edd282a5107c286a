// Convcam as the bench runs it, in a page or in Node.

import { createTrainer } from "../engine/create-trainer.ts";
import type { Device } from "../engine/gpu/device.ts";
import { loadModel, type Model } from "../engine/model.ts";
import { loadCatalog } from "../engine/ops/catalog.ts";
import type { Precision } from "../engine/precision.ts";
import type { Tensor } from "../engine/tensor.ts";
import type { Trainer } from "../engine/trainer.ts";
import { halvesErrorLimit } from "./compare.ts";
import type { Engine, Session, Task, TaskTraining } from "./engine.ts";
import { gradientSeed } from "./gradient-reference.ts";
import { descent } from "./learner.ts";
import { profileModel, profileTraining } from "./profile.ts";
import { ownNameOf } from "./report.ts";

export function convcamEngine(openDevice: () => Promise<Device>, precision: Precision = "float32"): Engine {
  let device: Device | undefined;
  return {
    name: ownNameOf(precision),
    ...(precision === "float16" && { errorLimit: halvesErrorLimit }),
    async prepare() {
      device ??= await openDevice();
    },
    async create(task) {
      if (!device) throw new Error("prepare() comes first");
      const before = device.allocatedBytes;
      const inputShapes = Object.fromEntries(Object.entries(task.inputs).map(([name, { shape }]) => [name, shape]));
      const weight = task.gradient?.weight;
      const parameters = task.training ? true : weight !== undefined && [weight];
      const model = await loadModel(device, task.bytes, { inputShapes, precision, ...(parameters && { parameters }) });
      const bytes = () => model.device.allocatedBytes - before;
      if (task.training) return trainingSessionOf(model, task, bytes);
      return task.gradient ? gradientSessionOf(model, task, bytes) : sessionOf(model, task, bytes);
    },
  };
}

function sessionOf(model: Model, task: Task, gpuBytes: () => number): Session {
  const inputs = Object.fromEntries(Object.entries(task.inputs).map(([name, { data }]) => [name, data]));
  let outputs: readonly Tensor[] = [];
  let bytes: number | null = null;
  return {
    async run() {
      outputs = Object.values(await model.predict(inputs));
    },
    outputs: () => outputs.map((tensor) => tensor.toFloat32()),
    async settle() {
      await model.settled;
      // The next engine's model lies on the same device.
      bytes = gpuBytes();
    },
    gpuBytes: () => bytes,
    profile: () => profileModel(model),
    async dispose() {
      model.dispose();
    },
  };
}

async function gradientSessionOf(model: Model, task: Task, gpuBytes: () => number): Promise<Session> {
  const index = task.gradient?.class;
  const weight = task.gradient?.weight;
  const gradient = await model.gradient({
    of: index === undefined ? (task.graph.outputs[0] as string) : { class: index },
    ...(weight !== undefined && { withRespectTo: [weight], seed: gradientSeed(model.graph, task).seed }),
  });
  const forward = sessionOf(model, task, gpuBytes);
  const [name = "", { data } = { data: new Float32Array() }] = Object.entries(task.inputs)[0] ?? [];
  let result: Tensor | undefined;
  return {
    async run() {
      result = (await gradient.predict({ [name]: data }))[weight ?? name];
    },
    forward: forward.run,
    outputs: () => (result ? [result.toFloat32()] : []),
    async settle() {
      await gradient.settled;
      // A model settles after its first run.
      await forward.run();
      await forward.settle?.();
    },
    gpuBytes: () => forward.gpuBytes?.() ?? null,
    dispose: forward.dispose,
  };
}

async function trainingSessionOf(model: Model, task: Task, gpuBytes: () => number): Promise<Session> {
  const { labels, rate, checkedSteps } = task.training as TaskTraining;
  // Made by the first step, as others compile theirs then: what is on the clock is the way from a model that is there, and code that was loaded, to the
  // end of its first step.
  await Promise.all([import("../engine/trainer.ts"), loadCatalog(model.graph, { target: model.device.target, isForTraining: true })]);
  let trainer: Trainer | undefined;
  const [[name = "", { data } = { data: new Float32Array() }] = []] = Object.entries(task.inputs);
  const losses: number[] = [];
  let bytes: number | null = null;
  // A model that learns packs its weights anew after each step; forward, weights are constants.
  let plain: Model | undefined;
  return {
    async run() {
      trainer ??= await createTrainer(model, { batch: labels.length, optimizer: descent(rate) });
      trainer.step({ inputs: data, targets: labels });
      losses.push(await trainer.readLoss());
    },
    async forward() {
      await plain?.predict({ [name]: data });
    },
    outputs: () => [Float32Array.from(losses.slice(0, checkedSteps))],
    async settle() {
      bytes = gpuBytes();
      plain = await loadModel(model.device, task.bytes);
      await plain.predict({ [name]: data });
      await plain.settled;
    },
    gpuBytes: () => bytes,
    profile: () => profileTraining(model, trainer as Trainer, { inputs: data, targets: labels }),
    async dispose() {
      trainer?.dispose();
      plain?.dispose();
      model.dispose();
    },
  };
}
