// DeformConv: a convolution whose taps are moved, each at each place, by offsets that are computed. It is written as its windows in columns, an operator
// of Convcam's own, and a product of the weights with them. https://onnx.ai/onnx/operators/onnx__DeformConv.html
import columnsShader from "../../../shaders/deform-columns.wgsl";
import { fusedDomain } from "../../graph/graph.ts";
import { sameShape, sizeOf } from "../../shapes.ts";
import { resolveWindow } from "../../window.ts";
import { checkSameType, floatInput } from "../checks.ts";
import { workgroupCount } from "../dispatch.ts";
import { defineComposed } from "../on-demand/composed.ts";
import { defineOperator, type OperatorContext, type PlacedOperand, type Table } from "../operator.ts";

// WebGPU refuses empty bindings.
const noMask: Table = { label: "no mask", data: new Float32Array(1) };

function windowOf({ attributes }: OperatorContext, spatial: readonly number[], kernel: readonly number[]) {
  return resolveWindow(spatial, {
    kernel,
    strides: attributes.integers("strides"),
    dilations: attributes.integers("dilations"),
    pads: attributes.integers("pads"),
  });
}

/** Attributes as of DeformConv, with `kernel_shape`. Inputs: the value, offsets, a mask or none. */
export const deformColumns = defineOperator("DeformColumns", { since: 1, domain: fusedDomain }, (context) => {
  const { dtype, shape } = floatInput(context, 0);
  const [n = 0, channels = 0, ...spatial] = shape;
  const { kernel, strides, dilations, padsBegin, output } = windowOf(context, spatial, context.attributes.integers("kernel_shape", []));
  const groups = context.attributes.integer("offset_group", 1, 1);
  const hasMask = context.inputs[2] !== undefined;
  const type = { dtype, shape: [n, channels, sizeOf(kernel), sizeOf(output)] };
  return {
    outputs: [type],
    kernels: () => [
      {
        name: "deform-columns",
        dispatches: ([input, offsets, mask], [y]) => [
          {
            shader: columnsShader,
            constants: { HAS_MASK: hasMask ? 1 : 0 },
            params: {
              count: sizeOf(type.shape),
              channels,
              channels_per_offset: channels / groups,
              offset_groups: groups,
              input_extent: spatial,
              output_extent: output,
              kernel,
              step: strides,
              dilation: dilations,
              pad: padsBegin,
            },
            bindings: {
              input: input as PlacedOperand,
              offsets: offsets as PlacedOperand,
              mask: mask ?? noMask,
              output: y as PlacedOperand,
            },
            workgroups: workgroupCount(sizeOf(type.shape), 64),
          },
        ],
      },
    ],
  };
});

export const deformConv = defineComposed("DeformConv", { since: 19 }, (context) => {
  const [x, weight, offset] = [floatInput(context, 0), floatInput(context, 1), floatInput(context, 2)];
  checkSameType(context, 0, 1, 2, 3, 4);
  const { attributes } = context;
  const group = attributes.integer("group", 1, 1);
  const offsetGroup = attributes.integer("offset_group", 1, 1);
  const [n = 0, channels = 0, ...spatial] = x.shape;
  const [maps = 0, depth = 0, ...kernel] = weight.shape;
  if (x.shape.length !== 4 || weight.shape.length !== 4) context.unsupported(`an input of shape [${x.shape}]. Use 2 spatial axes`);
  if (depth * group !== channels || maps % group !== 0 || channels % offsetGroup !== 0)
    context.invalid(
      `weights of shape [${weight.shape}] in ${group} groups, ${offsetGroup} of offsets, do not fit an input of shape [${x.shape}]`,
    );
  const declared = attributes.integers("kernel_shape", kernel);
  if (!sameShape(declared, kernel)) context.invalid(`kernel_shape [${declared}] differs from the weight's [${kernel}]`);
  const { output, strides, dilations, padsBegin, padsEnd } = windowOf(context, spatial, kernel);
  const taps = sizeOf(kernel);
  const expected = (perTap: number) => [n, offsetGroup * taps * perTap, ...output];
  if (!sameShape(offset.shape, expected(2))) context.invalid(`offsets have the shape [${offset.shape}], expected [${expected(2)}]`);
  const mask = context.inputs[4];
  if (mask && !sameShape(mask.shape, expected(1))) context.invalid(`the mask has the shape [${mask.shape}], expected [${expected(1)}]`);
  const bias = context.inputs[3];
  if (bias && !sameShape(bias.shape, [maps])) context.invalid(`the bias has the shape [${bias.shape}], expected [${maps}]`);
  const points = sizeOf(output);
  return {
    outputs: [{ dtype: x.dtype, shape: [n, maps, ...output] }],
    macs: n * maps * depth * taps * points,
    write: (writer, [value = "", weights = "", offsets = "", shift = "", share = ""]) => {
      const own = { kernel_shape: kernel, strides, dilations, pads: [...padsBegin, ...padsEnd], offset_group: offsetGroup };
      const inputs = share ? [value, offsets, share] : [value, offsets];
      const [columns = ""] = writer.nodes("DeformColumns", inputs, own, { domain: fusedDomain });
      const product = writer.node("MatMul", [
        writer.reshape(weights, [1, group, maps / group, depth * taps]),
        writer.reshape(columns, [n, group, depth * taps, points]),
      ]);
      const sums = writer.reshape(product, [n, maps, ...output]);
      return [shift ? writer.add(sums, writer.reshape(shift, [1, maps, 1, 1])) : sums];
    },
  };
});
