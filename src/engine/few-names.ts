// The first few of the names that there are, for an error that says so. Beside errors.ts, since what every page loads does without it.

/** "'conv_1', 'conv_2' and 3 more" */
export function fewOf(names: readonly string[]): string {
  const rest = names.length > 8 ? ` and ${names.length - 8} more` : "";
  return (
    names
      .slice(0, 8)
      .map((name) => `'${name}'`)
      .join(", ") + rest
  );
}
