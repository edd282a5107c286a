// The way from the whole network to the place that is looked at. Each part of it leads back there.
import { html, nothing, type TemplateResult } from "lit";
import { type Place, type ViewName, viewNames } from "./place.ts";

interface Walk {
  go(place: Place): void;
  /** To the channel before or after. */
  step(by: number): void;
}

export function crumbsTemplate(place: Place, { go, step }: Walk): TemplateResult | typeof nothing {
  const depth = viewNames.indexOf(place.view);
  if (depth === 0) return nothing;
  const isDense = place.maps.height * place.maps.width === 1;
  const names: Readonly<Record<ViewName, string>> = {
    overview: "All layers",
    layer: place.layer.value,
    channel: `${isDense ? "unit" : "channel"} ${place.channel}`,
    pixel: isDense ? "" : `y ${place.y}, x ${place.x}`,
  };
  const levels = viewNames.slice(0, depth + 1).filter((view) => names[view] !== "" && !(isDense && view === "channel" && depth > 2));
  const shown = isDense && depth > 2 ? [...levels, "channel" as const] : levels;
  return html`
    <ol>
      ${shown.map((view, i) =>
        i === shown.length - 1
          ? html`<li aria-current="location" title=${names[view]}>${names[view]}</li>`
          : html`<li><button type="button" title=${names[view]} @click=${() => go({ ...place, view })}>${names[view]}</button></li>`,
      )}
    </ol>
    ${
      depth > 1
        ? html`<span class="steps">
            <button type="button" aria-label="Channel before" title="Channel before ( [ )" @click=${() => step(-1)}>◁</button>
            <button type="button" aria-label="Next channel" title="Next channel ( ] )" @click=${() => step(1)}>▷</button>
          </span>`
        : nothing
    }
  `;
}
