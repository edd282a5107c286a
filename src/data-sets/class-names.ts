// Which numbers classes have in a network that is tried. Pure.

/** What is known of the classes that a network answers with. */
export interface KnownClasses {
  /** What it calls them. */
  readonly names?: readonly string[] | undefined;
  /** How many scores it has. */
  readonly scores?: number | undefined;
}

/**
 * The network's classes, where those that were found are called as some of them, by name, or by number where they are fewer; else those that were found, in
 * their order.
 */
export function asNamed(found: readonly string[], { names, scores = 0 }: KnownClasses = {}): readonly string[] {
  const numbers = found.length < scores ? Array.from({ length: scores }, (_, i) => String(i)) : undefined;
  return [names, numbers].find((known) => known && found.every((name) => known.includes(name))) ?? found;
}

/**
 * What is told where only some are called as classes of the network: they have the numbers of their order, which can hardly be meant.
 *
 * @returns empty where all are, or none is
 */
export function unnamedClass(classes: readonly string[], { names = [] }: KnownClasses): string {
  const other = classes.filter((name) => !names.includes(name));
  if (other.length === 0 || other.length === classes.length) return "";
  const others = other.length > 1 ? ` and ${other.length - 1} more` : "";
  return `the network has no class '${other[0]}'${others}: classes are numbered in the order of their names, not as it calls them.`;
}
