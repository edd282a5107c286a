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
async function paused(losses: readonly number[], begun: Partial<typeof begunTraining> & { readonly heldBack?: number } = {}) {
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
      return { steps: history.steps, bytes: Uint8Array.of(1), loss: 1, accuracy: history.steps / 10, confusion: [], mistakes: [{}], ms: 1 };
    },
  };
  const ignore = () => undefined;
  const learning = new Learning({
    ...{ session: session as never, id: 1, begun: { ...begunTraining, ...begun } as never, history, batch: 1, rate: 1, usualRate: 1 },
    ...{ isFree: () => true, values: () => [], onChange: ignore, onLearn: ignore, onKeep: ignore, onFail },
  });
  await learning.goOn();
  return { learning, history, asked, failing, onFail };
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
  const { learning, asked } = await paused([3, 2, 1]);
  asked.length = 0;
  await act(learning);
  learning.end();
  await second();
  expect(asked).not.toContain("evaluate");
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
