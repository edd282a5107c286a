// jax-js on WebGPU, for gradients and training: the graph in its primitives, differentiated and compiled by itself.
import type { Engine } from "../../src/bench/engine.ts";
import { gradientSeed } from "../../src/bench/gradient-reference.ts";
import type { Jax, JaxArray } from "../jax/jax.ts";
import { constantsOf, lowerGraph } from "../jax/lower.ts";
import { trainingSession, uploader, weightGradientSession } from "../jax/training.ts";
import { simplify } from "../simplify.ts";

/** @param folder address of the folder that holds its files */
export function jaxEngine(folder: string): Engine {
  let loading: Promise<Jax> | undefined;
  const load = async (): Promise<Jax> => {
    const jax = (await import(/* @vite-ignore */ `${folder}index.js`)) as Jax;
    if (!(await jax.init("webgpu")).includes("webgpu")) throw new Error("jax-js could not start WebGPU");
    jax.defaultDevice("webgpu");
    return jax;
  };
  return {
    name: "jax-js",
    async prepare() {
      loading ??= load();
      await loading;
    },
    async create(task) {
      loading ??= load();
      const jax = await loading;
      if (task.training) return trainingSession(jax, task, task.training);
      if (task.gradient?.weight !== undefined) return weightGradientSession(jax, task, task.gradient.weight);
      const graph = await simplify(task);
      const { of, seed } = gradientSeed(graph, task);
      const score = lowerGraph(jax, graph, of, constantsOf(jax, graph));
      const weights = jax.numpy.array(seed.toFloat32()).reshape([...seed.shape]);
      const forward = jax.jit((x: JaxArray) => score(x));
      const backward = jax.jit(jax.grad((x) => jax.numpy.sum(score(x).mul(weights.ref))));
      const upload = uploader(jax, graph, task);
      let result = new Float32Array();
      return {
        async run() {
          result = (await backward(upload()).data()) as Float32Array<ArrayBuffer>;
        },
        async forward() {
          await forward(upload()).data();
        },
        outputs: () => [result],
        async dispose() {
          forward.dispose?.();
          backward.dispose?.();
        },
      };
    },
  };
}
