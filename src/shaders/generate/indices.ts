// The integers from 0 to count − 1, for generators that name one register per index.

export function indices(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
