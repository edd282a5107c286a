// How far what the GPU computed is from what there should be, and how far it may be.
import type { NdArray } from "../../reference/array.ts";
import { sameShape } from "../shapes.ts";
import { isFloat, largestFloat } from "../tensor.ts";

export interface Pair {
  readonly actual: NdArray;
  readonly expected: NdArray;
  /** What there would be if each number that was read were another one by a rounding. */
  readonly moved: NdArray;
  /** Of the longest sum. */
  readonly terms: number;
  /** Half a unit in the last place, relative: 2⁻²⁴ for float32. */
  readonly rounding: number;
  /** Whether it is of steps of a scale: numbers halfway between two of them may be either. */
  readonly isOfScale: boolean;
}

export interface Difference {
  /** The largest. */
  readonly error: number;
  /** As a share of the largest number that there should be; the error itself where all should be 0. */
  readonly relative: number;
  /** What that may be. */
  readonly tolerance: number;
  /** Where it is largest. */
  readonly at: string;
}

const single = 2 ** -24;

/**
 * Floats may be off by roundings: some hundred for functions, whose accuracy WebGPU leaves open, more with the square root of a sum's length, and as far
 * as a rounding of what was read moves the outputs, where they cancel. 16 bits add roundings of their own. Whole numbers are exact.
 */
export function differenceOf({ actual, expected, moved, terms, rounding, isOfScale }: Pair): Difference {
  if (!sameShape(actual.shape, expected.shape))
    return {
      error: Infinity,
      relative: Infinity,
      tolerance: 0,
      at: `its shape is ${actual.shape.join(" × ")}, expected ${expected.shape.join(" × ")}`,
    };
  let [error, largest, shift, place] = [0, 0, 0, 0];
  for (let i = 0; i < expected.data.length; i++) {
    const [is, should] = [actual.data[i] as number, asStored(expected.data[i] as number)];
    if (Number.isFinite(should)) largest = Math.max(largest, Math.abs(should));
    const by = Math.abs((moved.data[i] as number) - should);
    if (Number.isFinite(by)) shift = Math.max(shift, by);
    const off = Object.is(is, should) || is === should ? 0 : distance(is, should);
    if (off > error) [error, place] = [off, i];
  }
  const scale = largest || 1;
  const relative = error / scale;
  const at = `element ${place} of ${expected.data.length} is ${actual.data[place]}, expected ${expected.data[place]}`;
  if (!isFloat(actual.dtype)) return { error, relative, tolerance: isOfScale ? 1 / scale : 0, at };
  const root = Math.sqrt(terms);
  const moves = shift / scale;
  const ofSums = single * (256 + 8 * root) + (8 + 2 * root) * moves * (single / rounding);
  const ofHalves = rounding > single ? 4 * rounding + 8 * moves : 0;
  return { error, relative, tolerance: ofSums + ofHalves, at };
}

/** What is beyond 32 bits is infinite. */
function asStored(value: number): number {
  return Math.abs(value) > largestFloat ? Math.sign(value) * Infinity : value;
}

function distance(is: number, should: number): number {
  const off = Math.abs(is - should);
  return Number.isFinite(off) ? off : Infinity;
}
