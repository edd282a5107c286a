// Blocked direct convolution: a block of output channels × columns of a row per invocation. Serves 1×1 and grouped too.
import { asClip } from "../../../shaders/generate/activation.ts";
import { type ConvolutionVariant, convolutionWorkgroupSize, generateConvolution } from "../../../shaders/generate/convolution.ts";
import { range } from "../../../shaders/generate/range.ts";
import { sizeOf } from "../../shapes.ts";
import type { Tensor } from "../../tensor.ts";
import { flatWorkgroups } from "../dispatch.ts";
import type { Dispatch, Kernel, PackedConstant, PlacedOperand, Scratch, Target } from "../operator.ts";
import { borderOf, type ConvolutionCase, type PlaneStrides, pair, planeStrides, prefixed } from "./case.ts";
import { packBias, packWeights } from "./packing.ts";

/** Blocks that measured well on SwiftShader and fit a real GPU's registers, see docs/decisions/0003. */
export function chooseVariant(it: ConvolutionCase, { subgroupSize }: Target): ConvolutionVariant {
  const { window } = it;
  const [height, width] = pair(window.output, 1);
  const isPointwise = sizeOf(window.kernel) === 1;
  const columns = isPointwise ? fitPixels(height * width, subgroupSize) : Math.min(fitColumns(width), width);
  const blocks = isPointwise ? Math.ceil((height * width) / columns) : Math.ceil(width / columns) * height;
  const taps = pair(window.kernel, 1)[1];
  return {
    taps,
    // Those of a 1×1 kernel are Params.
    stride: isPointwise ? 1 : pair(window.strides, 1)[1],
    dilation: isPointwise ? 1 : pair(window.dilations, 1)[1],
    // What is unrolled is what a first run waits for: about 400 multiply-adds.
    block: { channels: fitBlock(it.outChannels, taps <= 3 ? 16 : 8), columns },
    isPointwise,
    unroll: isPointwise ? channelsPerTurn(it.inChannels) : 1,
    activation: asClip(it.activation).kind,
    subgroupSize: sharedSubgroup(subgroupSize, blocks),
  };
}

/** 7 or 8 columns, whichever computes fewer outputs twice. Maps of 7, 14 and 28 are common. */
export function fitColumns(width: number): number {
  return Math.ceil(width / 7) * 7 < Math.ceil(width / 8) * 8 ? 7 : 8;
}

/** The same for pixels that need not end with their row. 7 fits most maps, and one size for all is one pipeline for all. */
export function fitPixels(count: number, lanes = 1): number {
  const computed = (columns: number) => Math.ceil(count / columns / lanes) * lanes * columns;
  return Math.min(count, computed(7) <= computed(8) * 1.04 ? 7 : 8);
}

/**
 * Input channels a 1×1 kernel takes at a time. On SwiftShader an update of an accumulator costs as much as eight multiply-adds,
 * and a load six times that.
 */
export function channelsPerTurn(inChannels: number): number {
  return [4, 3, 2].find((turn) => inChannels % turn === 0) ?? 1;
}

/** The subgroup size, unless rounding a map's blocks up to it would cost more than sharing gains. */
export function sharedSubgroup(subgroupSize: number | undefined, blocks: number): number | undefined {
  if (!subgroupSize) return undefined;
  return Math.ceil(blocks / subgroupSize) * subgroupSize <= blocks * 1.5 ? subgroupSize : undefined;
}

/** The block size up to `largest` that covers `channels` at the least cost: a multiple of 4, or all channels. */
export function fitBlock(channels: number, largest: number): number {
  const sizes = [channels, ...range(largest / 4).map((i) => 4 * (i + 1))].filter((size) => size <= Math.min(channels, largest));
  // Half the largest block stands for what every block pays besides its own channels: loading the input.
  const cost = (size: number) => Math.ceil(channels / size) * (size + largest / 2);
  return sizes.reduce((best, size) => (cost(size) < cost(best) || (cost(size) === cost(best) && size > best) ? size : best));
}

export function directKernel(it: ConvolutionCase, variant: ConvolutionVariant): Kernel {
  const { window, groups, outChannels } = it;
  const border = borderOf(it);
  return {
    name: variant.isPointwise ? "pointwise" : "direct",
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
          kernelRows: pair(window.kernel, 1)[0],
          strides: pair(window.strides, 1),
          dilation: pair(window.dilations, 1)[0],
          activation: asClip(it.activation),
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
  readonly kernelRows: number;
  readonly strides: readonly [number, number];
  /** Between the kernel's rows. */
  readonly dilation: number;
  /** Its offset is that of the first tap of the first output. */
  readonly input: Planes;
  readonly output: Planes;
  readonly residual?: Planes;
  readonly weights: PackedConstant;
  readonly bias: PackedConstant;
}

export function blockedDispatch(variant: ConvolutionVariant, launch: BlockedLaunch): Dispatch {
  const { height, width, groups, outChannels, input, output, residual, weights, bias, activation } = launch;
  const { block, isPointwise, subgroupSize = 1 } = variant;
  const columnBlocks = Math.ceil((isPointwise ? height * width : width) / block.columns);
  const blocks = isPointwise ? columnBlocks : columnBlocks * height;
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
      residual_count: residual ? 1 : 0,
      in_channels: launch.inChannels,
      out_channels: outChannels,
      groups,
      channel_blocks: channelBlocks,
      kernel_rows: launch.kernelRows,
      stride_y: launch.strides[0],
      stride_x: launch.strides[1],
      dilation_y: launch.dilation,
      width,
      height,
      column_blocks: columnBlocks,
      blocks,
      positions,
      alpha: activation.alpha,
      beta: activation.beta,
    },
    bindings: { input: input.binding, weights, bias, output: output.binding, residual: residual?.binding ?? bias },
    workgroups: flatWorkgroups(count, convolutionWorkgroupSize),
  };
}
