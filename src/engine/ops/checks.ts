// Refusals that many operators share.
import { isFloat } from "../tensor.ts";
import type { Operand, OperatorContext } from "./operator.ts";

/** The operand at `index`, refused unless it is floating point. */
export function floatInput(context: OperatorContext, index: number): Operand {
  const operand = context.input(index);
  if (!isFloat(operand.dtype)) context.unsupported(`${operand.dtype} input is not supported, only floating point. Re-export with float32.`);
  return operand;
}

/** Refuses the node unless these inputs, where they are given, have the element type of the first of them. */
export function checkSameType(context: OperatorContext, ...indices: readonly number[]): void {
  const [first, ...others] = indices.filter((index) => context.inputs[index]);
  const dtype = context.inputs[first ?? 0]?.dtype;
  for (const index of others)
    if (context.inputs[index]?.dtype !== dtype)
      context.invalid(`input ${index} is ${context.inputs[index]?.dtype}, but input ${first} is ${dtype}; both must have one type`);
}
