// What of a network that learns can be drawn, as the attribute `train-draws` names it. Pure.
import type { WeightsPart } from "../views/view.ts";

export type DrawnPart = WeightsPart | "maps";

/** By the attribute `train-draws`. */
export const drawnParts: Readonly<Record<DrawnPart, string>> = {
  maps: "maps",
  weights: "weights",
  change: "change of weights since it began",
  gradient: "gradient of the last step",
};

/** @throws Error that says what is accepted */
export function readDrawnPart(text: string | null): DrawnPart {
  const part = (text?.trim() || "maps") as DrawnPart;
  if (!Object.hasOwn(drawnParts, part)) throw new Error(`train-draws '${text}': expected ${Object.keys(drawnParts).join(", ")}.`);
  return part;
}
