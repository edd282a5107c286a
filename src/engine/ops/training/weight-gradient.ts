// ConvWeightGradient, an operator of Convcam's own: the gradient of a Conv's weights, of dy and x. The window is that of the Conv.
import {
  generateWeightGradient,
  type WeightGradientVariant,
  weightGradientWorkgroupSize,
} from "../../../shaders/generate/weight-gradient.ts";
import sumSlices from "../../../shaders/sum-slices.wgsl";
import { fusedDomain } from "../../graph/graph.ts";
import { sizeOf } from "../../shapes.ts";
import { resolveWindow } from "../../window.ts";
import { checkSameType, floatInput } from "../checks.ts";
import { borderOf, firstTap, planeStrides, prefixed, twoAxes } from "../convolution/case.ts";
import { workgroupCount } from "../dispatch.ts";
import type { WeightGradientCase as Case, Families } from "../families.ts";
import { type Dispatch, defineOperator, type Kernel, type PlacedOperand, type Scratch, type Target } from "../operator.ts";

export default defineOperator("ConvWeightGradient", { since: 1, domain: fusedDomain }, (context) => {
  const { attributes } = context;
  const [dy, x] = [floatInput(context, 0), floatInput(context, 1)];
  checkSameType(context, 0, 1);
  const [batch = 1, channels = 1, ...spatial] = x.shape;
  const filters = dy.shape[1] ?? 1;
  const groups = attributes.integer("group", 1, 1);
  const kernel = attributes.integers("kernel_shape", [], 1);
  const window = resolveWindow(spatial, {
    kernel,
    strides: attributes.numbers("strides"),
    dilations: attributes.numbers("dilations"),
    pads: attributes.numbers("pads"),
  });
  if (String([batch, filters, ...window.output]) !== String(dy.shape) || filters % groups !== 0 || channels % groups !== 0)
    context.invalid(`a gradient of shape [${dy.shape}] for an input of shape [${x.shape}]`);
  const conv: Case = { window, groups, batch, inChannels: channels / groups, outChannels: filters / groups };
  return {
    outputs: [{ dtype: x.dtype, shape: [filters, channels / groups, ...kernel] }],
    macs: sizeOf(dy.shape) * conv.inChannels * sizeOf(kernel),
    kernels: (target) => kernelsFor(conv, target, context.families),
  };
});

function kernelsFor(conv: Case, target: Target, { weightGradient, anyWeightGradient }: Families): readonly Kernel[] {
  const { window, batch } = conv;
  const general = anyWeightGradient ? [anyWeightGradient(conv)] : [];
  const hasCrop = [...window.padsBegin, ...window.padsEnd].some((pad) => pad < 0);
  const isEmpty = batch * conv.inChannels * conv.outChannels * sizeOf(window.output) === 0;
  if (window.kernel.length > 2 || hasCrop || isEmpty) return general;
  return [...(weightGradient?.(conv, target, blockKernel) ?? [blockKernel(conv, target)]), ...general];
}

/** How large a block is, in weights of at most 8 output channels. SwiftShader keeps variables in memory and loads dearly; a graphics card has so many registers. */
const blockSizes = { software: { weights: 72, products: 320 }, gpu: { weights: 36, products: 72 } } as const;

/** Invocations that keep an adapter busy: SwiftShader gives a core a whole workgroup. */
const enoughInvocations = { software: 128, gpu: 8192 } as const;

export function chooseVariant({ window, inChannels, outChannels }: Case, { profile = "gpu", sharingLanes }: Target): WeightGradientVariant {
  const size = blockSizes[profile];
  const [kernelRows, taps] = twoAxes(window.kernel, 1);
  const width = twoAxes(window.output, 1)[1];
  const outputs = Math.min(8, outChannels);
  const rows = outputs * kernelRows * taps <= size.weights ? kernelRows : 1;
  const inputs = Math.min(inChannels, Math.max(1, Math.floor(size.weights / (2 * outputs * rows * taps))));
  const most = Math.min(width, 8, Math.max(1, Math.floor(size.products / (outputs * inputs * rows * taps))));
  // A row in equal parts where that takes at most a fifth more turns.
  const even = Array.from({ length: most }, (_, i) => most - i).find((columns) => width % columns === 0) ?? 1;
  const columns = width / even <= Math.ceil(width / most) * 1.2 ? even : most;
  return {
    block: { outputs, inputs, rows },
    taps,
    dilation: twoAxes(window.dilations, 1)[1],
    stride: twoAxes(window.strides, 1)[1],
    columns,
    isUneven: width % columns > 0,
    isShared: sharingLanes === 4 && outputs % 4 === 0 && Math.ceil(inChannels / inputs) % 4 === 0,
  };
}

/** Bytes of dy that an invocation walks through: what a cache keeps for the next one, which has the same channels of dy. */
const keptBytes = 2 ** 17;

/** Rows of all maps are cut into equal slices, so that there are enough invocations, and caches keep what they read; what the slices make is added up. */
export function slicesFor(rows: number, invocations: number, rowBytes: number, { profile = "gpu" }: Target): number {
  const ofCache = Math.ceil((rows * rowBytes) / keptBytes);
  const wanted = Math.min(rows, Math.max(ofCache, Math.ceil(enoughInvocations[profile] / invocations)));
  for (let slices = wanted; slices < Math.min(rows, 2 * wanted); slices++) if (rows % slices === 0) return slices;
  let slices = wanted;
  while (rows % slices > 0) slices--;
  return slices;
}

function blockKernel(conv: Case, target: Target, variant = chooseVariant(conv, target)): Kernel {
  const { window, groups, batch, inChannels, outChannels } = conv;
  const { block, columns, taps } = variant;
  const kernelRows = twoAxes(window.kernel, 1)[0];
  const [height, width] = twoAxes(window.output, 1);
  const [outputBlocks, inputBlocks, rowBlocks] = [
    Math.ceil(outChannels / block.outputs),
    Math.ceil(inChannels / block.inputs),
    Math.ceil(kernelRows / block.rows),
  ];
  const invocations = groups * outputBlocks * inputBlocks * rowBlocks;
  const slices = slicesFor(batch * height, invocations, 4 * width * block.outputs, target);
  const weights = groups * outChannels * inChannels * kernelRows * taps;
  return {
    name: "block",
    readsStrided: [0, 1],
    borders: { 1: borderOf(conv) },
    dispatches([gradient, input], [output]) {
      const [dy, x, dw] = [gradient as PlacedOperand, input as PlacedOperand, output as PlacedOperand];
      const count = slices * invocations;
      const sliceRows = (batch * height) / slices;
      return inSlices(slices, groups * outChannels, weights, dw, (to) => ({
        shader: generateWeightGradient(variant),
        params: {
          count,
          dy_offset: dy.offset,
          ...prefixed("dy", planeStrides(dy)),
          in_offset: firstTap(conv, x),
          ...prefixed("in", planeStrides(x)),
          outputs: outChannels,
          inputs: inChannels,
          groups,
          output_blocks: outputBlocks,
          input_blocks: inputBlocks,
          row_blocks: rowBlocks,
          kernel_rows: kernelRows,
          stride_y: twoAxes(window.strides, 1)[0],
          dilation_y: twoAxes(window.dilations, 1)[0],
          width,
          height,
          slice_rows: sliceRows,
          turns: sliceRows * Math.ceil(width / columns),
        },
        bindings: { dy, input: x, output: to },
        workgroups: workgroupCount(count, weightGradientWorkgroupSize),
      }));
    },
  };
}

/**
 * What is computed in slices, of `count` sums each, and added up in their order.
 *
 * @param compute the dispatch that writes the slices, one after the other
 */
export function inSlices(
  slices: number,
  channels: number,
  count: number,
  output: PlacedOperand,
  compute: (to: PlacedOperand | Scratch) => Dispatch,
): readonly Dispatch[] {
  if (slices === 1) return [compute(output)];
  const sums: Scratch = { scratchBytes: 4 * slices * count };
  const perChannel = count / channels;
  const none = { residual_offset: 0, residual_n: 0, residual_c: 0, residual_h: 0, residual_count: 0 };
  const bias = { label: "no bias", data: new Float32Array(channels) };
  const adding: Dispatch = {
    shader: sumSlices,
    params: {
      count,
      slices,
      channels,
      pixels: perChannel,
      width: perChannel,
      points: perChannel,
      out_offset: output.offset,
      out_n: 0,
      out_c: perChannel,
      out_h: 0,
      ...none,
      activation: 0,
      alpha: 0,
      beta: 0,
    },
    bindings: { sums, bias, residual: bias, output },
    workgroups: workgroupCount(count, 64),
  };
  return [compute(sums), adding];
}
