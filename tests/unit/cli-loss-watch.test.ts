// When `convcam train` tells that a loss has risen far.
import { expect, test } from "vitest";
import { LossWatch } from "../../src/cli/loss-watch.ts";

const toldAt = (watch: LossWatch, losses: readonly number[]) => losses.findIndex((loss) => watch.note(loss) !== undefined);

test("a loss far above that of guessing is told once, soon and at the end of few steps", () => {
  const watch = new LossWatch(Math.log(10));
  expect(toldAt(watch, [2.3, 2.2, ...new Array<number>(30).fill(700)])).toBe(19);
  expect(watch.note(700)).toBeUndefined();
  expect(watch.end()).toBeUndefined();
  const short = new LossWatch(Math.log(10));
  expect(toldAt(short, [2.3, 900, 3000])).toBe(-1);
  expect(short.end()).toBeCloseTo(1300.77, 1);
});

test("a loss that scatters, or begins high, is not", () => {
  const scattered = new LossWatch(Math.log(10));
  expect(
    toldAt(
      scattered,
      Array.from({ length: 90 }, (_, i) => (i % 9 === 0 ? 12 : 2.3)),
    ),
  ).toBe(-1);
  const high = new LossWatch(Math.log(2));
  expect(toldAt(high, [9, 8, 8, 7, ...new Array<number>(30).fill(6)])).toBe(-1);
  expect(high.end()).toBeUndefined();
});

test("where there is no guessing, the first steps say what is far", () => {
  expect(toldAt(new LossWatch(), [0.02, ...new Array<number>(40).fill(0.1)])).toBe(-1);
  expect(toldAt(new LossWatch(), [0.02, ...new Array<number>(40).fill(5)])).toBe(19);
});
