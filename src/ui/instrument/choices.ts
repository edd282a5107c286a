// What the gallery shows at a place, in place of the element's layers. Pure.
import type { LayerChoice } from "../layers.ts";
import type { Place } from "./place.ts";

export interface Surroundings {
  /** The channels of a layer that are shown, in their order; undefined for all as they lie. */
  readonly channels: readonly number[] | undefined;
  /** What its activation is computed from, where that is to stand beside it. */
  readonly before: string | undefined;
  /** Values that have to be kept for questions. */
  readonly reads: readonly string[];
  /** What the formula of an element reads, where that is no picture. */
  readonly beside: LayerChoice | undefined;
  /** What the network looks at; undefined where that is no picture. */
  readonly picture: string | undefined;
  /** Whether a channel is drawn without the edges of its elements. */
  readonly isSmooth: boolean;
}

/** @returns undefined in the overview, where the element's own layers are shown */
export function choicesAt(
  place: Place,
  { channels, before, reads, beside, picture, isSmooth }: Surroundings,
): readonly LayerChoice[] | undefined {
  const { view, channel } = place;
  const { value } = place.layer;
  if (view === "overview") return undefined;
  if (view === "layer") {
    const values = before === undefined ? [value] : [before, value];
    return values.map((one) => ({ value: one, share: values.length, ...(channels && { channels }) }));
  }
  const isWithPicture = picture !== undefined && picture !== value;
  const share = view === "channel" ? { share: isWithPicture ? 2 : 1 } : {};
  const smooth = isSmooth && view === "channel" ? { isSmooth } : {};
  const own = { value, channels: [channel], ...share, ...smooth, ...(reads.length > 0 && { reads }) };
  return [own, ...(beside ? [beside] : []), ...(isWithPicture ? [{ value: picture, ...share }] : [])];
}
