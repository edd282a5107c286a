// The losses besides cross-entropy, and gradients that are shortened: graphs of ordinary operators. Loaded where they are asked for.
import type { Draft } from "../draft.ts";
import type { LossName, LossWriter } from "./training.ts";

const mean = ({ emit }: Draft, all: string) => emit.node("ReduceMean", [all], { keepdims: 0 });

/** Cross-entropy is an operator, and its targets are numbers of classes. */
export const writers: Readonly<Record<LossName, LossWriter | undefined>> = {
  "cross-entropy": undefined,
  "mean-squared-error"(draft, value, targets) {
    const distance = draft.emit.subtract(value, targets);
    return mean(draft, draft.emit.multiply(distance, distance));
  },
  // log(1 + eˣ) − t · x
  "binary-cross-entropy"(draft, value, targets) {
    const { emit } = draft;
    return mean(draft, emit.subtract(emit.node("Softplus", [value]), emit.multiply(targets, value)));
  },
};

export const lossNames = Object.keys(writers) as readonly LossName[];

/** Gradients that together are no longer than `most`. @param like a value of their element type */
export function shortened(draft: Draft, gradients: readonly string[], like: string, most: number): readonly string[] {
  const { emit } = draft;
  const squares = gradients.map((gradient) => emit.node("ReduceSumSquare", [gradient], { keepdims: 0 }));
  const length = emit.node("Sqrt", [squares.reduce((a, b) => emit.add(a, b))]);
  // As PyTorch's clip_grad_norm_.
  const factor = emit.node("Min", [emit.number(1, like), emit.divide(emit.number(most, like), emit.add(length, emit.number(1e-6, like)))]);
  return gradients.map((gradient) => emit.multiply(gradient, factor));
}
