// Counts in sentences that say "one" as a word. Pure.

/** "one class", "448 classes". */
export function oneOrMany(count: number, one: string, many = `${one}s`): string {
  return count === 1 ? `one ${one}` : `${count} ${many}`;
}
