// A button for each look that is known from elsewhere: one click sets it, another takes it back.
import { html, type TemplateResult } from "lit";
import type { ConvCam } from "../element.ts";
import { setAttribute } from "../state.ts";
import { type Look, lookNames, type Preset } from "./presets.ts";

export function presetsTemplate(presets: readonly Preset[], viewer: ConvCam): TemplateResult {
  return html`
    ${presets.map((preset) => {
      const isOn = lookNames.every((name) => (viewer.getAttribute(name) ?? undefined) === preset.look[name]);
      const change = () => apply(viewer, isOn ? { view: "overview" } : preset.look);
      return html`<button type="button" class="part-button" title=${preset.about} aria-pressed=${isOn} @click=${change}>
        ${preset.title} <small>${preset.shows}</small>
      </button>`;
    })}
  `;
}

function apply(viewer: ConvCam, look: Look): void {
  for (const name of [...lookNames, "channel", "pixel", "page"] as const)
    setAttribute(viewer, name, (look as Readonly<Record<string, string>>)[name]);
}
