// What was measured of a network, as numbers of the nodes and blocks that people see. Pure.
import type { NodeTimes } from "../session/queries.ts";
import type { Silence } from "../statistics/count-silence.ts";
import { type Item, nodesOf } from "./blocks.ts";
import type { OverviewNode } from "./condense.ts";

export interface Measured {
  readonly times?: NodeTimes | undefined;
  /** By value, of those that are kept. */
  readonly silence?: ReadonlyMap<string, Silence> | undefined;
}

export interface ItemNumbers {
  readonly ms?: number;
  /** Of the time of all nodes, 0 to 1. */
  readonly timeShare?: number;
  /** Thousands of millions of operations in a second; a multiply-add is two. Where it computes any. */
  readonly gflops?: number;
  /** Channels that are 0 everywhere, for the picture that is shown. */
  readonly silent?: number;
  /** Channels with elements that are NaN or infinite. */
  readonly nonFinite?: number;
  /** The channels that were looked at. */
  readonly channels?: number;
}

/** What is known of a node, or of all nodes of a block together. */
export function numbersOf(item: Item, { times, silence }: Measured): ItemNumbers {
  return { ...(times && timesOf(item, times)), ...(silence && silenceOf(item, silence)) };
}

function timesOf(item: Item, { nodes }: NodeTimes): ItemNumbers {
  // Of a network that is run in stages, what comes after the first is not measured.
  if (nodesOf(item).every(isLater)) return {};
  const total = [...nodes.values()].reduce((sum, ms) => sum + ms, 0);
  const ms = nodesOf(item).reduce((sum, { names }) => names.reduce((part, name) => part + (nodes.get(name) ?? 0), sum), 0);
  return {
    ms,
    ...(total > 0 && { timeShare: ms / total }),
    ...(ms > 0 && item.macs > 0 && { gflops: (2 * item.macs) / (ms * 1e6) }),
  };
}

/** Whether a layer has no shape before others have run, or is behind an obstacle: so it is not drawn and not measured. */
export function isLater({ role, shape }: Pick<OverviewNode, "role" | "shape">): boolean {
  return role === "layer" && shape === undefined;
}

function silenceOf(item: Item, silence: ReadonlyMap<string, Silence>): ItemNumbers {
  const known = nodesOf(item).flatMap(({ id }) => silence.get(id) ?? []);
  if (known.length === 0) return {};
  const sum = (of: keyof Silence) => known.reduce((total, one) => total + one[of], 0);
  return { silent: sum("silent"), nonFinite: sum("nonFinite"), channels: sum("channels") };
}
