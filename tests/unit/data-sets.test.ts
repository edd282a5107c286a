// Data to train on: the idx format, what a batch holds, the order of examples, and what scores tell.
import { describe, expect, test } from "vitest";
import { checkLearningSeed, fromIdx, heldBackSeed } from "../../src/data-sets/data-set.ts";
import { decodeIdx, decodeIdxSeries } from "../../src/data-sets/idx.ts";
import { MetricsOf } from "../../src/data-sets/metrics.ts";
import { Order } from "../../src/data-sets/order.ts";

const idx = (shape: readonly number[], data: readonly number[]) =>
  Uint8Array.from([0, 0, 8, shape.length, ...shape.flatMap((extent) => [0, 0, extent >> 8, extent & 255]), ...data]);

describe("idx", () => {
  test("holds extents and bytes", () => {
    const { shape, data } = decodeIdx(idx([2, 1, 3], [1, 2, 3, 4, 5, 6]));
    expect(shape).toEqual([2, 1, 3]);
    expect([...data]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test.each([
    ["another file", Uint8Array.from([31, 139, 8, 0, 0]), "no idx file"],
    ["nothing", new Uint8Array(0), "no idx file"],
    ["floats", Uint8Array.from([0, 0, 13, 1, 0, 0, 0, 1, 0, 0, 0, 0]), "type 0x0d"],
    ["a file that ends in its head", Uint8Array.from([0, 0, 8, 3, 0, 0, 0, 1]), "ends before its extents"],
    ["a file that ends early", idx([2, 3], [1, 2, 3]), "should hold 6 bytes ([2, 3]), but holds 3"],
    ["too large extents", Uint8Array.from([0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255]), "but holds 0"],
  ])("refuses %s", (_, bytes, message) => expect(() => decodeIdx(bytes)).toThrow(message));

  test("arrays may stand one behind the other", () => {
    const both = Uint8Array.from([...idx([1, 2], [5, 6]), ...idx([3], [7, 8, 9])]);
    expect(decodeIdxSeries(both).map(({ shape, data }) => [shape, [...data]])).toEqual([
      [
        [1, 2],
        [5, 6],
      ],
      [[3], [7, 8, 9]],
    ]);
    expect(() => decodeIdxSeries(both.subarray(0, -1))).toThrow("should hold 3 bytes ([3]), but holds 2");
  });
});

describe("a set", () => {
  const images = decodeIdx(idx([3, 1, 2], [0, 255, 51, 102, 255, 0]));
  const preparation = { mean: [0.5], std: [0.25] };

  test("has prepared pictures and labels by index", () => {
    const set = fromIdx(images, decodeIdx(idx([3], [2, 0, 2])), preparation);
    expect(set.length).toBe(3);
    expect(set.classes).toEqual(["0", "1", "2"]);
    expect(set.classSizes).toEqual([1, 0, 2]);
    expect(set.picture).toEqual({ channels: 1, height: 1, width: 2 });
    const { inputs, targets } = set.examples([1, 0]);
    expect([...inputs].map((value) => Number(value.toFixed(5)))).toEqual([-1.2, -0.4, -2, 2]);
    expect([...targets]).toEqual([0, 2]);
  });

  test("is refused where labels do not fit", () =>
    expect(() => fromIdx(images, decodeIdx(idx([2], [0, 1])), preparation)).toThrow("3 pictures, but labels of shape [2]"));

  test("is refused where there are no pictures", () =>
    expect(() => fromIdx(decodeIdx(idx([0, 1, 2], [])), decodeIdx(idx([0], [])), preparation)).toThrow("no pictures"));
});

describe("the order", () => {
  const epochs = (order: Order, length: number, count: number) => Array.from({ length: count }, () => order.next(length));

  test("has each example once in an epoch, in another order each time, the same for the same seed", () => {
    const [first, second] = epochs(new Order(20, 3), 20, 2);
    expect(first?.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(second?.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(second).not.toEqual(first);
    expect(epochs(new Order(20, 3), 20, 2)).toEqual([first, second]);
    expect(new Order(20, 4).next(20)).not.toEqual(first);
  });

  test("is that of the files where it is not shuffled, and goes on with the next epoch", () => {
    const order = new Order(3, 0, false);
    expect(order.next(2)).toEqual([0, 1]);
    expect(order.next(5)).toEqual([2, 0, 1, 2, 0]);
    expect(order.epoch).toBe(3);
  });

  test.each([0, 3, 20, 33, 40])("goes on after %i examples as if it had not stopped", (seen) => {
    const whole = new Order(20, 3);
    whole.next(seen);
    expect(new Order(20, 3, true, seen).next(50)).toEqual(whole.next(50));
    expect(new Order(0, 3, true, seen).next(2)).toEqual([]);
  });
});

test("nothing learns from what is held back: its seed is refused", () => {
  expect(checkLearningSeed(1)).toBe(1);
  expect(() => checkLearningSeed(heldBackSeed)).toThrow("draws what is held back");
});

test("metrics are those of the scores", () => {
  const metrics = new MetricsOf(3);
  metrics.add(Float32Array.from([5, 0, 0, 0, 2, 0]), [0, 2]);
  metrics.add(Float32Array.from([0, 0, 1]), [2]);
  const { count, accuracy, confusion, loss } = metrics.result;
  expect(count).toBe(3);
  expect(accuracy).toBeCloseTo(2 / 3);
  expect(confusion).toEqual([
    [1, 0, 0],
    [0, 0, 0],
    [0, 1, 1],
  ]);
  const crossEntropy = (scores: number[], label: number) =>
    Math.log(scores.reduce((sum, one) => sum + Math.exp(one), 0)) - (scores[label] as number);
  expect(loss).toBeCloseTo((crossEntropy([5, 0, 0], 0) + crossEntropy([0, 2, 0], 2) + crossEntropy([0, 0, 1], 2)) / 3, 5);
});
