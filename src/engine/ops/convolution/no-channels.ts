// A convolution of an input without channels: nothing is added up, so the output is the bias, or zeros.
import { copyDispatch } from "../element-wise-kernel.ts";
import type { Kernel, PlacedOperand, Table } from "../operator.ts";

export const noChannelsKernel: Kernel = {
  name: "no channels",
  readsStrided: [2],
  writesStrided: true,
  dispatches: ([, , bias], [output]) => {
    const y = output as PlacedOperand;
    const zero: Table = { label: "no bias", data: new Float32Array(1) };
    const strides = y.shape.map((_, axis) => (axis === 1 ? (bias?.strides[0] ?? 0) : 0));
    return [copyDispatch("copy", y.shape, { binding: bias ?? zero, offset: bias?.offset ?? 0, strides }, { ...layoutOf(y), binding: y })];
  },
};

function layoutOf({ offset, strides }: PlacedOperand) {
  return { offset, strides };
}
