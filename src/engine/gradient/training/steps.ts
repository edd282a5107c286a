// The steps of all optimisers, with all of their options. Loaded where they are asked for.
import { type OptimizerOptions, type StepWriter, updatesOf, writeUsualStep } from "./optimizers.ts";
import { type OptimizerName, usualRates } from "./usual-rates.ts";

export const optimizerNames = Object.keys(usualRates) as readonly OptimizerName[];

/** How much of a parameter is part of its gradient, as PyTorch's. AdamW's decay is beside it. */
export const decayOf = ({ name, weightDecay = 0 }: OptimizerOptions): number => (name === "adamw" ? 0 : weightDecay);

export const writeStep: StepWriter = (draft, options, parameter, type, step) => {
  const { update, state } = updatesOf(draft, parameter, type, step);
  const { name, momentum = 0.9, nesterov = false, weightDecay = 0 } = options;
  const { gradient, decay } = step;
  const along = decay > 0 ? draft.emit.add(gradient, draft.emit.scale(parameter, decay, parameter)) : gradient;
  if (name === "adagrad") {
    const squares = update(state("squares"), "squares", [along], { keep: 1, gain: 1 });
    update(parameter, "adagrad", [along, squares], { epsilon: options.epsilon ?? 1e-10 });
  } else if (name !== "sgd") {
    const beside = name === "adamw" ? weightDecay : 0;
    writeUsualStep(draft, options, parameter, type, { ...step, gradient: along, beside });
  } else if (momentum === 0) update(parameter, "descend", [along]);
  else {
    const direction = update(state("momentum"), "average", [along], { keep: momentum, gain: 1 });
    if (nesterov) update(parameter, "nesterov", [along, direction], { keep: momentum });
    else update(parameter, "descend", [direction]);
  }
};
