// Update, an operator of Convcam's own: one step of an optimiser. Input 0 is what it changes: a parameter, or what the optimiser remembers of it.
// Input 1 holds the rates of this step, eight numbers; the others have the shape of input 0.
import { generateUpdate, type UpdateFormula, updateBlock, updateWorkgroupSize, usesRates } from "../../../shaders/generate/update.ts";
import { fusedDomain } from "../../graph/graph.ts";
import { sameShape, sizeOf } from "../../shapes.ts";
import { floatInput } from "../checks.ts";
import { workgroupCount } from "../dispatch.ts";
import { defineOperator, type Operation, type Operator, type OperatorContext, type PlacedOperand } from "../operator.ts";

/**
 * What the eight rates are: the learning rate; 1 / (1 − β₁ᵗ) and 1 / (1 − β₂ᵗ), with which Adam makes up for moments that begin at 0; the number by
 * which Dropouts draw, another for each run; and where a step is computed in parts, 1 for each but the first, which goes on with what was gathered, and
 * 1 for the last, which takes the step. The others are 0.
 */
export const [rateIndex, meanIndex, squareIndex, stepIndex, goesOnIndex, takesIndex, rateCount] = [0, 1, 2, 3, 4, 5, 8] as const;

const rate = `rates[${rateIndex}]`;

/**
 * s is the state, a the first operand, b the second.
 *
 * - gather: s = s + gain · a, or gain · a in the first part of a step
 * - average: s = keep · s + gain · a
 * - squares: s = keep · s + gain · a²
 * - descend: s = s − rate · a, and nesterov: s = s − rate · (a + keep · b), ahead along the momentum b
 * - adam: s = s − rate · (mean / (√square + epsilon) + decay · s), moments a and b made up for
 * - adagrad: s = s − rate · a / (√b + epsilon)
 */
export const updates: Readonly<Record<string, Omit<UpdateFormula, "name">>> = {
  gather: { expression: `select(0.0, s, rates[${goesOnIndex}] > 0.5) + gain * a`, operands: 1, scalars: ["gain"] },
  average: { expression: "keep * s + gain * a", operands: 1, scalars: ["keep", "gain"] },
  squares: { expression: "keep * s + gain * (a * a)", operands: 1, scalars: ["keep", "gain"] },
  descend: { expression: `s - ${rate} * a`, operands: 1, scalars: [] },
  nesterov: { expression: `s - ${rate} * (a + keep * b)`, operands: 2, scalars: ["keep"] },
  adam: {
    expression: `s - ${rate} * (a * rates[${meanIndex}] / (sqrt(b * rates[${squareIndex}]) + epsilon) + decay * s)`,
    operands: 2,
    scalars: ["epsilon", "decay"],
  },
  adagrad: { expression: `s - ${rate} * a / (sqrt(b) + epsilon)`, operands: 2, scalars: ["epsilon"] },
};

/** The same in the last part of a step only. */
function waiting({ name, expression, ...others }: UpdateFormula): UpdateFormula {
  return { ...others, name: `waiting ${name}`, expression: `select(s, ${expression}, rates[${takesIndex}] > 0.5)` };
}

/**
 * With `waits`, nothing changes but in the last part of a step.
 *
 * @param kinds what it may compute; the first where a node does not say
 */
export function updateOperator(name: string, kinds: Readonly<Record<string, Omit<UpdateFormula, "name">>>): Operator {
  return defineOperator(name, { since: 1, domain: fusedDomain }, (context) => describe(context, kinds));
}

function describe(context: OperatorContext, kinds: typeof updates): Operation {
  const { attributes } = context;
  const state = floatInput(context, 0);
  const [usual = ""] = Object.keys(kinds);
  const kind = attributes.choice("kind", Object.keys(kinds), usual);
  const plain: UpdateFormula = { name: kind, ...(kinds[kind] as Omit<UpdateFormula, "name">) };
  const formula = attributes.integer("waits", 0) === 0 ? plain : waiting(plain);
  const scalars = Object.fromEntries(formula.scalars.map((name) => [name, attributes.number(name, 0)]));
  for (let i = 0; i <= formula.operands; i++) {
    const { shape } = floatInput(context, 1 + i);
    const expected = i > 0 ? state.shape : [rateCount];
    if (!sameShape(shape, expected)) context.invalid(`input ${1 + i} is [${shape}], expected [${expected}]`);
  }
  const size = sizeOf(state.shape);
  return {
    outputs: [{ dtype: state.dtype, shape: state.shape }],
    exact: [0],
    kernels: () => [
      {
        name: "update",
        inPlace: 0,
        dispatches([, rates, a, b], [output]) {
          const count = Math.ceil(size / updateBlock);
          return [
            {
              shader: generateUpdate(formula),
              params: { count, size, ...scalars },
              bindings: {
                state: output as PlacedOperand,
                ...(usesRates(formula.expression) && { rates: rates as PlacedOperand }),
                ...(formula.operands > 0 && { a: a as PlacedOperand }),
                ...(formula.operands > 1 && { b: b as PlacedOperand }),
              },
              workgroups: workgroupCount(count, updateWorkgroupSize),
            },
          ];
        },
      },
    ],
  };
}

export default updateOperator("Update", updates);
