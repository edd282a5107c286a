// What somebody asks of a training besides what is usual, checked against the model. Loaded where it is asked for.
import { ModelError } from "../../errors.ts";
import { producersOf, type TypedGraph } from "../../graph/graph.ts";
import type { ScaleOptions } from "../../ops/families.ts";
import { checkCount, checkKeys } from "../check.ts";
import { scoresOf } from "../target.ts";
import { lossNames, shortened, writers } from "./losses.ts";
import { gathered, inTrainingMode, partOf, runningOf } from "./modes.ts";
import type { OptimizerOptions } from "./optimizers.ts";
import { scheduledShare } from "./scheduled-share.ts";
import { checkSchedule, type ScheduleOptions } from "./schedules.ts";
import { decayOf, optimizerNames, writeStep } from "./steps.ts";
import type { LossName, LossPlan, TrainingPlan } from "./training.ts";
import { hasClasses, mostExamples, usualPlan } from "./usual.ts";

/** One of several values that are to become right. */
export interface LossOptions {
  /** Name of the value, or layer: by it the batch's targets are given, and losses are read. */
  readonly of: string;
  /** By default the options' `loss`. */
  readonly loss?: LossName | undefined;
  /** What it counts in the sum. By default 1. */
  readonly weight?: number | undefined;
}

export interface TrainingOptions {
  /** What is to become small. By default cross-entropy. */
  readonly loss?: LossName | undefined;
  /**
   * The value, or layer, that the loss is of: for cross-entropy the scores before a last Softmax, else the first output. A list of them has a loss
   * for each, and their weighted sum becomes small.
   */
  readonly of?: string | readonly (string | LossOptions)[] | undefined;
  /** The optimiser, by name or with its numbers. By default sgd with a momentum of 0.9. */
  readonly optimizer?: OptimizerOptions | OptimizerOptions["name"] | undefined;
  /** How the learning rate goes on from step to step, by name or with its numbers. By default constant. */
  readonly schedule?: ScheduleOptions | "constant" | undefined;
  /** Examples in a step. By default 32. */
  readonly batch?: number | undefined;
  /**
   * In how many parts a step computes its batch, one after the other, where all of it takes too much memory. The gradients are the same but for rounding; a
   * BatchNormalization has the statistics of each part. By default 1.
   */
  readonly accumulate?: number | undefined;
  /** Begins the masks of Dropouts: a whole number of 0 or more. The same seed gives the same bits on the same device. By default 0. */
  readonly seed?: number | undefined;
  /** Parameters that stay as they are, by name. */
  readonly frozen?: ((name: string) => boolean) | undefined;
  /** Gradients longer than this, all together, are shortened to it. */
  readonly clipNorm?: number | undefined;
  /**
   * By what the loss is multiplied before it is differentiated, so that small gradients in 16 bits are not 0; the optimiser divides by it. A step of
   * which a gradient is not finite changes nothing. "dynamic", by default where values lie in 16 bits: it begins with 65,536, is halved by such a
   * step, and doubles after 2,000 others in a row. A number stays.
   */
  readonly lossScale?: number | "dynamic" | LossScaleOptions | undefined;
  /**
   * The most bytes of the GPU that a step may take, with parameters and what the optimiser remembers. Where it would take more, what the way back reads
   * is computed again instead of being kept, the cheapest first: the same bits in more time.
   */
  readonly maxBytes?: number | undefined;
}

export interface LossScaleOptions {
  /** By default 65,536. */
  readonly initial?: number | undefined;
  /** After how many good steps in a row it doubles. By default 2,000. */
  readonly every?: number | undefined;
}

/**
 * @param valueName the value that a name, of a value or a layer, means
 * @param hasHalves whether values lie in 16 bits
 * @throws ModelError for options that make no sense for the model
 */
export function planOf(graph: TypedGraph, options: TrainingOptions, valueName: (name: string) => string, hasHalves = false): TrainingPlan {
  if (typeof options !== "object" || options === null)
    throw new ModelError(`training: got ${String(options)}, expected options such as { optimizer: "adam" }.`);
  checkKeys("training", options, optionKeys);
  const { schedule: named = "constant", accumulate = 1, clipNorm } = options;
  const schedule = typeof named === "string" ? { name: named } : named;
  checkSchedule(schedule);
  const usual = usualPlan(graph, options, lossesOf(graph, options, valueName));
  const { optimizer, batch, seed } = usual;
  checkOptimizer(optimizer);
  checkCount("batch", batch, 1, mostExamples);
  checkCount("accumulate", accumulate, 1, mostExamples);
  if (batch % accumulate !== 0) throw new ModelError(`a batch of ${batch} cannot be computed in ${accumulate} parts that are alike.`);
  checkCount("seed", seed, 0, Number.MAX_SAFE_INTEGER);
  if (graph.inputs.length !== 1) throw new ModelError(`training takes a model with one input; this one has ${graph.inputs.length}.`);
  if (options.frozen !== undefined && typeof options.frozen !== "function")
    throw new ModelError(`frozen: got ${String(options.frozen)}, expected a function that answers whether a parameter of a name stays.`);
  if (clipNorm !== undefined && !(clipNorm > 0)) throw new ModelError(`clipNorm ${clipNorm}: expected a number above 0.`);
  if (options.maxBytes !== undefined) checkCount("maxBytes", options.maxBytes, 1, Number.MAX_SAFE_INTEGER);
  const running = runningOf(graph);
  return {
    ...usual,
    batch: batch / accumulate,
    parts: accumulate,
    isFrozen: (name) => running.has(name) || usual.isFrozen(name),
    decay: decayOf(optimizer),
    writeStep,
    prepare: inTrainingMode,
    ...(accumulate > 1 && {
      partOf: (whole, part) => partOf(whole, part, accumulate),
      gather: (draft, value, role, by) => gathered(draft, value, role, { ...by, parts: accumulate }),
    }),
    share: (step) => scheduledShare(schedule, step),
    clipNorm,
    ...(clipNorm !== undefined && { shorten: (draft, gradients, like) => shortened(draft, gradients, like, clipNorm) }),
    scale: scaleOf(options.lossScale ?? (hasHalves ? "dynamic" : undefined)),
  };
}

/** Beyond it the squares of usual gradients, by whose sum it is told whether they are finite, are infinite in float32. */
const largestScale = 2 ** 40;

function scaleOf(given: TrainingOptions["lossScale"]): ScaleOptions | undefined {
  if (given === undefined) return undefined;
  const isFixed = typeof given === "number";
  if (!isFixed && given !== "dynamic" && (typeof given !== "object" || given === null))
    throw new ModelError(`lossScale '${String(given)}': expected a number, "dynamic", or options.`);
  const options: LossScaleOptions = isFixed ? { initial: given } : given === "dynamic" ? {} : given;
  checkKeys("lossScale", options, ["initial", "every"]);
  const { initial = 65536, every = 2000 } = options;
  if (!(initial > 0 && initial <= largestScale)) throw new ModelError(`lossScale ${initial}: expected a number above 0, and at most 2^40.`);
  checkCount("lossScale: every", every, 1, 2 ** 24);
  return { initial, every, isFixed };
}

function lossesOf(graph: TypedGraph, { of, loss: usual = "cross-entropy" }: TrainingOptions, valueName: (name: string) => string) {
  if (of !== undefined && typeof of !== "string" && !Array.isArray(of))
    throw new ModelError(`of: got ${String(of)}, expected the name of a value, or a list of them.`);
  const asked: readonly (string | LossOptions | undefined)[] = Array.isArray(of) ? of : [of as string | undefined];
  if (asked.length === 0) throw new ModelError("of: the list is empty, so there is no loss.");
  const losses = asked.map((one): LossPlan => {
    const given: Partial<LossOptions> = typeof one === "string" ? { of: one } : (one ?? {});
    const { of: name, loss = usual, weight = 1 } = given;
    if (!lossNames.includes(loss)) throw new ModelError(`loss '${loss}': expected one of ${lossNames.join(", ")}.`);
    if (!(weight > 0 && Number.isFinite(weight))) throw new ModelError(`of '${name}': weight ${weight}; expected a number above 0.`);
    const value = name === undefined ? usualValue(graph, loss) : valueName(name);
    if (loss === "cross-entropy" && !hasClasses(graph, value)) throw new ModelError(withoutClasses(graph, value, name === undefined));
    return { name: name ?? value, value, loss, weight, write: writers[loss] };
  });
  const twice = losses.find(({ name }, i) => losses.findIndex((other) => other.name === name) < i);
  if (twice) throw new ModelError(`of: '${twice.name}' is named twice.`);
  return losses;
}

function withoutClasses({ types, outputs }: TypedGraph, value: string, isUnnamed: boolean): string {
  const { shape = [] } = types.get(value) ?? {};
  const scores = `the scores are [${shape.join(", ")}]`;
  if (shape[1] === undefined) return `${scores}; cross-entropy takes [batch, classes, …].`;
  const others = outputs.map((one) => `'${one}'`).join(", ");
  const advice = isUnnamed && outputs.length > 1 ? `, and name what is to become right as \`of\`: the model answers with ${others}` : "";
  return `${scores}, and one score '${value}' has no cross-entropy. Give another \`loss\`, such as binary-cross-entropy or mean-squared-error${advice}.`;
}

/** What a loss is of where nothing is named: before a last Softmax or Sigmoid, which the loss takes in. */
function usualValue(graph: TypedGraph, loss: LossName): string {
  if (loss === "cross-entropy") return scoresOf(graph);
  const [output = ""] = graph.outputs;
  const node = producersOf(graph).get(output);
  return loss === "binary-cross-entropy" && node?.operator === "Sigmoid" ? (node.inputs[0] as string) : output;
}

const optionKeys = "loss of optimizer schedule batch accumulate seed frozen clipNorm lossScale maxBytes".split(" ");
const optimizerKeys = ["name", "rate", "momentum", "nesterov", "betas", "epsilon", "weightDecay"];

/** @throws ModelError for numbers that no optimiser takes, and options that there are not */
function checkOptimizer(optimizer: OptimizerOptions): void {
  if (typeof optimizer !== "object" || optimizer === null)
    throw new ModelError(`optimizer: got ${String(optimizer)}, expected a name or options.`);
  const { name, ...numbers } = optimizer;
  if (!optimizerNames.includes(name)) throw new ModelError(`optimizer '${name}': expected one of ${optimizerNames.join(", ")}.`);
  checkKeys("optimizer", numbers, optimizerKeys);
  const { rate, momentum, betas, epsilon, weightDecay } = numbers;
  const within = (what: string, value: number | undefined, isRight: (value: number) => boolean, expected: string) => {
    if (value !== undefined && !isRight(value)) throw new ModelError(`optimizer: ${what} ${value}; expected ${expected}.`);
  };
  within("rate", rate, (value) => value >= 0 && Number.isFinite(value), "a number of 0 or more");
  within("momentum", momentum, (value) => value >= 0 && value < 1, "0 or more, and less than 1");
  if (betas !== undefined && (!Array.isArray(betas) || betas.length !== 2))
    throw new ModelError(`optimizer: betas ${String(betas)}; expected two numbers, such as [0.9, 0.999].`);
  for (const beta of betas ?? []) within("betas", beta, (value) => value >= 0 && value < 1, "0 or more, and less than 1");
  within("epsilon", epsilon, (value) => value > 0 && Number.isFinite(value), "a number above 0");
  within("weightDecay", weightDecay, (value) => value >= 0 && Number.isFinite(value), "a number of 0 or more");
}
