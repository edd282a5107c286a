// A line that says in a sentence what the layer does that is looked at, and where more is told. Its words are loaded with the first.

import { make } from "../make.ts";
import { type Item, isBlock } from "../overview/blocks.ts";
import type { OverviewNode } from "../overview/condense.ts";

/** What a sentence is wanted of. */
export type AboutSubject = { readonly operators: readonly string[] } | { readonly block: string };

const words = { more: "Learn more" } as const;

export class About {
  readonly element = make("p", "about-layer");
  readonly #article: () => string | null;
  readonly #invitation: string;
  #wanted = "undefined";

  /**
   * @param article where the article is that tells more, if somewhere
   * @param invitation what stands there for nothing
   */
  constructor(article: () => string | null, invitation = "") {
    this.#article = article;
    this.#invitation = invitation;
    this.element.textContent = invitation;
  }

  /** @param subject undefined for nothing */
  async show(subject: AboutSubject | undefined): Promise<void> {
    const wanted = JSON.stringify(subject) ?? "undefined";
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    if (!subject) {
      this.element.textContent = this.#invitation;
      return;
    }
    // Where the words cannot be loaded, only they are lost.
    const loaded = await import("./layer-words.ts").catch(() => undefined);
    if (!loaded || wanted !== this.#wanted) return;
    const sentence = "block" in subject ? loaded.sentenceOfBlock(subject.block) : loaded.sentenceOfLayer(subject.operators);
    this.element.replaceChildren(...(sentence ? [sentence.text, ...this.#link(sentence.chapter)] : []));
  }

  #link(chapter: string | undefined): readonly (string | HTMLAnchorElement)[] {
    const article = this.#article();
    const href = article && chapter ? webAddress(`${article}#${chapter}`, document.baseURI) : undefined;
    return href === undefined ? [] : [" ", Object.assign(make("a", "more", words.more), { href })];
  }
}

/** An address that a link may lead to. What runs a script, as `javascript:` does, is none: an address of a page may hold it. */
export function webAddress(address: string, base: string): string | undefined {
  if (!URL.canParse(address, base)) return undefined;
  const { href, protocol } = new URL(address, base);
  return protocol === "https:" || protocol === "http:" || protocol === "file:" ? href : undefined;
}

/** What a node is made of, as {@link AboutSubject} has it. */
export function operatorsOf({ role, operators }: Pick<OverviewNode, "role" | "operators">): readonly string[] {
  return role === "input" ? ["Input"] : operators;
}

export function subjectOf(item: Item): AboutSubject {
  return isBlock(item) ? { block: item.kind } : { operators: operatorsOf(item) };
}
