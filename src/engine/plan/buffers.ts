// Assigns storages to buffers: those never alive at the same step may share one.
import type { Storage } from "./layouts.ts";

/** First and last step that touch a storage. */
export interface Lifetime {
  readonly first: number;
  readonly last: number;
}

export interface Request {
  readonly storage: Storage;
  /** "always" for what must still be there after a run. */
  readonly lifetime: Lifetime | "always";
}

export interface Assignment {
  readonly buffers: readonly { readonly sizeBytes: number; readonly storages: readonly Storage[] }[];
  readonly bufferOf: ReadonlyMap<Storage, number>;
  readonly peakLiveBytes: number;
}

/**
 * Greedy by size, largest first. Values with a border share only with values of the same border pattern:
 * its zeros are written once, when the buffer is made, and no kernel ever touches them.
 */
export function assignBuffers(requests: readonly Request[]): Assignment {
  const buffers: { sizeBytes: number; pattern: string; storages: Storage[]; lifetimes: Lifetime[] }[] = [];
  const bufferOf = new Map<Storage, number>();
  for (const { storage, lifetime } of requests.toSorted((a, b) => b.storage.elements - a.storage.elements)) {
    const sizeBytes = Math.max(1, storage.elements) * 4;
    const life = lifetime === "always" ? { first: Number.NEGATIVE_INFINITY, last: Number.POSITIVE_INFINITY } : lifetime;
    let index = buffers.findIndex((b) => b.pattern === storage.borderPattern && b.lifetimes.every((other) => !overlaps(other, life)));
    if (index < 0) index = buffers.push({ sizeBytes, pattern: storage.borderPattern, storages: [], lifetimes: [] }) - 1;
    buffers[index]?.storages.push(storage);
    buffers[index]?.lifetimes.push(life);
    bufferOf.set(storage, index);
  }
  return { buffers, bufferOf, peakLiveBytes: peakLiveBytes(requests) };
}

function overlaps(a: Lifetime, b: Lifetime): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/** The largest sum of storages alive at one step. */
function peakLiveBytes(requests: readonly Request[]): number {
  const always = requests.reduce((sum, r) => sum + (r.lifetime === "always" ? r.storage.elements * 4 : 0), 0);
  const changes = new Map<number, number>();
  for (const { storage, lifetime } of requests) {
    if (lifetime === "always") continue;
    changes.set(lifetime.first, (changes.get(lifetime.first) ?? 0) + storage.elements * 4);
    changes.set(lifetime.last + 1, (changes.get(lifetime.last + 1) ?? 0) - storage.elements * 4);
  }
  let live = always;
  let peak = always;
  for (const [, change] of [...changes].sort(([a], [b]) => a - b)) {
    live += change;
    peak = Math.max(peak, live);
  }
  return peak;
}
