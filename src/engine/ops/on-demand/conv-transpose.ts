// ConvTranspose: the transpose of a convolution, which enlarges its input. https://onnx.ai/onnx/operators/onnx__ConvTranspose.html
import convTransposeShader from "../../../shaders/conv-transpose.wgsl";
import spaceShader from "../../../shaders/conv-transpose-space.wgsl";
import { ModelError } from "../../errors.ts";
import { AttributeReader } from "../../graph/attributes.ts";
import { sameShape, sizeOf } from "../../shapes.ts";
import { checkSameType, floatInput } from "../checks.ts";
import { workgroupCount } from "../dispatch.ts";
import { type Dispatch, defineOperator, type PlacedOperand, type Table } from "../operator.ts";
import { subPixelPass, type TransposedAxis } from "./sub-pixel.ts";

const unitAxis: TransposedAxis = { kernel: 1, stride: 1, dilation: 1, pad: 0, output: 1 };

// WebGPU refuses empty bindings, so a missing bias is four zero bytes.
const noBias: Table = { label: "no bias", data: new Float32Array(1) };

/** Axes of nodes that were described before, so that they are known to be right. */
const pass = subPixelPass((node, spatial, kernel) =>
  readAxes({
    attributes: new AttributeReader(node),
    spatial,
    kernel,
    invalid: (message) => {
      throw new ModelError(message);
    },
  }),
);

export default defineOperator("ConvTranspose", { since: 1, pass }, (context) => {
  const input = floatInput(context, 0);
  const weight = floatInput(context, 1);
  checkSameType(context, 0, 1, 2);
  const rank = input.shape.length - 2;
  if (rank < 1 || rank > 3)
    context.unsupported(`${rank} spatial axes are not supported, only 1 to 3. Use a model with 2-D transposed convolutions.`);
  const groups = context.attributes.integer("group", 1, 1);
  const [n = 1, channelsIn = 1] = input.shape;
  if (weight.shape.length !== rank + 2 || weight.shape[0] !== channelsIn || channelsIn % groups !== 0)
    context.invalid(`weights of shape [${weight.shape}] in ${groups} groups do not fit an input of shape [${input.shape}]`);
  const { attributes } = context;
  const axes = readAxes({ attributes, spatial: input.shape.slice(2), kernel: weight.shape.slice(2), invalid: context.invalid });
  const channelsOut = (weight.shape[1] as number) * groups;
  const shape = [n, channelsOut, ...axes.map((axis) => axis.output)];
  const isSpace = rank === 3;
  const [height, width] = (rank === 1 ? [unitAxis, ...axes] : axes) as [TransposedAxis, TransposedAxis];
  return {
    outputs: [{ dtype: input.dtype, shape }],
    nonnegative: () => ({ whereAll: [0, 1, 2] }),
    macs: sizeOf(input.shape) * sizeOf(weight.shape.slice(1)),
    kernels: () => [
      {
        name: "gathered",
        ...(!isSpace && { readsStrided: [0], writesStrided: true }),
        dispatches: ([x, w, bias], [y]) => {
          const operands = [x as PlacedOperand, w as PlacedOperand, bias, y as PlacedOperand] as const;
          return [isSpace ? spaceDispatch(axes, groups, ...operands) : dispatch({ height, width, groups }, ...operands)];
        },
      },
    ],
  };
});

interface Spatial {
  readonly attributes: AttributeReader;
  /** Extents of the input. */
  readonly spatial: readonly number[];
  readonly kernel: readonly number[];
  readonly invalid: (message: string) => never;
}

function readAxes({ attributes, spatial, kernel, invalid }: Spatial): TransposedAxis[] {
  const rank = spatial.length;
  const list = (name: string, fallback: number, least?: number, count = rank): readonly number[] => {
    const values = attributes.integers(name, new Array<number>(count).fill(fallback), least);
    if (values.length !== count) invalid(`${name} [${values}] does not fit ${rank} spatial axes`);
    return values;
  };
  const declared = attributes.integers("kernel_shape", kernel);
  if (!sameShape(declared, kernel)) invalid(`kernel_shape [${declared}] differs from the weight's [${kernel}]`);
  const strides = list("strides", 1, 1);
  const dilations = list("dilations", 1, 1);
  const outputPadding = list("output_padding", 0, 0);
  const pads = list("pads", 0, undefined, 2 * rank);
  const autoPad = attributes.choice("auto_pad", ["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"], "NOTSET");
  // Some exporters write the whole shape instead of the spatial part.
  const outputShape = attributes.integers("output_shape", undefined, 1)?.slice(-rank);
  return spatial.map((extent, i) => {
    const stride = strides[i] as number;
    const dilation = dilations[i] as number;
    const reach = ((kernel[i] as number) - 1) * dilation + 1;
    const full = (extent - 1) * stride + reach + (outputPadding[i] as number);
    const axis = { kernel: kernel[i] as number, stride, dilation };
    const isSame = autoPad === "SAME_UPPER" || autoPad === "SAME_LOWER";
    const output = outputShape?.[i] ?? (isSame ? extent * stride : undefined);
    if (output === undefined) {
      const [begin, end] = autoPad === "VALID" ? [0, 0] : [pads[i] as number, pads[rank + i] as number];
      if (full - begin - end < 1) invalid(`pads [${pads}] leave nothing of an output of ${full}`);
      return { ...axis, pad: begin, output: full - begin - end };
    }
    const total = Math.max(0, full - output);
    return { ...axis, pad: autoPad === "SAME_UPPER" ? Math.floor(total / 2) : Math.ceil(total / 2), output };
  });
}

interface Geometry {
  readonly height: TransposedAxis;
  readonly width: TransposedAxis;
  readonly groups: number;
}

function dispatch(
  { height, width, groups }: Geometry,
  input: PlacedOperand,
  weight: PlacedOperand,
  bias: PlacedOperand | undefined,
  output: PlacedOperand,
): Dispatch {
  const [n = 1, channelsIn = 1] = input.shape;
  const channelsOut = weight.shape[1] as number;
  const blocks = Math.ceil(channelsOut / 4);
  const columns = width.stride * Math.ceil(width.output / (4 * width.stride));
  const both = (pick: (axis: TransposedAxis) => number) => [pick(height), pick(width)];
  return {
    shader: convTransposeShader,
    params: {
      channels_in: channelsIn / groups,
      channels_out: channelsOut,
      blocks,
      groups,
      batch: n,
      columns,
      has_bias: bias ? 1 : 0,
      input_offset: input.offset,
      output_offset: output.offset,
      input_extent: planar(input.shape, 1).slice(2),
      output_extent: both((axis) => axis.output),
      kernel: both((axis) => axis.kernel),
      step: both((axis) => axis.stride),
      dilation: both((axis) => axis.dilation),
      pad: both((axis) => axis.pad),
      shift: width.stride * Math.ceil((width.kernel * width.dilation) / width.stride),
      input_strides: planar(input.strides, 0),
      output_strides: planar(output.strides, 0),
    },
    bindings: { input, weight, bias: bias ?? noBias, output },
    workgroups: Math.ceil(columns / 8) * Math.ceil(height.output / 8) * n * groups * blocks,
  };
}

/** Over three axes, one output per invocation. */
function spaceDispatch(
  axes: readonly TransposedAxis[],
  groups: number,
  input: PlacedOperand,
  weight: PlacedOperand,
  bias: PlacedOperand | undefined,
  output: PlacedOperand,
): Dispatch {
  const each = (pick: (axis: TransposedAxis) => number) => axes.map(pick);
  const count = sizeOf(output.shape);
  return {
    shader: spaceShader,
    params: {
      count,
      channels_in: (input.shape[1] as number) / groups,
      channels_out: weight.shape[1] as number,
      groups,
      has_bias: bias ? 1 : 0,
      input_extent: input.shape.slice(2),
      output_extent: output.shape.slice(2),
      kernel: each((axis) => axis.kernel),
      step: each((axis) => axis.stride),
      dilation: each((axis) => axis.dilation),
      pad: each((axis) => axis.pad),
    },
    bindings: { input, weight, bias: bias ?? noBias, output },
    workgroups: workgroupCount(count, 64),
  };
}

/** Values of [n, c, w] or [n, c, h, w] as those of n, c, h, w. */
function planar(values: readonly number[], fill: number): readonly number[] {
  return values.length === 3 ? [...values.slice(0, 2), fill, ...values.slice(2)] : values;
}
