// jax-js on WebGPU, for gradients: the graph in its primitives, differentiated and compiled by itself.
import type { Engine } from "../../src/bench/engine.ts";
import { gradientSeed } from "../../src/bench/gradient-reference.ts";
import type { Jax } from "../jax/jax.ts";
import { lowerGraph } from "../jax/lower.ts";
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
      const graph = await simplify(task);
      const { of, seed } = gradientSeed(graph, task);
      const score = lowerGraph(jax, graph, of);
      const weights = jax.numpy.array(seed.toFloat32()).reshape([...seed.shape]);
      const forward = jax.jit(score);
      const backward = jax.jit(jax.grad((x) => jax.numpy.sum(score(x).mul(weights.ref))));
      const [input] = graph.inputs;
      const upload = () => jax.numpy.array(task.inputs[input?.name ?? ""]?.data as Float32Array).reshape([...(input?.shape ?? [])]);
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
