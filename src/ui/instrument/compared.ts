// Whose numbers stand beside maps that are compared.
import { html, nothing, type TemplateResult } from "lit";
import { namesIn } from "../compare/names.ts";
import type { ConvCam } from "../element.ts";
import type { Gallery } from "../gallery.ts";
import type { ComparedValue } from "../session/queries.ts";

/** What it is compared with, and what of both is looked at. */
export type Compared = Pick<ComparedValue, "compare" | "shows">;

/** What to ask for where a value is looked at: of a difference, that itself. */
export function comparedIn(gallery: Pick<Gallery, "isComparing" | "panelsOf">, value: string): Compared {
  const { compare, shows } = (gallery.isComparing && gallery.panelsOf(value)[0]?.choice) || {};
  return { ...(compare !== undefined && { compare }), ...(shows === "difference" && { shows }) };
}

export function withWhose(template: TemplateResult, viewer: ConvCam, { isComparing }: Gallery, { shows }: Compared): TemplateResult {
  const { first, second } = namesIn(viewer);
  const whose =
    shows === "difference" ? `Statistics of the difference, ${second} minus ${first}; all else is of ${first}.` : `Numbers of ${first}.`;
  return html`${isComparing ? html`<p class="about whose">${whose}</p>` : nothing}${template}`;
}
