// Arithmetic on shapes: element counts, strides, axes, broadcasting.
import { ModelError } from "./errors.ts";

export type Shape = readonly number[];

/**
 * What a value's axes are, one letter each: `n` batch, `c` channel, `d` depth, `h` row, `w` column, `_` unknown. E.g. `nhwc` for
 * pictures as TensorFlow keeps them, `nhw` for a map of classes.
 */
export type Axes = string;

/** Number of elements of a tensor of this shape; 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

/** Elements of the largest tensor: in 32-bit words, what WebGPU can address in one buffer. */
export const mostElements = 2 ** 30;
const mostAxes = 64;

/**
 * Whether a tensor of this shape could exist: extents are whole numbers from 0 on, and there are neither too many axes nor too many
 * elements. An extent of 0 does not make up for others that are too large.
 *
 * @returns what is wrong with it; `undefined` if nothing is
 */
export function shapeProblem(shape: Shape): string | undefined {
  const shown = shape.length > 8 ? `[${shape.slice(0, 8)}, …]` : `[${shape}]`;
  if (shape.length > mostAxes) return `a shape ${shown} of ${shape.length} axes; up to ${mostAxes} are supported`;
  if (shape.some((extent) => !Number.isInteger(extent) || extent < 0)) return `a shape of ${shown}; extents are whole numbers from 0 on`;
  const size = shape.reduce((product, extent) => product * Math.max(1, extent), 1);
  return size > mostElements ? `a shape of ${shown}; up to 2^30 elements can be addressed` : undefined;
}

/** @throws ModelError with what is wrong, see {@link shapeProblem} */
export function checkShape(shape: Shape): void {
  const problem = shapeProblem(shape);
  if (problem) throw new ModelError(problem);
}

/** Row-major strides in elements: the last axis is contiguous. */
export function denseStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis] as number;
  }
  return strides;
}

/** A possibly negative ONNX axis as an index into a shape of this rank. */
export function normalizeAxis(axis: number, rank: number): number {
  const index = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || index < 0 || index >= Math.max(rank, 1))
    throw new ModelError(`axis ${axis} is outside a tensor of rank ${rank}`);
  return index;
}

/** The NumPy broadcast of all shapes. */
export function broadcastShapes(...shapes: readonly Shape[]): number[] {
  const rank = Math.max(0, ...shapes.map((s) => s.length));
  const result = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    for (let i = 0; i < shape.length; i++) {
      const axis = rank - shape.length + i;
      const extent = shape[i] as number;
      const known = result[axis] as number;
      if (extent === known || extent === 1) continue;
      if (known !== 1) throw new ModelError(`shapes ${shapes.map((s) => `[${s}]`).join(" and ")} do not broadcast together`);
      result[axis] = extent;
    }
  }
  return result;
}

/** Strides that read `shape` as if it were broadcast to `target`: 0 along every stretched axis. */
export function broadcastStrides(shape: Shape, strides: readonly number[], target: Shape): number[] {
  const missing = target.length - shape.length;
  return target.map((extent, axis) => {
    const own = axis - missing;
    if (own < 0) return 0;
    return shape[own] === 1 && extent !== 1 ? 0 : (strides[own] as number);
  });
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, i) => extent === b[i]);
}
