// Beside the maps of a layer: what can be said of all of its channels, and in which order they stand.
import { html, nothing, type TemplateResult } from "lit";
import { formatNumber } from "../format-number.ts";
import type { Histogram } from "../statistics/histogram.ts";
import type { Actions } from "./channel.ts";
import { factsTemplate, percent } from "./facts.ts";
import { histogramTemplate } from "./histogram.ts";
import { type LayerFacts, type Order, orders } from "./orders.ts";
import type { Place } from "./place.ts";

/** Channels that are named one by one. */
const mostNamed = 12;

interface LayerNumbers {
  readonly facts: LayerFacts;
  readonly histogram: Histogram;
  readonly order: Order;
}

export function layerTemplate(place: Place, { facts, histogram, order }: LayerNumbers, actions: Actions): TemplateResult {
  const { channels } = place.maps;
  const count = (some: readonly number[]) => `${some.length} of ${channels}`;
  return html`
    <label class="choice">Order by
      <select .value=${order} @change=${(event: Event) => actions.setOrder((event.target as HTMLSelectElement).value as Order)}>
        ${Object.entries(orders).map(([name, { title }]) => html`<option value=${name} ?selected=${name === order}>${title}</option>`)}
      </select>
    </label>
    ${factsTemplate([
      ["share of zeros", percent(facts.zeroShare)],
      ["silent channels", count(facts.silent)],
      ["mean · deviation", `${formatNumber(facts.mean)} · ${formatNumber(facts.deviation)}`],
      ["least · largest", `${formatNumber(facts.low)} · ${formatNumber(facts.high)}`],
    ])}
    ${histogramTemplate(histogram)}
    ${facts.silent.length > 0 ? html`<p class="about">Silent, 0 everywhere for this picture: ${links(place, facts.silent, actions)}</p>` : nothing}
    ${
      facts.nonFinite.length > 0
        ? html`<p class="about alarm">With NaN or infinite elements: ${links(place, facts.nonFinite, actions)}</p>`
        : nothing
    }
    ${actions.saveButtons(place)}
    <p class="about">Click a map to look at its channel.</p>
  `;
}

function links(place: Place, channels: readonly number[], { go }: Actions): TemplateResult {
  const more = channels.length - mostNamed;
  return html`${channels.slice(0, mostNamed).map((channel, i) => {
    const to = { ...place, view: "channel", channel } as const;
    return html`${i > 0 ? ", " : ""}<button type="button" class="link" aria-label="Channel ${channel}" @click=${() => go(to)}>${channel}</button>`;
  })}${more > 0 ? html` and ${more} more` : nothing}.`;
}
