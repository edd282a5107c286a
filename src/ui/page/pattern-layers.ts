// The layers whose channels patterns can be found for, as a visitor chooses them. Pure.
import type { DrawableLayer } from "../layers.ts";
import { readChannels } from "../patterns/channels.ts";

export interface PatternLayer {
  readonly value: string;
  readonly channelCount: number;
  readonly isOfConvolution: boolean;
}

/**
 * The last value of each layer that has maps: of a chain Conv, BatchNormalization, Relu that of the Relu, which is a convolution's. Inputs, and
 * values that are another's in another shape, are left out.
 */
export function layersOf(values: readonly DrawableLayer[]): readonly PatternLayer[] {
  const layers: PatternLayer[] = [];
  let first: string | undefined;
  for (const { value, operator, shape, axes, isView, isInsideLayer } of values) {
    first ??= operator;
    if (isInsideLayer) continue;
    const isOfConvolution = first.startsWith("Conv");
    first = undefined;
    if (operator === "Input" || isView || shape.length !== 4) continue;
    const channelAxis = axes?.includes("c") ? axes.indexOf("c") : 1;
    layers.push({ value, channelCount: shape[channelAxis] ?? 1, isOfConvolution });
  }
  return layers;
}

/**
 * What is wrong with a list of channels, to be told beside it.
 *
 * @param text nothing for the first ones
 * @param channelCount undefined where it is not known
 */
export function channelsProblem(text: string, channelCount: number | undefined): string | undefined {
  if (text.trim() === "") return undefined;
  const channels = readChannels(text);
  if (!channels) return "Numbers and ranges, such as 0-15 or 3,7,9.";
  const wrong = channels.find((channel) => channel >= (channelCount ?? Infinity));
  return wrong === undefined ? undefined : `There is no channel ${wrong}: this layer has ${channelCount}, counted from 0.`;
}
