// Refusals that many operators share.
import { isFloat } from "../tensor.ts";
import type { Operand, OperatorContext } from "./operator.ts";

/** The operand at `index`, refused unless it is floating point. */
export function floatInput(context: OperatorContext, index: number): Operand {
  const operand = context.input(index);
  if (!isFloat(operand.dtype)) context.unsupported(`${operand.dtype} input is not supported, only floating point. Re-export with float32.`);
  return operand;
}

/** Like {@link floatInput}, but lets constants of any type through: they are evaluated on the CPU. */
export function floatOrConstantInput(context: OperatorContext, index: number): Operand {
  const operand = context.input(index);
  return operand.constant ? operand : floatInput(context, index);
}
