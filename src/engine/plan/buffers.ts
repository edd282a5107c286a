// Assigns storages to buffers: those never alive at the same step may share one. Where what lies in a buffer changes from one
// border pattern to another, the border must be made zero again; that is avoided as far as memory allows.
import { borderPattern, type Storage } from "./layouts.ts";

/** First and last step that touch a storage. */
export interface Lifetime {
  readonly first: number;
  readonly last: number;
}

export interface Request {
  readonly storage: Storage;
  /** 4, or 2 where halves are stored. */
  readonly elementBytes: number;
  /** "always" for what must still be there after a run, and shares with nothing. */
  readonly lifetime: Lifetime | "always";
}

/** Memory within this share of the peak is worth no more borders to zero. */
const enough = 1.15;

/** What zeroing a border must save to be worth its dispatch, as a share of the peak. */
const refillWorth = 0.02;

export interface Assignment {
  readonly buffers: readonly { readonly sizeBytes: number; readonly storages: readonly Storage[] }[];
  readonly bufferOf: ReadonlyMap<Storage, number>;
  /**
   * Storages whose border must be made zero before a run writes them first, and how many elements it spans: those that
   * follow with the same pattern count on it too.
   */
  readonly refills: ReadonlyMap<Storage, number>;
}

interface Tenant {
  readonly storage: Storage;
  readonly pattern: string;
  readonly sizeBytes: number;
  readonly lifetime: Lifetime;
}

interface Shared {
  sizeBytes: number;
  /** In the order of their lifetimes, which do not overlap. */
  readonly tenants: Tenant[];
}

/**
 * Greedy, larger storages first: each goes where it costs least, in bytes and in borders to be zeroed. There are several
 * weights for the latter and several ideas of what is larger; the best result is taken.
 *
 * @param peakBytes see {@link peakLiveBytes}
 */
export function assignBuffers(requests: readonly Request[], peakBytes: number): Assignment {
  const tenants = requests.flatMap(({ lifetime, ...request }): Tenant[] =>
    lifetime === "always" ? [] : [{ storage: request.storage, lifetime, pattern: patternOf(request), sizeBytes: bytesOf(request) }],
  );
  const alone = requests.filter(({ lifetime }) => lifetime === "always");
  const aloneBytes = alone.reduce((sum, request) => sum + bytesOf(request), 0);
  const costOf = (shared: readonly Shared[]): number => {
    const bytes = shared.reduce((sum, { sizeBytes }) => sum + sizeBytes, aloneBytes);
    const refills = shared.reduce((sum, { tenants }) => sum + changesOf(tenants).length, 0);
    return (bytes <= enough * peakBytes ? 0 : bytes) + refills * refillWorth * peakBytes;
  };
  let best = arrange(bySize(tenants, 1), Number.POSITIVE_INFINITY);
  let bestCost = costOf(best);
  for (const ratio of [1, 1.5, 8])
    for (const worth of [0.1, 0.05, 0.02, 0.01]) {
      // Nothing beats memory that is within bounds without zeroing anything.
      if (bestCost === 0) break;
      const shared = arrange(bySize(tenants, ratio), worth * peakBytes);
      const cost = costOf(shared);
      if (cost < bestCost) [best, bestCost] = [shared, cost];
    }
  const buffers = [
    ...alone.map((request) => ({ sizeBytes: bytesOf(request), storages: [request.storage] })),
    ...best.map(({ sizeBytes, tenants }) => ({ sizeBytes, storages: tenants.map(({ storage }) => storage) })),
  ];
  return {
    buffers,
    bufferOf: new Map(buffers.flatMap(({ storages }, index) => storages.map((storage) => [storage, index] as const))),
    refills: new Map(best.flatMap(({ tenants }) => changesOf(tenants))),
  };
}

type Stored = Pick<Request, "storage" | "elementBytes">;

function bytesOf({ storage, elementBytes }: Stored): number {
  return Math.max(1, storage.elements) * elementBytes;
}

/** What must be equal for one storage's zeros to be another's; "" where there is no border. */
function patternOf({ storage, elementBytes }: Stored): string {
  const pattern = borderPattern(storage);
  return pattern && `${pattern} of ${elementBytes}`;
}

/** Largest first. Sizes within a factor of `ratio` count as one, and of those the later lifetime comes first. */
function bySize(tenants: readonly Tenant[], ratio: number): readonly Tenant[] {
  const rank = ({ sizeBytes }: Tenant): number => (ratio === 1 ? sizeBytes : Math.floor(Math.log(sizeBytes) / Math.log(ratio)));
  return tenants.toSorted((a, b) => rank(b) - rank(a) || b.lifetime.first - a.lifetime.first);
}

/** @param refillBytes how many bytes a border to be zeroed counts as */
function arrange(tenants: readonly Tenant[], refillBytes: number): Shared[] {
  const buffers: Shared[] = [];
  for (const tenant of tenants) {
    let best: Shared | undefined;
    let bestAt = 0;
    let bestCost = tenant.sizeBytes;
    for (const buffer of buffers) {
      const at = placeIn(buffer.tenants, tenant);
      if (at < 0) continue;
      const more = refillsAdded(buffer.tenants, tenant, at);
      const cost = Math.max(0, tenant.sizeBytes - buffer.sizeBytes) + (more > 0 ? more * refillBytes : 0);
      if (cost < bestCost) [best, bestAt, bestCost] = [buffer, at, cost];
    }
    if (best) {
      best.tenants.splice(bestAt, 0, tenant);
      best.sizeBytes = Math.max(best.sizeBytes, tenant.sizeBytes);
    } else buffers.push({ sizeBytes: tenant.sizeBytes, tenants: [tenant] });
  }
  return buffers;
}

/** Where among the tenants its lifetime fits, or -1. */
function placeIn(tenants: readonly Tenant[], { lifetime }: Tenant): number {
  const next = tenants.findIndex((other) => other.lifetime.first > lifetime.first);
  const at = next < 0 ? tenants.length : next;
  const [before, after] = [tenants[at - 1], tenants[at]];
  return (before && before.lifetime.last >= lifetime.first) || (after && after.lifetime.first <= lifetime.last) ? -1 : at;
}

/** The plan runs again and again: the last tenant of a run comes before the first of the next. */
function refillsAdded(tenants: readonly Tenant[], tenant: Tenant, at: number): number {
  const before = tenants.at(at - 1) as Tenant;
  const after = tenants[at % tenants.length] as Tenant;
  return needsRefill(before, tenant) + needsRefill(tenant, after) - needsRefill(before, after);
}

function needsRefill(before: Tenant, after: Tenant): number {
  return after.pattern !== "" && before.pattern !== after.pattern ? 1 : 0;
}

/** The tenants that find another pattern before them, and the elements of the largest up to the next change. */
function changesOf(tenants: readonly Tenant[]): [Storage, number][] {
  const changes: [Storage, number][] = [];
  const first = tenants.findIndex((tenant, i) => needsRefill(tenants.at(i - 1) as Tenant, tenant));
  if (first < 0) return [];
  // Begins at a change, so that none is split between the end of a run and the start of the next.
  const inTurn = [...tenants.slice(first), ...tenants.slice(0, first)];
  inTurn.forEach((tenant, i) => {
    const { storage, pattern } = tenant;
    if (needsRefill(inTurn.at(i - 1) as Tenant, tenant)) changes.push([storage, storage.elements]);
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
