// Channels silenced, alone or louder, and whole layers silenced: what that does to the list of an element's gates. Pure.
import type { ValueGate } from "../change-gates.ts";

/** What somebody can make of a channel. */
export type ChannelSwitch = "silent" | "alone" | "louder";

/** A channel is muted while another one is heard alone. */
export type ChannelState = ChannelSwitch | "on" | "muted";

/** What a channel that is boosted is multiplied by. */
export const boost = 2;

/**
 * What the gates make of a channel, were its layer not silent as a whole. Gates that are not of our kind are left alone and count as on.
 *
 * @param count channels of the value
 */
export function stateOf(gates: readonly ValueGate[], value: string, channel: number, count: number): ChannelState {
  const own = gates.find((gate) => gate.value === value && gate.channel === channel);
  if (own?.scale === 0) return "silent";
  const alone = aloneIn(gates, value, count);
  if (alone !== undefined) return alone === channel ? "alone" : "muted";
  return own?.scale === boost ? "louder" : "on";
}

/**
 * The gates of a value. A list may be from an address and hold anything; where the engine refuses one of a value, none of them is in effect.
 *
 * @param count channels of the value
 */
export function gatesOn(gates: readonly ValueGate[], value: string, count: number): readonly ValueGate[] {
  const own = gates.filter((gate) => gate.value === value);
  const isChannel = (one: unknown) => Number.isInteger(one) && (one as number) >= 0 && (one as number) < count;
  const isSound = ({ channel, channels, scale, shift }: ValueGate): boolean => {
    const named: unknown = channel === undefined ? channels : [channel];
    if (named !== undefined && !(Array.isArray(named) && named.length <= count && named.every(isChannel))) return false;
    const length = Array.isArray(named) ? named.length : count;
    return [scale, shift].every((one) => (typeof one === "object" ? one?.length === length : one === undefined || Number.isFinite(one)));
  };
  return own.every(isSound) ? own : [];
}

/** The channel of a value that is heard alone, if one is. */
export function aloneIn(gates: readonly ValueGate[], value: string, count: number): number | undefined {
  for (const gate of gatesOn(gates, value, count)) {
    const silent = gate.scale === 0 ? new Set(gate.channels) : undefined;
    const heard = silent?.size === count - 1 ? Array.from({ length: count }, (_, i) => i).filter((i) => !silent.has(i)) : [];
    if (count > 1 && heard.length === 1) return heard[0];
  }
  return undefined;
}

/**
 * The gates with another state of a channel. Where one is heard alone, it stays so until its button is released, or another one is to be heard.
 *
 * @param count channels of the value
 */
export function withState(
  gates: readonly ValueGate[],
  value: string,
  channel: number,
  count: number,
  state: ChannelSwitch | "on",
): ValueGate[] {
  const whole = gates.filter((gate) => gate.value === value && isWhole(gate));
  const others = gates.filter((gate) => {
    if (gate.value !== value) return true;
    const alone = aloneIn([gate], value, count);
    return !isWhole(gate) && (alone === undefined ? gate.channel !== channel : alone !== channel && state !== "louder");
  });
  if (state === "on") return [...others, ...whole];
  if (state === "alone") {
    const channels = Array.from({ length: count }, (_, i) => i).filter((i) => i !== channel);
    return [...others.filter((gate) => gate.value !== value), { value, channels, scale: 0 }, ...whole];
  }
  return [...others, { value, channel, scale: state === "silent" ? 0 : boost }, ...whole];
}

/** Whether a gate silences all channels. It stands behind the others of its value: without it, what they make of channels holds again. */
function isWhole({ channel, channels, scale, shift, mask }: ValueGate): boolean {
  return scale === 0 && [channel, channels, shift, mask].every((part) => part === undefined);
}

export function isLayerSilent(gates: readonly ValueGate[], value: string): boolean {
  return gates.some((gate) => gate.value === value && isWhole(gate));
}

/** The gates with a layer silent as a whole, or given back as it was. */
export function withLayerSilent(gates: readonly ValueGate[], value: string, isSilent: boolean): ValueGate[] {
  const others = gates.filter((gate) => gate.value !== value || !isWhole(gate));
  return isSilent ? [...others, { value, scale: 0 }] : others;
}

/** The channels of a value that are silenced. Of several gates of a channel the last one holds. */
export function silencedIn(gates: readonly ValueGate[], value: string, count: number): ReadonlySet<number> {
  const silenced = new Set<number>();
  for (const { channel, channels, scale, shift, mask } of gatesOn(gates, value, count)) {
    const isOff = scale === 0 && (shift ?? 0) === 0 && !mask;
    for (const one of channel !== undefined ? [channel] : Array.from(channels ?? Array(count).keys())) {
      if (isOff) silenced.add(one);
      else silenced.delete(one);
    }
  }
  return silenced;
}
