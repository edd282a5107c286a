// What goes with a place when somebody leaves it.
import type { ConvCam } from "../element.ts";
import { setAttribute } from "../state.ts";
import type { Place } from "./place.ts";

/** The page of a layer, and the pattern of a channel, which follows to others of the layer. */
export function leavePlace(element: ConvCam, before: Place | undefined, { view, layer, channel }: Place): void {
  if (layer.value !== before?.layer.value) setAttribute(element, "page", undefined);
  const isOwnPattern = before?.view === "channel" && element.patterns === before.layer.value;
  if (!isOwnPattern || element.getAttribute("pattern-channels") !== `${before.channel}`) return;
  const follows = view === "channel" && layer.value === before.layer.value;
  setAttribute(element, "pattern-channels", follows ? channel : undefined);
  if (!follows) element.patterns = undefined;
}
