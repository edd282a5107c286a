// Compares a computed tensor with the one expected, element by element.
import { sameShape } from "../../engine/shapes.ts";
import { type DataType, isFloat, type Tensor } from "../../engine/tensor.ts";

export interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
}

export const defaultTolerance: Tolerance = { relative: 1e-3, absolute: 1e-5 };

/** For weights and values that were rounded to 11 bits on their way. */
export const halvesTolerance: Tolerance = { relative: 4e-3, absolute: 2e-3 };

export interface Comparison {
  /** Why the tensors differ; absent where they agree. */
  readonly reason?: string;
  readonly maxAbsError: number;
  /** Over elements beyond the absolute tolerance; near 0 a relative error says nothing. */
  readonly maxRelError: number;
}

/** One rounding of the narrow types, whose last place is coarser than the default tolerance. */
export const roundings: Readonly<Partial<Record<DataType, number>>> = { float16: 2 ** -10, bfloat16: 2 ** -7 };

/**
 * Floats agree where |actual − expected| ≤ absolute · scale + relative · |expected|; NaN equals NaN and infinity itself.
 * The scale is the output's largest magnitude, at least 1: an output in 0..255 carries 255 times the rounding of one in 0..1.
 * Integers and booleans agree exactly.
 */
export function compareTensors(actual: Tensor, expected: Tensor, tolerance: Tolerance = defaultTolerance): Comparison {
  const differs = (reason: string): Comparison => ({ reason, maxAbsError: Infinity, maxRelError: Infinity });
  if (actual.dtype !== expected.dtype) return differs(`expected ${expected.dtype}, got ${actual.dtype}`);
  if (!sameShape(actual.shape, expected.shape)) return differs(`expected shape [${expected.shape}], got [${actual.shape}]`);
  const exact = !isFloat(expected.dtype);
  const relative = Math.max(tolerance.relative, roundings[expected.dtype] ?? 0);
  const [a, b] = [actual.toNumbers(), expected.toNumbers()];
  const absolute = tolerance.absolute * Math.max(1, largestMagnitude(b));
  let maxAbsError = 0;
  let maxRelError = 0;
  let wrongCount = 0;
  let worst: { index: number; excess: number } | undefined;
  for (let i = 0; i < b.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    if (Object.is(x, y) || x === y) continue;
    const error = Number.isFinite(x) && Number.isFinite(y) ? Math.abs(x - y) : Infinity;
    maxAbsError = Math.max(maxAbsError, error);
    if (Math.abs(y) > absolute) maxRelError = Math.max(maxRelError, error / Math.abs(y));
    const allowed = exact || !Number.isFinite(y) ? 0 : absolute + relative * Math.abs(y);
    const excess = error - allowed;
    if (!(excess > 0)) continue;
    wrongCount++;
    if (!worst || excess > worst.excess) worst = { index: i, excess };
  }
  if (!worst) return { maxAbsError, maxRelError };
  const reason = `${wrongCount} of ${b.length} elements differ; element ${worst.index}: expected ${b[worst.index]}, got ${a[worst.index]}`;
  return { reason, maxAbsError, maxRelError };
}

function largestMagnitude(values: readonly number[]): number {
  let largest = 0;
  for (const value of values) if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
  return largest;
}
