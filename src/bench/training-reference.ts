// What the losses of training must be: the graph of a step, by plain loops in double precision.
import { ratesAt } from "../engine/gradient/training/optimizers.ts";
import { planOf } from "../engine/gradient/training/options.ts";
import { lossResult, ratesOperand, targetsOperandOf, trainingOf } from "../engine/gradient/training/training.ts";
import type { Graph } from "../engine/graph/graph.ts";
import { loadCatalog } from "../engine/ops/catalog.ts";
import { inferGraph } from "../engine/passes/infer.ts";
import { withParameters } from "../engine/passes/parameters.ts";
import { Tensor } from "../engine/tensor.ts";
import { fromTensor, type NdArray } from "../reference/array.ts";
import { evaluateGraph } from "../reference/evaluate.ts";
import type { Task, TaskTraining } from "./engine.ts";
import { descent } from "./learner.ts";

/** The losses of the first steps, each before the parameters took it. Takes a while. */
export async function trainingReference(task: Task): Promise<readonly Float32Array[]> {
  const { labels, rate, checkedSteps } = task.training as TaskTraining;
  const catalog = await loadCatalog(task.graph, { isForTraining: true });
  const infer = (graph: Graph) => inferGraph(graph, catalog).graph;
  const { graph } = withParameters(task.graph, inferGraph(task.graph, catalog), true);
  const [input] = graph.inputs;
  const plan = planOf(graph, { optimizer: descent(rate), batch: labels.length }, (name) => name);
  const made = trainingOf(graph, plan, infer);
  const examples = task.inputs[input?.name ?? ""];
  const targets = Tensor.from("int32", [labels.length], labels);
  const given = new Map<string, NdArray>([
    ...Object.values(made.operands).map(({ name, initial }) => [name, fromTensor(initial)] as const),
    [input?.name as string, fromTensor(Tensor.float32(examples?.shape ?? [], examples?.data ?? new Float32Array()))],
    [made.operands[targetsOperandOf(plan.losses[0]?.name ?? "")]?.name as string, fromTensor(targets)],
  ]);
  const state = new Map(Array.from(made.graph.parameters ?? [], ([name, tensor]) => [name, fromTensor(tensor)]));
  const losses: number[] = [];
  for (let step = 1; step <= checkedSteps; step++) {
    const updates = step < checkedSteps ? [...(made.graph.updates ?? [])] : [];
    const outputs = [made.results.get(lossResult) as string, ...updates.map(([, next]) => next)];
    const rates = fromTensor(Tensor.float32([8], ratesAt(descent(rate), rate, step)));
    const now = new Map([...given, ...state, [made.operands[ratesOperand]?.name as string, rates]]);
    const results = await evaluateGraph({ ...made.graph, parameters: undefined, outputs } as Graph, now);
    losses.push(results.get(outputs[0] as string)?.data[0] as number);
    for (const [name, next] of updates) state.set(name, results.get(next) as NdArray);
  }
  return [Float32Array.from(losses)];
}
