// Shared buffers: nobody overwrites what another still needs, and borders are zero whenever they are read.
import { describe, expect, test } from "vitest";
import type { Border } from "../../src/engine/ops/operator.ts";
import { assignBuffers, peakLiveBytes, type Request } from "../../src/engine/plan/buffers.ts";
import { borderedPlacement, noBorder, type Storage } from "../../src/engine/plan/layouts.ts";
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
    const { buffers, refills } = assignBuffers(requests, peakLiveBytes(requests));
    expect(buffers.map(({ storages }) => storages.map(({ label }) => label).sort())).toEqual([
      ["b", "d"],
      ["a", "c"],
    ]);
    expect(refills.size).toBe(0);
  });

  test("different patterns keep apart while memory stays within 1.15 of the peak", () => {
    const large = storageOf("large", [1, 64, 8, 8], border(1));
    const small = storageOf("small", [1, 1, 8, 8], border(2));
    const requests = [during(large, 0, 1), during(small, 2, 3)];
    const { buffers, refills } = assignBuffers(requests, peakLiveBytes(requests));
    expect(buffers.length).toBe(2);
    expect(refills.size).toBe(0);
  });

  test("beyond that they mix, and whoever finds another pattern before it is zeroed, in the first run after the last too", () => {
    const [a, b, c] = [
      storageOf("a", [1, 4, 8, 8], border(1)),
      storageOf("b", [1, 2, 8, 8], border(2)),
      storageOf("c", [1, 3, 8, 8], border(2)),
    ];
    const requests = [during(a, 0, 1), during(b, 2, 3), during(c, 4, 5)];
    const { buffers, refills } = assignBuffers(requests, peakLiveBytes(requests));
    expect(buffers.length).toBe(1);
    // c counts on the zeros that are written before b, and reaches further.
    expect([...refills]).toEqual([
      [a, a.elements],
      [b, c.elements],
    ]);
  });

  test("what must stay shares with nothing", () => {
    const [kept, other] = [storageOf("kept", [100]), storageOf("other", [100])];
    const { buffers } = assignBuffers([{ storage: kept, lifetime: "always", elementBytes: 4 }, during(other, 1, 2)], 800);
    expect(buffers.map(({ storages }) => storages.length)).toEqual([1, 1]);
  });
});

/** Runs the plan of `requests` twice over words that say whether they are zero. Fails where a storage meets another, or a dirty border. */
function simulate(requests: readonly Request[]): { mixed: boolean } {
  const { buffers, bufferOf, refills } = assignBuffers(requests, peakLiveBytes(requests));
  const isDirty = buffers.map(({ sizeBytes }) => new Uint8Array(sizeBytes / 4));
  const owner = new Map<number, Storage>();
  const spans = requests.flatMap(({ storage, lifetime }) => (lifetime === "always" ? [] : [{ storage, ...lifetime }]));
  const lastStep = Math.max(...spans.map(({ last }) => last));
  for (let run = 0; run < 3; run++)
    for (let step = 0; step <= lastStep; step++) {
      for (const { storage } of spans.filter(({ first }) => first === step)) {
        const buffer = bufferOf.get(storage) as number;
        expect(owner.get(buffer)).toBeUndefined();
        owner.set(buffer, storage);
        const words = isDirty[buffer] as Uint8Array;
        expect(words.length).toBeGreaterThanOrEqual(storage.elements);
        const refilled = refills.get(storage);
        if (refilled !== undefined) for (const at of borderWords(storage, refilled)) words[at] = 0;
        const around = storage.plane ? borderWords(storage) : [];
        expect(around.filter((at) => words[at] === 1)).toEqual([]);
        words.fill(1, 0, storage.elements);
        for (const at of around) words[at] = 0;
      }
      for (const { storage } of spans.filter(({ last }) => last === step)) owner.delete(bufferOf.get(storage) as number);
    }
  return { mixed: refills.size > 0 };
}

test("random lifetimes, sizes and patterns", () => {
  let state = 7;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  let mixedCount = 0;
  for (let round = 0; round < 300; round++) {
    const requests = Array.from({ length: 3 + random(25) }, (_, i): Request => {
      const first = random(30);
      const map = 2 + random(3);
      const around = random(3) === 0 ? noBorder : border(random(2), random(2), 1, random(2));
      const storage = storageOf(`v${i}`, [1, 1 + random(6), map, map], around);
      return random(12) === 0 ? { storage, lifetime: "always", elementBytes: 4 } : during(storage, first, first + random(6));
    });
    if (simulate(requests).mixed) mixedCount++;
  }
  // The rounds are not all of the easy kind.
  expect(mixedCount).toBeGreaterThan(50);
});

test("the peak is the largest sum alive at one step", () => {
  const a = storageOf("a", [10]);
  const requests: Request[] = [during(a, 0, 2), during(storageOf("b", [20]), 2, 3), during(storageOf("c", [25]), 4, 9)];
  expect(peakLiveBytes(requests)).toBe(120);
  expect(peakLiveBytes([...requests, { storage: storageOf("d", [1]), lifetime: "always", elementBytes: 4 }])).toBe(124);
});
