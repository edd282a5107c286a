// Conv, and the fused form that passes make of it: bias, a residual and an activation in the epilogue.
// https://onnx.ai/onnx/operators/onnx__Conv.html
import general from "../../shaders/convolution-general.wgsl";
import { type Activation, type ActivationKind, activations } from "../../shaders/generate/activation.ts";
import { type ConvolutionVariant, convolutionWorkgroupSize, generateConvolution } from "../../shaders/generate/convolution.ts";
import { fusedDomain } from "../graph/graph.ts";
import { sameShape, sizeOf } from "../shapes.ts";
import { isFloat, type Tensor } from "../tensor.ts";
import { resolveWindow, type Window } from "../window.ts";
import { flatWorkgroups } from "./dispatch.ts";
import {
  type Border,
  defineOperator,
  type Kernel,
  type Operation,
  type OperatorContext,
  type PackedConstant,
  type PlacedOperand,
} from "./operator.ts";

/** One convolution, whatever the number of spatial axes. */
interface Case {
  readonly window: Window;
  readonly groups: number;
  readonly batch: number;
  /** Per group. */
  readonly inChannels: number;
  /** Per group. */
  readonly outChannels: number;
  /** [groups · outChannels, inChannels, …kernel], where known at load. */
  readonly weight?: Tensor;
  readonly bias?: Tensor;
  readonly hasBias: boolean;
  readonly hasResidual: boolean;
  readonly activation: Activation;
}

export default [
  defineOperator("Conv", { since: 1 }, (context) => describeConvolution(context, { kind: "none", alpha: 0, beta: 0 })),
  defineOperator("Conv", { since: 1, domain: fusedDomain }, (context) => {
    const { attributes } = context;
    const kind = attributes.string("activation", "none");
    if (!(kind in activations)) return context.invalid(`activation '${kind}'`);
    return describeConvolution(context, {
      kind: kind as ActivationKind,
      alpha: attributes.number("activation_alpha", 0),
      beta: attributes.number("activation_beta", 0),
    });
  }),
];

function describeConvolution(context: OperatorContext, activation: Activation): Operation {
  const { attributes } = context;
  const [x, w, bias, residual] = [context.input(0), context.input(1), context.inputs[2], context.inputs[3]];
  if (!isFloat(x.dtype)) return context.unsupported(`${x.dtype} elements. Re-export with float32`);
  if (x.shape.length < 3 || x.shape.length > 5) return context.unsupported(`an input of rank ${x.shape.length}; 3, 4 and 5 are supported`);
  if (w.shape.length !== x.shape.length)
    return context.invalid(`a weight of shape [${w.shape}] does not fit an input of shape [${x.shape}]`);
  const [batch, channels, ...spatial] = x.shape as [number, number, ...number[]];
  const [outChannels, inChannels, ...kernel] = w.shape as [number, number, ...number[]];
  const groups = attributes.number("group", 1);
  const declared = attributes.numbers("kernel_shape", kernel);
  if (!sameShape(declared, kernel)) return context.invalid(`kernel_shape [${declared}] differs from the weight's [${kernel}]`);
  if (inChannels * groups !== channels || outChannels % groups !== 0)
    return context.invalid(`weight [${w.shape}] in ${groups} group(s) does not fit an input of shape [${x.shape}]`);
  if (bias && sizeOf(bias.shape) !== outChannels) return context.invalid(`bias must have ${outChannels} elements, got [${bias.shape}]`);
  const window = resolveWindow(spatial, {
    kernel,
    strides: attributes.numbers("strides"),
    dilations: attributes.numbers("dilations"),
    pads: attributes.numbers("pads"),
    autoPad: attributes.string("auto_pad", "NOTSET"),
  });
  const shape = [batch, outChannels, ...window.output];
  if (residual && !sameShape(residual.shape, shape)) return context.invalid(`residual of shape [${residual.shape}] must be [${shape}]`);
  const it: Case = {
    window,
    groups,
    batch,
    inChannels,
    outChannels: outChannels / groups,
    ...(w.constant && { weight: w.constant }),
    ...(bias?.constant && { bias: bias.constant }),
    hasBias: bias !== undefined,
    hasResidual: residual !== undefined,
    activation,
  };
  return {
    outputs: [{ dtype: x.dtype, shape }],
    macs: sizeOf(shape) * inChannels * sizeOf(kernel),
    kernels: () => [...directKernels(it), generalKernel(it)],
  };
}

/** The blocked kernels, where the weights are known and there are one or two spatial axes without negative pads. */
function directKernels(it: Case): Kernel[] {
  const rank = it.window.kernel.length;
  const isKnown = it.weight !== undefined && (!it.hasBias || it.bias !== undefined);
  const hasCrop = [...it.window.padsBegin, ...it.window.padsEnd].some((pad) => pad < 0);
  if (!isKnown || rank > 2 || hasCrop) return [];
  return [directKernel(it, chooseVariant(it))];
}

/** A vector per spatial axis as [vertical, horizontal]; one axis lies horizontally. */
function pair(values: readonly number[], missing: number): [number, number] {
  return values.length === 1 ? [missing, values[0] as number] : [values[0] as number, values[1] as number];
}

/** Blocks that measured well on SwiftShader and fit a real GPU's registers, see docs/decisions. */
function chooseVariant(it: Case): ConvolutionVariant {
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
function fitBlock(channels: number, largest: number): number {
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

function directKernel(it: Case, variant: ConvolutionVariant): Kernel {
  const { window, groups, outChannels } = it;
  const [top, left] = pair(window.padsBegin, 0);
  const [bottom, right] = pair(window.padsEnd, 0);
  const border: Border = { top, left, bottom, right };
  const hasBorder = top + left + bottom + right > 0;
  const isDepthwise = it.inChannels === 1 && groups > 1;
  const shader = generateConvolution(variant);
  return {
    name: isDepthwise ? "depthwise" : variant.kernel[0] * variant.kernel[1] === 1 ? "pointwise" : "direct",
    readsStrided: [0, 3],
    writesStrided: true,
    ...(hasBorder && { borders: { 0: border } }),
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
            weights: packWeights(it, block.channels),
            bias: packBias(it, block.channels),
            output: y,
            ...(residual && { residual }),
          },
          workgroups: flatWorkgroups(count, convolutionWorkgroupSize),
        },
      ];
    },
  };
}

interface PlaneStrides {
  readonly n: number;
  readonly c: number;
  readonly h: number;
}

/** The last stride is 1 in every layout the planner makes. */
function planeStrides({ strides }: PlacedOperand): PlaneStrides {
  const [n = 0, c = 0, ...spatial] = strides;
  return { n, c, h: pair(spatial, 0)[0] };
}

function prefixed(prefix: string, strides: PlaneStrides): Record<string, number> {
  return { [`${prefix}_n`]: strides.n, [`${prefix}_c`]: strides.c, [`${prefix}_h`]: strides.h };
}

/** The packed place of every output channel of every block: [group, block, channel within block] and the channel it stands for. */
function* blockChannels({ groups, outChannels }: Case, block: number): Iterable<{ place: number; channel: number }> {
  const blocks = Math.ceil(outChannels / block);
  for (let g = 0; g < groups; g++)
    for (let b = 0; b < blocks; b++)
      for (let o = 0; o < block; o++) {
        const first = Math.min(b * block, outChannels - block);
        yield { place: (g * blocks + b) * block + o, channel: g * outChannels + first + o };
      }
}

/** [group][channel block][in channel][tap][channel within block] */
function packWeights(it: Case, block: number): PackedConstant {
  const source = (it.weight as Tensor).toFloat32();
  const perChannel = it.inChannels * sizeOf(it.window.kernel);
  const data = new Float32Array(it.groups * Math.ceil(it.outChannels / block) * block * perChannel);
  for (const { place, channel } of blockChannels(it, block)) {
    const to = Math.floor(place / block) * block * perChannel + (place % block);
    for (let k = 0; k < perChannel; k++) data[to + k * block] = source[channel * perChannel + k] as number;
  }
  return { label: `weights, block ${block}`, data };
}

function packBias(it: Case, block: number): PackedConstant {
  const source = it.bias?.toFloat32();
  const data = new Float32Array(it.groups * Math.ceil(it.outChannels / block) * block);
  for (const { place, channel } of blockChannels(it, block)) data[place] = source?.[channel] ?? 0;
  return { label: `bias, block ${block}`, data };
}

const activationNumbers = Object.keys(activations) as readonly ActivationKind[];

/** Any case: up to three spatial axes, weights known or not, ONNX's own weight order, bounds tested. */
function generalKernel(it: Case): Kernel {
  const { window, groups, outChannels } = it;
  return {
    name: "general",
    readsStrided: [0, 3],
    writesStrided: true,
    dispatches(inputs, outputs) {
      const [x, w, bias, residual] = inputs;
      const y = outputs[0] as PlacedOperand;
      const blocks = Math.ceil(outChannels / 4);
      const count = it.batch * groups * blocks * sizeOf(window.output);
      const zero: PackedConstant = { label: "no bias", data: new Float32Array(1) };
      const spatial = (values: readonly number[], missing: number) => [...new Array<number>(3 - values.length).fill(missing), ...values, 0];
      const strides = (operand: PlacedOperand) => spatial(operand.strides.slice(2), 0);
      return [
        {
          shader: general,
          constants: {
            HAS_BIAS: Number(it.hasBias),
            HAS_RESIDUAL: Number(it.hasResidual),
            ACTIVATION: activationNumbers.indexOf(it.activation.kind),
          },
          params: {
            count,
            groups,
            in_channels: it.inChannels,
            out_channels: outChannels,
            channel_blocks: blocks,
            in_offset: x?.offset ?? 0,
            in_n: x?.strides[0] ?? 0,
            in_c: x?.strides[1] ?? 0,
            out_offset: y.offset,
            out_n: y.strides[0] as number,
            out_c: y.strides[1] as number,
            residual_offset: residual?.offset ?? 0,
            residual_n: residual?.strides[0] ?? 0,
            residual_c: residual?.strides[1] ?? 0,
            alpha: it.activation.alpha,
            beta: it.activation.beta,
            in_strides: strides(x as PlacedOperand),
            out_strides: strides(y),
            residual_strides: residual ? strides(residual) : [0, 0, 0, 0],
            in_extent: spatial((x as PlacedOperand).shape.slice(2), 1),
            out_extent: spatial(window.output, 1),
            kernel: spatial(window.kernel, 1),
            stride: spatial(window.strides, 1),
            dilation: spatial(window.dilations, 1),
            pad: spatial(window.padsBegin, 0),
          },
          bindings: { input: x as PlacedOperand, weights: w as PlacedOperand, bias: bias ?? zero, residual: residual ?? zero, output: y },
          workgroups: flatWorkgroups(count, 64),
        },
      ];
    },
  };
}
