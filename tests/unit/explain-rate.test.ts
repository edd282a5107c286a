// How many explanations a second there are of what moves.
import { expect, test } from "vitest";
import { Rate, rateText } from "../../src/ui/explain/rate.ts";

test("tells how many come in a second, of the last few seconds", () => {
  const rate = new Rate();
  const told = [0, 100, 200, 300, 400].map((now) => rate.note(now));
  expect(told.slice(0, 3)).toEqual([undefined, undefined, undefined]);
  expect(told[4]).toBeCloseTo(10);
  for (let now = 1000; now < 9000; now += 500) rate.note(now);
  expect(rate.note(9000)).toBeCloseTo(2);
});

test("after a break there is no rate until some follow each other again", () => {
  const rate = new Rate();
  for (const now of [0, 100, 200, 300]) rate.note(now);
  expect([10_000, 10_050, 10_100].map((now) => rate.note(now))).toEqual([undefined, undefined, undefined]);
  expect(rate.note(10_150)).toBeCloseTo(20);
});

test.each([
  [undefined, ""],
  [0.82, "0.8 explanations a second"],
  [29.7, "30 explanations a second"],
])("%s is told as '%s'", (rate, text) => expect(rateText(rate)).toBe(text));
