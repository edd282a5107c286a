// The kernel for any case: up to three spatial axes, weights in ONNX's own order, loads with bounds tests.

import { activationNumber } from "../../../shaders/activations.ts";
import general from "../../../shaders/convolution-general.wgsl";
import { sizeOf } from "../../shapes.ts";
import { workgroupCount } from "../dispatch.ts";
import type { Kernel, PlacedOperand, Table } from "../operator.ts";
import type { ConvolutionCase } from "./case.ts";

export function generalKernel(conv: ConvolutionCase): Kernel {
  const { window, groups, outChannels } = conv;
  return {
    name: "general",
    readsStrided: [0, 3],
    writesStrided: true,
    dispatches(inputs, outputs) {
      const [x, w, bias, residual] = inputs;
      const y = outputs[0] as PlacedOperand;
      const blocks = Math.ceil(outChannels / 4);
      const count = conv.batch * groups * blocks * sizeOf(window.output);
      const zero: Table = { label: "no bias", data: new Float32Array(1) };
      const spatial = (values: readonly number[], missing: number) => [...new Array<number>(3 - values.length).fill(missing), ...values, 0];
      const strides = (operand: PlacedOperand) => spatial(operand.strides.slice(2), 0);
      return [
        {
          shader: general,
          constants: {
            HAS_BIAS: Number(conv.hasBias),
            HAS_RESIDUAL: Number(conv.hasResidual),
            ACTIVATION: activationNumber(conv.activation.kind),
          },
          params: {
            count,
            groups,
            in_channels: conv.inChannels,
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
            alpha: conv.activation.alpha,
            beta: conv.activation.beta,
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
          workgroups: workgroupCount(count, 64),
        },
      ];
    },
  };
}
