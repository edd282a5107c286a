// Channels of a layer of which there is something to know, outlined on their tiles: they are 0 everywhere, saturated or not finite. Pure.
import { boxOfChannel, type StateKind, type ValueMark } from "./highlights.ts";
import type { Place } from "./place.ts";

/** By kind, what is said of the outline where channels are counted and named. */
export const outlines = {
  silent: "outlined by dots",
  saturated: "outlined by dashes",
  "non-finite": "outlined in orange",
} as const satisfies Readonly<Record<StateKind, string>>;

/** Tiles that are outlined: of more, the numbers tell. */
const mostMarked = 512;

/** Whether there are maps to outline: a unit of a dense layer is one cell, whose colour says it. */
export function hasOutlines({ maps }: Place): boolean {
  return maps.height * maps.width > 1;
}

/** Channels by what there is to know of them. */
export interface ChannelStates {
  /** 0 everywhere, though nobody has silenced them. */
  readonly silentAlone: readonly number[];
  readonly saturated: readonly number[];
  /** With elements that are NaN or infinite. */
  readonly nonFinite: readonly number[];
}

export function marksOfStates(place: Place, { silentAlone, saturated, nonFinite }: ChannelStates): readonly ValueMark[] {
  if (!hasOutlines(place)) return [];
  const { value } = place.layer;
  const kinds = new Map<number, StateKind>();
  for (const channel of saturated) kinds.set(channel, "saturated");
  for (const channel of silentAlone) kinds.set(channel, "silent");
  for (const channel of nonFinite) kinds.set(channel, "non-finite");
  const mark = ([channel, kind]: readonly [number, StateKind]): ValueMark => ({
    value,
    box: boxOfChannel(place.maps, channel),
    kind,
    text: kind,
  });
  return Array.from(kinds, mark).slice(0, mostMarked);
}
