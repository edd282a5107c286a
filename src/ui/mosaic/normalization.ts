// The rules by which activations become 0…1 before they are coloured, and their names on attributes and command lines.
import { ModelError } from "../../engine/errors.ts";

/**
 * - `layer`: from 0 to the extreme value of the layer (zero-anchored, and smoothed over time where frames follow one another)
 * - `robust`: the same, but no farther than the size that 99% of the layer's elements other than 0 do not exceed, so that a few hot
 *   elements do not darken the rest; a sample of the layer tells it. Dense layers are drawn as with `layer`: their strongest unit counts
 * - `channel`, `channel-robust`: the same within each channel
 * - `chollet`: (x − mean) / standard deviation · 64 + 128 out of 255 within each channel, clipped, as in "Deep Learning with Python"
 * - a fixed range
 */
export type Normalization = "layer" | "robust" | "channel" | "channel-robust" | "chollet" | FixedRange;

export interface FixedRange {
  readonly low: number;
  readonly high: number;
}

/** What the element, the command and the bench draw with where nothing is said. */
export const defaultNormalization = "robust" satisfies Normalization;

export const namedNormalizations = ["layer", "robust", "channel", "channel-robust", "chollet"] as const;

/** Whether every channel has a range of its own. */
export function isPerChannel(normalization: Normalization): boolean {
  return normalization === "channel" || normalization === "channel-robust" || normalization === "chollet";
}

/** Whether a few extreme elements do not count. */
export function isRobust(normalization: Normalization): boolean {
  return normalization === "robust" || normalization === "channel-robust";
}

/** Reads a rule's name, or "LOW..HIGH" (also "LOW,HIGH") for a fixed range. */
export function parseNormalization(text: string): Normalization {
  const name = namedNormalizations.find((known) => known === text.trim());
  if (name) return name;
  const [low, high, ...rest] = text.split(/\.\.|,/).map(Number);
  if (low === undefined || high === undefined || rest.length > 0 || !(low < high))
    throw new ModelError(`normalization '${text}': expected one of ${namedNormalizations.join(", ")}, or a fixed range such as 0..6.`);
  return { low, high };
}
