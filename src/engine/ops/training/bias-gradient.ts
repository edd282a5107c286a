// ConvBiasGradient, an operator of Convcam's own: the gradient of a Conv's or ConvTranspose's bias, of dy: its channels, added up over batch and places.
import channelSums from "../../../shaders/channel-sums.wgsl";
import { fusedDomain } from "../../graph/graph.ts";
import { sizeOf } from "../../shapes.ts";
import { floatInput } from "../checks.ts";
import { planeStrides, prefixed, twoAxes } from "../convolution/case.ts";
import { workgroupCount } from "../dispatch.ts";
import { defineOperator, type Kernel, type PlacedOperand, type Target } from "../operator.ts";
import { inSlices, slicesFor } from "./weight-gradient.ts";

export default defineOperator("ConvBiasGradient", { since: 1, domain: fusedDomain }, (context) => {
  const { dtype, shape } = floatInput(context, 0);
  if (shape.length < 3 || shape.length > 4) context.invalid(`a gradient of shape [${shape}], expected rank 3 or 4`);
  return { outputs: [{ dtype, shape: [shape[1] as number] }], exact: [0], kernels: (target) => [kernel(shape, target)] };
});

function kernel([batch = 1, channels = 1, ...places]: readonly number[], target: Target): Kernel {
  const [height, width] = twoAxes(places, 1);
  const rows = sizeOf([batch, height]);
  const slices = sizeOf([rows, channels]) === 0 ? 1 : slicesFor(rows, channels, 4 * width, target);
  return {
    name: "channel-sums",
    readsStrided: [0],
    dispatches([gradient], [sum]) {
      const [dy, y] = [gradient as PlacedOperand, sum as PlacedOperand];
      const count = slices * channels;
      return inSlices(slices, channels, channels, y, (output) => ({
        shader: channelSums,
        params: {
          count,
          channels,
          in_offset: dy.offset,
          ...prefixed("in", planeStrides(dy)),
          width,
          height,
          slice_rows: rows / slices,
        },
        bindings: { input: dy, output },
        workgroups: workgroupCount(count, 32),
      }));
    },
  };
}
