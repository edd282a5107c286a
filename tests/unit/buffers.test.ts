// Shared buffers: nobody overwrites what another still needs, and borders are zero whenever they are read.
import { describe, expect, test } from "vitest";
import type { Border, Storage } from "../../src/engine/ops/operator.ts";
import { allocateBuffers, peakLiveBytes, type Request } from "../../src/engine/plan/buffers.ts";
import { borderedPlacement, noBorder } from "../../src/engine/plan/layouts.ts";
import { zeroBorderStep } from "../../src/engine/plan/zero-border.ts";

const border = (top: number, left = top, bottom = top, right = left): Border => ({ top, left, bottom, right });

function storageOf(label: string, shape: readonly number[], around: Border = noBorder): Storage {
  return borderedPlacement(label, shape, around).storage;
}

const during = (storage: Storage, first: number, last: number): Request => ({ storage, elementBytes: 4, lifetime: { first, last } });

/** Which words of a storage its border takes, as zero-border.wgsl counts them. */
function borderWords(storage: Storage, elements = storage.elements): number[] {
  const { count, border, head, gap, tail, width, plane } = zeroBorderStep(storage, elements, 0).params as Record<string, number> & {
    count: number;
    border: number;
    head: number;
    gap: number;
    tail: number;
    width: number;
    plane: number;
  };
  return Array.from({ length: count }, (_, i) => {
    const k = i % border;
    const inside = k < head ? 0 : (Math.floor((k - head) / gap) + 1) * width;
    return Math.floor(i / border) * plane + (k >= border - tail ? k + plane - border : k + inside);
  });
}

describe("zeroing a border", () => {
  const cases: readonly (readonly [shape: readonly number[], around: Border])[] = [
    [[1, 2, 3, 4], border(1)],
    [[2, 1, 3, 2], border(2, 1, 0, 3)],
    [[1, 3, 2, 2], border(1, 0)],
    [[1, 3, 2, 2], border(0, 2)],
    [[1, 1, 2, 2], border(0, 0, 1, 1)],
    [[2, 3, 5], border(0, 2, 0, 1)],
    [[1, 2, 2, 3, 2], border(1)],
  ];

  test.each(cases)("of [%j] writes every word around the map and none in it: %j", (shape, around) => {
    const { storage, offset, strides } = borderedPlacement("value", shape, around);
    const inside = new Set<number>();
    const walk = (axis: number, at: number): void => {
      if (axis === shape.length) inside.add(at);
      else for (let i = 0; i < (shape[axis] as number); i++) walk(axis + 1, at + i * (strides[axis] as number));
    };
    walk(0, offset);
    const expected = Array.from({ length: storage.elements }, (_, at) => at).filter((at) => !inside.has(at));
    expect(borderWords(storage)).toEqual(expected);
  });
});

describe("sharing", () => {
  test("storages of one pattern follow each other without zeroing", () => {
    const one = (label: string) => storageOf(label, [1, 4, 8, 8], border(1));
    const requests = [during(one("a"), 0, 1), during(one("b"), 1, 2), during(one("c"), 2, 3), during(one("d"), 3, 4)];
    const { buffers, borderClears } = allocateBuffers(requests, peakLiveBytes(requests));
    expect(buffers.map(({ storages }) => storages.map(({ label }) => label).sort())).toEqual([
      ["b", "d"],
      ["a", "c"],
    ]);
    expect(borderClears.size).toBe(0);
  });

  test("different patterns keep apart while memory stays within 1.15 of the peak", () => {
    const large = storageOf("large", [1, 64, 8, 8], border(1));
    const small = storageOf("small", [1, 1, 8, 8], border(2));
    const requests = [during(large, 0, 1), during(small, 2, 3)];
    const { buffers, borderClears } = allocateBuffers(requests, peakLiveBytes(requests));
    expect(buffers.length).toBe(2);
    expect(borderClears.size).toBe(0);
  });

  test("beyond that they mix, and whoever finds another pattern before it is zeroed, in the first run after the last too", () => {
    const [a, b, c] = [
      storageOf("a", [1, 4, 8, 8], border(1)),
      storageOf("b", [1, 2, 8, 8], border(2)),
      storageOf("c", [1, 3, 8, 8], border(2)),
    ];
    const requests = [during(a, 0, 1), during(b, 2, 3), during(c, 4, 5)];
    const { buffers, borderClears } = allocateBuffers(requests, peakLiveBytes(requests));
    expect(buffers.length).toBe(1);
    // c counts on the zeros that are written before b, and reaches further.
    expect([...borderClears]).toEqual([
      [a, a.elements],
      [b, c.elements],
    ]);
  });

  test("what must stay shares with nothing", () => {
    const [kept, other] = [storageOf("kept", [100]), storageOf("other", [100])];
    const { buffers } = allocateBuffers([{ storage: kept, lifetime: "always", elementBytes: 4 }, during(other, 1, 2)], 800);
    expect(buffers.map(({ storages }) => storages.length)).toEqual([1, 1]);
  });
});

interface Word {
  isDirty: boolean;
  owner: Storage | undefined;
}

/** Runs the plan of `requests` a few times over words that say whose they are and whether they are zero. */
function simulate(requests: readonly Request[]): { isMixed: boolean; isConcurrent: boolean; waste: number } {
  const peakBytes = peakLiveBytes(requests);
  const { buffers, bufferOf, rangeOf, borderClears } = allocateBuffers(requests, peakBytes);
  const words = buffers.map(({ sizeBytes }) => Array.from({ length: sizeBytes / 4 }, (): Word => ({ isDirty: false, owner: undefined })));
  const spans = requests.flatMap(({ storage, lifetime, conflicts }) =>
    lifetime === "always" ? [] : [{ storage, conflicts, ...lifetime }],
  );
  /** The words of its buffer from where it starts. */
  const home = (storage: Storage) => (words[bufferOf.get(storage) as number] ?? []).slice((rangeOf.get(storage)?.offsetBytes ?? 0) / 4);
  for (const { offsetBytes } of rangeOf.values()) expect(offsetBytes % 256).toBe(0);
  const lastStep = Math.max(...spans.map(({ last }) => last));
  for (let run = 0; run < 3; run++)
    for (let step = 0; step <= lastStep; step++) {
      for (const { storage } of spans.filter(({ first }) => first === step)) {
        const own = home(storage);
        expect(own.length).toBeGreaterThanOrEqual(storage.elements);
        const refilled = borderClears.get(storage);
        const zeroed = refilled === undefined ? [] : borderWords(storage, refilled).map((at) => own[at] as Word);
        const around = (storage.plane ? borderWords(storage) : []).map((at) => own[at] as Word);
        const inside = own.slice(0, storage.elements);
        expect([...zeroed, ...inside].filter(({ owner }) => owner).length).toBe(0);
        for (const word of zeroed) word.isDirty = false;
        expect(around.filter(({ isDirty }) => isDirty).length).toBe(0);
        for (const word of inside) Object.assign(word, { isDirty: true, owner: storage });
        for (const word of around) word.isDirty = false;
      }
      for (const { storage } of spans.filter(({ last }) => last === step))
        for (const word of home(storage).slice(0, storage.elements)) word.owner = undefined;
    }
  for (const { storage, conflicts = [] } of spans)
    for (const [other, isBoundOnce] of conflicts) if (!isBoundOnce) expect(bufferOf.get(other)).not.toBe(bufferOf.get(storage));
  const bytes = buffers.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { isMixed: borderClears.size > 0, isConcurrent: rangeOf.size > 0, waste: bytes / peakBytes };
}

test("random lifetimes, sizes, patterns and conflicts", () => {
  let state = 7;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const results = Array.from({ length: 300 }, () => {
    const requests = Array.from({ length: 3 + random(25) }, (_, i): Request => {
      const first = random(30);
      const map = 8 + random(3);
      const around = random(3) === 0 ? noBorder : border(random(2), random(2), 1, random(2));
      const storage = storageOf(`v${i}`, [1, 1 + random(6), map, map], around);
      return random(12) === 0 ? { storage, lifetime: "always", elementBytes: 4 } : during(storage, first, first + random(6));
    });
    return simulate(withConflicts(requests, () => random(4) > 0));
  });
  // The rounds are not all of the easy kind.
  expect(results.filter(({ isMixed }) => isMixed).length).toBeGreaterThan(50);
  expect(results.filter(({ isConcurrent }) => isConcurrent).length).toBeGreaterThan(50);
  expect(results.filter(({ waste }) => waste > 1.15).length).toBeLessThan(60);
});

/** Whatever ends where another begins is read by the dispatch that writes that. */
function withConflicts(requests: readonly Request[], isBoundOnce: () => boolean): readonly Request[] {
  const conflicts = requests.map(() => new Map<Storage, boolean>());
  for (const [i, { lifetime: one }] of requests.entries())
    for (const [k, { lifetime: next }] of requests.entries()) {
      if (one === "always" || next === "always" || one.last !== next.first || i === k) continue;
      const isOnce = isBoundOnce() && conflicts[i]?.get(requests[k]?.storage as Storage) !== false;
      conflicts[i]?.set(requests[k]?.storage as Storage, isOnce);
      conflicts[k]?.set(requests[i]?.storage as Storage, isOnce);
    }
  return requests.map((request, i) => ({ ...request, conflicts: conflicts[i] as Map<Storage, boolean> }));
}

describe("beside each other", () => {
  const [large, a, b] = [storageOf("large", [128]), storageOf("a", [64]), storageOf("b", [64])];

  test("what lives at the same time shares a buffer where memory would else be wasted", () => {
    const requests = [during(large, 0, 1), during(a, 2, 3), during(b, 3, 4)];
    const { buffers, rangeOf } = allocateBuffers(requests, peakLiveBytes(requests));
    expect(buffers.map(({ sizeBytes }) => sizeBytes)).toEqual([512]);
    expect([large, a, b].map((storage) => rangeOf.get(storage)?.offsetBytes)).toEqual([0, 256, 0]);
  });

  test("not if a dispatch would bind what it reads there twice", () => {
    const requests = [
      during(large, 0, 1),
      { ...during(a, 2, 3), conflicts: new Map([[b, false]]) },
      { ...during(b, 3, 4), conflicts: new Map([[a, false]]) },
    ];
    const { buffers, rangeOf } = allocateBuffers(requests, peakLiveBytes(requests));
    expect(buffers.map(({ sizeBytes }) => sizeBytes)).toEqual([512, 256]);
    expect(rangeOf.size).toBe(0);
  });

  test("what was overwritten beside its neighbours gets its zeros again", () => {
    const bordered = storageOf("bordered", [1, 1, 7, 7], border(1, 1, 0, 0));
    const requests = [during(large, 0, 1), during(a, 2, 3), during(bordered, 3, 4)];
    const { buffers, borderClears } = allocateBuffers(requests, peakLiveBytes(requests));
    expect(buffers.length).toBe(1);
    expect([...borderClears]).toEqual([[bordered, 64]]);
  });
});

test("the peak is the largest sum alive at one step", () => {
  const a = storageOf("a", [10]);
  const requests: Request[] = [during(a, 0, 2), during(storageOf("b", [20]), 2, 3), during(storageOf("c", [25]), 4, 9)];
  expect(peakLiveBytes(requests)).toBe(120);
  expect(peakLiveBytes([...requests, { storage: storageOf("d", [1]), lifetime: "always", elementBytes: 4 }])).toBe(124);
});

test("the effort grows with the storages and not with their square, in a chain of values that are read at once", () => {
  const readsOfLifetimes = (length: number): number => {
    let count = 0;
    const requests = Array.from({ length }, (_, i): Request => {
      const lifetime = {
        get first() {
          count++;
          return i;
        },
        last: i + 1,
      };
      return { storage: storageOf(`v${i}`, [16]), elementBytes: 4, lifetime };
    });
    allocateBuffers(requests, 128);
    return count;
  };
  expect(readsOfLifetimes(4000)).toBeLessThan(2.5 * readsOfLifetimes(2000));
});
