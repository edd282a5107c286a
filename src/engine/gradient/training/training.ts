// A step of training as a graph: the network in training mode for a batch, a loss, the gradients of parameters, and the optimiser's step as their
// update.
import { ModelError } from "../../errors.ts";
import type { Graph, TypedGraph, ValueType } from "../../graph/graph.ts";
import { ancestorsOf } from "../../graph/reach.ts";
import type { LossScaling, ScaledStep, ScaleOptions } from "../../ops/families.ts";
import { rateCount } from "../../ops/training/update.ts";
import { isFloat, Tensor } from "../../tensor.ts";
import { partWithBatch } from "../batch.ts";
import { Draft } from "../draft.ts";
import { betasOf, type OptimizerOptions, type StepWriter, writeUsualStep } from "./optimizers.ts";

/**
 * - cross-entropy: of scores before a softmax, and the number of the right class for each row
 * - mean-squared-error: of the output and a target of its shape
 * - binary-cross-entropy: of scores before a sigmoid, and targets of their shape, 0…1
 */
export type LossName = "cross-entropy" | "mean-squared-error" | "binary-cross-entropy";

/** Writes a loss of a value and its targets. @returns one number: the mean over all elements */
export type LossWriter = (draft: Draft, value: string, targets: string) => string;

export interface LossPlan {
  /** By which its targets are given, and its numbers are read. */
  readonly name: string;
  /** What it is of. */
  readonly value: string;
  readonly loss: LossName;
  /** What it counts in the sum that becomes small. */
  readonly weight: number;
  /** Absent for cross-entropy. */
  readonly write?: LossWriter | undefined;
}

/** Writes the running statistics that a step changes, and adds the loss scale's results. @param taken where the loss is scaled */
export type Finish = (taken: ScaledStep | undefined, results: Map<string, string>) => void;

export interface TrainingPlan {
  readonly losses: readonly LossPlan[];
  readonly input: string;
  /** Examples in a part of a step. */
  readonly batch: number;
  /** How many parts a step is computed in. */
  readonly parts: number;
  readonly optimizer: OptimizerOptions;
  /** How much of a parameter is added to its gradient. By default 0. */
  readonly decay?: number | undefined;
  /** By default that of the usual optimisers. */
  readonly writeStep?: StepWriter | undefined;
  /** Parameters that stay as they are. */
  readonly isFrozen: (name: string) => boolean;
  /** Lets nodes compute as they do in training, where some compute otherwise then. @returns what writes the rest, see {@link Finish} */
  readonly prepare?: ((draft: Draft, part: TypedGraph, plan: TrainingPlan, rates: string) => Finish) | undefined;
  /** What a part of a step takes of what a batch is given, where there are several. */
  readonly partOf?: ((whole: Tensor, part: number) => Tensor) | undefined;
  /** Writes the mean of a value over the parts of a step until now, where there are several. @param role of the state, which has the type of `like` */
  readonly gather?:
    | ((draft: Draft, value: string, role: string, by: { readonly like: string; readonly rates: string }) => string)
    | undefined;
  /** Gradients longer than this, all together, are shortened to it: where the loss is scaled; see {@link shorten}. */
  readonly clipNorm?: number | undefined;
  /** Writes gradients that are shortened. @param like a value of their element type */
  readonly shorten?: ((draft: Draft, gradients: readonly string[], like: string) => readonly string[]) | undefined;
  /** The share of the learning rate in a step, from 1 on; 1 where absent. */
  readonly share?: ((step: number) => number) | undefined;
  readonly seed: number;
  /** Whose gradients can be read after a step, before they were shortened. None where absent. */
  readonly kept?: KeptGradients | undefined;
  /** Multiplies the loss, where gradients lie in 16 bits. */
  readonly scale?: ScaleOptions | undefined;
}

/** What is kept of gradients, which changes while it trains. */
export interface KeptGradients {
  /** Of these parameters, each once and in order. */
  names?: readonly string[];
  /** Adds those of some parameters to the results. @param gradientOf the gradient of a parameter, by its index */
  write?: ((parameters: readonly string[], gradientOf: (index: number) => string, results: Map<string, string>) => void) | undefined;
}

/** Results: the weighted sum of all losses, and of each loss its mean and what it is of. */
export const lossResult = "loss";
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
  const finish = plan.prepare?.(draft, part, plan, rates);
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
  const whole = (value: string, role: string, like: string) => plan.gather?.(draft, value, role, { like, rates }) ?? value;
  const sums = gradients.map((gradient, i) => whole(gradient, `gradient of ${trained[i]}`, trained[i] as string));
  const { decay = 0, writeStep = writeUsualStep } = plan;
  const taken = scaler?.take(sums, { rates, parts, parameters: trained, decay, clipNorm: plan.clipNorm, betas: betasOf(optimizer) });
  const along = taken ? [] : (plan.shorten?.(draft, sums, trained[0] as string) ?? sums);
  trained.forEach((name, i) => {
    writeStep(draft, optimizer, name, draft.emit.typeOf(name), {
      gradient: taken?.gradient(i) ?? (along[i] as string),
      rates: taken?.rates ?? rates,
      decay: taken ? 0 : decay,
      waits: parts > 1 || taken !== undefined,
    });
  });
  const results = new Map<string, string>([[lossResult, whole(lost, "loss", lost)]]);
  losses.forEach(({ name, value }, i) => {
    const own = each[i] as string;
    results.set(lossResultOf(name), whole(own, `loss of ${name}`, own)).set(scoresResultOf(name), value);
  });
  finish?.(taken, results);
  // The last nodes: those before them are called alike whichever gradients are kept.
  plan.kept?.write?.(trained, (i) => scaler?.plain(sums[i] as string) ?? (sums[i] as string), results);
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

/** @returns the loss, one number: the mean over the batch */
function writeLoss(draft: Draft, { name, value, write }: LossPlan, batch: number): string {
  const { emit } = draft;
  const { dtype, shape } = emit.typeOf(value);
  if (shape[0] !== batch)
    throw new ModelError(
      `'${value}' is [${shape.join(", ")}] for a batch of ${batch}: its first axis is no batch. Name another value as \`of\`.`,
    );
  const role = targetsOperandOf(name);
  if (write) return write(draft, value, draft.operand(role, Tensor.filled(dtype, shape, 0)));
  const labels = draft.operand(role, Tensor.filled("int32", [shape[0] as number, ...shape.slice(2)], 0));
  return emit.own("CrossEntropy", [value, labels], {});
}

/** The parameters that a loss depends on, but for frozen ones and what has no slope. */
function trainedParameters(graph: TypedGraph, part: TypedGraph, { losses, isFrozen }: TrainingPlan): readonly string[] {
  const needed = ancestorsOf(
    part,
    losses.map(({ value }) => value),
  );
  const isTrained = (name: string) => needed.has(name) && !isFrozen(name) && isFloat(graph.types.get(name)?.dtype ?? "bool");
  const trained = [...(part.parameters?.keys() ?? [])].filter(isTrained);
  if (trained.length === 0) throw new ModelError("nothing to train: the loss depends on no parameter that learns.");
  return trained;
}
