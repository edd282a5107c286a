/** The largest size among numbers; what is not finite does not count. */
export function largestSize(numbers: Iterable<number>): number {
  let most = 0;
  for (const number of numbers) if (Number.isFinite(number)) most = Math.max(most, Math.abs(number));
  return most;
}
