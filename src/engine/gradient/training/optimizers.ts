// Optimisers: what each remembers of a parameter, and the steps that it writes for one.
import type { ValueType } from "../../graph/graph.ts";
import { goesOnIndex, meanIndex, rateCount, rateIndex, squareIndex, stepIndex, takesIndex } from "../../ops/training/update.ts";
import type { Draft } from "../draft.ts";
import type { OptimizerName } from "./usual-rates.ts";

export type { OptimizerName };

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

export const betasOf = ({ betas: [first, second] = [0.9, 0.999] }: OptimizerOptions) => [first, second] as const;

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
  /** How much of the parameter is taken off beside the gradient, times the rate. By default 0. */
  readonly beside?: number;
  /** Whether only the last part of a step takes it. */
  readonly waits: boolean;
}

/** Writes the step of one parameter along its gradient. */
export type StepWriter = (draft: Draft, options: OptimizerOptions, parameter: string, type: ValueType, step: StepOptions) => void;

/** What writers of steps write with: updates of the parameter, and of what is remembered of it. */
export function updatesOf(draft: Draft, parameter: string, type: ValueType, { rates, waits }: StepOptions) {
  return {
    state: (role: string) => draft.state(`${role} of ${parameter}`, type),
    update(state: string, kind: string, operands: readonly string[], attributes: Readonly<Record<string, number>> = {}): string {
      const next = draft.emit.own("Update", [state, rates, ...operands], { kind, ...attributes, ...(waits && { waits: 1 }) });
      draft.update(state, next);
      return next;
    },
  };
}

/** SGD with a momentum of 0.9, and Adam, without decay. */
export const writeUsualStep: StepWriter = (draft, options, parameter, type, step) => {
  const { update, state } = updatesOf(draft, parameter, type, step);
  const { gradient } = step;
  if (options.name === "sgd") {
    update(parameter, "descend", [update(state("momentum"), "average", [gradient], { keep: 0.9, gain: 1 })]);
    return;
  }
  const [first, second] = betasOf(options);
  const mean = update(state("moment 1"), "average", [gradient], { keep: first, gain: 1 - first });
  const squares = update(state("moment 2"), "squares", [gradient], { keep: second, gain: 1 - second });
  update(parameter, "adam", [mean, squares], { epsilon: options.epsilon ?? 1e-8, decay: step.beside ?? 0 });
};
