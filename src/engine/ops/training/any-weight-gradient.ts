// The gradient of any convolution's weights, with three axes of places, or pads that crop: an invocation for each weight.
import shader from "../../../shaders/convolution-weight-gradient.wgsl";
import { sizeOf } from "../../shapes.ts";
import { workgroupCount } from "../dispatch.ts";
import type { WeightGradientCase } from "../families.ts";
import type { Kernel, PlacedOperand } from "../operator.ts";

export function anyWeightGradient({ window, batch, groups, inChannels, outChannels }: WeightGradientCase): Kernel {
  return {
    name: "general",
    readsStrided: [0, 1],
    dispatches([gradient, input], [output]) {
      const [dy, x] = [gradient as PlacedOperand, input as PlacedOperand];
      const count = groups * outChannels * inChannels * sizeOf(window.kernel);
      const spatial = (values: readonly number[], missing: number) => [...new Array<number>(3 - values.length).fill(missing), ...values, 0];
      return [
        {
          shader,
          params: {
            count,
            batch,
            in_channels: inChannels,
            out_channels: outChannels,
            dy_offset: dy.offset,
            dy_n: dy.strides[0] as number,
            dy_c: dy.strides[1] as number,
            in_offset: x.offset,
            in_n: x.strides[0] as number,
            in_c: x.strides[1] as number,
            dy_strides: spatial(dy.strides.slice(2), 0),
            in_strides: spatial(x.strides.slice(2), 0),
            in_extent: spatial(x.shape.slice(2), 1),
            dy_extent: spatial(window.output, 1),
            kernel: spatial(window.kernel, 1),
            stride: spatial(window.strides, 1),
            dilation: spatial(window.dilations, 1),
            pad: spatial(window.padsBegin, 0),
          },
          bindings: { dy, input: x, output: output as PlacedOperand },
          workgroups: workgroupCount(count, 64),
        },
      ];
    },
  };
}
