// Beside the map of one channel: its numbers, and what becomes of the answer without it.
import { html, nothing, type TemplateResult } from "lit";
import type { ConvolutionStep } from "../../engine/elements/index.ts";
import type { ConvCam } from "../element.ts";
import { formatNumber } from "../format-number.ts";
import type { Histogram } from "../statistics/histogram.ts";
import type { Saturation } from "../statistics/layer-numbers.ts";
import type { ChannelSummary } from "../statistics/read-statistics.ts";
import type { StrongPlace } from "../statistics/strongest.ts";
import { type EffectsAnswer, effectFact } from "./effects.ts";
import { boundsText, type Fact, factsTemplate, percent } from "./facts.ts";
import type { PictureSearch } from "./find-pictures.ts";
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
  isLayerSilent(value: string): boolean;
  silenceLayer(value: string, isSilent: boolean): void;
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

/** What can be done with a channel besides. */
export interface ChannelAround {
  readonly viewer: ConvCam;
  readonly isSmooth: boolean;
  setSmooth(isSmooth: boolean): void;
  /** How much of the map is seen over the picture, of 1; undefined where there is no picture. */
  readonly overlay: number | undefined;
  setOverlay(opacity: number): void;
  /** Whether its pattern grows. */
  readonly isGrowing: boolean;
  grow(wants: boolean): void;
  /** Undefined where the network takes no pictures. */
  readonly search: PictureSearch | undefined;
}

interface ChannelNumbers {
  readonly channels: readonly ChannelSummary[];
  readonly histogram: Histogram;
  /** A step of the formula of one of its elements, where the layer is a convolution. */
  readonly convolution: ConvolutionStep | undefined;
  readonly saturation?: Saturation | undefined;
  readonly effects: EffectsAnswer | undefined;
  readonly strongest: readonly StrongPlace[];
  readonly around: ChannelAround;
}

export function channelTemplate(place: Place, numbers: ChannelNumbers, actions: Actions): TemplateResult {
  const { channels, histogram, convolution, around } = numbers;
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
    ${actions.isLayerSilent(layer.value) ? wholeTemplate(place, actions) : nothing}
    ${state === "muted" ? html`<p class="about">Silenced: channel ${actions.heardAlone(layer.value, maps.channels)} is heard alone.</p>` : nothing}
    ${maps.height * maps.width > 1 ? lookTemplate(around) : nothing}
    ${facts && factsTemplate(factsOfChannel(place, facts, numbers))}
    ${histogramTemplate(histogram)}
    ${placesTemplate(place, numbers.strongest, actions)}
    ${convolution ? kernelsTemplate(convolution, convolution.channels, 8) : nothing}
    <div class="buttons">
      <button type="button" class="part-button" aria-pressed=${around.isGrowing} title="A picture that it answers to, from noise" @click=${() => around.grow(!around.isGrowing)}>
        Grow its pattern
      </button>
    </div>
    ${around.search?.template ?? nothing}
    ${actions.saveButtons(place)}
    <p class="about">Click an element of the map to see how it is computed.</p>
  `;
}

function wholeTemplate({ layer: { value } }: Place, { silenceLayer }: Actions): TemplateResult {
  return html`<p class="about">
    Silenced with the whole layer. <button type="button" class="link" @click=${() => silenceLayer(value, false)}>Give it back</button>
  </p>`;
}

function factsOfChannel({ channel, maps }: Place, facts: ChannelSummary, { saturation, effects, around }: ChannelNumbers): readonly Fact[] {
  const effect = effects && effectFact(effects, channel, around.viewer.labels);
  const count = saturation?.counts[channel] ?? 0;
  return [
    ["share of zeros", percent(facts.zeroShare)],
    ...(saturation ? [[`share ${boundsText(saturation)}`, percent(count / (maps.height * maps.width))] as const] : []),
    ["mean · deviation", `${formatNumber(facts.mean)} · ${formatNumber(facts.deviation)}`],
    ["least · largest", `${formatNumber(facts.low)} · ${formatNumber(facts.high)}`],
    ...(effect ? [effect] : []),
    ...(facts.nanCount > 0 ? [["NaN", facts.nanCount.toLocaleString("en")] as const] : []),
    ...(facts.infinityCount > 0 ? [["infinite", facts.infinityCount.toLocaleString("en")] as const] : []),
  ];
}

/** How the map is drawn, and how much of it over the picture. */
function lookTemplate({ isSmooth, setSmooth, overlay, setOverlay }: ChannelAround): TemplateResult {
  return html`
    <label class="choice">Smooth
      <input type="checkbox" .checked=${isSmooth} @change=${({ target }: Event) => setSmooth((target as HTMLInputElement).checked)} />
    </label>
    ${
      overlay === undefined
        ? nothing
        : html`<label class="choice">Over the picture
            <input type="range" min="0" max="1" step="0.05" .value=${`${overlay}`} @input=${({ target }: Event) => setOverlay(Number((target as HTMLInputElement).value))} />
          </label>`
    }
  `;
}

/** Where it fires most now. Each leads to its element. */
function placesTemplate(place: Place, strongest: readonly StrongPlace[], { go }: Actions): TemplateResult | typeof nothing {
  if (strongest.length === 0) return nothing;
  return html`<section class="places">
    <h2>Where it fires most</h2>
    <ol>
      ${strongest.map(({ y, x, element }) => {
        const to = { ...place, view: "pixel", y, x } as const;
        return html`<li>
          <button type="button" class="link" @click=${() => go(to)}>y ${y}, x ${x}</button><span>${formatNumber(element)}</span>
        </li>`;
      })}
    </ol>
  </section>`;
}
