// Counts in sentences of the page, of checks and of commands. Pure.

/** "1 smaller term", "1,234 smaller terms". */
export function countOf(count: number, what: string): string {
  return `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;
}
