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
