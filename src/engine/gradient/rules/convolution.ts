// Conv and ConvTranspose: the gradient of the input is a convolution, too; that of the weights is a kernel of its own.
import type { Shape } from "../../shapes.ts";
import { Tensor } from "../../tensor.ts";
import { resolveWindow, type Window } from "../../window.ts";
import type { Rule, RuleContext, Rules } from "../rule.ts";

function windowOf({ attributes, shape }: RuleContext): Window {
  return resolveWindow(shape(0).slice(2), {
    kernel: shape(1).slice(2),
    strides: attributes.numbers("strides"),
    dilations: attributes.numbers("dilations"),
    pads: attributes.numbers("pads"),
    autoPad: attributes.string("auto_pad", "NOTSET"),
  });
}

interface Correlation {
  readonly group: number;
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly kernel_shape: readonly number[];
  readonly pads: readonly number[];
}

/** Of weights that take `wide` to `narrow` as a Conv of this window does. */
function weightGradient({ emit, needs }: RuleContext, narrow: string, wide: string, window: Correlation): string | undefined {
  return needs(1) ? emit.own("ConvWeightGradient", [narrow, wide], { ...window }) : undefined;
}

/** Of a bias that is computed: dy, summed over the batch and all places. */
function biasGradient({ dy, emit, needs, shape }: RuleContext): string | undefined {
  if (!needs(2)) return undefined;
  const spatial = shape(0).slice(2);
  if (spatial.length < 3) return emit.own("ConvBiasGradient", [dy], {});
  return emit.reshape(emit.sum(dy, [0, ...spatial.map((_, i) => i + 2)]), shape(2));
}

const conv: Rule = (context) => {
  const { attributes, dy, x } = context;
  const window = windowOf(context);
  const { strides, dilations, padsBegin, padsEnd, kernel } = window;
  const own = { group: attributes.number("group", 1), strides, dilations, kernel_shape: kernel, pads: [...padsBegin, ...padsEnd] };
  return [convInput(context, window, own), weightGradient(context, dy, x, own), biasGradient(context)];
};

/** A ConvTranspose with the same weights; over three axes, for which there is none, a convolution with the weights turned round. */
function convInput(context: RuleContext, window: Window, own: Correlation): string | undefined {
  const { b, constant, dy, emit, needs, shape } = context;
  if (!needs(0)) return undefined;
  const { strides, dilations, padsBegin, padsEnd, kernel, output } = window;
  const { group } = own;
  // What the stride cuts off behind the last window.
  const cut = output.map((count, i) => {
    const reach = ((kernel[i] as number) - 1) * (dilations[i] as number) + 1;
    return inputExtent(shape(0), i) + pads(window, i) - reach - (count - 1) * (strides[i] as number);
  });
  if (kernel.length < 3) {
    return emit.node("ConvTranspose", [dy, b], { ...own, output_padding: cut });
  }
  const weight = constant(1) ?? context.unsupported("over three axes its weights must be known.");
  const reach = kernel.map((size, i) => (size - 1) * (dilations[i] as number));
  const begins = reach.map((one, i) => one - (padsBegin[i] as number));
  const ends = reach.map((one, i) => one - (padsEnd[i] as number) + (cut[i] as number));
  const turned = emit.constant(flip(weight, group));
  return emit.node("Conv", [stuffed(context, window), turned], { group, dilations, kernel_shape: kernel, pads: [...begins, ...ends] });
}

const inputExtent = (shape: readonly number[], axis: number): number => shape[axis + 2] as number;
const pads = ({ padsBegin, padsEnd }: Window, axis: number): number => (padsBegin[axis] as number) + (padsEnd[axis] as number);

/** dy with the zeros between its elements that a stride takes. */
function stuffed({ dy, emit, y }: RuleContext, { strides }: Window): string {
  let spread: readonly [string, Shape] = [dy, emit.shapeOf(y)];
  strides.forEach((stride, i) => {
    spread = emit.withGaps(...spread, i + 2, stride);
  });
  return spread[0];
}

/** Weights [M, C / group, …] as [C, M / group, …], each kernel turned round. */
function flip(weight: Tensor, group: number): Tensor {
  const [filters = 1, perGroup = 1, ...kernel] = weight.shape;
  const taps = kernel.reduce((a, b) => a * b, 1);
  const filtersPerGroup = filters / group;
  const from = weight.toNumbers();
  const to = new Float64Array(from.length);
  for (let m = 0; m < filters; m++) {
    const first = Math.floor(m / filtersPerGroup) * perGroup;
    for (let c = 0; c < perGroup; c++) {
      const target = ((first + c) * filtersPerGroup + (m % filtersPerGroup)) * taps;
      const source = (m * perGroup + c) * taps;
      for (let tap = 0; tap < taps; tap++) to[target + taps - 1 - tap] = from[source + tap] as number;
    }
  }
  return Tensor.from(weight.dtype, [group * perGroup, filtersPerGroup, ...kernel], to);
}

const convTranspose: Rule = (context) => {
  const { attributes, b, dy, emit, needs, shape, x, y } = context;
  const kernel = shape(1).slice(2);
  const ones = kernel.map(() => 1);
  const strides = attributes.numbers("strides") ?? ones;
  const dilations = attributes.numbers("dilations") ?? ones;
  const autoPad = attributes.string("auto_pad", "NOTSET");
  const given = attributes.numbers("pads") ?? [...kernel, ...kernel].map(() => 0);
  const outer = emit.shapeOf(y);
  const begins = kernel.map((size, i) => {
    const isDerived = attributes.has("output_shape") || autoPad.startsWith("SAME");
    if (!isDerived) return autoPad === "VALID" ? 0 : (given[i] as number);
    const padding = (attributes.numbers("output_padding") ?? [])[i] ?? 0;
    const full = (inputExtent(shape(0), i) - 1) * (strides[i] as number) + (size - 1) * (dilations[i] as number) + 1 + padding;
    const total = Math.max(0, full - inputExtent(outer, i));
    return autoPad === "SAME_UPPER" ? Math.floor(total / 2) : Math.ceil(total / 2);
  });
  // As many as the last window of the convolution reaches beyond the output; fewer than none where the output has more.
  const ends = kernel.map((size, i) => {
    const reach = (inputExtent(shape(0), i) - 1) * (strides[i] as number) + (size - 1) * (dilations[i] as number) + 1;
    return reach - inputExtent(outer, i) - (begins[i] as number);
  });
  const group = attributes.number("group", 1);
  const own = { group, strides, dilations, kernel_shape: kernel, pads: [...begins, ...ends] };
  // What a ConvTranspose reads is what the Conv that goes back writes.
  return [needs(0) ? emit.node("Conv", [dy, b], own) : undefined, weightGradient(context, x, dy, own), biasGradient(context)];
};

export const convolution: Rules = { Conv: conv, ConvTranspose: convTranspose };
