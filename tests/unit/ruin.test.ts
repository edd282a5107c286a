// When a network that learns has come apart, as the page and `convcam train` tell it.
import { expect, test } from "vitest";
import { Ruin } from "../../src/lessons/ruin.ts";
import { ruinText } from "../../src/ui/train/standstill.ts";

function ruinOf(losses: readonly number[], guessing: number | undefined = Math.log(10)) {
  const ruin = new Ruin(guessing);
  const told = losses.map((loss, i) => {
    ruin.note([loss], i, 1);
    return ruinText(ruin, 0.001);
  });
  return { ruin, told };
}

/** The step at which it is told first; undefined where it never is. */
const toldAt = (losses: readonly number[], guessing?: number) => {
  const ruin = new Ruin(guessing);
  const at = losses.findIndex((loss, i) => {
    ruin.note([loss], i, 1);
    return ruin.since !== undefined;
  });
  return at < 0 ? undefined : at + 1;
};

test("is told at the third such step, in words that stay, until it has fallen; the rate counts until something is learned", () => {
  const { ruin, told } = ruinOf([2, 30, 700, 747.3, 5000, 90]);
  const text =
    "After step 4 the loss is 747, far above that of guessing, 2.3: the network has come apart. “Begin anew” takes the learning rate 0.001, or a lower one that you choose.";
  expect(told).toEqual(["", "", "", text, text, text]);
  ruin.note([2.3], 6, 0.001);
  expect([ruin.since, ruin.rate]).toEqual([undefined, 1]);
  ruin.note([0.8], 7, 0.001);
  expect(ruin.rate).toBeUndefined();
});

test("is compared with the first loss where that is higher than that of guessing, or where nothing is known of it, and says so", () => {
  for (const guessing of [Math.log(2), undefined])
    expect(ruinOf([9, 200, 200, 200], guessing).told.at(-1)).toContain("far above that it began with, 9:");
});

test("is told of a training that goes on, whose first step was another day", () => {
  const ruin = new Ruin();
  ruin.note([0.02, 5, 5, 5], 400, 1);
  expect(ruin.since).toEqual({ step: 404, loss: 5, first: 0.02, isGuessing: false });
});

test("is none for a step or two that are too hard, nor for what is no number", () => {
  const { ruin, told } = ruinOf([2, 50, 60, 2, 50, Number.NaN, 50, 50, 2]);
  expect([told.join(""), ruin.rate]).toEqual(["", undefined]);
});

test.each<[string, readonly number[], number | undefined, number | undefined]>([
  ["scatters", Array.from({ length: 90 }, (_, i) => (i % 9 === 0 ? 30 : 2.3)), Math.log(10), undefined],
  ["begins high", [9, 8, 8, 7, ...new Array<number>(30).fill(60)], Math.log(2), undefined],
  ["is of numbers, and a few times that of the first step", [0.02, ...new Array<number>(40).fill(0.1)], undefined, undefined],
  ["is of numbers, and far above that of the first step", [0.02, ...new Array<number>(40).fill(5)], undefined, 4],
  ["is beyond all measure, though not on end", [3, 2e16, 0, 2e16, 0], Math.log(2), 2],
  ["is 0 at first, so that nothing is known", [0, ...new Array<number>(40).fill(5)], undefined, undefined],
])("a loss that %s", (_, losses, guessing, expected) => expect(toldAt(losses, guessing)).toBe(expected));
