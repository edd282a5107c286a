// A list of what something is called and what it is, as numbers stand beside a picture.
import { html, type TemplateResult } from "lit";

export type Fact = readonly [name: string, text: string | TemplateResult];

export function factsTemplate(facts: readonly Fact[]): TemplateResult {
  return html`<dl class="facts">${facts.map(([name, text]) => html`<div><dt>${name}</dt><dd>${text}</dd></div>`)}</dl>`;
}

/** A share in percent; what is not none, or not all, does not read as such. */
export function percent(share: number): string {
  if (share > 0 && share < 0.01) return "< 1%";
  if (share < 1 && share > 0.99) return "> 99%";
  return `${Math.round(share * 100)}%`;
}
