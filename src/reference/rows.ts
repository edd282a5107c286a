// A value as rows: the elements that differ in some axes only, one row for each place along the others.
import { denseStrides, type Shape, sizeOf } from "../engine/shapes.ts";
import { type NdArray, ndArray, transpose } from "./array.ts";

export interface Rows {
  /** Row after row. */
  readonly data: Float64Array;
  readonly length: number;
  readonly count: number;
}

/** The other axes in their order, then `axes` in theirs. */
function order(rank: number, axes: readonly number[]): readonly number[] {
  const all = Array.from({ length: rank }, (_, axis) => axis);
  return [...all.filter((axis) => !axes.includes(axis)), ...all.filter((axis) => axes.includes(axis))];
}

/** @param axes along which a row goes, counted from the front */
export function rowsOf(x: NdArray, axes: readonly number[]): Rows {
  const length = sizeOf(axes.map((axis) => x.shape[axis] as number));
  const { data } = transpose(x, order(x.shape.length, axes));
  return { data, length, count: length === 0 ? 0 : data.length / length };
}

/** f of each row, in the shape that is left: with extents of 1 for `axes`, or without these axes. */
export function reduceRows(x: NdArray, axes: readonly number[], keepsAxes: boolean, f: (row: Float64Array) => number): NdArray {
  const { data, length } = rowsOf(x, axes);
  const kept = x.shape.flatMap((extent, axis) => (axes.includes(axis) ? (keepsAxes ? [1] : []) : [extent]));
  const results = Float64Array.from({ length: sizeOf(kept) }, (_, row) => f(data.subarray(row * length, (row + 1) * length)));
  return ndArray(x.dtype, kept, results);
}

/** f turns each row into one of the same length. */
export function mapRows(x: NdArray, axes: readonly number[], f: (row: Float64Array, index: number) => Float64Array): NdArray {
  const { data, length, count } = rowsOf(x, axes);
  const results = new Float64Array(data.length);
  for (let row = 0; row < count; row++) results.set(f(data.subarray(row * length, (row + 1) * length), row), row * length);
  const perm = order(x.shape.length, axes);
  const apart: Shape = perm.map((axis) => x.shape[axis] as number);
  const back = x.shape.map((_, axis) => perm.indexOf(axis));
  return transpose(ndArray(x.dtype, apart, results), back);
}

/** All axes from this one on. */
export function axesFrom(axis: number, rank: number): readonly number[] {
  return Array.from({ length: rank - axis }, (_, i) => axis + i);
}

/** How often a vector along one axis is repeated: the index of the element of the vector that belongs to an element of the value. */
export function placeAlong(shape: Shape, axis: number): (index: number) => number {
  const stride = denseStrides(shape)[axis] as number;
  const extent = shape[axis] as number;
  return (index) => Math.floor(index / stride) % extent;
}
