// Convcam as the bench runs it, in a page or in Node.
import type { Device } from "../engine/gpu/device.ts";
import { loadModel, type Model } from "../engine/model.ts";
import type { Precision } from "../engine/precision.ts";
import type { Tensor } from "../engine/tensor.ts";
import { halvesErrorLimit } from "./compare.ts";
import type { Engine, Session, Task } from "./engine.ts";
import { profileModel } from "./profile.ts";
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
      const model = await loadModel(device, task.bytes, { inputShapes, precision });
      const bytes = () => model.device.allocatedBytes - before;
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
  const gradient = await model.gradient({ of: index === undefined ? (task.graph.outputs[0] as string) : { class: index } });
  const forward = sessionOf(model, task, gpuBytes);
  const [name = "", { data } = { data: new Float32Array() }] = Object.entries(task.inputs)[0] ?? [];
  let result: Tensor | undefined;
  return {
    async run() {
      result = (await gradient.predict({ [name]: data }))[name];
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
