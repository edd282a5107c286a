// Gradients of 3×3 weights by Winograd's transforms, in four dispatches: tiles of x, tiles of dy, products of the two, and back.

import type { WeightGradientVariant } from "../../../shaders/generate/weight-gradient.ts";
import {
  generateWinogradInput,
  type WinogradTransform,
  winogradTransform,
  winogradWorkgroupSize,
} from "../../../shaders/generate/winograd.ts";
import { generateWinogradSlope, generateWinogradWeights } from "../../../shaders/generate/winograd-gradient.ts";
import { sameShape, sizeOf } from "../../shapes.ts";
import type { Candidate } from "../convolution/case.ts";
import { borderOf, firstTap, planeStrides, prefixed, twoAxes } from "../convolution/case.ts";
import { costOf } from "../convolution/cost.ts";
import { workgroupCount } from "../dispatch.ts";
import type { WeightGradientCase as Case } from "../families.ts";
import type { Dispatch, Kernel, PlacedOperand, Scratch, Target } from "../operator.ts";
import { costOfTiles, tilesDispatch } from "./product-tiles.ts";
import { chooseVariant } from "./weight-gradient.ts";

const transform: WinogradTransform = winogradTransform(4);
const products = transform.patch ** 2;

/** More memory between its dispatches is not taken. */
const mostBytes = 2 ** 28;

/** With fewer products of two elements a large block saves a step less than a thousandth of what its pipeline takes to compile. */
const worthLargeBlock = 2 ** 21;

/** The kernels with the one of this file, where it fits: first where it should be faster. */
export function withWinograd(
  conv: Case,
  target: Target,
  blockKernel: (...of: [Case, Target, WeightGradientVariant]) => Kernel,
): readonly Kernel[] {
  const { batch, inChannels, outChannels, window } = conv;
  const isSmall = batch * inChannels * outChannels * sizeOf(window.output) < worthLargeBlock;
  const usual = blockKernel(conv, target, chooseVariant(conv, isSmall ? { ...target, profile: "gpu" } : target));
  const winograd = winogradWeightGradient(conv, target);
  if (!winograd) return [usual];
  const isFaster = target.profile === "software" && winograd.cost < costOfBlocks(conv, target);
  return isFaster ? [winograd.kernel, usual] : [usual, winograd.kernel];
}

/** What the kernel by blocks costs, without what adds slices up. */
function costOfBlocks(conv: Case, target: Target): number {
  const { window, groups, batch, inChannels, outChannels } = conv;
  const { block, columns, taps, dilation, stride, isShared } = chooseVariant(conv, target);
  const [height, width] = twoAxes(window.output, 1);
  const weights = block.outputs * block.inputs * block.rows * taps;
  const slopes = block.outputs * columns;
  const blocks =
    Math.ceil(outChannels / block.outputs) * Math.ceil(inChannels / block.inputs) * Math.ceil(twoAxes(window.kernel, 1)[0] / block.rows);
  const reached = Math.min(taps * columns, (columns - 1) * stride + (taps - 1) * dilation + 1);
  return costOf(target).of({
    invocations: groups * blocks * batch * height * Math.ceil(width / columns),
    loads: (isShared ? slopes / 4 : slopes) + block.inputs * block.rows * reached,
    swaps: isShared ? (slopes * 3) / 4 : 0,
    accumulations: weights,
    multiplyAdds: weights * columns,
  });
}

/** The kernel, and what it should cost; none where it does not fit. */
function winogradWeightGradient(conv: Case, target: Target): Candidate | undefined {
  const { window, groups, batch, inChannels, outChannels } = conv;
  const { kernel, strides, dilations, output } = window;
  const is3x3 = sameShape(kernel, [3, 3]) && sameShape(strides, [1, 1]) && sameShape(dilations, [1, 1]);
  if (!is3x3 || groups !== 1 || output.some((extent) => extent < transform.tile)) return undefined;
  const [height, width] = twoAxes(output, 1);
  const [tilesY, tilesX] = [Math.ceil(height / transform.tile), Math.ceil(width / transform.tile)];
  const tiles = batch * tilesY * tilesX;
  // Planes of products must not lie a multiple of 4,096 bytes apart: a cache would keep few of the 36 that are written at once.
  const pitch = tiles | 1;
  const bytes = (channels: number) => products * channels * pitch * 4;
  if (Math.max(bytes(inChannels), bytes(outChannels)) > Math.min(mostBytes, target.maxBindingBytes ?? mostBytes)) return undefined;
  const shape = { tiles_x: tilesX, tiles_y: tilesY, width, height, tiles: pitch };
  const product = {
    rows: outChannels,
    columns: inChannels,
    depth: tiles,
    aStrides: [pitch, 1],
    bStrides: [1, pitch],
    batch: { extent: [products], aStrides: [outChannels * pitch], bStrides: [inChannels * pitch] },
  } as const;
  return {
    cost: costOfTransforms(conv, tiles, target) + costOfTiles(product, target),
    kernel: {
      name: "winograd",
      readsStrided: [0, 1],
      borders: { 1: borderOf(conv) },
      dispatches([gradient, input], [output]) {
        const [dy, x] = [gradient as PlacedOperand, input as PlacedOperand];
        const ofX: Scratch = { scratchBytes: bytes(inChannels) };
        const ofSlope: Scratch = { scratchBytes: bytes(outChannels) };
        const multiplied: Scratch = { scratchBytes: products * inChannels * outChannels * 4 };
        const pairs = inChannels * outChannels;
        const transformed = (channels: number, offset: number, operand: PlacedOperand) => ({
          params: { count: tiles * channels, channels, ...shape, in_offset: offset, ...prefixed("in", planeStrides(operand)) },
          workgroups: workgroupCount(tiles * channels, winogradWorkgroupSize),
        });
        const dispatches: readonly Dispatch[] = [
          {
            shader: generateWinogradInput(transform),
            ...transformed(inChannels, firstTap(conv, x), x),
            bindings: { input: x, transformed: ofX },
          },
          {
            shader: generateWinogradSlope(transform),
            ...transformed(outChannels, dy.offset, dy),
            bindings: { dy, transformed: ofSlope },
          },
          tilesDispatch(product, target, [ofSlope, ofX], multiplied),
          {
            shader: generateWinogradWeights(transform),
            params: { count: pairs },
            bindings: { products: multiplied, output: output as PlacedOperand },
            workgroups: workgroupCount(pairs, winogradWorkgroupSize),
          },
        ];
        return dispatches;
      },
    },
  };
}

function costOfTransforms({ inChannels, outChannels }: Case, tiles: number, target: Target): number {
  const prices = costOf(target);
  // Each adds up about two lines of `patch` terms for each of the products.
  const multiplyAdds = 4 * products;
  return (
    prices.of({ invocations: tiles * inChannels, loads: products, stores: products, multiplyAdds }) +
    prices.of({ invocations: tiles * outChannels, loads: transform.tile ** 2, stores: products, multiplyAdds }) +
    prices.of({ invocations: inChannels * outChannels, loads: products, stores: 9, multiplyAdds: 2 * products })
  );
}
