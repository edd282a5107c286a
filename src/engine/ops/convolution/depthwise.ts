// Depthwise convolution: one filter per output channel, an invocation per strip of a map.
import { asClip } from "../../../shaders/activations.ts";
import { type DepthwiseVariant, depthwiseWorkgroupSize, generateDepthwise } from "../../../shaders/generate/depthwise.ts";
import { sizeOf } from "../../shapes.ts";
import { workgroupCount } from "../dispatch.ts";
import type { Kernel, PlacedOperand, Target } from "../operator.ts";
import { borderOf, type Candidate, type ConvolutionCase, inputParams, outputParams, twoAxes } from "./case.ts";
import { fitColumns } from "./direct.ts";
import { biasOf, exactly } from "./packing.ts";

/** Taps that are unrolled at most. */
const maxTaps = 49;

/** Rows per invocation. A GPU of few lanes gains by taking more rows, which share loads; one of many lanes needs enough strips to keep all lanes busy. */
const stripRows = { narrow: 28, wide: 4 } as const;

/**
 * Cuts maps of one size into strips, one for each invocation.
 *
 * @param maps how many there are
 * @returns columns of a strip; what a depthwise shader is told of the strips; workgroups
 */
export function stripsOf(maps: number, [height, width]: readonly [number, number], { profile }: Target) {
  const columns = Math.min(fitColumns(width), width);
  const columnBlocks = Math.ceil(width / columns);
  const strips = Math.ceil(height / (profile === "software" ? stripRows.narrow : stripRows.wide));
  const count = maps * strips * columnBlocks;
  const params = { count, width, height, column_blocks: columnBlocks, strips, strip_rows: Math.ceil(height / strips) };
  return { columns, params, workgroups: workgroupCount(count, depthwiseWorkgroupSize) };
}

/** The kernel alone, where each output channel reads a single input channel and the kernel's rows are neighbours; else none. */
export function depthwiseCandidates(conv: ConvolutionCase, target: Target): readonly Candidate[] {
  const kernel = depthwiseKernel(conv, target);
  return kernel ? [{ kernel, cost: 0, isSpecial: true }] : [];
}

function depthwiseKernel(conv: ConvolutionCase, target: Target): Kernel | undefined {
  const { window, outChannels: multiplier } = conv;
  const dilations = twoAxes(window.dilations, 1);
  if (conv.inChannels !== 1 || conv.groups === 1 || dilations[0] !== 1 || sizeOf(window.kernel) > maxTaps) return undefined;
  const channels = conv.groups * multiplier;
  const { columns, params, workgroups } = stripsOf(conv.batch * channels, twoAxes(window.output, 1), target);
  const activation = asClip(conv.activation);
  const variant: DepthwiseVariant = {
    kernel: twoAxes(window.kernel, 1),
    strides: twoAxes(window.strides, 1),
    dilation: dilations[1],
    columns,
    activation: activation.kind,
    hasResidual: conv.hasResidual,
  };
  return {
    name: "depthwise",
    readsStrided: [0, 3],
    writesStrided: true,
    borders: { 0: borderOf(conv) },
    dispatches([input, weight, bias, residual], outputs) {
      const [x, y] = [input as PlacedOperand, outputs[0] as PlacedOperand];
      return [
        {
          shader: generateDepthwise(variant),
          params: {
            ...params,
            ...inputParams(conv, x),
            ...outputParams(y, residual),
            channels,
            multiplier,
            alpha: activation.alpha,
            beta: activation.beta,
          },
          bindings: {
            input: x,
            weights: exactly(weight as PlacedOperand),
            bias: biasOf(channels, bias),
            output: y,
            ...(residual && { residual }),
          },
          workgroups,
        },
      ];
    },
  };
}
