// InterleavedDepthwise, an operator of Convcam's own: a depthwise convolution to s² phases of each channel, which lie beside each other in the output as
// Interleave would put them. It is what a depthwise ConvTranspose with steps comes to, and the gradient of a depthwise convolution. See sub-pixel.ts.

import { generateInterleavedDepthwise } from "../../../shaders/generate/interleaved-depthwise.ts";
import { fusedDomain } from "../../graph/graph.ts";
import { planeStrides, prefixed } from "../convolution/case.ts";
import { stripsOf } from "../convolution/depthwise.ts";
import { biasOf, exactly } from "../convolution/packing.ts";
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
  const kernelFor = (target: Target): Kernel => {
    const { columns, params, workgroups } = stripsOf(n * channels, [height, width], target);
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
              ...params,
              in_offset: x.offset - top * planeStrides(x).h - left,
              ...prefixed("in", planeStrides(x)),
              out_offset: y.offset,
              ...prefixed("out", planeStrides(y)),
              channels,
            },
            bindings: { input: x, weights: exactly(weight as PlacedOperand), bias: biasOf(channels * phases, bias), output: y },
            workgroups,
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
