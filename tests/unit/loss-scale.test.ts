// The axis of losses: one spike, in this run or the one before, does not flatten the rest.
import { expect, test } from "vitest";
import { logarithmicMarks, lossScale } from "../../src/ui/train/loss-scale.ts";

/** A run that falls from 2.4 to 0.6. */
const usual = Array.from({ length: 50 }, (_, i) => 2.4 * 0.25 ** (i / 49));
/** Where a loss stands, as a share of the axis. */
function placeOf(loss: number, { range, at }: ReturnType<typeof lossScale>): number {
  const [from, to] = range as readonly [number, number];
  return (at(loss) - from) / (to - from);
}

test("a run that falls as usual is drawn as it is", () => {
  const { isLogarithmic, range, at } = lossScale(usual, []);
  expect([isLogarithmic, at(1.5)]).toEqual([false, 1.5]);
  expect(range).toEqual([usual.at(-1), 2.4]);
});

test("beside a spike of 10,000 a loss of 2.4 and one of 0.6 are told apart", () => {
  const scale = lossScale([...usual, 10_000], []);
  expect(scale.isLogarithmic).toBe(true);
  expect(placeOf(2.4, scale) - placeOf(0.6, scale)).toBeGreaterThan(0.1);
  expect(placeOf(10_000, scale)).toBe(1);
});

test.each<[string, readonly number[], number]>([
  ["spikes", [2.3, 25_535, 345, 8.8, 2.4], 2.4],
  ["ends a little higher", [2.6, 2.9], 2.9],
  ["ends lower", [2.3, 0.1], 2.4],
  ["is no number", [Number.NaN, Number.POSITIVE_INFINITY], 2.4],
])("a run before that %s changes neither the kind of scale nor, by more than is near, where it ends", (_, before, most) => {
  const { isLogarithmic, range } = lossScale(usual, before);
  expect(isLogarithmic).toBe(false);
  expect(range?.[1]).toBe(most);
});

test("where logarithms are drawn, another run is in sight near the present one alone", () => {
  const present = [2, 2000];
  expect(lossScale(present, [1, 1e-7, 5000, 1e9]).range).toEqual([0, Math.log10(5000)]);
});

test("losses of 0 stand at the foot of logarithms, and losses of 0 alone are drawn as they are", () => {
  const scale = lossScale([0, 0.01, 10], []);
  expect(scale.isLogarithmic).toBe(true);
  expect(scale.at(0)).toBe(-2);
  expect(lossScale([0, 0], []).range).toEqual([0, 0]);
});

test("the kind of scale does not flicker: it goes back well below the limit alone", () => {
  const thirty = [1, 30];
  expect([lossScale(thirty, []).isLogarithmic, lossScale(thirty, [], true).isLogarithmic]).toEqual([false, true]);
});

test("before the first step there is no range", () => expect(lossScale([], [1, 2]).range).toBeUndefined());

test("powers of ten are marked, a few of them, and 3 between where there are few", () => {
  expect(logarithmicMarks(-0.3, 4.4)).toEqual([0, 1, 2, 3, 4]);
  expect(logarithmicMarks(-9, 12)).toEqual([-8, -4, 0, 4, 8, 12]);
  expect(logarithmicMarks(-0.2, 1.6).map((one) => Math.round(10 ** one))).toEqual([1, 3, 10, 30]);
});
