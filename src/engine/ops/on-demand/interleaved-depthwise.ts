// InterleavedDepthwise, an operator of Convcam's own: a depthwise convolution to s² phases of each channel, which lie beside each other in the output as
// Interleave would put them. It is what a depthwise ConvTranspose with steps comes to, and the gradient of a depthwise convolution. See sub-pixel.ts.

import { depthwiseWorkgroupSize } from "../../../shaders/generate/depthwise.ts";
import { generateInterleavedDepthwise } from "../../../shaders/generate/interleaved-depthwise.ts";
import { fusedDomain } from "../../graph/graph.ts";
import { planeStrides, prefixed } from "../convolution/case.ts";
import { stripRows } from "../convolution/depthwise.ts";
import { fitColumns } from "../convolution/direct.ts";
import { biasOf, exactly } from "../convolution/packing.ts";
import { workgroupCount } from "../dispatch.ts";
import { defineOperator, type Kernel, type Operation, type OperatorContext, type PlacedOperand, type Target } from "../operator.ts";

/** Inputs x [n, c, h, w], weights [c · s², 1, kh, kw] and maybe a bias; `taps` holds pairs, a phase and a tap that it has. */
export function describeInterleavedDepthwise(context: OperatorContext): Operation {
  const { attributes } = context;
  const [{ dtype, shape: given }, { shape: weights }] = [context.input(0), context.input(1)];
  const [n = 1, channels = 1, inHeight = 1, inWidth = 1] = given;
  const [, , kh = 1, kw = 1] = weights;
  const stride = attributes.integer("stride", undefined, 1);
  const [top = 0, left = 0, bottom = 0, right = 0] = attributes.integers("pads", [], 0);
  const pairs = attributes.integers("taps", [], 0);
  const [height, width] = [inHeight + top + bottom - kh + 1, inWidth + left + right - kw + 1];
  const phases = stride ** 2;
  const taps = Array.from({ length: phases }, (_, phase) => pairs.filter((_, i) => i % 2 === 1 && pairs[i - 1] === phase));
  const columns = Math.min(fitColumns(width), width);
  const columnBlocks = Math.ceil(width / columns);
  const kernelFor = ({ profile }: Target): Kernel => {
    const strips = Math.ceil(height / (profile === "software" ? stripRows.narrow : stripRows.wide));
    const count = n * channels * strips * columnBlocks;
    return {
      name: "interleaved-depthwise",
      readsStrided: [0],
      writesStrided: true,
      borders: { 0: { top, left, bottom, right } },
      dispatches([input, weight, bias], outputs) {
        const [x, y] = [input as PlacedOperand, outputs[0] as PlacedOperand];
        return [
          {
            shader: generateInterleavedDepthwise({ stride, kernel: [kh, kw], taps, columns }),
            params: {
              count,
              in_offset: x.offset - top * planeStrides(x).h - left,
              ...prefixed("in", planeStrides(x)),
              out_offset: y.offset,
              ...prefixed("out", planeStrides(y)),
              ...{ channels, width, height, column_blocks: columnBlocks, strips, strip_rows: Math.ceil(height / strips) },
            },
            bindings: { input: x, weights: exactly(weight as PlacedOperand), bias: biasOf(channels * phases, bias), output: y },
            workgroups: workgroupCount(count, depthwiseWorkgroupSize),
          },
        ];
      },
    };
  };
  return {
    outputs: [{ dtype, shape: [n, channels, height * stride, width * stride] }],
    macs: (n * channels * height * width * pairs.length) / 2,
    kernels: (target) => [kernelFor(target)],
  };
}

export default defineOperator("InterleavedDepthwise", { since: 1, domain: fusedDomain }, describeInterleavedDepthwise);
