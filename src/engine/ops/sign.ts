// Finds out whether a formula can give a negative number by trying it, so that no list of operators has to say so.
import type { Nonnegative, Operand } from "./operator.ts";

/** Numbers from very negative to very positive, both sides of 0 and of 1 among them. */
const samples = [-1e4, -30, -4, -1.5, -1, -0.5, -0.01, 0, 0.01, 0.5, 1, 1.5, 4, 30, 1e4];
const positive = samples.filter((x) => x >= 0);
/** Of more operands there would be too many combinations. */
const mostOperands = 3;

/**
 * @param f the formula, which is called for every combination of sample numbers; a constant of one element takes part as it is
 * @param indices which inputs of the node the operands are
 */
export function signOf(f: (...x: number[]) => number, operands: readonly Operand[], indices: readonly number[]): Nonnegative | undefined {
  if (operands.length > mostOperands) return undefined;
  const known = operands.map(({ constant }) => (constant?.size === 1 ? constant.toNumbers() : undefined));
  const isNonnegative = (numbers: readonly number[]) => {
    const combinations = known.reduce<number[][]>((heads, own) => heads.flatMap((head) => (own ?? numbers).map((x) => [...head, x])), [[]]);
    return combinations.every((x) => !(f(...x) < 0));
  };
  if (isNonnegative(samples)) return "always";
  return isNonnegative(positive) ? { whereAll: indices.filter((_, i) => !known[i]) } : undefined;
}
