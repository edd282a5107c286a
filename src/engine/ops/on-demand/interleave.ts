// Interleave, an operator of Convcam's own: channel c · s² + r of the input holds phase r of channel c. Along each axis element q of phase r
// becomes element s·q + r − crop of the output. See sub-pixel.ts.
import { generateInterleave, interleavedSteps, interleaveWorkgroupSize } from "../../../shaders/generate/interleave.ts";
import { fusedDomain } from "../../graph/graph.ts";
import { workgroupCount } from "../dispatch.ts";
import { defineOperator, type Kernel, type Operation, type OperatorContext, type PlacedOperand } from "../operator.ts";

export function describeInterleave(context: OperatorContext): Operation {
  const { dtype, shape: deep } = context.input(0);
  const stride = context.attributes.integer("stride", undefined, 1);
  const [cropY = 0, cropX = 0] = context.attributes.integers("crop", [0, 0], 0);
  const [height = 0, width = 0] = context.attributes.integers("output_extent", [], 0);
  const [n = 1, channels = 1, rows = 1, columns = 1] = deep;
  const shape = [n, channels / stride ** 2, height, width];
  const steps = Math.min(interleavedSteps, columns);
  const columnBlocks = Math.ceil(columns / steps);
  const count = (n * channels * rows * columnBlocks) / stride ** 2;
  const kernel: Kernel = {
    name: "interleave",
    readsStrided: [0],
    writesStrided: true,
    dispatches: ([input], [output]) => {
      const [x, y] = [input as PlacedOperand, output as PlacedOperand];
      const [inN, inC, inH] = x.strides as [number, number, number];
      const [outN, outC, outH] = y.strides as [number, number, number];
      return [
        {
          shader: generateInterleave(stride, steps),
          params: {
            count,
            channels: channels / stride ** 2,
            ...{ in_offset: x.offset, in_n: inN, in_c: inC, in_h: inH },
            ...{ out_offset: y.offset, out_n: outN, out_c: outC, out_h: outH },
            ...{ height, width, rows, columns, crop_y: cropY, crop_x: cropX, column_blocks: columnBlocks },
          },
          bindings: { input: x, output: y },
          workgroups: workgroupCount(count, interleaveWorkgroupSize),
        },
      ];
    },
  };
  return { outputs: [{ dtype, shape }], kernels: () => [kernel] };
}

export default defineOperator("Interleave", { since: 1, domain: fusedDomain }, describeInterleave);
