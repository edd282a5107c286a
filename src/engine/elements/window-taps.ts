// Which input elements the windows of convolutions and pools lie on, along one axis.
import { resolveWindow, type Window } from "../window.ts";
import type { Facts } from "./facts.ts";
import { within } from "./rule.ts";
import { mapIndices, type Run, type Runs, shiftRuns, unionOfRuns } from "./runs.ts";

/** Output o reads the inputs o · stride − begin + k · dilation, for k from 0 up to but not `size`. */
export interface WindowAxis {
  readonly extent: number;
  readonly size: number;
  readonly stride: number;
  readonly dilation: number;
  readonly begin: number;
  readonly end: number;
}

/**
 * The windows of a convolution or a pool, an axis each.
 *
 * @param spatial extents of the input
 * @param kernel extents of the window
 */
export function windowAxes({ attributes }: Facts, spatial: readonly number[], kernel: readonly number[]): readonly WindowAxis[] {
  const { strides, dilations, padsBegin, padsEnd }: Window = resolveWindow(spatial, {
    kernel,
    strides: attributes.numbers("strides"),
    dilations: attributes.numbers("dilations"),
    pads: attributes.numbers("pads"),
    autoPad: attributes.string("auto_pad", "NOTSET"),
    ceilMode: attributes.flag("ceil_mode", false),
  });
  return spatial.map((extent, axis) => ({
    extent,
    size: kernel[axis] as number,
    stride: strides[axis] as number,
    dilation: dilations[axis] as number,
    begin: padsBegin[axis] as number,
    end: padsEnd[axis] as number,
  }));
}

/** The inputs that the windows of some outputs hold. */
export function inputsOfWindows(outputs: Runs, { extent, size, stride, dilation, begin }: WindowAxis): Runs {
  if (dilation === 1 && size >= stride) {
    const joined = outputs.map(([first, end]): Run => [first * stride - begin, (end - 1) * stride - begin + size]);
    return within(unionOfRuns(joined), extent);
  }
  const starts = stride === 1 ? outputs : mapIndices(outputs, (o) => o * stride);
  const taps = Array.from({ length: size }, (_, k) => shiftRuns(starts, k * dilation - begin));
  return within(unionOfRuns(taps.flat()), extent);
}

export function placeOfTap(output: number, k: number, { stride, dilation, begin }: WindowAxis): number {
  return output * stride - begin + k * dilation;
}

export function isInside(place: number, { extent }: WindowAxis): boolean {
  return place >= 0 && place < extent;
}

/** All combinations of one element of each list, the last varying fastest. */
export function combinations<T>(lists: readonly (readonly T[])[]): readonly (readonly T[])[] {
  return lists.reduce<readonly (readonly T[])[]>((heads, list) => heads.flatMap((head) => list.map((last) => [...head, last])), [[]]);
}
