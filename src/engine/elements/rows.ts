// Rows: the elements of a value that differ in some axes only. Softmax, normalizations and reductions compute with whole rows.
import { normalizeAxis, type Shape, sizeOf } from "../shapes.ts";
import { type Grid, type Index, indicesOfBox } from "./region.ts";
import { wholeAxis } from "./runs.ts";

/** The rows that some elements of a value of the same shape are in. */
export function rowsAlong(grid: Grid, shape: Shape, axes: readonly number[]): Grid {
  return shape.map((extent, axis) => (axes.includes(axis) ? wholeAxis(extent) : (grid[axis] ?? [])));
}

/** Every element of the row that one is in. */
export function elementsOfRow(index: Index, shape: Shape, axes: readonly number[]): readonly Index[] {
  const begin = shape.map((_, axis) => (axes.includes(axis) ? 0 : (index[axis] as number)));
  const end = shape.map((extent, axis) => (axes.includes(axis) ? extent : (index[axis] as number) + 1));
  return sizeOf(shape) === 0 ? [] : [...indicesOfBox({ begin, end })];
}

/** All axes from this one on. */
export function axesFrom(axis: number, rank: number): readonly number[] {
  const first = rank === 0 ? 0 : normalizeAxis(axis, rank);
  return Array.from({ length: rank - first }, (_, i) => first + i);
}
