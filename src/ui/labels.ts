// Names of the classes: a list, or the address of a text file with one name per line. What was given last holds.

export type LabelsSource = string | readonly string[];

/** A class's name, or its number where it has none. Pure. */
export function classNameOf(names: readonly string[] | undefined, index: number): string {
  return names?.[index] ?? `class ${index}`;
}

export class Labels {
  #source: LabelsSource | undefined;
  #names: readonly string[] = [];
  #request: AbortController | undefined;

  get source(): LabelsSource | undefined {
    return this.#source;
  }
  /** Whatever is under way for another source ends. No source, or an empty list: classes have no names. */
  set source(source: LabelsSource | undefined) {
    this.#request?.abort();
    this.#source = source?.length ? source : undefined;
    this.#names = typeof source === "string" ? [] : (source ?? []);
  }

  /** By index of the class; none until an address is read, and where it cannot be. */
  get names(): readonly string[] {
    return this.#names;
  }

  /**
   * Reads the names where the source is an address. An earlier call that has not ended does so with an AbortError.
   *
   * @throws Error that says what the server answered instead of names
   * @throws Error named AbortError where another source was given meanwhile, however late the answer to the first comes
   */
  async load(): Promise<void> {
    const source = this.#source;
    if (typeof source !== "string") return;
    this.#request?.abort();
    this.#request = new AbortController();
    const { signal } = this.#request;
    const names = await fetchNames(source, signal);
    signal.throwIfAborted();
    this.#names = names;
  }
}

async function fetchNames(url: string, signal: AbortSignal): Promise<readonly string[]> {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`labels '${url}': the server answered ${response.status}.`);
  const names = (await response.text()).trim();
  // A server that answers with its start page where there is no file would make of its lines the names of classes.
  if (/^<(!doctype|html)/i.test(names))
    throw new Error(`labels '${url}': the server answered with a web page. Expected a text file with the name of one class per line.`);
  return names.split(/\r?\n/);
}
