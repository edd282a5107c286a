// Steps that make one number of several elements.
import type { Facts } from "./facts.ts";
import type { Index } from "./region.ts";
import type { ElementReader } from "./rule.ts";
import type { ChoiceStep, Elements, StepBody } from "./step.ts";

/** Elements of the node's first input. */
export function readElements({ node }: Facts, at: ElementReader, indices: readonly Index[]): Elements {
  return { value: node.inputs[0] ?? "", indices, numbers: Float64Array.from(indices, (index) => at(0, index)) };
}

/** Of equal elements the first wins. */
export function choiceStep(kind: ChoiceStep["kind"], elements: Elements): StepBody {
  const { numbers } = elements;
  const isBetter = (a: number, b: number): boolean => (kind === "max" ? a > b : a < b);
  let winner = 0;
  for (let i = 1; i < numbers.length; i++) if (isBetter(numbers[i] as number, numbers[winner] as number)) winner = i;
  return { kind, elements, winner, result: numbers[winner] ?? (kind === "max" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY) };
}

export function meanStep(elements: Elements, count: number): StepBody {
  const sum = elements.numbers.reduce((a, b) => a + b, 0);
  return { kind: "mean", elements, sum, count, result: sum / count };
}

export function normStep(elements: Elements, p: number): StepBody {
  const result = elements.numbers.reduce((sum, x) => sum + Math.abs(x) ** p, 0) ** (1 / p);
  return { kind: "reduction", elements, formula: "(Σ |x|^p)^(1/p)", constants: { p }, result };
}
