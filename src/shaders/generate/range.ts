// The integers from 0, for generators that name one register per index.

export function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
