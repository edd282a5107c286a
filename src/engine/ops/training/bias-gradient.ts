// ConvBiasGradient, an operator of Convcam's own: the gradient of a Conv's or ConvTranspose's bias, of dy: its channels, added up over batch and places.
import channelSums from "../../../shaders/channel-sums.wgsl";
import { fusedDomain } from "../../graph/graph.ts";
import { sizeOf } from "../../shapes.ts";
import { floatInput } from "../checks.ts";
import { planeStrides, prefixed, twoAxes } from "../convolution/case.ts";
import { workgroupCount } from "../dispatch.ts";
import { defineOperator, type Kernel, type PlacedOperand, type Scratch, type Target } from "../operator.ts";
import { addSlices, slicesFor } from "./weight-gradient.ts";

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
    dispatches([gradient], [output]) {
      const [dy, y] = [gradient as PlacedOperand, output as PlacedOperand];
      const sums: Scratch = { scratchBytes: 4 * slices * channels };
      const count = slices * channels;
      const first = {
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
        bindings: { input: dy, output: slices > 1 ? sums : y },
        workgroups: workgroupCount(count, 32),
      };
      return slices > 1 ? [first, addSlices(sums, slices, channels, channels, y)] : [first];
    },
  };
}
