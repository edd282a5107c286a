// Convolution as a matrix product through workgroup memory, for GPUs with many lanes; split along its depth where tiles are few.
import { activationNumber } from "../../../shaders/activations.ts";
import implicitGemm from "../../../shaders/implicit-gemm.wgsl";
import sumSlices from "../../../shaders/sum-slices.wgsl";
import { sizeOf } from "../../shapes.ts";
import { workgroupCount } from "../dispatch.ts";
import type { Dispatch, Packed, PackingMove, PlacedOperand, Scratch, Table, Target } from "../operator.ts";
import { borderOf, type Candidate, type ConvolutionCase, firstTap, outputParams, planeStrides, twoAxes } from "./case.ts";
import { costOf } from "./cost.ts";
import { biasOf } from "./packing.ts";

/** Of channels and of points, as in the shader. */
const tile = 64;
/** Values of the depth that one turn of the shader takes. */
const step = 16;

/** The product in one piece, and in two to sixteen slices if it is deep enough. */
export function implicitGemmCandidates(conv: ConvolutionCase, target: Target): Candidate[] {
  const depth = conv.inChannels * sizeOf(conv.window.kernel);
  const points = conv.batch * sizeOf(conv.window.output);
  const tiles = Math.ceil(points / tile) * conv.groups * Math.ceil(conv.outChannels / tile);
  const slices = Math.min(16, Math.floor(depth / step), Math.max(2, Math.round(costOf(target).lanes / (tiles * 256))));
  return [candidate(conv, target, tiles, 1), ...(slices > 1 ? [candidate(conv, target, tiles, slices)] : [])];
}

function candidate(conv: ConvolutionCase, target: Target, tiles: number, slices: number): Candidate {
  const { window, groups, inChannels, outChannels } = conv;
  const depth = inChannels * sizeOf(window.kernel);
  const sliceDepth = Math.ceil(depth / slices / step) * step;
  const prices = costOf(target);
  const product = prices.of({
    invocations: tiles * 256 * slices,
    loads: 0.75 * sliceDepth,
    sharedLoads: 2 * sliceDepth,
    accumulations: 4 * sliceDepth,
    multiplyAdds: 16 * sliceDepth,
    stores: 16,
    barriers: (2 * sliceDepth) / step,
  });
  const outputs = conv.batch * groups * outChannels * sizeOf(window.output);
  const sum = slices > 1 ? prices.of({ invocations: outputs, loads: slices, stores: 1, multiplyAdds: slices }) : 0;
  return {
    cost: product + sum,
    kernel: {
      name: slices > 1 ? "split-k" : "implicit-gemm",
      readsStrided: [0, 3],
      writesStrided: true,
      borders: { 0: borderOf(conv) },
      dispatches: (inputs, [y]) => dispatches(conv, slices, sliceDepth, inputs, y as PlacedOperand),
    },
  };
}

function dispatches(
  conv: ConvolutionCase,
  slices: number,
  sliceDepth: number,
  inputs: readonly (PlacedOperand | undefined)[],
  y: PlacedOperand,
): Dispatch[] {
  const [x, weight] = inputs as [PlacedOperand, PlacedOperand];
  const residual = inputs[3];
  const { window, groups, inChannels, outChannels, batch } = conv;
  const [height, width] = twoAxes(window.output, 1);
  const pixels = height * width;
  const points = batch * pixels;
  const strides = planeStrides(x);
  const blocks = Math.ceil(outChannels / tile);
  const channels = groups * outChannels;
  const bias = biasOf(channels, inputs[2]);
  const epilogue = {
    ...outputParams(y, residual),
    activation: activationNumber(conv.activation.kind),
    alpha: conv.activation.alpha,
    beta: conv.activation.beta,
  };
  const product = {
    channels: outChannels,
    blocks,
    groups,
    depth: slices * sliceDepth,
    slice_depth: sliceDepth,
    points,
    pixels,
    width,
    stride_x: twoAxes(window.strides, 1)[1],
    in_offset: firstTap(conv, x),
    in_n: strides.n,
    in_group: inChannels * strides.c,
    in_y: twoAxes(window.strides, 1)[0] * strides.h,
    out_slice: 0,
    ...epilogue,
  };
  const bindings = {
    input: x,
    offsets: tapOffsets(conv, strides, slices * sliceDepth),
    weights: packTiles(conv, weight, slices * sliceDepth),
  };
  const workgroups = Math.ceil(points / tile) * groups * blocks * slices;
  if (slices === 1)
    return [
      {
        shader: implicitGemm,
        params: product,
        bindings: { ...bindings, bias, residual: residual ?? bias, output: y },
        workgroups,
      },
    ];
  const sums: Scratch = { scratchBytes: slices * channels * points * 4 };
  const zeros = biasOf(channels, undefined);
  const toSums = {
    out_offset: 0,
    out_slice: channels * points,
    out_n: pixels,
    out_c: points,
    out_h: width,
    residual_count: 0,
    activation: 0,
  };
  return [
    {
      shader: implicitGemm,
      params: { ...product, ...toSums },
      bindings: { ...bindings, bias: zeros, residual: zeros, output: sums },
      workgroups,
    },
    {
      shader: sumSlices,
      params: { count: channels * points, slices, channels, pixels, width, points, ...epilogue },
      bindings: { sums, bias, residual: residual ?? bias, output: y },
      workgroups: workgroupCount(channels * points, 64),
    },
  ];
}

/** Each tap's distance from the first element of its patch. The table is filled up with 0, where weights are zero. */
function tapOffsets({ window, inChannels }: ConvolutionCase, { c, h }: { c: number; h: number }, depth: number): Table {
  const [kh, kw] = twoAxes(window.kernel, 1);
  const [dy, dx] = twoAxes(window.dilations, 1);
  const data = new Uint32Array(depth);
  let k = 0;
  for (let i = 0; i < inChannels; i++)
    for (let ky = 0; ky < kh; ky++) for (let kx = 0; kx < kw; kx++) data[k++] = i * c + ky * dy * h + kx * dx;
  return { label: "offsets of taps", data };
}

/** Weights as [group][block of 64 channels][depth][64], filled up with zeros. */
function packTiles({ groups, outChannels, inChannels, window }: ConvolutionCase, source: PlacedOperand, depth: number): Packed {
  const blocks = Math.ceil(outChannels / tile);
  const perChannel = inChannels * sizeOf(window.kernel);
  const move = (firstBlock: number, blockCount: number, channels: number): PackingMove => ({
    shape: [groups, blockCount, channels, perChannel],
    from: { offset: firstBlock * tile * perChannel, strides: [outChannels * perChannel, tile * perChannel, perChannel, 1] },
    to: { offset: firstBlock * depth * tile, strides: [blocks * depth * tile, depth * tile, 1, tile] },
  });
  const full = Math.floor(outChannels / tile);
  const packing = {
    label: `weights, ${groups}×${outChannels} in tiles of ${tile}, depth ${depth}`,
    length: groups * blocks * depth * tile,
    moves: [move(0, full, tile), move(full, blocks - full, outChannels - full * tile)].filter(({ shape }) => sizeOf(shape) > 0),
  };
  return { source, packing };
}
