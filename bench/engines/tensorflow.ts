// TensorFlow.js through the bench's own interpreter, on one of its back ends.

import type { Engine } from "../../src/bench/engine.ts";
import type { EngineName } from "../../src/bench/report.ts";

export type TensorFlowBackend = "webgpu" | "webgl" | "wasm";

/** @param folder address of the folder that holds the WebAssembly files */
export function tensorFlowEngine(name: EngineName, backend: TensorFlowBackend, folder: string): Engine {
  const load = async () => {
    const [tf, { Interpreter }] = await Promise.all([import("@tensorflow/tfjs-core"), import("../tensorflow/interpreter.ts")]);
    return { tf, Interpreter };
  };
  const activate = async (): Promise<void> => {
    const { tf } = await load();
    if (tf.getBackend() !== backend && !(await tf.setBackend(backend))) throw new Error(`TensorFlow.js could not start '${backend}'`);
  };
  return {
    name,
    async prepare() {
      const { tf } = await load();
      await registerBackend[backend](folder);
      await activate();
      await tf.ready();
      // The back end compiles and allocates what every model needs.
      await tf.tidy(() => tf.relu(tf.tensor1d([0]))).data();
    },
    async create(task) {
      await activate();
      const { tf, Interpreter } = await load();
      if (task.gradient?.weight !== undefined) {
        const { weightGradient } = await import("../tensorflow/weight-gradient.ts");
        const gradient = await weightGradient(task);
        let result: Float32Array = new Float32Array();
        return {
          activate,
          async run() {
            result = await gradient.run();
          },
          outputs: () => [result],
          async dispose() {
            await activate();
            gradient.dispose();
          },
        };
      }
      const interpreter = await Interpreter.create(task);
      return {
        activate,
        run: () => (task.training ? interpreter.step() : task.gradient ? interpreter.runGradient() : interpreter.run()),
        ...(task.gradient && { forward: () => interpreter.run() }),
        outputs: () => interpreter.outputs(),
        gpuBytes: () =>
          tf.getBackend() === backend && backend !== "wasm" ? ((tf.memory() as { numBytesInGPU?: number }).numBytesInGPU ?? null) : null,
        async dispose() {
          await activate();
          interpreter.dispose();
        },
      };
    },
  };
}

const registerBackend: Readonly<Record<TensorFlowBackend, (folder: string) => Promise<void>>> = {
  async webgpu() {
    await import("@tensorflow/tfjs-backend-webgpu");
  },
  async webgl() {
    await import("@tensorflow/tfjs-backend-webgl");
  },
  async wasm(folder) {
    const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
    setWasmPaths(folder);
  },
};
