// Beside the map of one channel: its numbers, and what becomes of the answer without it.
import { html, nothing, type TemplateResult } from "lit";
import type { ConvolutionStep } from "../../engine/elements/index.ts";
import { formatNumber } from "../format-number.ts";
import type { Histogram } from "../statistics/histogram.ts";
import type { ChannelSummary } from "../statistics/read-statistics.ts";
import { factsTemplate, percent } from "./facts.ts";
import type { ChannelState, ChannelSwitch } from "./gates.ts";
import { histogramTemplate } from "./histogram.ts";
import { kernelsTemplate } from "./kernels.ts";
import type { Order } from "./orders.ts";
import type { Place } from "./place.ts";

/** What somebody does with a layer or a channel. */
export interface Actions {
  /** @param count channels of the value */
  stateOf(value: string, channel: number, count: number): ChannelState;
  setState(value: string, channel: number, count: number, state: ChannelSwitch | "on"): void;
  /** The channel of a value that is heard alone, if one is. */
  heardAlone(value: string, count: number): number | undefined;
  setOrder(order: Order): void;
  go(place: Place): void;
  /** Buttons that take along what is looked at. */
  saveButtons(place: Place): TemplateResult;
}

const buttons = [
  { state: "silent", title: "Silence", about: "Multiplies the channel by 0, for all that reads it." },
  { state: "alone", title: "Solo", about: "Silences all other channels of the layer." },
  { state: "louder", title: "× 2", about: "Multiplies the channel by 2." },
] as const;

interface ChannelNumbers {
  readonly channels: readonly ChannelSummary[];
  readonly histogram: Histogram;
  /** A step of the formula of one of its elements, where the layer is a convolution. */
  readonly convolution: ConvolutionStep | undefined;
}

export function channelTemplate(place: Place, { channels, histogram, convolution }: ChannelNumbers, actions: Actions): TemplateResult {
  const { layer, channel, maps } = place;
  const state = actions.stateOf(layer.value, channel, maps.channels);
  const set = (wanted: ChannelSwitch) => actions.setState(layer.value, channel, maps.channels, wanted === state ? "on" : wanted);
  const facts = channels[channel];
  return html`
    <div class="buttons" role="group" aria-label="What of the channel the network gets">
      ${buttons.map(
        ({ state: one, title, about }) =>
          html`<button type="button" class="part-button" title=${about} aria-pressed=${one === state} @click=${() => set(one)}>${title}</button>`,
      )}
    </div>
    ${state === "muted" ? html`<p class="about">Silent: channel ${actions.heardAlone(layer.value, maps.channels)} is heard alone.</p>` : nothing}
    ${
      facts &&
      factsTemplate([
        ["share of zeros", percent(facts.zeroShare)],
        ["mean · deviation", `${formatNumber(facts.mean)} · ${formatNumber(facts.deviation)}`],
        ["least · largest", `${formatNumber(facts.low)} · ${formatNumber(facts.high)}`],
        ...(facts.nanCount > 0 ? [["NaN", facts.nanCount.toLocaleString("en")] as const] : []),
        ...(facts.infinityCount > 0 ? [["infinite", facts.infinityCount.toLocaleString("en")] as const] : []),
      ])
    }
    ${histogramTemplate(histogram)}
    ${convolution ? kernelsTemplate(convolution, convolution.channels, 8) : nothing}
    ${actions.saveButtons(place)}
    <p class="about">Click an element of the map to see how it is computed.</p>
  `;
}
