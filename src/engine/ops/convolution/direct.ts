// Blocked direct convolution: a block of output channels × rows × columns per invocation. Serves 1×1, depthwise and grouped too.
import { type ConvolutionVariant, convolutionWorkgroupSize, generateConvolution } from "../../../shaders/generate/convolution.ts";
import { sizeOf } from "../../shapes.ts";
import type { Tensor } from "../../tensor.ts";
import { flatWorkgroups } from "../dispatch.ts";
import type { Kernel, PlacedOperand } from "../operator.ts";
import { borderOf, type ConvolutionCase, pair, planeStrides, prefixed } from "./case.ts";
import { packBias, packWeights } from "./packing.ts";

/** Blocks that measured well on SwiftShader and fit a real GPU's registers, see docs/decisions. */
export function chooseVariant(it: ConvolutionCase): ConvolutionVariant {
  const kernel = pair(it.window.kernel, 1);
  const taps = kernel[0] * kernel[1];
  const isPointwise = taps === 1;
  const loopRows = taps > 49;
  const [channels, rows, columns] = isPointwise
    ? [16, 1, 8]
    : taps <= 9
      ? [8, 4, 4]
      : taps <= 25
        ? [4, 4, 4]
        : taps <= 49
          ? [4, 2, 4]
          : [8, 1, 4];
  const [height, width] = pair(it.window.output, 1);
  return {
    kernel,
    strides: pair(it.window.strides, 1),
    dilations: pair(it.window.dilations, 1),
    block: {
      channels: fitBlock(it.outChannels, channels),
      rows: Math.min(rows, height),
      columns: Math.min(columns, isPointwise ? height * width : width),
    },
    loopRows,
    activation: it.activation.kind,
    hasResidual: it.hasResidual,
  };
}

/** The block size up to `largest` that covers `channels` with the least idle work; `largest` itself where it divides. */
export function fitBlock(channels: number, largest: number): number {
  if (channels % largest === 0) return largest;
  let best = 1;
  let bestCost = Number.POSITIVE_INFINITY;
  for (let block = Math.min(largest, channels); block >= 1; block--) {
    // Two stands for what every block pays besides its own channels: loading the input.
    const cost = Math.ceil(channels / block) * (block + 2);
    if (cost < bestCost) [best, bestCost] = [block, cost];
  }
  return best;
}

export function directKernel(it: ConvolutionCase, variant: ConvolutionVariant): Kernel {
  const { window, groups, outChannels } = it;
  const border = borderOf(it);
  const { top, left } = border;
  const isDepthwise = it.inChannels === 1 && groups > 1;
  const shader = generateConvolution(variant);
  return {
    name: isDepthwise ? "depthwise" : variant.kernel[0] * variant.kernel[1] === 1 ? "pointwise" : "direct",
    readsStrided: [0, 3],
    writesStrided: true,
    borders: { 0: border },
    ignoresInputs: [1, 2],
    dispatches(inputs, outputs) {
      const x = inputs[0] as PlacedOperand;
      const y = outputs[0] as PlacedOperand;
      const [height, width] = pair(window.output, 1);
      const { block } = variant;
      const isPointwise = variant.kernel[0] * variant.kernel[1] === 1;
      const columnBlocks = isPointwise ? Math.ceil((height * width) / block.columns) : Math.ceil(width / block.columns);
      const rowBlocks = isPointwise ? 1 : Math.ceil(height / block.rows);
      const channelBlocks = Math.ceil(outChannels / block.channels);
      const count = it.batch * groups * channelBlocks * rowBlocks * columnBlocks;
      const from = planeStrides(x);
      const residual = inputs[3];
      const blocked = { groups, outChannels, block: block.channels };
      return [
        {
          shader,
          params: {
            count,
            in_offset: x.offset - top * from.h - left,
            ...prefixed("in", from),
            out_offset: y.offset,
            ...prefixed("out", planeStrides(y)),
            residual_offset: residual?.offset ?? 0,
            ...prefixed("residual", residual ? planeStrides(residual) : { n: 0, c: 0, h: 0 }),
            in_channels: it.inChannels,
            out_channels: outChannels,
            groups,
            channel_blocks: channelBlocks,
            width,
            height,
            column_blocks: columnBlocks,
            row_blocks: rowBlocks,
            alpha: it.activation.alpha,
            beta: it.activation.beta,
          },
          bindings: {
            input: x,
            weights: packWeights(blocked, (it.weight as Tensor).toFloat32(), it.inChannels * sizeOf(window.kernel)),
            bias: packBias(blocked, it.bias?.toFloat32()),
            output: y,
            ...(residual && { residual }),
          },
          workgroups: flatWorkgroups(count, convolutionWorkgroupSize),
        },
      ];
    },
  };
}
