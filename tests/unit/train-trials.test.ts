// When a network is tried once more while it is paused, so that what is told of it is of its last step, and what is kept of how good it was.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { History } from "../../src/ui/train/history.ts";
import { Learning } from "../../src/ui/train/learning.ts";
import type { TrainRequest } from "../../src/ui/train/request.ts";
import { statusText } from "../../src/ui/train/status.ts";
import { begunTraining } from "../support/begun-training.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

const second = () => vi.advanceTimersByTimeAsync(1500);

/** A run that is paused after as many steps as there are losses, the first of which it was tried before. */
async function paused(
  losses: readonly number[],
  begun: Partial<typeof begunTraining> & { readonly heldBack?: number } = {},
  { trialMs = 1, onKeep = () => undefined }: { readonly trialMs?: number; readonly onKeep?: () => undefined } = {},
) {
  const asked: string[] = [];
  const left = [...losses];
  const failing: { error?: Error } = {};
  const onFail = vi.fn();
  const history = new History("a");
  const session = {
    async ask({ kind, request }: { readonly kind: string; readonly request: TrainRequest }) {
      if (kind === "silence") return [];
      asked.push(request.do);
      if (request.do === "step") {
        if (left.length === 1) learning.isHeld = true;
        return { steps: 1, losses: [left.shift()], rivalLosses: [], ms: 100 };
      }
      if (request.do === "evaluate" && failing.error) throw failing.error;
      const { steps } = history;
      return { steps, bytes: Uint8Array.of(1), loss: 1, accuracy: steps / 10, confusion: [], mistakes: [{}], ms: trialMs };
    },
  };
  const ignore = () => undefined;
  const learning = new Learning({
    ...{ session: session as never, id: 1, begun: { ...begunTraining, ...begun } as never, history, batch: 1, rate: 1, usualRate: 1 },
    ...{ isFree: () => true, values: () => [], onChange: ignore, onLearn: ignore, onKeep, onFail },
  });
  await learning.goOn();
  return { learning, history, asked, failing, onFail, steps: left };
}

test("a pause tries it once more, with its last weights, and keeps them first", async () => {
  const { learning, history, asked } = await paused([3, 2, 1]);
  expect(statusText(learning, false)).toContain("0.0 % of 1 picture held back is right, before it learned");
  await second();
  expect(asked).toEqual(["keep", "evaluate", "step", "step", "step", "keep", "evaluate"]);
  expect(statusText(learning, false)).toMatch(/30\.0 % of 1 picture held back is right$/);
  expect(learning.trials.evaluated?.steps).toBe(3);
  // Nothing has changed since.
  await second();
  learning.isHeld = true;
  await second();
  expect(asked).toHaveLength(7);
  // Of the pictures that it is wrong on, those of the last trial alone are kept.
  expect(history.scores).toEqual([
    { steps: 0, loss: 1, accuracy: 0 },
    { steps: 3, loss: 1, accuracy: 0.3 },
  ]);
});

test("so does the last of single steps", async () => {
  const { learning, asked } = await paused([3, 2]);
  await second();
  asked.length = 0;
  void learning.goOn(true);
  await vi.advanceTimersByTimeAsync(500);
  void learning.goOn(true);
  await second();
  expect(asked.filter((what) => what !== "keep")).toEqual(["step", "step", "evaluate"]);
  learning.end();
});

test.each<[string, (learning: Learning) => unknown]>([
  ["it learns on", (learning) => Object.assign(learning, { isHeld: false })],
  ["it is looked back at", (learning) => learning.look(0)],
  ["it has ended", (learning) => learning.end()],
])("not where %s meanwhile", async (_, act) => {
  const { learning, asked, steps } = await paused([3]);
  // More than are taken in the time of the test, and too few until it is tried as it learns.
  steps.push(2, 2, 1, 1);
  asked.length = 0;
  learning.pace = "slow";
  await act(learning);
  await second();
  expect(asked).not.toContain("evaluate");
  learning.end();
});

test("after it was looked back at, too", async () => {
  const { learning, asked } = await paused([3, 2, 1]);
  await learning.look(0);
  await second();
  asked.length = 0;
  await learning.look(undefined);
  await second();
  expect(asked).toContain("evaluate");
  expect(learning.trials.isOutdated).toBe(false);
});

test("not where a trial takes so long that whoever goes on would wait for it", async () => {
  const { asked } = await paused([3, 2, 1], {}, { trialMs: 60_000 });
  asked.length = 0;
  await second();
  expect(asked).not.toContain("evaluate");
});

test("what came of it is kept for another day", async () => {
  const run: { history?: History } = {};
  const kept: unknown[] = [];
  Object.assign(run, await paused([3, 2, 1], {}, { onKeep: () => void kept.push(run.history?.scores.at(-1)?.steps) }));
  await second();
  expect(kept.at(-1)).toBe(3);
});

test("not with weights that have come apart, nor where nothing is held back", async () => {
  for (const { asked } of [await paused([3, Number.NaN]), await paused([3, 2], { heldBack: 0 } as never)]) {
    asked.length = 0;
    await second();
    expect(asked).toEqual([]);
  }
});

test("where that fails, the run does", async () => {
  const { failing, onFail } = await paused([3, 2]);
  failing.error = new Error("no memory");
  await second();
  expect(onFail).toHaveBeenCalledWith(failing.error);
});
