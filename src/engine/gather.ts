// Moves elements between layouts on the CPU: out of a border or the neighbours in a Concat, or into a border.
import { denseStrides, type Shape, sizeOf } from "./shapes.ts";

/** Words from the first element of a view to its last. */
export function spanOf(shape: Shape, strides: readonly number[]): number {
  if (sizeOf(shape) === 0) return 0;
  return shape.reduce((last, extent, axis) => last + (extent - 1) * (strides[axis] as number), 0) + 1;
}

/** Whether elements lie row-major without gaps. Strides of axes of one element do not matter. */
export function isDense(shape: Shape, strides: readonly number[]): boolean {
  return innerRun(shape, strides, strides).length === sizeOf(shape);
}

/**
 * The elements of a view, row-major, as a copy.
 *
 * @param words from the view's first element on
 * @param strides in words, one per axis
 */
export function gatherWords(words: Uint32Array, shape: Shape, strides: readonly number[]): Uint32Array<ArrayBuffer> {
  const result = new Uint32Array(sizeOf(shape));
  copyWords(words, strides, result, denseStrides(shape), shape);
  return result;
}

/** Copies elements between two views, from the first element of one to the first of the other. What lies between them stays. */
export function copyWords(
  from: Uint32Array,
  fromStrides: readonly number[],
  to: Uint32Array,
  toStrides: readonly number[],
  shape: Shape,
): void {
  forEachRun(shape, fromStrides, toStrides, (source, target, length) => {
    if (length === 1) to[target] = from[source] as number;
    else to.set(from.subarray(source, source + length), target);
  });
}

/** Calls `visit` for every run of elements that lie side by side in both layouts, in order, with its start in each and its length. */
export function forEachRun(
  shape: Shape,
  a: readonly number[],
  b: readonly number[],
  visit: (inA: number, inB: number, length: number) => void,
): void {
  const { axis: outer, length } = innerRun(shape, a, b);
  const visitAxis = (axis: number, inA: number, inB: number): void => {
    if (axis === outer) visit(inA, inB, length);
    else
      for (let i = 0; i < (shape[axis] as number); i++) visitAxis(axis + 1, inA + i * (a[axis] as number), inB + i * (b[axis] as number));
  };
  if (length > 0) visitAxis(0, 0, 0);
}

/** The first axis of those along which elements lie side by side in both layouts, and the number of these elements. */
function innerRun(shape: Shape, a: readonly number[], b: readonly number[]): { axis: number; length: number } {
  let axis = shape.length;
  let length = 1;
  while (axis > 0 && (shape[axis - 1] === 1 || (a[axis - 1] === length && b[axis - 1] === length))) {
    axis--;
    length *= shape[axis] as number;
  }
  return { axis, length };
}
