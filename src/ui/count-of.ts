// Counts in sentences. Pure.

/** "1 smaller term", "448 smaller terms". */
export function countOf(count: number, what: string): string {
  return `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;
}
