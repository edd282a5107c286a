// Reductions over axes, softmax, and other operators that compute with whole rows.
// https://onnx.ai/onnx/operators/onnx__ReduceMean.html
import { normalizeAxis } from "../../shapes.ts";
import type { Facts } from "../facts.ts";
import { choiceStep, meanStep, readElements } from "../reductions.ts";
import { axesFrom, elementsOfRow, rowsAlong } from "../rows.ts";
import type { Rule, Rules } from "../rule.ts";
import type { Elements, StepBody } from "../step.ts";

/** All axes where none are named. */
function reducedAxes(facts: Facts): readonly number[] {
  const rank = facts.shape(0).length;
  if (facts.node.operator.startsWith("Arg")) return [normalizeAxis(facts.attributes.number("axis", 0), rank)];
  const given = facts.list("axes", 1) ?? [];
  if (given.length > 0) return given.map((axis) => normalizeAxis(axis, rank));
  return facts.attributes.flag("noop_with_empty_axes", false) ? [] : axesFrom(0, rank);
}

/** A place in the output as one in the input, where every reduced axis has some index. */
function spread<T>(facts: Facts, place: readonly T[], anywhere: T): readonly T[] {
  const shape = facts.shape(0);
  if (place.length === shape.length) return place;
  const axes = reducedAxes(facts);
  const kept = place.values();
  return shape.map((_, axis) => (axes.includes(axis) ? anywhere : (kept.next().value as T)));
}

const reduced = (reduce: (elements: Elements, facts: Facts) => StepBody): Rule => ({
  reads: (facts, grid) => [[rowsAlong(spread(facts, grid, []), facts.shape(0), reducedAxes(facts))]],
  step(facts, index, at) {
    const row = elementsOfRow(spread(facts, index, 0), facts.shape(0), reducedAxes(facts));
    return reduce(readElements(facts, at, row), facts);
  },
});

const sum = (numbers: Float64Array, f: (x: number) => number = (x) => x): number => numbers.reduce((total, x) => total + f(x), 0);
const largest = (numbers: Float64Array): number => numbers.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);

/** Over all x of the row. */
const formulas: Readonly<Record<string, { readonly formula: string; readonly f: (numbers: Float64Array) => number }>> = {
  ReduceSum: { formula: "Σ x", f: (numbers) => sum(numbers) },
  ReduceProd: { formula: "Π x", f: (numbers) => numbers.reduce((product, x) => product * x, 1) },
  ReduceL1: { formula: "Σ |x|", f: (numbers) => sum(numbers, Math.abs) },
  ReduceL2: { formula: "√Σ x²", f: (numbers) => Math.sqrt(sum(numbers, (x) => x * x)) },
  ReduceSumSquare: { formula: "Σ x²", f: (numbers) => sum(numbers, (x) => x * x) },
  ReduceLogSum: { formula: "log Σ x", f: (numbers) => Math.log(sum(numbers)) },
  ReduceLogSumExp: {
    formula: "log Σ e^x",
    f(numbers) {
      const most = largest(numbers);
      return most + Math.log(sum(numbers, (x) => Math.exp(x - most)));
    },
  },
};

/** The place of the largest or smallest; the first of equal ones, or the last. */
const placed = (kind: "max" | "min"): Rule =>
  reduced((elements, { attributes }) => {
    const best = kind === "max" ? largest(elements.numbers) : -largest(elements.numbers.map((x) => -x));
    const isLast = attributes.flag("select_last_index", false);
    const result = isLast ? elements.numbers.lastIndexOf(best) : elements.numbers.indexOf(best);
    return { kind: "reduction", elements, formula: `place of the ${kind === "max" ? "largest" : "smallest"} x`, constants: {}, result };
  });

/** Before opset 13 a row has all axes from `axis` on. */
function softmaxAxes({ attributes, opset, output }: Facts): readonly number[] {
  const rank = output.shape.length;
  const axis = attributes.number("axis", opset >= 13 ? -1 : 1);
  return opset >= 13 ? [normalizeAxis(axis, rank)] : axesFrom(axis, rank);
}

const softmax = (form: "softmax" | "logarithm" | "largest"): Rule => ({
  reads: (facts, grid) => [[rowsAlong(grid, facts.shape(0), softmaxAxes(facts))]],
  step(facts, index, at) {
    const elements = readElements(facts, at, elementsOfRow(index, facts.shape(0), softmaxAxes(facts)));
    const own = elements.indices.findIndex((one) => one.every((i, axis) => i === index[axis]));
    const most = largest(elements.numbers);
    const powers = elements.numbers.map((x) => Math.exp(x - most));
    const total = sum(powers);
    const results = {
      softmax: (powers[own] as number) / total,
      logarithm: (elements.numbers[own] as number) - most - Math.log(total),
      largest: Number(elements.numbers.indexOf(most) === own),
    };
    return { kind: "softmax", form, elements, own, powers, total, result: results[form] };
  },
});

/** Of which only the rows are known that it reads. */
const topK: Rule = {
  reads: (facts, grid) => {
    const shape = facts.shape(0);
    return [[rowsAlong(grid, shape, [normalizeAxis(facts.attributes.number("axis", -1), shape.length)])]];
  },
};

export const reduction: Rules = {
  ...Object.fromEntries(
    Object.entries(formulas).map(([name, { formula, f }]) => [
      name,
      reduced((elements) => ({ kind: "reduction", elements, formula, constants: {}, result: f(elements.numbers) })),
    ]),
  ),
  ReduceMean: reduced((elements) => meanStep(elements, elements.numbers.length)),
  ReduceMax: reduced((elements) => choiceStep("max", elements)),
  ReduceMin: reduced((elements) => choiceStep("min", elements)),
  ArgMax: placed("max"),
  ArgMin: placed("min"),
  Softmax: softmax("softmax"),
  LogSoftmax: softmax("logarithm"),
  Hardmax: softmax("largest"),
  TopK: topK,
};
