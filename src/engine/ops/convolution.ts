// Conv, and the fused form that passes make of it: bias, a residual and an activation in the epilogue.
// https://onnx.ai/onnx/operators/onnx__Conv.html
import { type Activation, type ActivationKind, activations } from "../../shaders/activations.ts";
import { fusedDomain } from "../graph/graph.ts";
import { sameShape, sizeOf } from "../shapes.ts";
import { isFloat } from "../tensor.ts";
import { resolveWindow } from "../window.ts";
import { checkSameType } from "./checks.ts";
import type { ConvolutionCase } from "./convolution/case.ts";
import { directCandidates } from "./convolution/direct.ts";
import { noChannelsKernel } from "./convolution/no-channels.ts";
import type { Families } from "./families.ts";
import { defineOperator, type Kernel, type Operation, type OperatorContext, type Target } from "./operator.ts";

export default [
  defineOperator("Conv", { since: 1 }, (context) => describeConvolution(context, { kind: "none", alpha: 0, beta: 0 })),
  defineOperator("Conv", { since: 1, domain: fusedDomain }, describeFused),
];

/** A Conv with what passes made of it, see `fuse-epilogue.ts`. */
export function describeFused(context: OperatorContext): Operation {
  const { attributes } = context;
  const kind = attributes.string("activation", "none");
  if (!Object.hasOwn(activations, kind)) return context.invalid(`activation '${kind}'`);
  return describeConvolution(context, {
    kind: kind as ActivationKind,
    alpha: attributes.number("activation_alpha", 0),
    beta: attributes.number("activation_beta", 0),
  });
}

function describeConvolution(context: OperatorContext, activation: Activation): Operation {
  const { attributes } = context;
  const [x, w, bias, residual] = [context.input(0), context.input(1), context.inputs[2], context.inputs[3]];
  if (!isFloat(x.dtype)) return context.unsupported(`${x.dtype} elements. Re-export with float32`);
  checkSameType(context, 0, 1, 2, 3);
  if (x.shape.length < 3 || x.shape.length > 5) return context.unsupported(`an input of rank ${x.shape.length}; 3, 4 and 5 are supported`);
  if (w.shape.length !== x.shape.length)
    return context.invalid(`a weight of shape [${w.shape}] does not fit an input of shape [${x.shape}]`);
  const [batch, channels, ...spatial] = x.shape as [number, number, ...number[]];
  const [outChannels, inChannels, ...kernel] = w.shape as [number, number, ...number[]];
  const groups = attributes.integer("group", 1, 1);
  const declared = attributes.integers("kernel_shape", kernel);
  if (!sameShape(declared, kernel)) return context.invalid(`kernel_shape [${declared}] differs from the weight's [${kernel}]`);
  if (inChannels * groups !== channels || outChannels % groups !== 0)
    return context.invalid(`weight [${w.shape}] in ${groups} group(s) does not fit an input of shape [${x.shape}]`);
  if (bias && sizeOf(bias.shape) !== outChannels) return context.invalid(`bias must have ${outChannels} elements, got [${bias.shape}]`);
  const window = resolveWindow(spatial, {
    kernel,
    strides: attributes.numbers("strides"),
    dilations: attributes.numbers("dilations"),
    pads: attributes.numbers("pads"),
    autoPad: attributes.string("auto_pad", "NOTSET"),
  });
  const shape = [batch, outChannels, ...window.output];
  if (residual && !sameShape(residual.shape, shape)) return context.invalid(`residual of shape [${residual.shape}] must be [${shape}]`);
  const conv: ConvolutionCase = {
    window,
    groups,
    batch,
    inChannels,
    outChannels: outChannels / groups,
    hasBias: bias !== undefined,
    hasResidual: residual !== undefined,
    activation,
  };
  return {
    outputs: [{ dtype: x.dtype, shape }],
    nonnegative: () => (activation.kind === "none" ? { whereAll: [0, 1, 2, 3] } : undefined),
    macs: sizeOf(shape) * inChannels * sizeOf(kernel),
    kernels: (target) => (inChannels === 0 ? [noChannelsKernel] : kernelsFor(conv, target, context.families)),
  };
}

/** Kernels for one or two spatial axes and no negative pads, cheapest first by prediction; then one for any case. */
function kernelsFor(conv: ConvolutionCase, target: Target, { convolution, sharing, general }: Families): readonly Kernel[] {
  const any = general ? [general.convolution(conv)] : [];
  const rank = conv.window.kernel.length;
  const hasCrop = [...conv.window.padsBegin, ...conv.window.padsEnd].some((pad) => pad < 0);
  if (rank > 2 || hasCrop) return any;
  const usual = [directCandidates, ...convolution].flatMap((family) => family(conv, target));
  const candidates = (sharing?.(conv, target, usual) ?? usual).sort((a, b) => a.cost - b.cost);
  const special = candidates.filter(({ isSpecial }) => isSpecial);
  return [...(special.length > 0 ? special : candidates).map(({ kernel }) => kernel), ...any];
}
