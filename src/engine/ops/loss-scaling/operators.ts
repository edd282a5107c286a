// The operators of a loss that is scaled, Convcam's own: the squares of gradients, what becomes of the step and of the scale, and gradients as they
// are without the scale.
import squaresShader from "../../../shaders/gradient-squares.wgsl";
import scaleShader from "../../../shaders/loss-scale.wgsl";
import { fusedDomain } from "../../graph/graph.ts";
import { sameShape, sizeOf } from "../../shapes.ts";
import { floatInput } from "../checks.ts";
import { elementWiseKernel } from "../element-wise-kernel.ts";
import { defineOperator, type OperatorContext, type PlacedOperand } from "../operator.ts";
import { goesOnIndex, meanIndex, rateCount, squareIndex, takesIndex, updateOperator } from "../training/update.ts";

const own = { since: 1, domain: fusedDomain };

/** Sums of squares that all gradients share. */
const sumCount = 64;

/** Elements of a gradient for each workgroup that reads it, where it has fewer than all sums would take. */
const elementsPerSum = 1024;

function checkShape(context: OperatorContext, index: number, shape: readonly number[]): void {
  const actual = floatInput(context, index).shape;
  if (!sameShape(actual, shape)) context.invalid(`input ${index} is [${actual}], expected [${shape}]`);
}

/** Inputs: a gradient, and the sums of those before it, to which it adds. */
const squares = defineOperator("GradientSquares", own, (context) => {
  const { dtype, shape } = floatInput(context, 0);
  const isFirst = context.inputs[1] === undefined;
  if (!isFirst) checkShape(context, 1, [sumCount]);
  const size = sizeOf(shape);
  const groups = isFirst ? sumCount : Math.max(1, Math.min(sumCount, Math.ceil(size / elementsPerSum)));
  return {
    outputs: [{ dtype, shape: [sumCount] }],
    exact: [0],
    kernels: () => [
      {
        name: "squares",
        writesStrided: true,
        ...(!isFirst && { inPlace: 1 }),
        dispatches: ([gradient], [output]) => [
          {
            shader: squaresShader,
            params: { size, groups, is_first: Number(isFirst) },
            bindings: { gradient: gradient as PlacedOperand, squares: output as PlacedOperand },
            workgroups: groups,
          },
        ],
      },
    ],
  };
});

/** How many numbers a scale counts with, see loss-scale.wgsl. */
export const countCount = 4;

/** Inputs: the scale, which it changes, the sums of squares, the rates of the step, the counts. Outputs: the next scale, counts and rates, the factor. */
const scale = defineOperator("LossScale", own, (context) => {
  const { attributes } = context;
  const { dtype } = floatInput(context, 0);
  checkShape(context, 0, []);
  checkShape(context, 1, [sumCount]);
  checkShape(context, 2, [rateCount]);
  checkShape(context, 3, [countCount]);
  const number = (name: string, usual: number) => attributes.number(name, usual);
  const params = {
    sums: sumCount,
    every: number("every", 2000),
    least: number("least", 1),
    most: number("most", 2 ** 24),
    is_fixed: attributes.integer("fixed", 0),
    longest: number("longest", 0),
    first_decay: number("first_decay", 0),
    second_decay: number("second_decay", 0),
  };
  return {
    outputs: [[], [countCount], [rateCount], []].map((shape) => ({ dtype, shape })),
    exact: [0, 1, 2, 3],
    kernels: () => [
      {
        name: "loss scale",
        inPlace: 0,
        dispatches: ([, sums, rates, counts], outputs) => {
          const [next, nextCounts, nextRates, factor] = outputs as readonly [PlacedOperand, PlacedOperand, PlacedOperand, PlacedOperand];
          const given = { squares: sums as PlacedOperand, rates: rates as PlacedOperand, counts: counts as PlacedOperand };
          return [
            {
              shader: scaleShader,
              constants: { RATE_COUNT: rateCount, MEAN: meanIndex, SQUARE: squareIndex, TAKES: takesIndex },
              params,
              bindings: { ...given, scale: next, next_counts: nextCounts, next_rates: nextRates, factor },
              workgroups: 1,
            },
          ];
        },
      },
    ],
  };
});

const formulaOf = (expression: string, count: number) => ({
  name: "unscale",
  expression,
  inputs: new Array<"f32">(count).fill("f32"),
  output: "f32" as const,
  scalars: count > 2 ? ["decay"] : [],
});

/** y = gradient · factor, or with a parameter as third input gradient · factor + decay · parameter. In 32 bits: what was scaled was so for being small. */
const unscale = defineOperator("Unscale", own, (context) => {
  const { dtype, shape } = floatInput(context, 0);
  checkShape(context, 1, []);
  const decays = context.inputs[2] !== undefined;
  if (decays) checkShape(context, 2, shape);
  const decay = context.attributes.number("decay", 0);
  const kernel = decays ? elementWiseKernel(formulaOf("a * b + decay * c", 3), { decay }) : elementWiseKernel(formulaOf("a * b", 2));
  return { outputs: [{ dtype, shape }], exact: [0], kernels: () => [kernel] };
});

/** s is a running statistic in the parts of a step, which begins as what it was before the step, b. */
const pending = updateOperator("PendingStatistic", {
  pend: { expression: `keep * select(b, s, rates[${goesOnIndex}] > 0.5) + gain * a`, operands: 2, scalars: ["keep", "gain"] },
});

export const operators = [squares, scale, unscale, pending];
