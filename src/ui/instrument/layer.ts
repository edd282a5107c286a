// Beside the maps of a layer: what can be said of all of its channels, and in which order they stand.
import { html, nothing, type TemplateResult } from "lit";
import type { ConvCam } from "../element.ts";
import { formatNumber } from "../format-number.ts";
import type { Histogram } from "../statistics/histogram.ts";
import type { Bounds } from "../statistics/saturation.ts";
import type { Actions } from "./channel.ts";
import { type ChannelStates, hasOutlines, outlines } from "./channel-states.ts";
import { type EffectsAnswer, effectsTemplate } from "./effects.ts";
import { boundsText, factsTemplate, percent } from "./facts.ts";
import type { StateKind } from "./highlights.ts";
import { histogramTemplate } from "./histogram.ts";
import { type LayerFacts, type Order, orders } from "./orders.ts";
import { type Page, pageSizes } from "./paging.ts";
import type { Place } from "./place.ts";

/** Channels that are named one by one. */
const mostNamed = 12;

/** What of a layer's maps can be chosen. */
export interface LayerAround {
  readonly viewer: ConvCam;
  readonly page: Page;
  /** @param size undefined for the usual one */
  setPageSize(size: string | undefined): void;
  /** What its activation is computed from, if it is one's result. */
  readonly before: string | undefined;
  readonly isBeforeShown: boolean;
  showBefore(isShown: boolean): void;
  /** All of its kernels, where it has any. */
  readonly kernels: HTMLElement | undefined;
}

interface LayerNumbers {
  /** With the channels that somebody has silenced. */
  readonly facts: LayerFacts & ChannelStates & { readonly silenced: readonly number[] };
  readonly histogram: Histogram;
  readonly order: Order;
  readonly effects: EffectsAnswer | undefined;
  readonly saturation?: Bounds | undefined;
  readonly around: LayerAround;
}

export function layerTemplate(
  place: Place,
  { facts, histogram, order, effects, saturation, around }: LayerNumbers,
  actions: Actions,
): TemplateResult {
  const { channels } = place.maps;
  const { value } = place.layer;
  const isSilent = actions.isLayerSilent(value);
  const outline = (kind: StateKind) =>
    hasOutlines(place) ? html`, <span class="outline ${kind}" aria-hidden="true"></span> ${outlines[kind]}` : nothing;
  const count = (some: readonly number[]) => `${some.length} of ${channels}`;
  return html`
    <div class="buttons">
      <button
        type="button"
        class="part-button"
        title="Multiplies all channels by 0, for all that reads them."
        aria-pressed=${isSilent}
        @click=${() => actions.silenceLayer(value, !isSilent)}
      >
        Silence the layer
      </button>
    </div>
    <label class="choice">Order by
      <select .value=${order} @change=${(event: Event) => actions.setOrder((event.target as HTMLSelectElement).value as Order)}>
        ${Object.entries(orders).map(([name, { title }]) => html`<option value=${name} ?selected=${name === order}>${title}</option>`)}
      </select>
    </label>
    ${effects ? effectsTemplate(effects, around.viewer) : nothing}
    ${channels > Number(pageSizes[0]) ? sizeTemplate(around) : nothing}
    ${
      around.before === undefined
        ? nothing
        : html`<label class="choice" title="Beside it: ${around.before}">Before the activation, too
            <input type="checkbox" .checked=${around.isBeforeShown} @change=${({ target }: Event) => around.showBefore((target as HTMLInputElement).checked)} />
          </label>`
    }
    ${factsTemplate([
      ["share of zeros", percent(facts.zeroShare)],
      ["silent channels", count(facts.silent)],
      ...(saturation ? [["saturated channels", count(facts.saturated)] as const] : []),
      ["mean · deviation", `${formatNumber(facts.mean)} · ${formatNumber(facts.deviation)}`],
      ["least · largest", `${formatNumber(facts.low)} · ${formatNumber(facts.high)}`],
    ])}
    ${histogramTemplate(histogram)}
    ${facts.silentAlone.length > 0 ? html`<p class="about">Silent, 0 everywhere for this picture${outline("silent")}: ${links(place, facts.silentAlone, actions)}</p>` : nothing}
    ${facts.silenced.length > 0 ? html`<p class="about">Silenced here: ${links(place, facts.silenced, actions)}</p>` : nothing}
    ${
      saturation && facts.saturated.length > 0
        ? html`<p class="about">
            Saturated, more than half of their elements ${boundsText(saturation)}${outline("saturated")}: ${links(place, facts.saturated, actions)}
          </p>`
        : nothing
    }
    ${
      facts.nonFinite.length > 0
        ? html`<p class="about alarm">With NaN or infinite elements${outline("non-finite")}: ${links(place, facts.nonFinite, actions)}</p>`
        : nothing
    }
    ${around.kernels ?? nothing} ${actions.saveButtons(place)}
    <p class="about">Click a map to look at its channel.</p>
  `;
}

function sizeTemplate({ page, setPageSize }: LayerAround): TemplateResult {
  const now = page.size === page.total ? "all" : `${page.size}`;
  const sizes = [
    ...pageSizes.filter((size) => size === "all" || Number(size) < page.total),
    ...(pageSizes.includes(now as "all") ? [] : [now]),
  ];
  const title = (size: string) => (size === "all" ? `all ${page.total}` : size);
  return html`<label class="choice">Show at once
    <select .value=${now} @change=${(event: Event) => setPageSize((event.target as HTMLSelectElement).value)}>
      ${sizes.map((size) => html`<option value=${size} ?selected=${size === now}>${title(size)}</option>`)}
    </select>
  </label>`;
}

function links(place: Place, channels: readonly number[], { go }: Actions): TemplateResult {
  const more = channels.length - mostNamed;
  return html`${channels.slice(0, mostNamed).map((channel, i) => {
    const to = { ...place, view: "channel", channel } as const;
    return html`${i > 0 ? ", " : ""}<button type="button" class="link" aria-label="Channel ${channel}" @click=${() => go(to)}>${channel}</button>`;
  })}${more > 0 ? html` and ${more} more` : nothing}.`;
}
