// Losses of the GPU: those of long ago do not count.
import { expect, test } from "vitest";
import { Losses, mostLosses } from "../../src/ui/losses.ts";

const minute = 60_000;

test("losses one soon after another are counted", () => {
  const losses = new Losses();
  expect([0, 1, 2, 3].map((second) => losses.note(second * 1000))).toEqual([1, 2, 3, mostLosses + 1]);
});

test("a page that stays open for nights recovers after each", () => {
  const losses = new Losses();
  for (let night = 0; night < 10; night++) expect(losses.note(night * 24 * 60 * minute)).toBe(1);
});
