// A list of what something is called and what it is, as numbers stand beside a picture.
import { html, type TemplateResult } from "lit";
import { formatNumber } from "../format-number.ts";
import type { Bounds } from "../statistics/saturation.ts";

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

/** Where elements are saturated: "at 6", "within 0.01 of 0 or 1". */
export function boundsText({ least, most, margin }: Bounds): string {
  const bounds = [least, most].filter((bound) => bound !== undefined).map((bound) => formatNumber(bound));
  return `${margin > 0 ? `within ${formatNumber(margin)} of` : "at"} ${bounds.join(" or ")}`;
}
