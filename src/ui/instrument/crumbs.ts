// The way from the whole network to the place that is looked at. Each part of it leads back there.
import { html, nothing, type TemplateResult } from "lit";
import { describePlace } from "./element-words.ts";
import { type Page, spanOf } from "./paging.ts";
import { type Place, type ViewName, viewNames } from "./place.ts";

interface Walk {
  go(place: Place): void;
  /** To the page or the channel before or after. */
  step(by: number): void;
}

/** @param page the channels of a layer that are shown */
export function crumbsTemplate(place: Place, page: Page | undefined, { go, step }: Walk): TemplateResult | typeof nothing {
  const depth = viewNames.indexOf(place.view);
  if (depth === 0) return nothing;
  const where = describePlace(place.layer, place);
  const isDense = where === "";
  const what = isDense ? "unit" : "channel";
  const names: Readonly<Record<ViewName, string>> = {
    overview: "All layers",
    layer: place.layer.value,
    channel: `${what} ${place.channel}`,
    pixel: where,
  };
  const levels = viewNames.slice(0, depth + 1).filter((view) => names[view] !== "" && !(isDense && view === "channel" && depth > 2));
  const shown = isDense && depth > 2 ? [...levels, "channel" as const] : levels;
  return html`
    <ol>
      ${shown.map((view, i) =>
        i === shown.length - 1
          ? html`<li class=${classOf(view)} tabindex="-1" aria-current="location" title=${names[view]}><span><bdi>${names[view]}</bdi></span></li>`
          : html`<li class=${classOf(view)}>
              <button type="button" title=${names[view]} @click=${() => go({ ...place, view })}><bdi>${names[view]}</bdi></button>
            </li>`,
      )}
    </ol>
    ${page && page.count > 1 ? stepsTemplate("page", pageText(page), step) : depth > 1 ? stepsTemplate(what, nothing, step) : nothing}
  `;
}

function stepsTemplate(what: string, text: TemplateResult | typeof nothing, step: Walk["step"]): TemplateResult {
  const [before, next] = [`${what.slice(0, 1).toUpperCase()}${what.slice(1)} before`, `Next ${what}`];
  return html`<span class="steps">
    ${text}
    <button type="button" aria-label=${before} title="${before} ( [ )" @click=${() => step(-1)}>◁</button>
    <button type="button" aria-label=${next} title="${next} ( ] )" @click=${() => step(1)}>▷</button>
  </span>`;
}

function pageText(page: Page): TemplateResult {
  const [begin, end] = spanOf(page);
  return html`<span role="status">${end - begin} of ${page.total} shown, ${begin + 1} to ${end}</span>`;
}

function classOf(view: ViewName): string {
  return view === "layer" ? "value" : "";
}
