// ActivationGradient, an operator of Convcam's own: the gradient of an activation's input. Input 0 is the gradient of its output, which may
// repeat along axes, input 1 what it answered. And ConvActivationGradient and others, which go on with it where they store.
import {
  type ActivationGradientKind,
  type ActivationGradientRow,
  activationGradients,
  withActivationGradient,
} from "../../../shaders/activation-gradients.ts";
import { fusedDomain } from "../../graph/graph.ts";
import { planeStrides } from "../convolution/case.ts";
import { describeFused } from "../convolution.ts";
import { elementWise } from "../element-wise.ts";
import { type Dispatch, defineOperator, type Kernel, type Operation, type OperatorContext, type PlacedOperand } from "../operator.ts";
import { fuseActivationGradients, inputCounts } from "./activation-gradient-passes.ts";
import { describeInterleave } from "./interleave.ts";
import { describeInterleavedDepthwise } from "./interleaved-depthwise.ts";

export type { ActivationGradientKind };

interface Scaled {
  readonly kind: ActivationGradientKind;
  readonly alpha: number;
  readonly beta: number;
}

function readGradient({ attributes, invalid }: OperatorContext): Scaled {
  const kind = attributes.string("gradient", "");
  if (!Object.hasOwn(activationGradients, kind)) return invalid(`gradient '${kind}'`);
  return {
    kind: kind as ActivationGradientKind,
    alpha: attributes.number("gradient_alpha", 0),
    beta: attributes.number("gradient_beta", 0),
  };
}

const options = { since: 1, domain: fusedDomain };

const activationGradient = defineOperator("ActivationGradient", { ...options, pass: fuseActivationGradients }, (context) => {
  const [dy, y] = [context.input(0), context.input(1)];
  const { kind, alpha, beta } = readGradient(context);
  const row: ActivationGradientRow = activationGradients[kind];
  return elementWise(context, [dy, y], {
    expression: row.wgsl,
    js: (a, b = 0) => row.js(a, b, alpha, beta),
    dtype: dy.dtype,
    scalars: { alpha, beta },
    nanOf: "",
  });
});

/** What an operator computes, and goes on with. */
const goingOn = (operator: string, describe: (context: OperatorContext) => Operation) =>
  defineOperator(`${operator}ActivationGradient`, options, (context) => {
    const gradient = readGradient(context);
    const { outputs, macs = 0, kernels } = describe(context);
    const operand = inputCounts[operator] as number;
    return { outputs, macs, kernels: (target) => (kernels?.(target) ?? []).map((kernel) => continued(kernel, gradient, operand)) };
  });

/** The same kernel, whose last dispatch reads what the activation answered, an input behind its own, where it stores. */
function continued(kernel: Kernel, gradient: Scaled, operand: number): Kernel {
  return {
    ...kernel,
    readsStrided: kernel.readsStrided === "any" ? "any" : [...(kernel.readsStrided ?? []), operand],
    dispatches(inputs, outputs) {
      const dispatches = kernel.dispatches(inputs.slice(0, operand), outputs);
      const last = dispatches.at(-1) as Dispatch;
      return [...dispatches.slice(0, -1), withOperand(last, inputs[operand] as PlacedOperand, gradient)];
    },
  };
}

function withOperand(dispatch: Dispatch, activated: PlacedOperand, { kind, alpha, beta }: Scaled): Dispatch {
  const shader = withActivationGradient(dispatch.shader, kind);
  const { n, c, h } = planeStrides(activated);
  const spatial = activated.strides.slice(2);
  const places: Readonly<Record<string, number | readonly number[]>> = {
    activated_offset: activated.offset,
    activated_n: n,
    activated_c: c,
    activated_h: h,
    activated_slice: 0,
    activated_strides: [...new Array<number>(3 - spatial.length).fill(0), ...spatial, 0],
  };
  const known = Object.fromEntries(Object.entries(places).filter(([name]) => shader.params?.fields[name]));
  return {
    ...dispatch,
    shader,
    params: { ...dispatch.params, ...known, gradient_alpha: alpha, gradient_beta: beta },
    bindings: { ...dispatch.bindings, activated },
  };
}

export default [
  activationGradient,
  goingOn("Conv", describeFused),
  goingOn("Interleave", describeInterleave),
  goingOn("InterleavedDepthwise", describeInterleavedDepthwise),
];
