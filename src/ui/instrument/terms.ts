// The terms of a sum: those that count most one by one, and the others as one number, which unfolds.
import { html, nothing, type TemplateResult } from "lit";
import { countOf } from "../count-of.ts";
import { type ElementLink, linkTemplate, moveAmongTerms } from "./element-links.ts";
import { short } from "./numbers.ts";

export interface Term {
  readonly link: ElementLink | undefined;
  /** What it is called where it leads nowhere. */
  readonly name: string;
  readonly x: number;
  readonly weight: number;
}

/** Which folded parts of a formula somebody has opened. */
export interface Folds {
  isOpen(name: string): boolean;
  toggle(name: string, isOpen: boolean): void;
}

/** Rows of what was unfolded; more are no longer read. */
const mostUnfolded = 200;

/** A row for each term: what it is, x, its weight, their product. */
export function termsTable(terms: readonly Term[], what: string): TemplateResult {
  return html`<table class="numbers products" @keydown=${moveAmongTerms}>
    <thead><tr><th scope="col">${what}</th><th scope="col">x</th><th scope="col">weight</th><th scope="col">product</th></tr></thead>
    <tbody>
      ${terms.map(
        ({ link, name, x, weight }, i) => html`<tr>
          <th scope="row">${linkTemplate(link?.name ?? name, link, i === 0)}</th><td>${short(x)}</td><td>${short(weight)}</td><td>${short(x * weight)}</td>
        </tr>`,
      )}
    </tbody>
  </table>`;
}

/**
 * "+ 448 smaller terms = 0.031", and on a click each of them.
 *
 * @param rest from the largest
 * @param content a row for each of some of them
 */
export function foldTemplate<T>(
  name: string,
  rest: readonly T[],
  sum: number,
  folds: Folds,
  content: (shown: readonly T[]) => TemplateResult,
): TemplateResult | typeof nothing {
  if (rest.length === 0) return nothing;
  const isOpen = folds.isOpen(name);
  const left = rest.length - mostUnfolded;
  return html`<details class="rest" .open=${isOpen} @toggle=${(event: Event) => folds.toggle(name, (event.target as HTMLDetailsElement).open)}>
    <summary>+ ${countOf(rest.length, "smaller term")} = <b>${short(sum)}</b></summary>
    ${isOpen ? content(rest.slice(0, mostUnfolded)) : nothing}
    ${isOpen && left > 0 ? html`<p class="about">and ${countOf(left, "more")}.</p>` : nothing}
  </details>`;
}
