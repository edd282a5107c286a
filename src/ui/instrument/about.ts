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
  #wanted = "undefined";

  /** @param article where the article is that tells more, if somewhere */
  constructor(article: () => string | null) {
    this.#article = article;
  }

  /** @param subject undefined for nothing */
  async show(subject: AboutSubject | undefined): Promise<void> {
    const wanted = JSON.stringify(subject) ?? "undefined";
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    if (!subject) {
      this.element.replaceChildren();
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
    if (!article || !chapter) return [];
    return [" ", Object.assign(make("a", "more", words.more), { href: `${article}#${chapter}` })];
  }
}

/** What a node is made of, as {@link AboutSubject} has it. */
export function operatorsOf({ role, operators }: Pick<OverviewNode, "role" | "operators">): readonly string[] {
  return role === "input" ? ["Input"] : operators;
}

export function subjectOf(item: Item): AboutSubject {
  return isBlock(item) ? { block: item.kind } : { operators: operatorsOf(item) };
}
