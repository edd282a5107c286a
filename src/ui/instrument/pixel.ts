// Beside the map of a channel, for one of its elements: how it is computed, and what of the picture it can see.
import { html, nothing, type TemplateResult } from "lit";
import type { Answered } from "../elements/answer.ts";
import type { FieldOnMaps } from "../elements/fields.ts";
import { formatNumber } from "../format-number.ts";
import type { NetworkName } from "../session/session.ts";
import { describePlace, describeSpan } from "./element-words.ts";
import { type Explained, formulaTemplate } from "./formula.ts";
import type { Place } from "./place.ts";
import type { SlideState } from "./slide.ts";

/** What somebody does with an element. */
export interface PixelActions {
  readonly slide: SlideState;
  /** Of two networks, the one whose element it is, and the way to the other one; undefined where there is one. */
  readonly network: { readonly shown: NetworkName; show(network: NetworkName): void } | undefined;
  /** On the network's image input, if it depends on one. */
  readonly field: FieldOnMaps | undefined;
  /** The effective part of that. */
  readonly influence: { readonly isWanted: boolean; readonly text: string | undefined; toggle(): void } | undefined;
}

export function pixelTemplate(
  place: Place,
  answer: Answered,
  explained: Explained,
  { slide, network, field, influence }: PixelActions,
): TemplateResult {
  const where = describePlace(place.layer, place);
  return html`
    <div class="side-head">
      <h2>${where === "" ? `Unit ${place.channel}` : `Element ${where}`}: ${formatNumber(answer.element)}</h2>
      ${where === "" ? nothing : slideTemplate(slide)}
    </div>
    ${network ? networkTemplate(network) : nothing}
    ${field ? html`<p class="about">${fieldText(field)}</p>` : nothing}
    ${influence ? influenceTemplate(influence) : nothing}
    ${answer.refusal ? html`<p class="about">${answer.refusal}</p>` : formulaTemplate(answer.steps, answer.element, explained)}
    ${fieldsTemplate(answer.fields, explained)}
  `;
}

function slideTemplate({ isPlaying, speed, play, step, setSpeed }: SlideState): TemplateResult {
  return html`<div class="buttons" role="group" aria-label="Slide the window">
    <button type="button" class="part-button" aria-label="Element before" @click=${() => step(-1)}>◁</button>
    <button type="button" class="part-button" aria-pressed=${isPlaying} @click=${play}>${isPlaying ? "Stop" : "Slide"}</button>
    <button type="button" class="part-button" aria-label="Next element" @click=${() => step(1)}>▷</button>
    <select class="part-button" aria-label="Speed" @change=${(event: Event) => setSpeed((event.target as HTMLSelectElement).value)}>
      ${["slow", "normal", "fast"].map((one) => html`<option value=${one} .selected=${one === speed}>${one}</option>`)}
    </select>
  </div>`;
}

function networkTemplate({ shown, show }: NonNullable<PixelActions["network"]>): TemplateResult {
  const names = { src: "First network", compare: "Second network" };
  return html`<div class="buttons networks" role="group" aria-label="Whose number it is">
    ${(["src", "compare"] as const).map(
      (one) =>
        html`<button type="button" class="part-button" aria-pressed=${one === shown} @click=${() => show(one)}>${names[one]}</button>`,
    )}
  </div>`;
}

function influenceTemplate({ isWanted, text, toggle }: NonNullable<PixelActions["influence"]>): TemplateResult {
  return html`<p class="about influences">
    <button type="button" class="part-button" aria-pressed=${isWanted} title="Its slope by every pixel: the effective receptive field" @click=${toggle}>
      What moves it
    </button>
    <span role="status">${text ?? nothing}</span>
  </p>`;
}

export function fieldText({ y, x, isExact }: FieldOnMaps): string {
  const [rows, columns] = [y[1] - y[0], x[1] - x[0]];
  const size = rows * columns === 1 ? "one pixel" : `${rows} × ${columns} pixels`;
  return `It sees ${isExact ? "" : "at most "}${size} of the picture: ${describeSpan("row", y)}, ${describeSpan("column", x)}.`;
}

/** For those who do not see the boxes: what it depends on, layer by layer. */
function fieldsTemplate(fields: readonly FieldOnMaps[], { links, folds }: Explained): TemplateResult | typeof nothing {
  const shown = fields.filter(({ value }) => links.has(value));
  if (shown.length === 0) return nothing;
  const isOpen = folds.isOpen("fields");
  return html`<details class="rest" .open=${isOpen} @toggle=${(event: Event) => folds.toggle("fields", (event.target as HTMLDetailsElement).open)}>
    <summary>What it depends on in every layer before</summary>
    ${isOpen ? fieldsTable(shown) : nothing}
  </details>`;
}

function fieldsTable(fields: readonly FieldOnMaps[]): TemplateResult {
  return html`<table class="numbers products">
    <thead><tr><th scope="col">layer</th><th scope="col">channels</th><th scope="col">rows</th><th scope="col">columns</th></tr></thead>
    <tbody>
      ${fields.map(
        ({ value, channels, y, x, isExact }) => html`<tr>
          <th scope="row"><code>${value}</code>${isExact ? "" : " at most"}</th>
          ${[channels, y, x].map(([first, end]) => html`<td>${end - first === 1 ? first : `${first} – ${end - 1}`}</td>`)}
        </tr>`,
      )}
    </tbody>
  </table>`;
}
