// The mean of some numbers. Pure.

export function meanOf(some: readonly number[]): number {
  return some.reduce((sum, one) => sum + one, 0) / some.length;
}
