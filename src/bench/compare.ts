// How far an engine's outputs are from the reference's.

/** Above this an output is wrong: float32 sums in another order, or by Winograd, stay below. */
export const errorLimit = 1e-3;

/** The same for weights and values of 11 bits, which are rounded anew at every layer. */
export const halvesErrorLimit = 2e-2;

/**
 * The largest difference as a part of the reference's largest element; infinite where shapes or finiteness differ.
 *
 * @param reference one array per output, as `actual`
 */
export function maxErrorOf(actual: readonly Float32Array[], reference: readonly Float32Array[]): number {
  let worst = actual.length === reference.length ? 0 : Number.POSITIVE_INFINITY;
  for (const [i, expected] of reference.entries()) {
    const found = actual[i];
    if (found?.length !== expected.length) return Number.POSITIVE_INFINITY;
    let largest = 0;
    let difference = 0;
    for (let k = 0; k < expected.length; k++) {
      largest = Math.max(largest, Math.abs(expected[k] as number));
      const d = Math.abs((found[k] as number) - (expected[k] as number));
      // Not `Math.max`: NaN must win, and it compares false with everything.
      if (!(d <= difference)) difference = d;
      if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY;
    }
    worst = Math.max(worst, difference / Math.max(largest, Number.MIN_VALUE));
  }
  return worst;
}

/**
 * Above this distance a gradient is wrong. A ReLU whose input is within rounding of 0 may pass a gradient on or not: SqueezeNet's is off by 1.3e-3
 * where Winograd rounds, by 1e-6 elsewhere.
 */
export const gradientErrorLimit = 1e-2;

/** The distance of a gradient from the reference as a part of the reference's length; infinite where shapes or finiteness differ. */
export function distanceOf(actual: readonly Float32Array[], reference: readonly Float32Array[]): number {
  const [found = new Float32Array(), expected = new Float32Array()] = [actual[0], reference[0]];
  if (found.length !== expected.length) return Number.POSITIVE_INFINITY;
  let [distance, length] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    distance += ((found[i] as number) - (expected[i] as number)) ** 2;
    length += (expected[i] as number) ** 2;
  }
  const share = Math.sqrt(distance) / Math.max(Math.sqrt(length), Number.MIN_VALUE);
  return Number.isNaN(share) ? Number.POSITIVE_INFINITY : share;
}
