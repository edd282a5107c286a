// Training by jax-js: its own gradient of a graph in its primitives, and gradient descent, compiled as one function.
import type { Session, Task, TaskTraining } from "../../src/bench/engine.ts";
import { gradientSeed } from "../../src/bench/gradient-reference.ts";
import { oneHotRows } from "../../src/bench/learner.ts";
import { scoresOf } from "../../src/engine/gradient/target.ts";
import type { TypedGraph } from "../../src/engine/graph/graph.ts";
import { simplify } from "../simplify.ts";
import type { Jax, JaxArray } from "./jax.ts";
import { constantsOf, lowerGraph } from "./lower.ts";

/** Copies the first input's elements to the GPU. */
export function uploader(jax: Jax, { inputs: [input] }: TypedGraph, task: Task): () => JaxArray {
  const { data, shape } = task.inputs[input?.name ?? ""] ?? { data: new Float32Array(), shape: [] };
  return () => jax.numpy.array(data).reshape([...shape]);
}

export async function trainingSession(jax: Jax, task: Task, training: TaskTraining): Promise<Session> {
  const graph = await simplify(task);
  const of = scoresOf(graph);
  const constants = constantsOf(jax, graph);
  const names = [...constants.keys()];
  const scores = lowerGraph(jax, graph, of, constants);
  const { labels, rate, checkedSteps } = training;
  const loss = (weights: JaxArray[], x: JaxArray, targets: JaxArray) => {
    const named = new Map(names.map((name, i) => [name, weights[i] as JaxArray]));
    return jax.numpy.sum(jax.nn.logSoftmax(scores(x, named)).mul(targets)).mul(-1 / labels.length);
  };
  const gradient = jax.valueAndGrad(loss);
  const step = jax.jit((weights: JaxArray[], x: JaxArray, targets: JaxArray): [JaxArray, JaxArray[]] => {
    const [value, gradients] = gradient(
      weights.map((weight) => weight.ref),
      x,
      targets,
    );
    return [value, weights.map((weight, i) => weight.sub((gradients[i] as JaxArray).mul(rate)))];
  });
  const classes = graph.types.get(of)?.shape[1] ?? 1;
  const targets = jax.numpy.array(oneHotRows(training, classes)).reshape([labels.length, classes]);
  const upload = uploader(jax, graph, task);
  let weights = [...constants.values()];
  const losses: number[] = [];
  return {
    async run() {
      const [value, next] = step(weights, upload(), targets.ref);
      weights = next;
      const [data] = await Promise.all([value.data(), ...next.map((weight) => weight.blockUntilReady())]);
      losses.push(data[0] as number);
    },
    outputs: () => [Float32Array.from(losses.slice(0, checkedSteps))],
    async dispose() {
      step.dispose?.();
    },
  };
}

/** The gradient of one constant, of a layer alone. */
export async function weightGradientSession(jax: Jax, task: Task, weight: string): Promise<Session> {
  const graph = await simplify(task);
  const { of, seed } = gradientSeed(graph, task);
  const constants = constantsOf(jax, graph);
  const compute = lowerGraph(jax, graph, of, constants);
  const counts = jax.numpy.array(seed.toFloat32()).reshape([...seed.shape]);
  const gradient = jax.valueAndGrad((weights, x, targets) =>
    jax.numpy.sum(compute(x, new Map([[weight, weights[0] as JaxArray]])).mul(targets)),
  );
  // The value is not asked for, so that nothing but the gradient is computed.
  const backward = jax.jit((weights: JaxArray[], x: JaxArray, targets: JaxArray): [JaxArray, JaxArray[]] => {
    const [, [first]] = gradient(weights, x, targets);
    return [first as JaxArray, []];
  });
  const upload = uploader(jax, graph, task);
  let result = new Float32Array();
  return {
    async run() {
      const [dw] = backward([(constants.get(weight) as JaxArray).ref], upload(), counts.ref);
      result = (await dw.data()) as Float32Array<ArrayBuffer>;
    },
    outputs: () => [result],
    async dispose() {
      backward.dispose?.();
    },
  };
}
