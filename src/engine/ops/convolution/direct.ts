// Blocked direct convolution: a block of output channels × rows × columns per invocation. Serves 1×1, depthwise and grouped too.
import { type ConvolutionVariant, convolutionWorkgroupSize, generateConvolution } from "../../../shaders/generate/convolution.ts";
import { sizeOf } from "../../shapes.ts";
import type { Tensor } from "../../tensor.ts";
import { flatWorkgroups } from "../dispatch.ts";
import type { Dispatch, Kernel, PackedConstant, PlacedOperand, Scratch, Target } from "../operator.ts";
import { borderOf, type ConvolutionCase, type PlaneStrides, pair, planeStrides, prefixed } from "./case.ts";
import { packBias, packWeights } from "./packing.ts";

/**
 * Blocks that measured well on SwiftShader and fit a real GPU's registers, see docs/decisions/0003. Rows of taps are walked in a
 * loop: unrolling all of them is no faster, and takes three times as long to compile. Deep convolutions are the exception:
 * they load more weights than inputs, and use each for two rows.
 */
export function chooseVariant(it: ConvolutionCase, { subgroupSize }: Target): ConvolutionVariant {
  const kernel = pair(it.window.kernel, 1);
  const [height, width] = pair(it.window.output, 1);
  const taps = kernel[0] * kernel[1];
  const isPointwise = taps === 1;
  const isDepthwise = it.inChannels === 1 && it.groups > 1;
  const isDeep = it.inChannels >= 128 && taps <= 9;
  const columns = fitColumns(width);
  const [channels, rows, wanted] = isPointwise
    ? [16, 1, 8]
    : isDepthwise && taps <= 25
      ? [1, 4, 4]
      : isDeep
        ? [16, 2, columns]
        : [8, 1, columns];
  const block = {
    channels: fitBlock(it.outChannels, channels),
    rows: Math.min(rows, height),
    columns: Math.min(wanted, isPointwise ? height * width : width),
  };
  return {
    kernel,
    strides: pair(it.window.strides, 1),
    dilations: pair(it.window.dilations, 1),
    block,
    loopRows: !isPointwise && rows === 1,
    unroll: isPointwise ? channelsPerTurn(it.inChannels) : 1,
    activation: it.activation.kind,
    hasResidual: it.hasResidual,
    subgroupSize: sharedSubgroup(subgroupSize, blocksPerMap({ kernel, block }, height, width)),
  };
}

/** 7 or 8 columns, whichever computes fewer outputs twice. Maps of 7, 14 and 28 are common. */
function fitColumns(width: number): number {
  return Math.ceil(width / 7) * 7 < Math.ceil(width / 8) * 8 ? 7 : 8;
}

/** Input channels a 1×1 kernel takes at a time: two fetch each accumulator half as often, four were no better on SwiftShader. */
export function channelsPerTurn(inChannels: number): number {
  return inChannels % 2 === 0 ? 2 : 1;
}

/** The subgroup size, unless rounding a map's blocks up to it would cost more than sharing gains. */
export function sharedSubgroup(subgroupSize: number | undefined, blocks: number): number | undefined {
  if (!subgroupSize) return undefined;
  return Math.ceil(blocks / subgroupSize) * subgroupSize <= blocks * 1.125 ? subgroupSize : undefined;
}

function blocksPerMap({ kernel, block }: Pick<ConvolutionVariant, "kernel" | "block">, height: number, width: number): number {
  if (kernel[0] * kernel[1] === 1) return Math.ceil((height * width) / block.columns);
  return Math.ceil(width / block.columns) * Math.ceil(height / block.rows);
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
  const isDepthwise = it.inChannels === 1 && groups > 1;
  return {
    name: isDepthwise ? "depthwise" : isPointwise(variant) ? "pointwise" : "direct",
    readsStrided: [0, 3],
    writesStrided: true,
    borders: { 0: border },
    ignoresInputs: [1, 2],
    dispatches([input, , , residual], outputs) {
      const [x, y] = [input as PlacedOperand, outputs[0] as PlacedOperand];
      const strides = planeStrides(x);
      const blocked = { groups, outChannels, block: variant.block.channels };
      const [height, width] = pair(window.output, 1);
      return [
        blockedDispatch(variant, {
          ...it,
          height,
          width,
          input: { binding: x, offset: x.offset - border.top * strides.h - border.left, strides },
          output: { binding: y, offset: y.offset, strides: planeStrides(y) },
          ...(residual && { residual: { binding: residual, offset: residual.offset, strides: planeStrides(residual) } }),
          weights: packWeights(blocked, (it.weight as Tensor).toFloat32(), it.inChannels * sizeOf(window.kernel)),
          bias: packBias(blocked, it.bias?.toFloat32()),
        }),
      ];
    },
  };
}

interface Planes {
  readonly binding: PlacedOperand | Scratch;
  readonly offset: number;
  readonly strides: PlaneStrides;
}

/** What one dispatch of the blocked shader works on. */
export interface BlockedLaunch extends Pick<ConvolutionCase, "batch" | "groups" | "inChannels" | "outChannels" | "activation"> {
  /** Of the output. */
  readonly height: number;
  readonly width: number;
  /** Its offset is that of the first tap of the first output. */
  readonly input: Planes;
  readonly output: Planes;
  readonly residual?: Planes;
  readonly weights: PackedConstant;
  readonly bias: PackedConstant;
}

export function blockedDispatch(variant: ConvolutionVariant, launch: BlockedLaunch): Dispatch {
  const { height, width, groups, outChannels, input, output, residual, weights, bias, activation } = launch;
  const { block, subgroupSize = 1 } = variant;
  const columnBlocks = Math.ceil((isPointwise(variant) ? height * width : width) / block.columns);
  const blocks = blocksPerMap(variant, height, width);
  const positions = Math.ceil(blocks / subgroupSize) * subgroupSize;
  const channelBlocks = Math.ceil(outChannels / block.channels);
  const count = launch.batch * groups * channelBlocks * positions;
  return {
    shader: generateConvolution(variant),
    params: {
      count,
      in_offset: input.offset,
      ...prefixed("in", input.strides),
      out_offset: output.offset,
      ...prefixed("out", output.strides),
      residual_offset: residual?.offset ?? 0,
      ...prefixed("residual", residual?.strides ?? { n: 0, c: 0, h: 0 }),
      in_channels: launch.inChannels,
      out_channels: outChannels,
      groups,
      channel_blocks: channelBlocks,
      width,
      height,
      column_blocks: columnBlocks,
      blocks,
      positions,
      alpha: activation.alpha,
      beta: activation.beta,
    },
    bindings: { input: input.binding, weights, bias, output: output.binding, ...(residual && { residual: residual.binding }) },
    workgroups: flatWorkgroups(count, convolutionWorkgroupSize),
  };
}

function isPointwise({ kernel }: ConvolutionVariant): boolean {
  return kernel[0] * kernel[1] === 1;
}
