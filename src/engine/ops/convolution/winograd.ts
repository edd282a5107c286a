// Winograd convolution F(m×m, 3×3) in three dispatches: transform tiles, multiply matrices, transform back with the epilogue.
import { asClip } from "../../../shaders/activations.ts";
import type { ConvolutionVariant } from "../../../shaders/generate/convolution.ts";
import {
  generateWinogradInput,
  generateWinogradKernel,
  generateWinogradOutput,
  kernelTransformer,
  type WinogradTransform,
  winogradTransform,
  winogradWorkgroupSize,
} from "../../../shaders/generate/winograd.ts";
import type { Layout } from "../../layout.ts";
import { sameShape, sizeOf } from "../../shapes.ts";
import { workgroupCount } from "../dispatch.ts";
import type { Dispatch, Packed, PackingMove, PackingTransform, PlacedOperand, Scratch, Target } from "../operator.ts";
import { borderOf, type Candidate, type ConvolutionCase, inputParams, outputParams, twoAxes } from "./case.ts";
import { costOf } from "./cost.ts";
import {
  blockedCost,
  blockedDispatch,
  channelsPerTurn,
  filledTaps,
  fitBlock,
  fitPixels,
  type LaunchSize,
  largestBlock,
  oneTap,
  quickStartVariant,
  sharedSubgroup,
} from "./direct.ts";
import { type Blocked, biasOf, blockRuns, packBias } from "./packing.ts";

/** Outputs per tile along an axis: 4 multiplies least, 2 fits smaller maps and rounds less. */
const tileSizes = [4, 2] as const;

/** F(4×4, 3×3) and F(2×2, 3×3), where the case is 3×3 without stride, dilation or groups and the output holds a tile. */
export function winogradCandidates(conv: ConvolutionCase, target: Target): Candidate[] {
  return winogradBy((transform, tiles) => byBlocks(conv, transform, tiles, target), conv, target);
}

/** What multiplies the transformed weights by transformed tiles, M[k] = U[k] · V[k] for every product k. */
export interface Multiplication {
  readonly cost: number;
  dispatch(weight: PlacedOperand, transformed: Scratch, multiplied: Scratch): Dispatch;
}

/** @param multiply none where it does not fit, for so many tiles of the whole batch */
export function winogradBy(
  multiply: (transform: WinogradTransform, tiles: number) => Multiplication | undefined,
  conv: ConvolutionCase,
  target: Target,
): Candidate[] {
  const { kernel, strides, dilations, output } = conv.window;
  const is3x3 = sameShape(kernel, [3, 3]) && sameShape(strides, [1, 1]) && sameShape(dilations, [1, 1]);
  if (!is3x3 || conv.groups !== 1) return [];
  return tileSizes
    .filter(
      (size) =>
        output.every((extent) => extent >= size) && largestBytes(conv, size) <= (target.maxBindingBytes ?? Number.POSITIVE_INFINITY),
    )
    .flatMap((size) => candidate(conv, target, size, multiply) ?? []);
}

/** Bytes of the largest buffer it needs: transformed tiles, products, or transformed weights. */
function largestBytes({ batch, inChannels, outChannels, window }: ConvolutionCase, tileSize: number): number {
  const tiles = window.output.reduce((count, extent) => count * Math.ceil(extent / tileSize), batch);
  return (tileSize + 2) ** 2 * Math.max(tiles * inChannels, tiles * outChannels, inChannels * outChannels) * 4;
}

function candidate(
  conv: ConvolutionCase,
  target: Target,
  tileSize: 2 | 4,
  multiply: Parameters<typeof winogradBy>[0],
): Candidate | undefined {
  const transform = winogradTransform(tileSize);
  const [height, width] = twoAxes(conv.window.output, 1);
  const [tilesY, tilesX] = [Math.ceil(height / tileSize), Math.ceil(width / tileSize)];
  const tiles = { tiles_x: tilesX, tiles_y: tilesY, width, height, tiles: conv.batch * tilesX * tilesY };
  const products = transform.patch ** 2;
  const multiplication = multiply(transform, tiles.tiles);
  if (!multiplication) return undefined;
  const prices = costOf(target);
  // Both transforms add up about two lines of `patch` terms for each of the products.
  const multiplyAdds = 4 * products;
  const cost =
    prices.of({ invocations: tiles.tiles * conv.inChannels, loads: products, stores: products, multiplyAdds }) +
    multiplication.cost +
    prices.of({ invocations: tiles.tiles * conv.outChannels, loads: products, stores: tileSize ** 2, multiplyAdds });
  return {
    cost,
    transformed: products,
    kernel: {
      name: `winograd ${tileSize}×${tileSize}`,
      readsStrided: [0, 3],
      writesStrided: true,
      borders: { 0: borderOf(conv) },
      dispatches(inputs, outputs) {
        const transformed: Scratch = { scratchBytes: products * conv.inChannels * tiles.tiles * 4 };
        const multiplied: Scratch = { scratchBytes: products * conv.outChannels * tiles.tiles * 4 };
        return [
          transformInput(conv, transform, tiles, inputs[0] as PlacedOperand, transformed),
          multiplication.dispatch(inputs[1] as PlacedOperand, transformed, multiplied),
          transformOutput(conv, transform, tiles, multiplied, inputs, outputs[0] as PlacedOperand),
        ];
      },
    },
  };
}

interface Tiles {
  readonly tiles_x: number;
  readonly tiles_y: number;
  readonly width: number;
  readonly height: number;
  /** Of the whole batch. */
  readonly tiles: number;
}

function transformInput(
  conv: ConvolutionCase,
  transform: WinogradTransform,
  tiles: Tiles,
  x: PlacedOperand,
  transformed: Scratch,
): Dispatch {
  const count = tiles.tiles * conv.inChannels;
  return {
    shader: generateWinogradInput(transform),
    params: { count, channels: conv.inChannels, ...tiles, ...inputParams(conv, x) },
    bindings: { input: x, transformed },
    workgroups: workgroupCount(count, winogradWorkgroupSize),
  };
}

/** As a 1×1 convolution with one group per product, whose pixels are tiles. */
function byBlocks(
  { inChannels, outChannels }: ConvolutionCase,
  transform: WinogradTransform,
  tiles: number,
  target: Target,
): Multiplication {
  const activation = asClip({ kind: "none", alpha: 0, beta: 0 });
  const columns = fitPixels(tiles, target.sharingLanes);
  const best: ConvolutionVariant = {
    ...oneTap,
    loop: "pixel",
    block: { channels: fitBlock(outChannels, target.profile === "software" ? largestBlock(outChannels) : 8), columns },
    unroll: channelsPerTurn(inChannels, target.profile === "software" ? 4 : 2),
    activation: activation.kind,
    subgroupSize: sharedSubgroup(target.sharingLanes, Math.ceil(tiles / columns)),
  };
  const launch: LaunchSize = { batch: 1, groups: transform.patch ** 2, inChannels, outChannels, height: 1, width: tiles, kernel: [1, 1] };
  const variant = target.quickStartBlock ? quickStartVariant(outChannels, tiles, activation, target) : best;
  const blocked = { groups: launch.groups, outChannels, block: variant.block.channels };
  const strides = { n: 0, c: tiles, h: tiles };
  return {
    cost: blockedCost(best, launch, target),
    dispatch: (weight, transformed, multiplied) =>
      blockedDispatch(variant, {
        ...launch,
        activation,
        strides: [1, 1],
        dilations: [1, 1],
        input: { binding: transformed, offset: 0, strides },
        output: { binding: multiplied, offset: 0, strides },
        weights: packTransformed(inChannels, weight, transform, blocked, filledTaps(variant, inChannels)),
        bias: packBias(blocked, undefined),
      }),
  };
}

/**
 * U as [product][channel block][in channel][channel within block]: as `packWeights` would pack it, in one pass.
 *
 * @param depth in channels, filled up with zeros
 */
export function packTransformed(
  inChannels: number,
  source: PlacedOperand,
  transform: WinogradTransform,
  blocked: Blocked,
  depth: number,
): Packed {
  const { outChannels, block, groups } = blocked;
  const blocks = Math.ceil(outChannels / block);
  const perProduct = blocks * depth * block;
  const moves = blockRuns(blocked).map(
    ({ count, firstBlock, firstChannel }): PackingMove => ({
      shape: [count, inChannels, block],
      from: { offset: firstChannel * inChannels * 9, strides: [block * inChannels * 9, 9, inChannels * 9] },
      to: { offset: firstBlock * depth * block, strides: [depth * block, block, 1] },
    }),
  );
  const label = `weights for tiles of ${transform.tile}, in blocks of ${block}, ${depth} deep`;
  return { source, packing: { label, length: groups * perProduct, moves, transform: kernelTransform(transform, perProduct) } };
}

/** @param stride between two products in the packed form */
function kernelTransform(transform: WinogradTransform, stride: number): PackingTransform {
  const transformKernel = kernelTransformer(transform);
  return {
    apply: (source, from, target, to) => transformKernel(source, from, target, to, stride),
    dispatch({ shape, from, to }, source, target) {
      const count = sizeOf(shape);
      return {
        shader: generateWinogradKernel(transform),
        params: {
          ...{ count, stride, extent_1: shape[1] as number, extent_2: shape[2] as number },
          ...flat("source", from),
          ...flat("target", to),
        },
        bindings: { kernels: source, transformed: target },
        workgroups: workgroupCount(count, winogradWorkgroupSize),
      };
    },
  };
}

function flat(prefix: string, { offset, strides }: Layout): Record<string, number> {
  return { [`${prefix}_offset`]: offset, ...Object.fromEntries(strides.map((stride, axis) => [`${prefix}_${axis}`, stride])) };
}

function transformOutput(
  conv: ConvolutionCase,
  transform: WinogradTransform,
  tiles: Tiles,
  products: Scratch,
  [, , bias, residual]: readonly (PlacedOperand | undefined)[],
  y: PlacedOperand,
): Dispatch {
  const { outChannels } = conv;
  const activation = asClip(conv.activation);
  const shift = biasOf(outChannels, bias);
  const count = tiles.tiles * outChannels;
  return {
    shader: generateWinogradOutput(transform, activation.kind),
    params: {
      count,
      channels: outChannels,
      ...tiles,
      ...outputParams(y, residual),
      alpha: activation.alpha,
      beta: activation.beta,
    },
    bindings: { products, bias: shift, output: y, residual: residual ?? shift },
    workgroups: workgroupCount(count, winogradWorkgroupSize),
  };
}
