// Which input elements and which elements of the kernel meet at an output of a ConvTranspose, along one axis.
// https://onnx.ai/onnx/operators/onnx__ConvTranspose.html
import type { Facts } from "./facts.ts";
import { mapIndices, type Runs } from "./runs.ts";

/** Input i and element k of the kernel meet at the output i · stride − begin + k · dilation. */
export interface MeetingAxis {
  /** Of the input. */
  readonly extent: number;
  readonly size: number;
  readonly stride: number;
  readonly dilation: number;
  readonly begin: number;
}

/**
 * @param spatial extents of the input
 * @param kernel extents of the kernel
 */
export function meetingAxes({ attributes, output }: Facts, spatial: readonly number[], kernel: readonly number[]): readonly MeetingAxis[] {
  const rank = spatial.length;
  const ones = kernel.map(() => 1);
  const strides = attributes.numbers("strides", ones);
  const dilations = attributes.numbers("dilations", ones);
  const pads = attributes.numbers("pads", [...kernel, ...kernel].fill(0));
  const outputPadding = attributes.numbers("output_padding", [...kernel].fill(0));
  const autoPad = attributes.string("auto_pad", "NOTSET");
  const isOfGivenSize = attributes.has("output_shape") || autoPad.startsWith("SAME");
  return spatial.map((extent, i) => {
    const axis = { extent, size: kernel[i] as number, stride: strides[i] as number, dilation: dilations[i] as number };
    if (!isOfGivenSize) return { ...axis, begin: autoPad === "NOTSET" ? (pads[i] as number) : 0 };
    const full = (extent - 1) * axis.stride + (axis.size - 1) * axis.dilation + 1 + (outputPadding[i] as number);
    const total = Math.max(0, full - (output.shape[output.shape.length - rank + i] as number));
    return { ...axis, begin: autoPad === "SAME_UPPER" ? Math.floor(total / 2) : Math.ceil(total / 2) };
  });
}

/** The pairs that meet at an output, in the kernel's order. */
export function meetings(place: number, { extent, size, stride, dilation, begin }: MeetingAxis): readonly { k: number; input: number }[] {
  const pairs = Array.from({ length: size }, (_, k) => ({ k, input: (place + begin - k * dilation) / stride }));
  return pairs.filter(({ input }) => Number.isInteger(input) && input >= 0 && input < extent);
}

export function inputsMeeting(outputs: Runs, axis: MeetingAxis): Runs {
  return mapIndices(outputs, (place) => meetings(place, axis).map(({ input }) => input));
}

export function kernelMeeting(outputs: Runs, axis: MeetingAxis): Runs {
  return mapIndices(outputs, (place) => meetings(place, axis).map(({ k }) => k));
}
