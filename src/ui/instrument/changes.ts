// What an element's gates come to, channel by channel: which are silenced, boosted, heard alone or changed otherwise, in words and to be marked. Pure.
import type { ValueGate } from "../change-gates.ts";
import { formatNumber } from "../format-number.ts";
import { gatesOn } from "./gates.ts";

/** Channels of one value of which the same has become. */
export interface ChangedChannels {
  /** As in "conv_1 silenced 4, 7". */
  readonly words: string;
  /** Counted from 0, in their order; undefined for all that the value has. */
  readonly channels: readonly number[] | undefined;
}

/** A channel whose tiles are marked. */
export interface ChangedChannel {
  readonly channel: number;
  /** Written into its tile. */
  readonly label: string;
  /** What has become of it. */
  readonly text: string;
}

export interface ValueChanges {
  readonly value: string;
  /** How many channels are not what the network computes. */
  readonly count: number;
  readonly groups: readonly ChangedChannels[];
  readonly marks: readonly ChangedChannel[];
}

/** y = x · scale + shift, everywhere or within a mask. */
interface Effect {
  readonly scale: number;
  readonly shift: number;
  readonly isMasked: boolean;
}

/**
 * Of several gates of a channel the last one holds. Those of values that are not known, or of channels that there are not, are left out: the
 * element says what is wrong with them.
 *
 * @param countOf channels of a value; undefined where there is none of this name
 */
export function changesOf(gates: readonly ValueGate[], countOf: (value: string) => number | undefined): readonly ValueChanges[] {
  const values = [...new Set(gates.map(({ value }) => value))];
  return values.flatMap((value) => {
    const count = countOf(value);
    if (count === undefined) return [];
    const own = gatesOn(gates, value, count);
    const changes = describe(value, effectsOf(own, count));
    return changes.count > 0 ? [changes] : [];
  });
}

function effectsOf(gates: readonly ValueGate[], count: number): readonly Effect[] {
  const effects = Array.from({ length: count }, (): Effect => ({ scale: 1, shift: 0, isMasked: false }));
  const isMasked = (gates.findLast(({ mask }) => mask !== undefined)?.mask ?? undefined) !== undefined;
  for (const { channel, channels, scale, shift } of gates) {
    const named = channel !== undefined ? [channel] : Array.from(channels ?? effects.keys());
    const of = (given: typeof scale, i: number) => (typeof given === "object" ? given?.[i] : given);
    named.forEach((one, i) => {
      const before = effects[one];
      if (before) effects[one] = { scale: of(scale, i) ?? before.scale, shift: of(shift, i) ?? before.shift, isMasked };
    });
  }
  return effects;
}

function describe(value: string, effects: readonly Effect[]): ValueChanges {
  const groups = new Map<string, number[]>();
  const marks: ChangedChannel[] = [];
  effects.forEach((effect, channel) => {
    const told = tell(effect);
    if (!told) return;
    marks.push({ channel, ...told });
    const group = groups.get(told.text);
    if (group) group.push(channel);
    else groups.set(told.text, [channel]);
  });
  return { value, count: marks.length, groups: [...groups].map(([words, channels]) => groupOf(words, channels, effects)), marks };
}

function groupOf(words: string, channels: readonly number[], effects: readonly Effect[]): ChangedChannels {
  if (channels.length === effects.length) return { words: `all ${words}`, channels: undefined };
  const isAlone = words === silenced && channels.length === effects.length - 1 && channels.length > 1;
  const own = new Set(channels);
  if (isAlone) return { words: "heard alone", channels: effects.flatMap((_, i) => (own.has(i) ? [] : i)) };
  return { words, channels };
}

const silenced = "silenced";

/** @returns undefined for a channel that is as it was */
function tell({ scale, shift, isMasked }: Effect): Omit<ChangedChannel, "channel"> | undefined {
  if (scale === 1 && shift === 0) return undefined;
  if (isMasked) return { label: "≠", text: "changed in part" };
  if (shift !== 0) return { label: "≠", text: "changed" };
  return scale === 0 ? { label: "×0", text: silenced } : { label: `×${formatNumber(scale)}`, text: `× ${formatNumber(scale)}` };
}

/** "3 channels changed". */
export function countText(changes: readonly ValueChanges[]): string {
  const count = changes.reduce((sum, one) => sum + one.count, 0);
  return `${count.toLocaleString("en")} ${count === 1 ? "channel" : "channels"} changed`;
}
