// Adam, Adagrad and Momentum as ONNX has them: the steps of several tensors at once, from their values, gradients and what is remembered of each.
// https://onnx.ai/onnx/operators/onnx_aionnxpreviewtraining_Adam.html
import { sameShape } from "../../shapes.ts";
import { floatInput } from "../checks.ts";
import { broadcastView, elementWiseDispatch } from "../element-wise-kernel.ts";
import { type Dispatch, defineOperator, type Operation, type OperatorContext, type PlacedOperand } from "../operator.ts";

export const trainingDomain = "ai.onnx.preview.training";

/** What one output of each tensor is: a formula over what has been computed until then. */
interface Step {
  /** Which of the states it is the new value of; absent for the tensor itself. */
  readonly state?: number;
  /** WGSL over r (the rate), t (the count of steps before), x, g, v, h and the scalars. What was computed is the new one. */
  readonly formula: string;
}

interface Optimizer {
  readonly states: number;
  readonly scalars: Readonly<Record<string, number>>;
  readonly steps: readonly Step[];
}

const slope = "(g + norm_coefficient * x)";

const adam: Optimizer = {
  states: 2,
  scalars: { alpha: 0.9, beta: 0.999, epsilon: 1e-6, norm_coefficient: 0, norm_coefficient_post: 0 },
  steps: [
    { state: 0, formula: `alpha * v + (1.0 - alpha) * ${slope}` },
    { state: 1, formula: `beta * h + (1.0 - beta) * (${slope} * ${slope})` },
    {
      formula:
        "(1.0 - norm_coefficient_post) * (x - select(r, r * sqrt(1.0 - pow(beta, f32(t))) / (1.0 - pow(alpha, f32(t))), t > 0) * v / (sqrt(h) + epsilon))",
    },
  ],
};

const adagrad: Optimizer = {
  states: 1,
  scalars: { epsilon: 0, decay_factor: 0, norm_coefficient: 0 },
  steps: [
    { state: 0, formula: `v + ${slope} * ${slope}` },
    { formula: `x - r / (1.0 + f32(t) * decay_factor) * ${slope} / (sqrt(v) + epsilon)` },
  ],
};

function momentum(isNesterov: boolean): Optimizer {
  return {
    states: 1,
    scalars: { alpha: 0.9, beta: 0.9, norm_coefficient: 0 },
    steps: [
      { state: 0, formula: `alpha * v + select(1.0, beta, t > 0) * ${slope}` },
      { formula: isNesterov ? `x - r * (${slope} + alpha * v)` : "x - r * v" },
    ],
  };
}

/** Inputs: rate, count, then all tensors, all gradients, all first states, all second ones. Outputs: all tensors, then the states. */
function describe(context: OperatorContext, { states, scalars, steps }: Optimizer): Operation {
  const groups = 2 + states;
  const count = (context.inputs.length - 2) / groups;
  if (!Number.isInteger(count) || count < 1) context.invalid(`${context.inputs.length} inputs; expected 2, and ${groups} for each tensor`);
  const values = Object.fromEntries(Object.entries(scalars).map(([name, usual]) => [name, context.attributes.number(name, usual)]));
  floatInput(context, 0);
  context.input(1);
  const types = Array.from({ length: count }, (_, i) => floatInput(context, 2 + i));
  for (let i = count; i < count * groups; i++)
    if (!sameShape(floatInput(context, 2 + i).shape, (types[i % count] as { readonly shape: readonly number[] }).shape))
      context.invalid(`input ${2 + i} is [${context.input(2 + i).shape}], expected [${types[i % count]?.shape}]`);
  const outputs = Array.from({ length: 1 + states }, () => types.map(({ dtype, shape }) => ({ dtype, shape }))).flat();
  return {
    outputs,
    kernels: () => [
      {
        name: "optimizer",
        readsStrided: "any",
        writesStrided: true,
        dispatches(inputs, results) {
          const list: Dispatch[] = [];
          for (let i = 0; i < count; i++) {
            const given = (group: number) => inputs[2 + group * count + i] as PlacedOperand;
            const operands = [inputs[0], inputs[1], ...Array.from({ length: groups }, (_, group) => given(group))] as PlacedOperand[];
            for (const { state, formula } of steps) {
              const output = results[(state === undefined ? 0 : 1 + state) * count + i] as PlacedOperand;
              list.push(stepDispatch(formula, operands, output, values));
              if (state !== undefined) operands[4 + state] = output;
            }
          }
          return list;
        },
      },
    ],
  };
}

function stepDispatch(
  formula: string,
  operands: readonly PlacedOperand[],
  output: PlacedOperand,
  scalars: Readonly<Record<string, number>>,
): Dispatch {
  const names = [..."rtxgvh"].slice(0, operands.length);
  const used = names.filter((name) => new RegExp(`\\b${name}\\b`).test(formula));
  // The generator calls operands a, b, c, …, and a scalar by its name.
  const expression = formula.replace(/\b[rtxgvh]\b/g, (name) => "abcdef"[used.indexOf(name)] as string);
  const read = Object.keys(scalars).filter((name) => new RegExp(`\\b${name}\\b`).test(formula));
  const inputs = used.map((name) => (name === "t" ? ("i32" as const) : ("f32" as const)));
  return elementWiseDispatch(
    { name: "optimizer", expression, inputs, output: "f32", scalars: read },
    output.shape,
    { binding: output, offset: output.offset, strides: output.strides },
    used.map((name) => broadcastView(operands[names.indexOf(name)] as PlacedOperand, output.shape)),
    Object.fromEntries(read.map((name) => [name, scalars[name] as number])),
  );
}

const options = { since: 1, domain: trainingDomain };

export default [
  defineOperator("Adam", options, (context) => describe(context, adam)),
  defineOperator("Adagrad", options, (context) => describe(context, adagrad)),
  defineOperator("Momentum", options, (context) =>
    describe(context, momentum(context.attributes.choice("mode", ["standard", "nesterov"], "standard") === "nesterov")),
  ),
];
