// The classes of errors: a wrong file, a file that Convcam cannot run, and trouble with the GPU.

/** The file, or an input given to it, is wrong. The message says where, what was found and what is accepted. */
export class ModelError extends Error {
  override readonly name: string = "ModelError";
}

/** The first few of the names that there are: "'conv_1', 'conv_2' and 3 more". */
export function fewOf(names: readonly string[]): string {
  const rest = names.length > 8 ? ` and ${names.length - 8} more` : "";
  const first = names.slice(0, 8).map((name) => `'${name}'`);
  return first.join(", ") + rest;
}

/** The first few known names that hold the given one, for an error to ask whether one was meant: "'conv_1', 'conv_10'"; empty where none does. */
export function namesLike(name: string, known: Iterable<string>): string {
  return fewOf([...known].filter((other) => other.includes(name)).slice(0, 5));
}

/** Says that no value or layer has this name, and which names are accepted: those that hold it, else the first few of all. */
export function describeUnknownValue(name: string, known: readonly string[]): string {
  const near = namesLike(name, known);
  const advice = near ? ` Did you mean ${near}?` : known.length > 0 ? ` There are ${fewOf(known)}.` : "";
  return `no value or layer is called '${name}'.${advice}`;
}

/** The message where a part of the program that is loaded on demand cannot be. */
export function missingPart(what: string, cause: unknown): string {
  return `The part of Convcam ${what} could not be loaded. Reload the page when online. (${(cause as Error).message})`;
}

/** Loads a part of Convcam. @throws Error that says what is missing where the connection is gone */
export async function loadPart<Part>(what: string, load: () => Promise<Part>): Promise<Part> {
  try {
    return await load();
  } catch (error) {
    throw new Error(missingPart(what, error));
  }
}

/** The file is right, but Convcam cannot run it. Carries every reason found, not only the first. */
export class UnsupportedError extends Error {
  override readonly name = "UnsupportedError";
  /** One sentence per obstacle, each naming node, operator and what to do. */
  readonly reasons: readonly string[];

  constructor(reasons: string | readonly string[]) {
    const list = typeof reasons === "string" ? [reasons] : reasons;
    super(list.length === 1 ? list[0] : `${list.length} obstacles:\n${list.map((r) => `- ${r}`).join("\n")}`);
    this.reasons = list;
  }
}

/** The GPU is absent, was lost, ran out of memory or refused a command. */
export class DeviceError extends Error {
  override readonly name = "DeviceError";
}
