// What a gradient must be: the graph that computes it, by plain loops in double precision.

import { createRandom, uniform } from "../../models/random.ts";
import { gradientOf } from "../engine/gradient/differentiate.ts";
import { scoresOf, weightsOf } from "../engine/gradient/target.ts";
import type { TypedGraph, ValueType } from "../engine/graph/graph.ts";
import { loadCatalog } from "../engine/ops/catalog.ts";
import { inferGraph } from "../engine/passes/infer.ts";
import { withParameters } from "../engine/passes/parameters.ts";
import { sizeOf } from "../engine/shapes.ts";
import { Tensor } from "../engine/tensor.ts";
import { fromTensor } from "../reference/array.ts";
import { evaluateGraph } from "../reference/evaluate.ts";
import type { Task } from "./engine.ts";

/** The value that a task differentiates, and what each of its elements counts: for the gradient of weights noise, so that none is like another. */
export function gradientSeed(graph: TypedGraph, { gradient }: Task): { readonly of: string; readonly seed: Tensor } {
  const of = gradient?.class === undefined ? (graph.outputs[0] as string) : scoresOf(graph);
  const type = graph.types.get(of) as ValueType;
  if (gradient?.weight !== undefined) return { of, seed: Tensor.float32(type.shape, uniform(createRandom(3, of), sizeOf(type.shape), 1)) };
  const target = gradient?.class === undefined ? of : { class: gradient.class };
  return { of, seed: weightsOf(type, target).seed };
}

/** The gradient of the task's first input, or of its weight. Takes seconds for a network. */
export async function gradientReference(task: Task): Promise<readonly Float32Array[]> {
  const inference = inferGraph(task.graph, await loadCatalog(task.graph, {}));
  const weight = task.gradient?.weight;
  const { graph } = weight === undefined ? inference : withParameters(task.graph, inference, [weight]);
  const { of, seed } = gradientSeed(graph, task);
  const [input] = graph.inputs;
  const name = input?.name as string;
  const wanted = weight ?? name;
  const backward = gradientOf(graph, of, [wanted]);
  const x = { dtype: "float32" as const, shape: input?.shape ?? [], data: new Float64Array(task.inputs[name]?.data ?? []) };
  const given = new Map([
    [name, x],
    [backward.seed, fromTensor(seed)],
    ...Array.from(graph.parameters ?? [], ([one, tensor]) => [one, fromTensor(tensor)] as const),
  ]);
  const results = await evaluateGraph({ ...backward.graph, parameters: undefined }, given);
  return [new Float32Array(results.get(backward.gradients.get(wanted) as string)?.data ?? [])];
}
