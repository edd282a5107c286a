// What somebody looks for in an overview: what is found, and which of these is meant.
import type { Item } from "../overview/blocks.ts";
import { asksForSilence, type SearchedBesides, searchItems } from "../overview/search.ts";

export class BandSearch {
  #text = "";
  /** Ids that are found, those that fit best first; undefined where nothing is looked for. */
  #found: readonly string[] | undefined;
  #at = -1;

  get text(): string {
    return this.#text;
  }

  get found(): readonly string[] | undefined {
    return this.#found;
  }

  /** The one that was gone to last. */
  get meant(): string | undefined {
    return this.#found?.[this.#at];
  }

  /** Whether channels have to be counted for it. */
  get asksForSilence(): boolean {
    return asksForSilence(this.#text);
  }

  find(text: string, items: readonly Item[], besides: SearchedBesides): void {
    this.#text = text;
    this.#at = -1;
    this.#found = text.trim() ? searchItems(items, text, besides) : undefined;
  }

  /** The same once more, because something else is known now; where one is gone to stays so. */
  again(items: readonly Item[], besides: SearchedBesides): void {
    const { meant } = this;
    this.find(this.#text, items, besides);
    if (meant !== undefined) this.#at = this.#found?.indexOf(meant) ?? -1;
  }

  /** Goes to the next one, after the last to the first. @returns its id */
  next(): string | undefined {
    const count = this.#found?.length ?? 0;
    if (count === 0) return undefined;
    this.#at = (this.#at + 1) % count;
    return this.meant;
  }

  clear(): void {
    this.find("", [], {});
  }
}
