// Where the windows of convolutions and pools lie, on up to three spatial axes. Missing axes have the extent 1.

import type { AttributeReader } from "../engine/graph/attributes.ts";
import type { Shape } from "../engine/shapes.ts";

/** Of one axis: output o reads the inputs o · stride − begin + k · dilation, for k from 0 to size − 1. */
export interface AxisWindow {
  readonly extent: number;
  readonly size: number;
  readonly stride: number;
  readonly dilation: number;
  readonly begin: number;
  readonly end: number;
  readonly count: number;
}

export type Windows = readonly [AxisWindow, AxisWindow, AxisWindow];

export const whole: AxisWindow = { extent: 1, size: 1, stride: 1, dilation: 1, begin: 0, end: 0, count: 1 };

/** @param given of one to three axes; axes that are missing go in front */
export function asThree(given: readonly AxisWindow[]): Windows {
  return [...new Array<AxisWindow>(3 - given.length).fill(whole), ...given] as unknown as Windows;
}

/**
 * The windows of a convolution or a pool.
 *
 * @param spatial extents of the input
 * @param kernel extents of the window
 */
export function readWindows(attributes: AttributeReader, spatial: Shape, kernel: Shape): readonly AxisWindow[] {
  const rank = spatial.length;
  const ones = spatial.map(() => 1);
  const strides = attributes.numbers("strides", ones);
  const dilations = attributes.numbers("dilations", ones);
  const pads = attributes.numbers(
    "pads",
    [...spatial, ...spatial].map(() => 0),
  );
  const autoPad = attributes.string("auto_pad", "NOTSET");
  const isCeil = attributes.flag("ceil_mode", false);
  return spatial.map((extent, axis) => {
    const [size, stride, dilation] = [kernel[axis] as number, strides[axis] as number, dilations[axis] as number];
    const reach = (size - 1) * dilation + 1;
    let [begin, end] = autoPad === "NOTSET" ? [pads[axis] as number, pads[rank + axis] as number] : [0, 0];
    if (autoPad.startsWith("SAME")) {
      const total = Math.max(0, (Math.ceil(extent / stride) - 1) * stride + reach - extent);
      begin = autoPad === "SAME_UPPER" ? Math.floor(total / 2) : Math.ceil(total / 2);
      end = total - begin;
    }
    const steps = (extent + begin + end - reach) / stride;
    let count = (isCeil ? Math.ceil(steps) : Math.floor(steps)) + 1;
    // No window begins behind the input and its front padding.
    if (isCeil && (count - 1) * stride >= extent + begin) count--;
    return { extent, size, stride, dilation, begin, end, count };
  });
}
