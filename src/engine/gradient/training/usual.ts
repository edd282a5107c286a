// The training that is asked for most: cross-entropy, by SGD or Adam as they are. Anything else is planned by options.ts, which is loaded for it.
import type { TypedGraph } from "../../graph/graph.ts";
import { scoresOf } from "../target.ts";
import type { OptimizerName, OptimizerOptions } from "./optimizers.ts";
import type { TrainingOptions } from "./options.ts";
import type { LossPlan, TrainingPlan } from "./training.ts";

/** The most examples of a step, and the most parts that it is computed in. */
export const mostExamples = 2 ** 16;

/** What computes otherwise in training. */
const ofModes = ["BatchNormalization", "Dropout"];

/** Whether {@link usualPlan} is all that is asked for, and nothing of it is wrong. */
export function isUsual(graph: TypedGraph, options: TrainingOptions): boolean {
  const { optimizer = "sgd", batch = 32, seed = 0, frozen = staysNowhere, ...others } = options;
  const { name, rate = 0, ...numbers } = optimizerOf(optimizer) ?? {};
  if (graph.nodes.some(({ operator }) => ofModes.includes(operator)) || graph.inputs.length !== 1) return false;
  const isRight = (name === "sgd" || name === "adam") && rate >= 0 && Number.isFinite(rate) && typeof frozen === "function";
  const isWhole = batch > 0 && batch <= mostExamples && seed >= 0 && Number.isSafeInteger(batch) && Number.isSafeInteger(seed);
  return isRight && isWhole && hasClasses(graph, scoresOf(graph)) && Object.keys({ ...numbers, ...others }).length === 0;
}

/** Whether cross-entropy takes it: one score alone always has a share of 1, and nothing to learn. */
export function hasClasses({ types }: TypedGraph, value: string): boolean {
  return (types.get(value)?.shape[1] ?? 0) > 1;
}

const staysNowhere = () => false;

/** Of a model with one input. */
export function usualPlan(graph: TypedGraph, options: TrainingOptions, losses = [crossEntropyOf(scoresOf(graph))]): TrainingPlan {
  const { optimizer = "sgd", batch = 32, seed = 0, frozen = staysNowhere } = options;
  const [input] = graph.inputs;
  return {
    losses,
    input: input?.name ?? "",
    batch,
    parts: 1,
    optimizer: optimizerOf(optimizer),
    isFrozen: frozen,
    seed,
  };
}

function crossEntropyOf(value: string): LossPlan {
  return { name: value, value, loss: "cross-entropy", weight: 1 };
}

function optimizerOf(optimizer: OptimizerOptions | OptimizerName): OptimizerOptions {
  return typeof optimizer === "string" ? { name: optimizer } : optimizer;
}
