// Assigns each storage a buffer. Storages that are never alive at the same step may share one. When the pattern of zeros in a buffer
// changes, a dispatch must clear the border again; the allocator avoids that as far as memory allows.
import type { Storage } from "../ops/operator.ts";
import { borderPattern } from "./layouts.ts";
import type { BoundRange } from "./plan.ts";

/** First and last step that touch a storage. */
export interface Lifetime {
  readonly first: number;
  readonly last: number;
}

export interface Request {
  readonly storage: Storage;
  /** 4, or 2 where halves are stored. */
  readonly elementBytes: number;
  /** "always" for what must still be there after a run. It shares with nothing. */
  readonly lifetime: Lifetime | "always";
  /**
   * Storages that some dispatch reads while it writes this one, or the other way around. The value says whether the two may be parts of one
   * buffer, which WebGPU allows only if that dispatch binds each of them once.
   */
  readonly conflicts?: ReadonlyMap<Storage, boolean>;
}

/** An arrangement within this multiple of the peak is small enough: less memory would not be worth a border to clear or an alias. */
const peakTolerance = 1.15;

/** The price of clearing a border, which takes a dispatch, as a share of the peak. */
const borderClearCost = 0.02;

/** The same for a dispatch that reads and writes parts of one buffer: the parts that it reads are then declared `read_write`. */
const aliasCost = 0.01;

const usual = { ratios: [1, 1.5, 8], shares: [0.1, 0.05, 0.02, 0.01] } as const;

/**
 * What is tried in turn until an arrangement is small enough: whether storages that are alive at once may be parts of one buffer, within which factors
 * sizes count as equal, and how many bytes a border to clear counts as, as shares of the peak.
 */
const attempts = [
  { ...usual, mayBeParts: false },
  { ...usual, mayBeParts: true },
  // For graphs that need most where they begin and where they end, as those of gradients do, with many small borders between.
  { ratios: [1, 1.5, 3, 4, 8], shares: [0.007, 0.002], mayBeParts: true },
];

/** Parts of a buffer start at multiples of this: the largest value of `minStorageBufferOffsetAlignment` that WebGPU allows. */
const alignment = 256;

/** With more storages than this, no two that are alive at once share a buffer: finding places for them takes quadratic time. */
const maxConcurrentStorages = 1000;

export interface Assignment {
  readonly buffers: readonly { readonly sizeBytes: number; readonly storages: readonly Storage[] }[];
  readonly bufferOf: ReadonlyMap<Storage, number>;
  /** The part of the buffer that a storage takes, where the buffer holds several storages at once. */
  readonly rangeOf: ReadonlyMap<Storage, BoundRange>;
  /**
   * Storages whose border a dispatch must clear before the first step that writes them, and how many elements it clears. That covers the
   * storages that follow with the same pattern, which rely on the same zeros.
   */
  readonly borderClears: ReadonlyMap<Storage, number>;
}

interface Allocation extends Request {
  readonly lifetime: Lifetime;
  readonly pattern: string;
  readonly sizeBytes: number;
  readonly offset: number;
}

/** A buffer while storages are being placed in it. */
interface SharedBuffer {
  sizeBytes: number;
  /** Ordered by the first step of their lifetimes. */
  readonly allocations: Allocation[];
  borderClearCount: number;
  /** Dispatches that read one allocation and write another. */
  aliasCount: number;
}

type BorderClear = readonly [Storage, number];

/**
 * Greedy, larger storages first: each goes where it costs least, in bytes and in borders to clear. This is done with several prices for
 * clearing a border and several notions of "larger"; the best result is taken. If none is within the tolerance, storages that are alive at
 * the same time may lie beside each other in one buffer.
 *
 * @param peakBytes see {@link peakLiveBytes}
 * @param maxBufferBytes no buffer grows beyond this; a storage that is larger has one of its own
 */
export function allocateBuffers(requests: readonly Request[], peakBytes: number, maxBufferBytes = Number.POSITIVE_INFINITY): Assignment {
  const allocations = requests.flatMap((request): Allocation[] => {
    const { lifetime } = request;
    return lifetime === "always" ? [] : [{ ...request, lifetime, pattern: patternOf(request), sizeBytes: bytesOf(request), offset: 0 }];
  });
  const unshared = requests.filter(({ lifetime }) => lifetime === "always");
  const best = bestArrangement(allocations, { peakBytes, unsharedBytes: sumOf(unshared.map(bytesOf)), maxBufferBytes });
  const buffers = [
    ...unshared.map((request) => ({ sizeBytes: bytesOf(request), storages: [request.storage] })),
    ...best.map(({ sizeBytes, allocations }) => ({ sizeBytes, storages: allocations.map(({ storage }) => storage) })),
  ];
  const concurrent = best.filter((buffer) => !isSequential(buffer));
  return {
    buffers,
    bufferOf: new Map(buffers.flatMap(({ storages }, index) => storages.map((storage) => [storage, index] as const))),
    rangeOf: new Map(concurrent.flatMap(({ allocations }) => allocations.map((one) => [one.storage, rangeOf(one)] as const))),
    borderClears: new Map(best.flatMap(({ allocations }) => borderClearsOf(allocations))),
  };
}

interface Bounds {
  readonly peakBytes: number;
  /** Of the buffers that serve one storage each. */
  readonly unsharedBytes: number;
  readonly maxBufferBytes: number;
}

function bestArrangement(
  allocations: readonly Allocation[],
  { peakBytes, unsharedBytes, maxBufferBytes }: Bounds,
): readonly SharedBuffer[] {
  const excessOf = (buffers: readonly SharedBuffer[]): number => {
    const bytes = unsharedBytes + sumOf(buffers.map(({ sizeBytes }) => sizeBytes));
    return bytes <= peakTolerance * peakBytes ? 0 : bytes;
  };
  const costOf = (buffers: readonly SharedBuffer[]): number =>
    excessOf(buffers) +
    sumOf(buffers.map((buffer) => (buffer.borderClearCount * borderClearCost + buffer.aliasCount * aliasCost) * peakBytes));
  let best = arrange(bySize(allocations, 1), { clearBytes: Number.POSITIVE_INFINITY, maxBufferBytes });
  let bestCost = costOf(best);
  for (const { mayBeParts, ratios, shares } of attempts) {
    if (mayBeParts && (excessOf(best) === 0 || allocations.length > maxConcurrentStorages)) break;
    const aliasBytes = mayBeParts ? aliasCost * peakBytes : undefined;
    for (const ratio of ratios)
      for (const share of shares) {
        // Cost 0: within the tolerance, and no border to clear. Nothing is better.
        if (bestCost === 0) return best;
        const buffers = arrange(bySize(allocations, ratio), { clearBytes: share * peakBytes, aliasBytes, maxBufferBytes });
        const cost = costOf(buffers);
        if (cost < bestCost) [best, bestCost] = [buffers, cost];
      }
  }
  return best;
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

/** Bindings are whole words. */
function rangeOf({ offset, sizeBytes }: Allocation): BoundRange {
  return { offsetBytes: offset, sizeBytes: Math.ceil(sizeBytes / 4) * 4 };
}

/** Whether all allocations start where the buffer does, so that no two are alive at the same time. */
function isSequential({ allocations }: { readonly allocations: readonly Allocation[] }): boolean {
  return allocations.every(({ offset }) => offset === 0);
}

type Stored = Pick<Request, "storage" | "elementBytes">;

function bytesOf({ storage, elementBytes }: Stored): number {
  return Math.max(1, storage.elements) * elementBytes;
}

/** Storages with the same pattern may follow each other without clearing the border; "" for a storage without one. */
function patternOf({ storage, elementBytes }: Stored): string {
  const pattern = borderPattern(storage);
  return pattern && `${pattern} of ${elementBytes}`;
}

/** Largest first. Sizes within a factor of `ratio` count as equal, and of those the later lifetime comes first. */
function bySize(allocations: readonly Allocation[], ratio: number): readonly Allocation[] {
  const rank = ({ sizeBytes }: Allocation): number => (ratio === 1 ? sizeBytes : Math.floor(Math.log(sizeBytes) / Math.log(ratio)));
  return allocations.toSorted((a, b) => rank(b) - rank(a) || b.lifetime.first - a.lifetime.first);
}

/** Where an allocation would go, and what the buffer would then be like. */
interface Place extends Pick<SharedBuffer, "sizeBytes" | "borderClearCount" | "aliasCount"> {
  readonly offset: number;
  readonly cost: number;
}

interface Prices {
  /** How many bytes a border to clear counts as. */
  readonly clearBytes: number;
  /** The same for a dispatch that reads and writes one buffer; absent if there are to be none. */
  readonly aliasBytes?: number | undefined;
  readonly maxBufferBytes: number;
}

function arrange(allocations: readonly Allocation[], prices: Prices): SharedBuffer[] {
  const buffers: SharedBuffer[] = [];
  for (const allocation of allocations) {
    let best: Place = { sizeBytes: allocation.sizeBytes, offset: 0, borderClearCount: 0, aliasCount: 0, cost: allocation.sizeBytes };
    let bestBuffer: SharedBuffer | undefined;
    for (const buffer of buffers)
      for (const offset of offsetsIn(buffer, allocation, prices.aliasBytes !== undefined)) {
        const place = placeAt(buffer, { ...allocation, offset }, best.cost, prices);
        if (place) [best, bestBuffer] = [place, buffer];
      }
    if (bestBuffer) {
      const { sizeBytes, borderClearCount, aliasCount } = best;
      Object.assign(bestBuffer, { sizeBytes, borderClearCount, aliasCount });
      bestBuffer.allocations.splice(indexAfter(bestBuffer.allocations, allocation.lifetime.first), 0, {
        ...allocation,
        offset: best.offset,
      });
    } else buffers.push({ sizeBytes: best.sizeBytes, allocations: [allocation], borderClearCount: 0, aliasCount: 0 });
  }
  return buffers;
}

/** What the place costs, if that is less than `limit`. */
function placeAt(
  buffer: SharedBuffer,
  allocation: Allocation,
  limit: number,
  { clearBytes, aliasBytes, maxBufferBytes }: Prices,
): Place | undefined {
  const { allocations } = buffer;
  const { offset, conflicts } = allocation;
  const sizeBytes = Math.max(buffer.sizeBytes, offset + allocation.sizeBytes);
  if (sizeBytes > maxBufferBytes) return undefined;
  // Without parts, two storages that one dispatch binds are alive at the same step, so they are never in one buffer.
  const aliases = aliasBytes === undefined ? 0 : allocations.filter(({ storage }) => conflicts?.has(storage)).length;
  const leastCost = sizeBytes - buffer.sizeBytes + (aliases > 0 ? aliases * (aliasBytes as number) : 0);
  if (leastCost >= limit) return undefined;
  const borderClearCount = clearCountWith(buffer, allocation, aliasBytes !== undefined);
  const added = borderClearCount - buffer.borderClearCount;
  const cost = leastCost + (added > 0 ? added * clearBytes : 0);
  return cost < limit ? { sizeBytes, offset, borderClearCount, aliasCount: buffer.aliasCount + aliases, cost } : undefined;
}

/** How many borders must be cleared once the allocation is in the buffer as well. */
function clearCountWith({ allocations, borderClearCount }: SharedBuffer, allocation: Allocation, mayBeParts: boolean): number {
  const at = indexAfter(allocations, allocation.lifetime.first);
  if (mayBeParts && !isSequential({ allocations: [...allocations, allocation] }))
    return borderClearsOf(allocations.toSpliced(at, 0, allocation)).length;
  const before = allocations.at(at - 1) as Allocation;
  const after = allocations[at % allocations.length] as Allocation;
  const isAdded = Number(needsClear(before, allocation)) + Number(needsClear(allocation, after));
  return borderClearCount + isAdded - Number(needsClear(before, after));
}

/** Where an allocation fits into a buffer: at the start, or right behind another that is alive at the same time. */
function offsetsIn(buffer: SharedBuffer, allocation: Allocation, mayBeConcurrent: boolean): readonly number[] {
  const { allocations } = buffer;
  if (!mayBeConcurrent) return isFree(allocations, allocation.lifetime) ? [0] : [];
  const alive = allocations.filter((other) => overlapsInTime(other.lifetime, allocation.lifetime));
  if (alive.length === 0) return [0];
  if (alive.some(({ storage }) => allocation.conflicts?.get(storage) === false)) return [];
  const ends = alive.map(({ offset, sizeBytes }) => Math.ceil((offset + sizeBytes) / alignment) * alignment);
  return [0, ...ends].filter((offset) => !alive.some((other) => overlapsInSpace(other, { ...allocation, offset })));
}

/** Whether no allocation of a sequential buffer is alive during this lifetime. */
function isFree(allocations: readonly Allocation[], { first, last }: Lifetime): boolean {
  const at = indexAfter(allocations, last);
  return at === 0 || (allocations[at - 1] as Allocation).lifetime.last < first;
}

/** Index of the first allocation whose lifetime begins after `step`, by halving. */
function indexAfter(allocations: readonly Allocation[], step: number): number {
  let [low, high] = [0, allocations.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((allocations[middle] as Allocation).lifetime.first > step) high = middle;
    else low = middle + 1;
  }
  return low;
}

function overlapsInTime(a: Lifetime, b: Lifetime): boolean {
  return a.first <= b.last && b.first <= a.last;
}

function overlapsInSpace(a: Allocation, b: Allocation): boolean {
  return a.offset < b.offset + b.sizeBytes && b.offset < a.offset + a.sizeBytes;
}

/** The allocations whose border may hold other words than zeros when they are first written, and the elements to clear then. */
function borderClearsOf(allocations: readonly Allocation[]): readonly BorderClear[] {
  if (isSequential({ allocations })) return patternChangesOf(allocations);
  // With parts, the predecessor differs from word to word. So every allocation that shares words with another pattern is cleared.
  return allocations
    .filter((one) =>
      allocations.some((other) => overlapsInSpace(one, other) && (needsClear(other, one) || (one.pattern && other.offset !== one.offset))),
    )
    .map(({ storage }) => [storage, storage.elements]);
}

function needsClear(before: Allocation, after: Allocation): boolean {
  return after.pattern !== "" && before.pattern !== after.pattern;
}

/**
 * The allocations that come after another pattern, and the elements of the largest up to the next change. The plan runs again and again:
 * the last allocation of a run comes before the first of the next run.
 */
function patternChangesOf(allocations: readonly Allocation[]): readonly BorderClear[] {
  const first = allocations.findIndex((one, i) => needsClear(allocations.at(i - 1) as Allocation, one));
  if (first < 0) return [];
  const changes: [Storage, number][] = [];
  // Begins at a change, so that no stretch of one pattern is split between the end of a run and the start of the next.
  const inTurn = [...allocations.slice(first), ...allocations.slice(0, first)];
  inTurn.forEach((one, i) => {
    const { storage, pattern } = one;
    if (needsClear(inTurn.at(i - 1) as Allocation, one)) changes.push([storage, storage.elements]);
    const change = changes.at(-1);
    if (change && pattern !== "") change[1] = Math.max(change[1], storage.elements);
  });
  return changes;
}

/** The largest sum of storages alive at one step. */
export function peakLiveBytes(requests: readonly Request[]): number {
  const changes = new Map<number, number>();
  const change = (step: number, bytes: number) => changes.set(step, (changes.get(step) ?? 0) + bytes);
  for (const { storage, lifetime, elementBytes } of requests) {
    const { first, last } = lifetime === "always" ? { first: 0, last: Number.POSITIVE_INFINITY } : lifetime;
    change(first, storage.elements * elementBytes);
    change(last + 1, -storage.elements * elementBytes);
  }
  let live = 0;
  let peak = 0;
  for (const [, bytes] of [...changes].sort(([a], [b]) => a - b)) {
    live += bytes;
    peak = Math.max(peak, live);
  }
  return peak;
}
