// Optimisers: what each remembers of a parameter, and the steps that it writes for one.
import type { ValueType } from "../../graph/graph.ts";
import { goesOnIndex, meanIndex, rateCount, rateIndex, squareIndex, stepIndex, takesIndex } from "../../ops/training/update.ts";
import type { Draft } from "../draft.ts";

export type OptimizerName = "sgd" | "adam" | "adamw" | "adagrad";

export interface OptimizerOptions {
  readonly name: OptimizerName;
  /** Learning rate of the first step. By default 0.01 for sgd and adagrad, 0.001 for adam and adamw. */
  readonly rate?: number | undefined;
  /** Of sgd: how much of the direction before is kept. By default 0.9. */
  readonly momentum?: number | undefined;
  /** Of sgd: steps along the momentum first. By default not. */
  readonly nesterov?: boolean | undefined;
  /** Of adam and adamw: how much of the moments is kept. By default 0.9 and 0.999. */
  readonly betas?: readonly [number, number] | undefined;
  /** Added to a denominator. By default 1e-8, of adagrad 1e-10. */
  readonly epsilon?: number | undefined;
  /** How much of a parameter is taken off with each step, times the rate: in the gradient, as PyTorch's, or for adamw beside it. By default 0. */
  readonly weightDecay?: number | undefined;
}

export const optimizerNames: readonly OptimizerName[] = ["sgd", "adam", "adamw", "adagrad"];

/** The learning rate where none is given. */
export function usualRate({ name }: OptimizerOptions): number {
  return name === "sgd" || name === "adagrad" ? 0.01 : 0.001;
}

export const betasOf = ({ betas: [first, second] = [0.9, 0.999] }: OptimizerOptions) => [first, second] as const;

/** How much of a parameter is part of its gradient, as PyTorch's. AdamW's decay is beside it. */
export const decayOf = ({ name, weightDecay = 0 }: OptimizerOptions): number => (name === "adamw" ? 0 : weightDecay);

/**
 * What the operand `rates` holds in a part of a step.
 *
 * @param step from 1
 * @param part from 0, of so many
 */
export function ratesAt(options: OptimizerOptions, rate: number, step: number, part = 0, parts = 1): Float32Array {
  const rates = new Float32Array(rateCount);
  const [first, second] = betasOf(options);
  rates[rateIndex] = rate;
  rates[meanIndex] = 1 / (1 - first ** step);
  rates[squareIndex] = 1 / (1 - second ** step);
  rates[stepIndex] = (step - 1) * parts + part + 1;
  rates[goesOnIndex] = part > 0 ? 1 : 0;
  rates[takesIndex] = part === parts - 1 ? 1 : 0;
  return rates;
}

/** What a parameter is changed by. */
export interface StepOptions {
  readonly gradient: string;
  /** The operand. */
  readonly rates: string;
  /** How much of the parameter is still to be added to the gradient. */
  readonly decay: number;
  /** Whether only the last part of a step takes it. */
  readonly waits: boolean;
}

/** Writes the step of one parameter along its gradient. */
export function writeStep(
  draft: Draft,
  options: OptimizerOptions,
  parameter: string,
  type: ValueType,
  { gradient, rates, decay, waits }: StepOptions,
): void {
  const { emit } = draft;
  const { name, momentum = 0.9, nesterov = false, weightDecay = 0 } = options;
  const update = (state: string, kind: string, operands: readonly string[], attributes: Readonly<Record<string, number>>): string => {
    const next = emit.own("Update", [state, rates, ...operands], { kind, ...attributes, ...(waits && { waits: 1 }) });
    draft.update(state, next);
    return next;
  };
  const state = (role: string) => draft.state(`${role} of ${parameter}`, type);
  const along = decay > 0 ? emit.add(gradient, emit.scale(parameter, decay, parameter)) : gradient;
  if (name === "sgd") {
    if (momentum === 0) update(parameter, "descend", [along], {});
    else {
      const direction = update(state("momentum"), "average", [along], { keep: momentum, gain: 1 });
      if (nesterov) update(parameter, "nesterov", [along, direction], { keep: momentum });
      else update(parameter, "descend", [direction], {});
    }
    return;
  }
  if (name === "adagrad") {
    const squares = update(state("squares"), "squares", [along], { keep: 1, gain: 1 });
    update(parameter, "adagrad", [along, squares], { epsilon: options.epsilon ?? 1e-10 });
    return;
  }
  const [first, second] = betasOf(options);
  const mean = update(state("moment 1"), "average", [along], { keep: first, gain: 1 - first });
  const squares = update(state("moment 2"), "squares", [along], { keep: second, gain: 1 - second });
  update(parameter, "adam", [mean, squares], { epsilon: options.epsilon ?? 1e-8, decay: name === "adamw" ? weightDecay : 0 });
}
