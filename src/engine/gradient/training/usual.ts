// The training that is asked for most: cross-entropy, by SGD or Adam as they are. Anything else is planned by options.ts, which is loaded for it.
import { ModelError } from "../../errors.ts";
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
export function isUsual({ nodes }: TypedGraph, { optimizer = "sgd", batch = 32, seed = 0, frozen, ...others }: TrainingOptions): boolean {
  const { name, rate = 0, ...numbers } = optimizerOf(optimizer) ?? {};
  if (nodes.some(({ operator }) => ofModes.includes(operator))) return false;
  const isRight = (name === "sgd" || name === "adam") && rate >= 0 && Number.isFinite(rate + seed);
  const isWhole = Number.isInteger(batch) && batch > 0 && batch <= mostExamples;
  return isRight && isWhole && Object.keys({ ...numbers, ...others }).length === 0;
}

/** @throws ModelError where the model has several inputs */
export function usualPlan(graph: TypedGraph, options: TrainingOptions, losses = [crossEntropyOf(scoresOf(graph))]): TrainingPlan {
  const { optimizer = "sgd", batch = 32, seed = 0, frozen } = options;
  const [input, other] = graph.inputs;
  if (!input || other) throw new ModelError(`training takes a model with one input; this one has ${graph.inputs.length}.`);
  return {
    losses,
    input: input.name,
    batch,
    parts: 1,
    optimizer: optimizerOf(optimizer),
    isFrozen: frozen ?? (() => false),
    seed,
  };
}

function crossEntropyOf(value: string): LossPlan {
  return { name: value, value, loss: "cross-entropy", weight: 1 };
}

function optimizerOf(optimizer: OptimizerOptions | OptimizerName): OptimizerOptions {
  return typeof optimizer === "string" ? { name: optimizer } : optimizer;
}
