// What is told of a training: counts of one thing, scores of no class, and steps that were lost.
import { expect, test } from "vitest";
import { unusedScores } from "../../src/lessons/unused-scores.ts";
import { History } from "../../src/ui/train/history.ts";
import { silenceText } from "../../src/ui/train/silence.ts";
import { goesOnText, statusText, toldText } from "../../src/ui/train/status.ts";
import { begunTraining } from "../support/begun-training.ts";

test("of one thing the sentence is of one", () => {
  const history = new History("a");
  history.note([1]);
  history.scores.push({ steps: 1, loss: 1, accuracy: 1 });
  const told = (heldBack: number, count: number) => {
    const run = { history, begun: { ...begunTraining, kind: "classes", classes: ["a", "b"], heldBack, count } as const };
    return [statusText({ ...run, speed: 0, isHeld: false, isStepping: false } as never, false), toldText(run)];
  };
  expect(told(1, 1)).toEqual([
    "Learns from 1 picture · step 1 · loss 1.000 · 100.0 % of 1 picture held back is right",
    "After 1 step 100 % of the picture held back is right.",
  ]);
  expect(told(2, 3)).toEqual([
    "Learns from 3 pictures · step 1 · loss 1.000 · 100.0 % of 2 pictures held back are right",
    "After 1 step 100 % of the pictures held back are right.",
  ]);
  expect(silenceText(["a"], [{ channels: 4, silent: 0, nonFinite: 1 }])).toBe("1 channel holds numbers that are not finite.");
});

test.each([
  {
    kind: "classes",
    status: "Adam: loss 1.000; 90.0 % of 20 pictures held back are right · AdamW: loss 2.000; 80.0 % of 20 pictures held back are right",
    told: "After 1 step 90 % of the pictures held back are right by the first network, 80 % by the second.",
    ofFirst: "After 1 step 90 % of the pictures held back are right by the first network.",
  },
  {
    kind: "driving",
    status: "Adam: loss 1.000; in the lane 90.0 % of the time · AdamW: loss 2.000; in the lane 80.0 % of the time",
    told: "After 1 step the first network is in the lane 90 % of the time, the second 80 %.",
    ofFirst: "After 1 step the first network is in the lane 90 % of the time.",
  },
])("of two that learn both are told of: $kind", ({ kind, status, told, ofFirst }) => {
  const rival = new History("b");
  const history = new History("a", 0, rival);
  for (const [one, loss, accuracy] of [
    [history, 1, 0.9],
    [rival, 2, 0.8],
  ] as const) {
    one.note([loss]);
    one.scores.push({ steps: 1, loss, accuracy });
  }
  const run = { history, begun: { ...begunTraining, kind, heldBack: 20, count: 80 }, speed: 0, isHeld: false, isStepping: false } as never;
  expect(statusText(run, false, { first: "Adam", second: "AdamW" })).toBe(`Learns from 80 pictures · step 1 · ${status}`);
  expect(toldText(run)).toBe(told);
  // One that has come apart is tried no more.
  rival.scores.length = 0;
  expect(toldText(run)).toBe(ofFirst);
});

test.each([
  [0, "shown as it was before it learned (then 10.0 %)"],
  [3, "shown as it was after 3 steps (then 10.0 %, tried before it learned)"],
  [4, "shown as it was after 4 steps (then 60.0 %)"],
])("what is looked back at is told with how good it was then, not with how good it is now: step %i", (looked, expected) => {
  const history = new History("a");
  history.note([5, 4, 3, 2, 1, 1]);
  history.scores.push({ steps: 0, loss: 5, accuracy: 0.1 }, { steps: 4, loss: 2, accuracy: 0.6 }, { steps: 6, loss: 1, accuracy: 0.9 });
  const run = { history, begun: { ...begunTraining, kind: "classes" }, speed: 0, isHeld: true, isStepping: false, looked } as never;
  expect(statusText(run, false)).toContain(`Paused · step 6 · ${expected} · `);
});

test("of two that are looked back at, both are told of, by name", () => {
  const [rival, looked] = [new History("b"), 2];
  const history = new History("a", 0, rival);
  for (const one of [history, rival]) one.note([2, 1, 1]);
  history.scores.push({ steps: 2, loss: 1, accuracy: 0.6 });
  const run = { history, begun: { ...begunTraining, kind: "driving" }, speed: 0, isHeld: true, isStepping: false, looked } as never;
  const names = { first: "Adam", second: "AdamW" };
  const text = () => statusText(run, false, names).split(" · ")[2];
  expect(text()).toBe("shown as it was after 2 steps (then Adam: 60.0 %)");
  rival.scores.push({ steps: 0, loss: 1, accuracy: 0.3 }, { steps: 3, loss: 1, accuracy: 0.9 });
  expect(text()).toBe("shown as it was after 2 steps (then Adam: 60.0 %; AdamW: 30.0 %, tried before it learned)");
});

test("a network with more scores than classes is told of, as the command tells it", () => {
  const classes = ["a", "b"];
  expect(unusedScores({ classes, scores: 2 })).toBe("");
  expect(unusedScores({ classes: [] })).toBe("");
  expect(unusedScores({ classes, scores: 3 })).toBe(
    "the network has 3 scores, the pictures are of 2 classes: it learns never to answer with the others.",
  );
});

test.each([
  { steps: 4, before: 4, isRestored: true, told: "" },
  { steps: 4, before: 5, isRestored: true, told: "It goes on from step 4: the step after it was lost." },
  { steps: 25, before: 27, isRestored: true, told: "It goes on from step 25: the 2 steps after it were lost." },
  { steps: 4, before: 4, isRestored: false, told: "It goes on with weights alone: the optimiser's moments begin anew." },
  { steps: 0, before: 0, isRestored: false, told: "" },
])("a run that goes on after step $steps of $before tells what was lost", ({ steps, before, isRestored, told }) => {
  expect(goesOnText(steps, before, { isRestored })).toBe(told);
});
