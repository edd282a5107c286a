// Pools whose windows are few taps over two axes: what their unrolled kernels have in common.
import { sizeOf } from "../../shapes.ts";
import type { Window } from "../../window.ts";
import type { PlacedOperand } from "../operator.ts";

/** Windows up to this many taps are unrolled. */
const mostTaps = 25;

/** Whether windows are small, without dilation, and every one holds at least one element of the map. */
export function hasSmallWindows({ kernel, padsBegin, padsEnd, dilations }: Window): boolean {
  const overlaps = kernel.every((size, axis) => Math.max(padsBegin[axis] as number, padsEnd[axis] as number) < size);
  return kernel.length === 2 && dilations.every((dilation) => dilation === 1) && overlaps && sizeOf(kernel) <= mostTaps;
}

/** Offset and strides of a value [n, c, h, w] as Params of these names. */
export function placeOf(prefix: string, { offset, strides: [n = 0, c = 0, h = 0] }: PlacedOperand): Readonly<Record<string, number>> {
  return { [`${prefix}_offset`]: offset, [`${prefix}_n`]: n, [`${prefix}_c`]: c, [`${prefix}_h`]: h };
}
