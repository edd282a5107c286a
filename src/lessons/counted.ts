// Counts in sentences. Pure.

/** "one class", "448 classes". */
export function counted(count: number, one: string, many = `${one}s`): string {
  return count === 1 ? `one ${one}` : `${count} ${many}`;
}
