// Beside the map of a channel, for one of its elements: how it is computed, and what of the picture it can see.
import { html, nothing, type TemplateResult } from "lit";
import type { ElementAnswer, FieldOnMaps } from "../elements/answer.ts";
import { formatNumber } from "../format-number.ts";
import { formulaTemplate } from "./formula.ts";
import type { Place } from "./place.ts";

type Answered = Extract<ElementAnswer, { needs?: undefined }>;

interface Around {
  readonly isPlaying: boolean;
  play(): void;
  /** To the element before or after, row by row. */
  step(by: number): void;
  /** Whether the map is of two networks. */
  readonly isCompared: boolean;
}

/** @param picture the field on the network's image input, if it has one */
export function pixelTemplate(
  place: Place,
  answer: Answered,
  picture: FieldOnMaps | undefined,
  { isCompared, ...slide }: Around,
): TemplateResult {
  const isDense = place.maps.height * place.maps.width === 1;
  return html`
    <div class="side-head">
      <h2>${isDense ? `Unit ${place.channel}` : `Element y ${place.y}, x ${place.x}`}: ${formatNumber(answer.element)}</h2>
      ${
        isDense
          ? nothing
          : html`<div class="buttons" role="group" aria-label="Slide the window">
              <button type="button" class="part-button" aria-label="Element before" @click=${() => slide.step(-1)}>◁</button>
              <button type="button" class="part-button" aria-pressed=${slide.isPlaying} @click=${() => slide.play()}>
                ${slide.isPlaying ? "Stop" : "Slide"}
              </button>
              <button type="button" class="part-button" aria-label="Next element" @click=${() => slide.step(1)}>▷</button>
            </div>`
      }
    </div>
    ${picture ? html`<p class="about">${fieldText(picture)}</p>` : nothing}
    ${isCompared ? html`<p class="about">The formula is of the first network.</p>` : nothing}
    ${answer.refusal ? html`<p class="about">${answer.refusal}</p>` : formulaTemplate(answer.steps, answer.element)}
  `;
}

export function fieldText({ y, x, isExact }: FieldOnMaps): string {
  const size = `${y[1] - y[0]} × ${x[1] - x[0]}`;
  return `It sees ${isExact ? "" : "at most "}${size} pixels of the picture: rows ${y[0]} to ${y[1] - 1}, columns ${x[0]} to ${x[1] - 1}.`;
}
