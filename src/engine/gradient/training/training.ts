// A step of training as a graph: the network in training mode for a batch, a loss, the gradients of parameters, and the optimiser's step as their
// update.
import { ModelError } from "../../errors.ts";
import type { GraphEdit } from "../../graph/edit.ts";
import { fusedDomain, type Graph, type Node, type TypedGraph, type ValueType } from "../../graph/graph.ts";
import { ancestorsOf } from "../../graph/reach.ts";
import type { LossScaling, ScaleOptions } from "../../ops/families.ts";
import { rateCount } from "../../ops/training/update.ts";
import { keyOf } from "../../random.ts";
import { isFloat, Tensor } from "../../tensor.ts";
import { partWithBatch } from "../batch.ts";
import { Draft } from "../draft.ts";
import { betasOf, decayOf, type OptimizerOptions, writeStep } from "./optimizers.ts";

/**
 * - cross-entropy: of scores before a softmax, and the number of the right class for each row
 * - mean-squared-error: of the output and a target of its shape
 * - binary-cross-entropy: of scores before a sigmoid, and targets of their shape, 0…1
 */
export type LossName = "cross-entropy" | "mean-squared-error" | "binary-cross-entropy";

export const lossNames: readonly LossName[] = ["cross-entropy", "mean-squared-error", "binary-cross-entropy"];

export interface LossPlan {
  /** By which its targets are given, and its numbers are read. */
  readonly name: string;
  /** What it is of. */
  readonly value: string;
  readonly loss: LossName;
  /** What it counts in the sum that becomes small. */
  readonly weight: number;
}

export interface TrainingPlan {
  readonly losses: readonly LossPlan[];
  readonly input: string;
  /** Examples in a part of a step. */
  readonly batch: number;
  /** How many parts a step is computed in. */
  readonly parts: number;
  readonly optimizer: OptimizerOptions;
  /** Parameters that stay as they are. */
  readonly isFrozen: (name: string) => boolean;
  /** Gradients longer than this, all together, are shortened to it. */
  readonly clipNorm?: number | undefined;
  readonly seed: number;
  /** Parameters whose gradients can be read after a step, before they were shortened. None where absent. */
  readonly kept?: ReadonlySet<string> | undefined;
  /** Multiplies the loss, where gradients lie in 16 bits. */
  readonly scale?: ScaleOptions | undefined;
}

/** Results: the weighted sum of all losses, and of each loss its mean and what it is of. */
export const [lossResult, scaleResult, countsResult] = ["loss", "loss scale", "loss scale counts"] as const;
export const [lossResultOf, scoresResultOf] = [(name: string) => `loss of ${name}`, (name: string) => `scores of ${name}`] as const;
export const gradientResultOf = (name: string): string => `gradient of ${name}`;

/** The operands that a step is given. */
export const [inputsOperand, ratesOperand] = ["inputs", "rates"] as const;
export const targetsOperandOf = (name: string): string => `targets of ${name}`;

/**
 * @param infer types a graph, and throws where it cannot
 * @param scaling writes what scales the loss, where the plan says so
 */
export function trainingOf(graph: TypedGraph, plan: TrainingPlan, infer: (graph: Graph) => TypedGraph, scaling?: LossScaling) {
  const { losses, input, batch, parts, optimizer } = plan;
  const shape = graph.types.get(input)?.shape ?? [];
  const values = losses.map(({ value }) => value);
  const part = infer(partWithBatch(graph, values, input, [batch, ...shape.slice(1)]));
  const draft = new Draft(part);
  const rates = draft.operand(ratesOperand, Tensor.filled("float32", [rateCount], 0));
  const statistics = inTrainingMode(draft, part, plan, rates);
  const each = losses.map((one) => writeLoss(draft, one, batch));
  const lost = losses
    .map(({ value, weight }, i) => draft.emit.scale(each[i] as string, weight, value))
    .reduce((a, b) => draft.emit.add(a, b));
  const scaler = plan.scale && scaling?.(draft, plan.scale);
  const scaled = scaler?.scaled(lost) ?? lost;
  draft.type(infer);
  const trained = trainedParameters(graph, part, plan);
  const seed = Tensor.filled(draft.emit.typeOf(lost).dtype, [], 1);
  const explained = { value: scaled, target: scaled, weights: { seed, followsTop: false } };
  const { gradients } = draft.differentiate(explained, trained);
  const whole = (value: string, role: string, like: string) => (parts === 1 ? value : gathered(draft, value, role, { like, parts, rates }));
  const sums = gradients.map((gradient, i) => whole(gradient, `gradient of ${trained[i]}`, trained[i] as string));
  const decay = decayOf(optimizer);
  const taken = scaler?.take(sums, { rates, parts, parameters: trained, decay, clipNorm: plan.clipNorm, betas: betasOf(optimizer) });
  const along = taken ? [] : clipped(draft, sums, trained, plan.clipNorm);
  trained.forEach((name, i) => {
    writeStep(draft, optimizer, name, draft.emit.typeOf(name), {
      gradient: taken?.gradient(i) ?? (along[i] as string),
      rates: taken?.rates ?? rates,
      decay: taken ? 0 : decay,
      waits: parts > 1 || taken !== undefined,
    });
  });
  for (const { running, next, keep } of statistics)
    draft.update(
      running,
      taken?.statistic(running, next, keep) ?? draft.emit.own("Update", [running, rates, next], { kind: "average", keep, gain: 1 - keep }),
    );
  const results = new Map<string, string>([[lossResult, whole(lost, "loss", lost)]]);
  losses.forEach(({ name, value }, i) => {
    const own = each[i] as string;
    results.set(lossResultOf(name), whole(own, `loss of ${name}`, own)).set(scoresResultOf(name), value);
  });
  if (taken) results.set(scaleResult, taken.scale).set(countsResult, taken.counts);
  // The last nodes: those before them are called alike whichever gradients are kept.
  trained.forEach((name, i) => {
    const sum = sums[i] as string;
    if (plan.kept?.has(name)) results.set(gradientResultOf(name), scaler?.plain(sum) ?? sum);
  });
  const { operands, ...derived } = draft.finish(results);
  const { dtype, shape: inputShape } = part.types.get(input) as ValueType;
  const inputs = { name: input, initial: Tensor.filled(dtype, inputShape, 0) };
  const typeOf = (value: string) => part.types.get(value) as ValueType;
  return {
    ...derived,
    operands: { ...operands, [inputsOperand]: inputs } as Readonly<Record<string, typeof inputs>>,
    trained,
    /** Of what each loss is of, for a batch. */
    types: values.map(typeOf),
  };
}

/** The mean over the parts of a step until now. @param like has its type */
function gathered(
  draft: Draft,
  value: string,
  role: string,
  { like, parts, rates }: { readonly like: string; readonly parts: number; readonly rates: string },
): string {
  const state = draft.state(role, draft.emit.typeOf(like));
  const next = draft.emit.own("Update", [state, rates, value], { kind: "gather", gain: 1 / parts });
  draft.update(state, next);
  return next;
}

/** A running statistic, and what moves it. */
interface Statistic {
  readonly running: string;
  readonly next: string;
  readonly keep: number;
}

/** Normalizations take the statistics of the batch, unless their scale is frozen; Dropouts drop. */
function inTrainingMode(
  draft: Draft,
  { nodes, initializers, types }: TypedGraph,
  { isFrozen, seed }: TrainingPlan,
  rates: string,
): readonly Statistic[] {
  const statistics: Statistic[] = [];
  const normalize = (edit: GraphEdit, node: Node): void => {
    const [x = "", scale = "", bias = "", mean = "", variance = ""] = node.inputs;
    if (isFrozen(scale) || initializers.has(mean)) return;
    const number = (name: string, usual: number) => Number(node.attributes.get(name) ?? usual);
    const [y = ""] = node.outputs;
    const [nextMean, nextVariance] = [edit.fresh(`${y}/mean`), edit.fresh(`${y}/variance`)];
    const attributes = new Map([["epsilon", number("epsilon", 1e-5)]]);
    edit.replace(node.name, {
      operator: "BatchNormalizationOfBatch",
      domain: fusedDomain,
      inputs: [x, scale, bias],
      outputs: [y, nextMean, nextVariance],
      attributes,
    });
    const keep = number("momentum", 0.9);
    statistics.push({ running: mean, next: nextMean, keep }, { running: variance, next: nextVariance, keep });
  };
  const drop = (edit: GraphEdit, node: Node): void => {
    const given = initializers.get(node.inputs[1] ?? "")?.toNumbers()[0] ?? node.attributes.get("ratio");
    const ratio = given === undefined ? 0.5 : Number(given);
    if (ratio === 0 || !isFloat(types.get(node.inputs[0] ?? "")?.dtype ?? "bool")) return;
    const attributes = new Map([
      ["ratio", ratio],
      ["seed", keyOf(node.name, seed)],
    ]);
    edit.replace(node.name, {
      operator: "RandomMask",
      domain: fusedDomain,
      inputs: [node.inputs[0] ?? "", rates],
      outputs: [node.outputs[0] ?? ""],
      attributes,
    });
  };
  draft.rewrite((edit) => {
    for (const node of nodes) {
      if (node.domain !== "") continue;
      if (node.operator === "BatchNormalization") normalize(edit, node);
      if (node.operator === "Dropout") drop(edit, node);
    }
  });
  return statistics;
}

/** @returns the loss, one number: the mean over the batch */
function writeLoss(draft: Draft, { name, value, loss }: LossPlan, batch: number): string {
  const { emit } = draft;
  const { dtype, shape } = emit.typeOf(value);
  if (shape[0] !== batch)
    throw new ModelError(
      `'${value}' is [${shape.join(", ")}] for a batch of ${batch}: its first axis is no batch. Name another value as \`of\`.`,
    );
  const role = targetsOperandOf(name);
  if (loss === "cross-entropy") {
    if (shape.length < 2) throw new ModelError(`the scores are [${shape.join(", ")}]; cross-entropy takes [batch, classes, …].`);
    const labels = draft.operand(role, Tensor.filled("int32", [shape[0] as number, ...shape.slice(2)], 0));
    return emit.node("SoftmaxCrossEntropyLoss", [value, labels], { reduction: "mean" });
  }
  const targets = draft.operand(role, Tensor.filled(dtype, shape, 0));
  const mean = (all: string) => emit.node("ReduceMean", [all], { keepdims: 0 });
  if (loss === "mean-squared-error") {
    const distance = emit.subtract(value, targets);
    return mean(emit.multiply(distance, distance));
  }
  // log(1 + eˣ) − t · x
  return mean(emit.subtract(emit.node("Softplus", [value]), emit.multiply(targets, value)));
}

/** The parameters that a loss depends on, but for frozen ones and what has no slope. */
function trainedParameters(graph: TypedGraph, part: TypedGraph, { losses, isFrozen }: TrainingPlan): readonly string[] {
  const needed = ancestorsOf(
    part,
    losses.map(({ value }) => value),
  );
  const running = new Set(
    part.nodes
      .filter(({ operator, domain }) => operator === "BatchNormalization" && domain === "")
      .flatMap(({ inputs }) => inputs.slice(3, 5)),
  );
  const isTrained = (name: string) =>
    needed.has(name) && !running.has(name) && !isFrozen(name) && isFloat(graph.types.get(name)?.dtype ?? "bool");
  const trained = [...(part.parameters?.keys() ?? [])].filter(isTrained);
  if (trained.length === 0) throw new ModelError("there is nothing to train: no parameter that the loss depends on is left.");
  return trained;
}

/** Gradients that together are no longer than `most`. */
function clipped(draft: Draft, gradients: readonly string[], parameters: readonly string[], most: number | undefined): readonly string[] {
  if (most === undefined) return gradients;
  const { emit } = draft;
  const [like = ""] = parameters;
  const squares = gradients.map((gradient) => emit.node("ReduceSumSquare", [gradient], { keepdims: 0 }));
  const length = emit.node("Sqrt", [squares.reduce((a, b) => emit.add(a, b))]);
  // As PyTorch's clip_grad_norm_.
  const factor = emit.node("Min", [emit.number(1, like), emit.divide(emit.number(most, like), emit.add(length, emit.number(1e-6, like)))]);
  return gradients.map((gradient) => emit.multiply(gradient, factor));
}
