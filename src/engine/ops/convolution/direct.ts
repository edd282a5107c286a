// Blocked direct convolution: a block of output channels × columns of a row per invocation. Serves 1×1 and grouped too.
import { type Activation, asClip } from "../../../shaders/activations.ts";
import {
  type ConvolutionVariant,
  convolutionWorkgroupSize,
  generateConvolution,
  type LoopKind,
  swapsLanes,
} from "../../../shaders/generate/convolution.ts";
import { indices } from "../../../shaders/generate/indices.ts";
import type { Shader } from "../../../shaders/shader.ts";
import { sizeOf } from "../../shapes.ts";
import { workgroupCount } from "../dispatch.ts";
import type { Dispatch, Kernel, Packed, PlacedOperand, Scratch, Table, Target } from "../operator.ts";
import { borderOf, type Candidate, type ConvolutionCase, firstTap, type PlaneStrides, planeStrides, prefixed, twoAxes } from "./case.ts";
import { costOf } from "./cost.ts";
import { packBias, packWeights } from "./packing.ts";

/** Channels and columns of a block at most, and input channels per turn where the kernel is 1×1. */
interface BlockSize {
  readonly channels: number;
  readonly columns?: number;
  readonly turn?: number;
}

/** For graphics cards. A block must fit into registers, and small maps need small blocks to employ all lanes. The cost model chooses per layer. */
const gpuSizes: readonly BlockSize[] = [
  { channels: 8, turn: 2 },
  { channels: 8, columns: 4 },
  { channels: 4, columns: 4 },
  { channels: 2, columns: 2 },
];

/**
 * For GPUs made of software, whose lanes share loads and keep variables in memory: large blocks, see docs/decisions/0003. The first one is
 * preferred in every layer, because one block for all layers takes less compiling than the best block for each.
 */
function softwareSizes({ window, outChannels }: ConvolutionCase): readonly BlockSize[] {
  if (sizeOf(window.kernel) > 1) return [{ channels: 16 }, { channels: 8 }];
  const largest = largestBlock(outChannels);
  return largest === 32 ? [{ channels: 32 }, { channels: 16 }] : [{ channels: 16 }, { channels: 32 }];
}

/** Channels of a block of pixels where lanes share weights. 32 are faster than 16, unless the last block would compute many channels twice. */
export function largestBlock(outChannels: number): 16 | 32 {
  return Math.ceil(outChannels / 32) * 32 <= outChannels * 1.12 ? 32 : 16;
}

/** The blocked kernel with each block that differs for this case. */
export function directCandidates(conv: ConvolutionCase, target: Target): Candidate[] {
  const isPointwise = sizeOf(conv.window.kernel) === 1;
  const isSoftware = target.profile === "software";
  const sizes = isSoftware ? softwareSizes(conv) : gpuSizes;
  const candidates = new Map<string, Candidate>();
  const quickStart = quickStartVariant(conv.outChannels, sizeOf(conv.window.output), conv.activation, target);
  let least = 0;
  const add = (name: string, variant: ConvolutionVariant) => {
    const key = `${variant.loop} ${Object.values(variant.block).join("×")}`;
    if (candidates.has(key)) return;
    const cost = Math.max(least, blockedCost(variant, launchOf(conv), target));
    if (isSoftware) least = cost * 1.001;
    candidates.set(key, { kernel: directKernel(name, conv, target.quickStartBlock ? quickStart : variant), cost });
  };
  for (const size of sizes) {
    const name = `${isPointwise ? "pointwise" : "direct"} ${size.channels}${size.columns ? `×${size.columns}` : ""}`;
    add(name, fitVariant(conv, target, size));
  }
  if (isSoftware) add("tap by tap", quickStart);
  return [...candidates.values()];
}

/**
 * The quick-start variant: all convolutions of a network share it, so that the first run waits for one pipeline instead of, say, five. Only for
 * GPUs made of software.
 */
export function quickStartVariant(outChannels: number, pixels: number, activation: Activation, target: Target): ConvolutionVariant {
  const { sharingLanes: subgroupSize, quickStartBlock = 16 } = target;
  return {
    ...oneTap,
    loop: "tap",
    block: { channels: fitBlock(outChannels, quickStartBlock), columns: Math.min(7, pixels) },
    // Networks that are large enough for the larger block also gain by more taps per turn.
    unroll: quickStartBlock / 8,
    activation: asClip(activation).kind,
    subgroupSize,
  };
}

/** The shader of most layers on quick-start pipelines, whatever the network. */
export function quickStartShader(target: Target): Shader {
  return generateConvolution(quickStartVariant(16, 7, { kind: "none", alpha: 0, beta: 0 }, target));
}

/** For loops that read the kernel's size, stride and dilation from Params. */
export const oneTap = { taps: 1, stride: 1, dilation: 1 };

/** A variant whose block is as large as `size` says and the case allows. */
function fitVariant(conv: ConvolutionCase, { sharingLanes }: Target, size: BlockSize): ConvolutionVariant {
  const { window } = conv;
  const [height, width] = twoAxes(window.output, 1);
  const isPointwise = sizeOf(window.kernel) === 1;
  const [limit, fitted] = isPointwise ? [height * width, fitPixels(height * width, sharingLanes)] : [width, fitColumns(width)];
  const columns = Math.min(limit, size.columns ?? fitted);
  const { blocks } = blocksOf(isPointwise ? "pixel" : "row", columns, { height, width });
  return {
    ...(isPointwise
      ? { ...oneTap, loop: "pixel", unroll: channelsPerTurn(conv.inChannels, size.turn) }
      : {
          loop: "row",
          taps: twoAxes(window.kernel, 1)[1],
          stride: twoAxes(window.strides, 1)[1],
          dilation: twoAxes(window.dilations, 1)[1],
        }),
    block: { channels: fitBlock(conv.outChannels, size.channels), columns },
    activation: asClip(conv.activation).kind,
    subgroupSize: sharedSubgroup(sharingLanes, blocks),
  };
}

/**
 * Columns of a block: 7, or 8 where that computes far fewer outputs twice. Maps of 7, 14, 28, 56 and 112 are common, and one size for all of them
 * is one pipeline.
 */
export function fitColumns(width: number): number {
  return Math.ceil(width / 7) * 7 <= Math.ceil(width / 8) * 8 * 1.06 ? 7 : 8;
}

/**
 * The same for blocks of pixels that may go on in the next row. Small maps get blocks so large that there are few, and lanes can share weights.
 * 7 fits most maps, and one size for all is one pipeline for all.
 */
export function fitPixels(count: number, lanes?: number): number {
  const cost = (columns: number) => {
    const blocks = Math.ceil(count / columns);
    const shared = sharedSubgroup(lanes, blocks);
    // A load per pixel and per weight of a block of 16 channels.
    return shared ? Math.ceil(blocks / shared) * shared * (columns + 16 / shared) : blocks * (columns + 16);
  };
  const sizes = [7, 8, 6, 5, 4].filter((columns) => columns <= count);
  const least = Math.min(...sizes.map(cost));
  return sizes.find((columns) => cost(columns) <= least * 1.1) ?? count;
}

/** Input channels a 1×1 kernel takes at a time: each accumulator is then updated once for all of them. */
export function channelsPerTurn(inChannels: number, most = 4): number {
  return [4, 3, 2].find((turn) => turn <= most && inChannels % turn === 0) ?? 1;
}

/** The subgroup size, unless rounding a map's blocks up to it would cost more than sharing gains. */
export function sharedSubgroup(subgroupSize: number | undefined, blocks: number): number | undefined {
  if (!subgroupSize) return undefined;
  return Math.ceil(blocks / subgroupSize) * subgroupSize <= blocks * 1.5 ? subgroupSize : undefined;
}

/**
 * The block size up to `largest` that covers `channels` at the least cost: a multiple of 4, or all channels. `largest` is taken even if it
 * costs a quarter more, because other layers need its pipeline anyway.
 */
export function fitBlock(channels: number, largest: number): number {
  const sizes = [largest, channels, ...indices(Math.floor(largest / 4)).map((i) => 4 * (i + 1))].filter(
    (size) => size <= Math.min(channels, largest),
  );
  // Half the largest block stands for what every block pays besides its own channels: loading the input.
  const cost = (size: number) => Math.ceil(channels / size) * (size + largest / 2) * (size === largest ? 0.8 : 1);
  return sizes.reduce((best, size) => (cost(size) < cost(best) ? size : best));
}

/** What decides how many invocations a blocked launch has, and how long each takes. */
export type LaunchSize = Pick<BlockedLaunch, "batch" | "groups" | "inChannels" | "outChannels" | "height" | "width" | "kernel">;

function launchOf(conv: ConvolutionCase): LaunchSize {
  const [height, width] = twoAxes(conv.window.output, 1);
  return { ...conv, height, width, kernel: twoAxes(conv.window.kernel, 1) };
}

/** Taps of all channels as they are packed. A "tap" loop reads `unroll` of them per turn, so the last turn is filled up with zeros. */
export function filledTaps({ loop, unroll = 1 }: ConvolutionVariant, count: number): number {
  return loop === "tap" ? Math.ceil(count / unroll) * unroll : count;
}

function weightsPerBlock(variant: ConvolutionVariant, { inChannels, kernel }: Pick<LaunchSize, "inChannels" | "kernel">): number {
  return variant.block.channels * filledTaps(variant, inChannels * kernel[0] * kernel[1]);
}

export function blockedCost(variant: ConvolutionVariant, launch: LaunchSize, target: Target): number {
  const { block, loop, taps, unroll = 1, subgroupSize = 1 } = variant;
  const { kernel, inChannels } = launch;
  const turns = loop === "row" ? inChannels * kernel[0] : Math.ceil((kernel[0] * kernel[1] * inChannels) / unroll);
  const outputs = block.channels * block.columns;
  const span = (block.columns - 1) * variant.stride + (taps - 1) * variant.dilation + 1;
  const inputs = loop === "row" ? Math.min(span, block.columns * taps) : block.columns * unroll;
  const weights = block.channels * taps * unroll;
  const { count, channelBlocks } = gridOf(variant, launch);
  const prices = costOf(target);
  const work = prices.of({
    invocations: count,
    loads: turns * (inputs + Math.ceil(weights / subgroupSize)),
    ...(subgroupSize > 1 && (swapsLanes(variant) ? { swaps: 0.75 * turns * weights } : { broadcasts: turns * weights })),
    accumulations: turns * outputs,
    multiplyAdds: turns * outputs * taps * unroll,
    stores: outputs,
  });
  return work + prices.ofWeights(launch.groups * channelBlocks * weightsPerBlock(variant, launch));
}

export function directKernel(name: string, conv: ConvolutionCase, variant: ConvolutionVariant): Kernel {
  const { window, groups, outChannels } = conv;
  return {
    name,
    readsStrided: [0, 3],
    writesStrided: true,
    borders: { 0: borderOf(conv) },
    dispatches([input, weight, bias, residual], outputs) {
      const [x, y] = [input as PlacedOperand, outputs[0] as PlacedOperand];
      const blocked = { groups, outChannels, block: variant.block.channels };
      const taps = conv.inChannels * sizeOf(window.kernel);
      return [
        blockedDispatch(variant, {
          ...conv,
          ...launchOf(conv),
          strides: twoAxes(window.strides, 1),
          dilations: twoAxes(window.dilations, 1),
          activation: asClip(conv.activation),
          input: { binding: x, offset: firstTap(conv, x), strides: planeStrides(x) },
          output: { binding: y, offset: y.offset, strides: planeStrides(y) },
          ...(residual && { residual: { binding: residual, offset: residual.offset, strides: planeStrides(residual) } }),
          weights: packWeights(blocked, weight as PlacedOperand, taps, filledTaps(variant, taps)),
          bias: packBias(blocked, bias),
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
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** Its offset is that of the first tap of the first output. */
  readonly input: Planes;
  readonly output: Planes;
  readonly residual?: Planes;
  readonly weights: Packed;
  readonly bias: Packed | Table;
}

/** How a map is cut into blocks, and how many invocations all maps take. */
function gridOf({ block, loop, subgroupSize = 1 }: ConvolutionVariant, launch: LaunchSize) {
  const { columnBlocks, blocks } = blocksOf(loop, block.columns, launch);
  const positions = Math.ceil(blocks / subgroupSize) * subgroupSize;
  const channelBlocks = Math.ceil(launch.outChannels / block.channels);
  return { columnBlocks, blocks, positions, channelBlocks, count: launch.batch * launch.groups * channelBlocks * positions };
}

function blocksOf(loop: LoopKind, columns: number, { height, width }: Pick<LaunchSize, "height" | "width">) {
  const isByRow = loop === "row";
  const columnBlocks = Math.ceil((isByRow ? width : height * width) / columns);
  return { columnBlocks, blocks: isByRow ? columnBlocks * height : columnBlocks };
}

export function blockedDispatch(variant: ConvolutionVariant, launch: BlockedLaunch): Dispatch {
  const { height, width, groups, outChannels, input, output, residual, weights, bias, activation } = launch;
  const { columnBlocks, blocks, positions, channelBlocks, count } = gridOf(variant, launch);
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
      block_weights: weightsPerBlock(variant, launch),
      kernel_rows: launch.kernel[0],
      kernel_columns: launch.kernel[1],
      stride_y: launch.strides[0],
      stride_x: launch.strides[1],
      dilation_y: launch.dilations[0],
      dilation_x: launch.dilations[1],
      width,
      height,
      column_blocks: columnBlocks,
      blocks,
      positions,
      alpha: activation.alpha,
      beta: activation.beta,
    },
    bindings: { input: input.binding, weights, bias, output: output.binding, residual: residual?.binding ?? bias },
    workgroups: workgroupCount(count, convolutionWorkgroupSize),
  };
}
