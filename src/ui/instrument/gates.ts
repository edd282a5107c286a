// Channels switched off, alone or louder: what that does to the list of an element's gates. Pure.
import type { ValueGate } from "../change-gates.ts";

export type ChannelState = "on" | "silent" | "alone" | "louder";

/** What a channel that is boosted is multiplied by. */
export const boost = 2;

/** What the gates make of a channel. Gates that are not of our kind are left alone and count as on. */
export function stateOf(gates: readonly ValueGate[], value: string, channel: number): ChannelState {
  const own = gates.filter((gate) => gate.value === value);
  if (own.some(({ channels, scale }) => scale === 0 && channels?.length && !channels.includes(channel))) return "alone";
  const gate = own.find((one) => one.channel === channel);
  return gate?.scale === 0 ? "silent" : gate?.scale === boost ? "louder" : "on";
}

/** The gates with another state of a channel. @param count channels of the value */
export function withState(gates: readonly ValueGate[], value: string, channel: number, count: number, state: ChannelState): ValueGate[] {
  const isOurs = (gate: ValueGate) =>
    gate.value === value && (gate.channel === channel || (gate.scale === 0 && gate.channels?.length === count - 1));
  const others = gates.filter((gate) => !isOurs(gate));
  if (state === "on") return others;
  if (state === "alone") {
    const channels = Array.from({ length: count }, (_, i) => i).filter((i) => i !== channel);
    return [...others.filter((gate) => gate.value !== value), { value, channels, scale: 0 }];
  }
  return [...others, { value, channel, scale: state === "silent" ? 0 : boost }];
}
