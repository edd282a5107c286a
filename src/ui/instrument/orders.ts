// In which order the channels of a layer stand, and what can be said of all of them. Pure.
import type { Saturation } from "../statistics/layer-numbers.ts";
import type { ChannelSummary } from "../statistics/read-statistics.ts";

/** By the attribute `order`: what it is called, and by what a channel ranks, the largest first. */
export const orders = {
  index: { title: "number", rank: undefined },
  /** By what a session answers, see {@link arrange}. */
  effect: { title: "effect on a class", rank: undefined },
  activity: { title: "activity", rank: ({ mean, deviation }: ChannelSummary) => Math.hypot(mean, deviation) },
  sparsity: { title: "sparsity", rank: ({ zeroShare }: ChannelSummary) => zeroShare },
} as const;

export type Order = keyof typeof orders;

/** @throws Error that says what is accepted */
export function readOrder(text: string | null): Order {
  const order = (text?.trim() || "index") as Order;
  if (!Object.hasOwn(orders, order)) throw new Error(`order '${text}': expected ${Object.keys(orders).join(", ")}.`);
  return order;
}

/**
 * The channels in their order; undefined where that is the order in which they lie.
 *
 * @param effects what each of them does for a class, where that is known
 */
export function arrange(order: Order, channels: readonly ChannelSummary[], effects?: readonly number[]): number[] | undefined {
  const { rank } = orders[order];
  const ranks = order === "effect" ? effects : rank && channels.map(rank);
  if (!ranks) return undefined;
  // What has no rank, because nothing of it is finite, stands last.
  const rankOf = (channel: number) => (Number.isFinite(ranks[channel]) ? (ranks[channel] as number) : Number.NEGATIVE_INFINITY);
  const compare = (a: number, b: number) => (rankOf(a) === rankOf(b) ? a - b : rankOf(b) - rankOf(a));
  return channels.map((_, channel) => channel).sort(compare);
}

export interface LayerFacts {
  readonly low: number;
  readonly high: number;
  readonly mean: number;
  readonly deviation: number;
  readonly zeroShare: number;
  /** Channels that are 0 everywhere. */
  readonly silent: readonly number[];
  /** Channels with elements that are NaN or infinite. */
  readonly nonFinite: readonly number[];
}

/** @param area elements of one channel */
export function factsOf(channels: readonly ChannelSummary[], area: number): LayerFacts {
  const counts = channels.map(({ nanCount, infinityCount }) => area - nanCount - infinityCount);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const average = (of: (channel: ChannelSummary) => number) =>
    channels.reduce((sum, channel, i) => sum + (counts[i] ? of(channel) * (counts[i] as number) : 0), 0) / Math.max(1, total);
  const mean = average((channel) => channel.mean);
  const square = average((channel) => channel.deviation ** 2 + (channel.mean - mean) ** 2);
  const finite = channels.filter((_, i) => counts[i]);
  const indices = (isMeant: (channel: ChannelSummary, i: number) => boolean) =>
    channels.flatMap((channel, i) => (isMeant(channel, i) ? i : []));
  return {
    low: finite.reduce((least, { low }) => Math.min(least, low), Infinity),
    high: finite.reduce((most, { high }) => Math.max(most, high), -Infinity),
    mean,
    deviation: Math.sqrt(square),
    zeroShare: average(({ zeroShare }) => zeroShare),
    silent: indices(({ zeroShare }, i) => counts[i] === area && zeroShare === 1),
    nonFinite: indices((_, i) => counts[i] !== area),
  };
}

/** The channels of which more than half of the elements are at a bound of their activation. @param area elements of one channel */
export function saturated(saturation: Saturation | undefined, area: number): readonly number[] {
  return saturation?.counts.flatMap((count, channel) => (2 * count > area ? channel : [])) ?? [];
}
