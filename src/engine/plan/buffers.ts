// Assigns storages to buffers: those never alive at the same step may share one. Where what lies in a buffer changes from one
// border pattern to another, the border must be made zero again; that is avoided as far as memory allows.
import { borderPattern, type Storage } from "./layouts.ts";
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
  /** "always" for what must still be there after a run, and shares with nothing. */
  readonly lifetime: Lifetime | "always";
  /**
   * Storages that some dispatch reads while it writes this one, or the other way around, and whether they may be parts of one buffer:
   * WebGPU wants each bound once for that.
   */
  readonly partners?: ReadonlyMap<Storage, boolean>;
}

/** Memory within this share of the peak is worth no more borders to zero, and no storages beside each other. */
const enough = 1.15;

/** What zeroing a border must save to be worth its dispatch, as a share of the peak. */
const refillWorth = 0.02;

/** The same for a dispatch that reads and writes one buffer: its inputs are then bound as if it wrote them. */
const besideWorth = 0.01;

/** Parts of buffers are bound from multiples of this on: what WebGPU guarantees of minStorageBufferOffsetAlignment. */
const alignment = 256;

export interface Assignment {
  readonly buffers: readonly { readonly sizeBytes: number; readonly storages: readonly Storage[] }[];
  readonly bufferOf: ReadonlyMap<Storage, number>;
  /** What storages take of a buffer that has others beside them. */
  readonly rangeOf: ReadonlyMap<Storage, BoundRange>;
  /**
   * Storages whose border must be made zero before a run writes them first, and how many elements it spans: those that
   * follow with the same pattern count on it too.
   */
  readonly refills: ReadonlyMap<Storage, number>;
}

interface Tenant extends Request {
  readonly lifetime: Lifetime;
  readonly pattern: string;
  readonly sizeBytes: number;
  readonly offset: number;
}

interface Shared {
  readonly sizeBytes: number;
  /** In the order in which they come to life. */
  readonly tenants: readonly Tenant[];
  readonly refills: readonly Refill[];
  /** Dispatches that read one tenant and write another. */
  readonly besideCount: number;
}

type Refill = readonly [Storage, number];

/**
 * Greedy, larger storages first: each goes where it costs least, in bytes and in borders to be zeroed. There are several
 * weights for the latter and several ideas of what is larger; the best result is taken. Where none is good enough, storages that live
 * at the same time may lie beside each other in one buffer.
 *
 * @param peakBytes see {@link peakLiveBytes}
 */
export function assignBuffers(requests: readonly Request[], peakBytes: number): Assignment {
  const tenants = requests.flatMap((request): Tenant[] => {
    const { lifetime } = request;
    return lifetime === "always" ? [] : [{ ...request, lifetime, pattern: patternOf(request), sizeBytes: bytesOf(request), offset: 0 }];
  });
  const alone = requests.filter(({ lifetime }) => lifetime === "always");
  const aloneBytes = alone.reduce((sum, request) => sum + bytesOf(request), 0);
  const wasteOf = (shared: readonly Shared[]): number => {
    const bytes = shared.reduce((sum, { sizeBytes }) => sum + sizeBytes, aloneBytes);
    return bytes <= enough * peakBytes ? 0 : bytes;
  };
  const costOf = (shared: readonly Shared[]): number =>
    shared.reduce(
      (sum, { refills, besideCount }) => sum + (refills.length * refillWorth + besideCount * besideWorth) * peakBytes,
      wasteOf(shared),
    );
  let best = arrange(bySize(tenants, 1), Number.POSITIVE_INFINITY);
  let bestCost = costOf(best);
  for (const besideBytes of [undefined, besideWorth * peakBytes]) {
    if (besideBytes !== undefined && wasteOf(best) === 0) break;
    for (const ratio of [1, 1.5, 8])
      for (const worth of [0.1, 0.05, 0.02, 0.01]) {
        // Nothing beats memory that is within bounds without zeroing anything.
        if (bestCost === 0) break;
        const shared = arrange(bySize(tenants, ratio), worth * peakBytes, besideBytes);
        const cost = costOf(shared);
        if (cost < bestCost) [best, bestCost] = [shared, cost];
      }
  }
  const buffers = [
    ...alone.map((request) => ({ sizeBytes: bytesOf(request), storages: [request.storage] })),
    ...best.map(({ sizeBytes, tenants }) => ({ sizeBytes, storages: tenants.map(({ storage }) => storage) })),
  ];
  const parted = best.filter((shared) => !isPlain(shared));
  return {
    buffers,
    bufferOf: new Map(buffers.flatMap(({ storages }, index) => storages.map((storage) => [storage, index] as const))),
    rangeOf: new Map(parted.flatMap(({ tenants }) => tenants.map((tenant) => [tenant.storage, rangeOf(tenant)] as const))),
    refills: new Map(best.flatMap(({ refills }) => refills)),
  };
}

/** Bindings are whole words. */
function rangeOf({ offset, sizeBytes }: Tenant): BoundRange {
  return { offsetBytes: offset, sizeBytes: Math.ceil(sizeBytes / 4) * 4 };
}

/** Whether all start where the buffer does, so that no two live at the same time. */
function isPlain({ tenants }: Pick<Shared, "tenants">): boolean {
  return tenants.every(({ offset }) => offset === 0);
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

/**
 * @param refillBytes how many bytes a border to be zeroed counts as
 * @param besideBytes the same for a dispatch that reads and writes one buffer; absent if there are to be none
 */
function arrange(tenants: readonly Tenant[], refillBytes: number, besideBytes?: number): Shared[] {
  const buffers: Shared[] = [];
  for (const tenant of tenants) {
    let best: Shared = { sizeBytes: tenant.sizeBytes, tenants: [tenant], refills: [], besideCount: 0 };
    let bestAt = buffers.length;
    let bestCost = tenant.sizeBytes;
    for (const [at, buffer] of buffers.entries())
      for (const offset of placesIn(buffer, tenant, besideBytes !== undefined)) {
        const sizeBytes = Math.max(buffer.sizeBytes, offset + tenant.sizeBytes);
        const beside = buffer.tenants.filter(({ storage }) => tenant.partners?.has(storage)).length;
        const leastCost = sizeBytes - buffer.sizeBytes + (beside > 0 ? beside * (besideBytes as number) : 0);
        if (leastCost >= bestCost) continue;
        const together = insert(buffer.tenants, { ...tenant, offset });
        const refills = refillsOf(together);
        const more = refills.length - buffer.refills.length;
        const cost = leastCost + (more > 0 ? more * refillBytes : 0);
        if (cost >= bestCost) continue;
        best = { sizeBytes, tenants: together, refills, besideCount: buffer.besideCount + beside };
        [bestAt, bestCost] = [at, cost];
      }
    buffers[bestAt] = best;
  }
  return buffers;
}

/** Where in a buffer a tenant fits: at the start, or right behind another that is alive at the same time. */
function placesIn({ tenants }: Shared, tenant: Tenant, mayBeBeside: boolean): readonly number[] {
  const alive = tenants.filter((other) => isAlong(other.lifetime, tenant.lifetime));
  if (alive.length === 0) return [0];
  if (!mayBeBeside || alive.some(({ storage }) => tenant.partners?.get(storage) === false)) return [];
  const ends = alive.map(({ offset, sizeBytes }) => Math.ceil((offset + sizeBytes) / alignment) * alignment);
  return [0, ...ends].filter((offset) => !alive.some((other) => overlaps(other, { ...tenant, offset })));
}

function isAlong(a: Lifetime, b: Lifetime): boolean {
  return a.first <= b.last && b.first <= a.last;
}

function overlaps(a: Tenant, b: Tenant): boolean {
  return a.offset < b.offset + b.sizeBytes && b.offset < a.offset + a.sizeBytes;
}

function insert(tenants: readonly Tenant[], tenant: Tenant): readonly Tenant[] {
  const next = tenants.findIndex(({ lifetime }) => lifetime.first > tenant.lifetime.first);
  const at = next < 0 ? tenants.length : next;
  return [...tenants.slice(0, at), tenant, ...tenants.slice(at)];
}

/** The tenants that find something else before them than their own pattern's zeros, and the elements whose border is then made zero. */
function refillsOf(tenants: readonly Tenant[]): readonly Refill[] {
  if (isPlain({ tenants })) return changesOf(tenants);
  // Who comes after whom depends on the place: whoever shares any with others is zeroed.
  return tenants
    .filter((tenant) =>
      tenants.some(
        (other) => overlaps(tenant, other) && (needsRefill(other, tenant) || (tenant.pattern && other.offset !== tenant.offset)),
      ),
    )
    .map(({ storage }) => [storage, storage.elements]);
}

function needsRefill(before: Tenant, after: Tenant): boolean {
  return after.pattern !== "" && before.pattern !== after.pattern;
}

/**
 * The tenants that find another pattern before them, and the elements of the largest up to the next change. The plan runs again and again:
 * the last tenant of a run comes before the first of the next.
 */
function changesOf(tenants: readonly Tenant[]): readonly Refill[] {
  const first = tenants.findIndex((tenant, i) => needsRefill(tenants.at(i - 1) as Tenant, tenant));
  if (first < 0) return [];
  const changes: [Storage, number][] = [];
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
