// Repetitions in a sequence: blocks that follow each other. Pure.

export interface Repeat {
  readonly start: number;
  /** Items of one block. */
  readonly period: number;
  readonly count: number;
}

/**
 * Blocks of `period` items that follow each other, equal ones at least twice; the first in the sequence are taken first.
 *
 * @param isBlock whether the items from `start` on may be a block
 */
export function findRepeats(keys: readonly string[], period: number, isBlock: (start: number) => boolean): readonly Repeat[] {
  const repeats: Repeat[] = [];
  /** How many keys from an item on equal those one period later. */
  const equal: number[] = [];
  for (let i = keys.length - period - 1; i >= 0; i--) equal[i] = keys[i] === keys[i + period] ? (equal[i + 1] ?? 0) + 1 : 0;
  for (let start = 0; start + 2 * period <= keys.length; ) {
    const count = Math.floor((equal[start] as number) / period) + 1;
    const isRepeat = count > 1 && isBlock(start);
    if (isRepeat) repeats.push({ start, period, count });
    start += isRepeat ? period * count : 1;
  }
  return repeats;
}

/** Divides a sequence where the key changes. */
export function divideByKey<T>(items: readonly T[], keyOf: (item: T) => string): readonly (readonly T[])[] {
  const parts: T[][] = [];
  let last: string | undefined;
  for (const item of items) {
    const key = keyOf(item);
    if (key === last) parts.at(-1)?.push(item);
    else parts.push([item]);
    last = key;
  }
  return parts;
}
