// When a network that learns has come apart, as the page and `convcam train` tell it.
import { expect, test } from "vitest";
import { ruinWarning } from "../../src/cli/commands/train.ts";
import { Ruin } from "../../src/lessons/ruin.ts";
import { History } from "../../src/ui/train/history.ts";
import { Signs } from "../../src/ui/train/signs.ts";
import { ruinText } from "../../src/ui/train/standstill.ts";
import { begunTraining } from "../support/begun-training.ts";

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
  // A batch of a few pictures may be right by chance.
  ruin.note([0.8, ...guessed(9)], 7, 0.001);
  expect(ruin.rate).toBe(1);
  ruin.note(new Array<number>(10).fill(0.8), 17, 0.001);
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

/** Scatters as the loss of a network that gives each class about the same chance: from 2.3 to 2.5. */
const guessed = (count: number) => Array.from({ length: count }, (_, i) => 2.4 + 0.1 * Math.sin(i * 1.7));
/** Of single pictures: the mean is 2.4, but every tenth is 1.2, and three that follow each other are 1.9. */
const guessedAlone = (count: number) =>
  Array.from({ length: count }, (_, i) => [1.9, 1.9, 1.9, 3, 2.6, 3.2, 1.2, 2.8, 3, 2.5][i % 10] as number);
/** Clothing, Adam, the rate set to 1 after step 12. */
const killed = [2.31, 2.2, 1.9, 1.6, 1.5, 1.3, 1.2, 1.1, 1.2, 1, 0.9, 1, 25_535, 345, 8.8];

test("is told within 30 steps of a network that only guesses since its loss was far too high, until it learns again", () => {
  const { ruin, told } = ruinOf([...killed, ...guessed(90)]);
  const text =
    "After step 13 the loss was 25500, far above that of guessing, 2.3, and the network only guesses since: the network has come apart. “Begin anew” takes the learning rate 0.001, or a lower one that you choose.";
  expect(told.indexOf(text)).toBeLessThan(13 + 30);
  expect(new Set(told.slice(told.indexOf(text)))).toEqual(new Set([text]));
  // A batch of a single picture may be right by chance.
  ruin.note([0.4], 105, 0.001);
  expect([ruin.since?.isPast, ruin.rate]).toEqual([true, 1]);
  ruin.note(new Array<number>(20).fill(1.2), 106, 0.001);
  expect([ruin.since, ruin.rate]).toEqual([undefined, 1]);
  ruin.note(new Array<number>(10).fill(0.8), 126, 0.001);
  expect(ruin.rate).toBeUndefined();
});

test.each<[string, readonly number[]]>([
  ["recovers at once", [2.3, 60, 30, 9, 3, ...Array.from({ length: 60 }, (_, i) => 2.2 * 0.97 ** i)]],
  ["falls slowly from above guessing", [2.3, 40, 12, ...Array.from({ length: 60 }, (_, i) => 8 * 0.93 ** i + 0.5)]],
  ["comes back to what was learned", [0.5, 0.4, 200, 50, ...new Array<number>(60).fill(0.6)]],
  ["was never far too high, and guesses", [2.4, 5, 9, 4, ...guessed(60)]],
  ["begins high, is higher once, and still falls", [8, 90, ...Array.from({ length: 300 }, (_, i) => 8 * 0.992 ** i)]],
  ["has learned, and falls slowly from above guessing", [2.3, 1, 1, 1, 90, ...Array.from({ length: 300 }, (_, i) => 8 * 0.992 ** i)]],
  ["stands far above guessing", [2.3, 1, 1, 1, 90, ...new Array<number>(60).fill(6.9)]],
  ["was low for a batch, which was chance, before another was bad", [2.3, 2, 30, ...guessed(60)]],
  ["is of single pictures, some of them right by chance, before one is bad", [...guessedAlone(60), 30, ...guessed(60)]],
  ["had learned nothing before a bad batch, and learns later", [2.3, 24, ...guessed(60), ...new Array<number>(40).fill(1.5)]],
])("is none for a loss that %s", (_, losses) => {
  const { told, ruin } = ruinOf(losses);
  expect(told.slice(4).join("")).toBe("");
  expect(ruin.since).toBeUndefined();
});

test("is told of a network that had learned for ten steps, and only guesses since a single loss that was far too high", () => {
  const { told } = ruinOf([...killed.slice(0, 12), 60, ...guessed(40)]);
  expect(told.findIndex((text) => text.includes("the network only guesses since"))).toBe(12 + 20);
});

test.each([
  [0.001, false],
  [1, true],
])("of one that had not begun to learn at rate 0.001, is told after a single such loss at rate %d: %s", (rate, isTold) => {
  const history = new History("a");
  const signs = new Signs({
    begun: { ...begunTraining, classes: [..."abcdefghij"] },
    history,
    rate: 0.001,
    usualRate: 0.001,
  });
  const first = [3.6, 2.9, 2.2, 2.8];
  signs.note(first, 0.001);
  history.note(first);
  signs.note([60, ...guessed(40)], rate);
  expect(signs.advice(rate).includes("the network only guesses since: the network has come apart")).toBe(isTold);
  expect(signs.rateAnew(rate)).toBe(0.001);
});

test("is told as past also where nothing was learned before it was told", () =>
  expect(ruinOf([2.3, 25_535, 345, 8.8, ...guessed(60)]).told.at(-1)).toContain("the network only guesses since"));

test("is told on the command line in the page's words, with what to do there", () => {
  const warningOf = (losses: readonly number[]) => {
    const { since } = ruinOf(losses).ruin;
    return since && ruinWarning(since);
  };
  expect(warningOf([2, 30, 700, 747.3])).toBe(
    "convcam: after step 4 the loss is 747, far above that of guessing, 2.3: the network has come apart. Try a lower --lr, or --clip 1.",
  );
  expect(warningOf([...killed, ...guessed(40)])).toBe(
    "convcam: after step 13 the loss was 25500, far above that of guessing, 2.3, and the network only guesses since: the network has come apart. Try a lower --lr, or --clip 1.",
  );
});

test("is not told as past where nobody knows what guessing comes to", () =>
  expect(ruinOf([2, 25_535, 345, 8.8, ...guessed(60)], 0).told.at(-1)).toBe(""));

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
