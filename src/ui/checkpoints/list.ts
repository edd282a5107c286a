// What the attributes `checkpoints` and `checkpoint` say. Pure.

/** Addresses, or names of files, in their order: `a.onnx b.onnx`, or as JSON where they hold spaces. */
export function readCheckpoints(text: string): readonly string[] {
  if (!text.trimStart().startsWith("[")) return text.split(/\s+/).filter(Boolean);
  const list: unknown = parse(text);
  if (Array.isArray(list) && list.every((one) => typeof one === "string")) return list;
  throw new Error(`checkpoints '${text}': expected addresses with spaces between, or a list of them as JSON.`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** As the attribute takes them. */
export function writeCheckpoints(addresses: readonly string[]): string {
  return addresses.some((one) => /\s/.test(one)) ? JSON.stringify(addresses) : addresses.join(" ");
}

/**
 * Which of them is looked at, counted from 0; undefined where nobody has chosen one.
 *
 * @throws Error that says what is accepted
 */
export function readCheckpoint(text: string | null, count: number): number | undefined {
  if (text === null || text.trim() === "") return undefined;
  const index = Number(text);
  if (Number.isInteger(index) && index >= 0 && index < count) return index;
  throw new Error(`checkpoint '${text}': there are ${count}, counted from 0.`);
}

/** Files by their names, numbers in them as numbers. */
export function inOrder(files: readonly File[]): readonly File[] {
  const { compare } = new Intl.Collator("en", { numeric: true });
  return files.toSorted((one, other) => compare(one.name, other.name));
}
