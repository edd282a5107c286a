// What a class is called. Pure.

/** Its name, or its number where it has none. */
export function classNameOf(names: readonly string[] | undefined, index: number): string {
  return names?.[index] ?? `class ${index}`;
}
