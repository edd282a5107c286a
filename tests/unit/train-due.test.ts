// When a network that learns is tried on the pictures held back: soon, and no more often than a share of the time allows.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Session } from "../../src/ui/session/session.ts";
import { History } from "../../src/ui/train/history.ts";
import { Learning } from "../../src/ui/train/learning.ts";
import type { TrainQuery } from "../../src/ui/train/request.ts";
import { begunTraining } from "../support/begun-training.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

interface Costs {
  readonly step: number;
  /** Of trying it, and of the first time. */
  readonly trial: number;
  readonly firstTrial: number;
  /** How long each trial rests besides. */
  readonly rest?: number;
}

/**
 * Learns for a while on a GPU where a step and a trial take so long.
 *
 * @returns after how many steps it was tried, and the share of the time that this took, without the first
 */
async function learn({ step, trial, firstTrial, rest = 0 }: Costs, forMs: number, start = 0) {
  const history = new History("a", start);
  const tried: number[] = [];
  let spent = 0;
  const take = (ms: number) => vi.advanceTimersByTime(ms);
  const session = {
    async ask({ kind, request }: TrainQuery | { kind: "silence"; request?: undefined }) {
      if (kind === "silence") return [];
      if (request?.do === "keep") return { steps: history.steps, bytes: new Uint8Array() };
      if (request?.do === "step") {
        take(step * request.count);
        return { losses: new Array<number>(request.count).fill(1), rivalLosses: [], steps: 0, ms: step * request.count };
      }
      const ms = tried.length === 0 ? firstTrial : trial;
      if (tried.length > 0) spent += ms;
      take(ms + rest);
      tried.push(history.steps);
      return { steps: history.steps, loss: 1, accuracy: 0.5, confusion: [], mistakes: [], ms };
    },
  } as unknown as Session;
  const begin = performance.now();
  const ignore = () => undefined;
  const learning = new Learning({
    ...{ session, id: 1, begun: begunTraining, history, batch: 1, rate: 1, usualRate: 1, values: () => [] },
    isFree: () => performance.now() - begin < forMs,
    ...{ onChange: ignore, onLearn: ignore, onKeep: ignore, onFail: ignore },
  });
  await learning.goOn();
  return { tried, share: spent / (performance.now() - begin) };
}

test("on a slow GPU it is tried again after a few steps, however long the first trial took to make ready", async () => {
  const { tried, share } = await learn({ step: 180, trial: 1500, firstTrial: 4000 }, 120_000);
  expect(tried[0]).toBe(0);
  expect(tried[1]).toBeGreaterThanOrEqual(3);
  expect(tried[1]).toBeLessThanOrEqual(8);
  expect(tried[2]).toBeLessThanOrEqual(40);
  expect(share).toBeLessThan(0.25);
});

test("where each step takes long, some are taken before it is tried again", async () => {
  const { tried, share } = await learn({ step: 2500, trial: 10_000, firstTrial: 15_000 }, 600_000);
  expect(tried.slice(0, 2)).toEqual([0, 4]);
  expect(share).toBeLessThan(0.25);
});

test("on a fast GPU it is tried soon, then every second and a half", async () => {
  const { tried, share } = await learn({ step: 1, trial: 30, firstTrial: 200 }, 15_000);
  expect(tried[1]).toBeLessThan(600);
  expect(tried.length).toBeGreaterThanOrEqual(9);
  expect(tried.length).toBeLessThanOrEqual(11);
  expect(share).toBeLessThan(0.05);
});

test("in a long training it takes no more than a ninth of the time", async () => {
  expect((await learn({ step: 100, trial: 2000, firstTrial: 2000 }, 3_600_000)).share).toBeLessThan(1 / 8.5);
});

test("where somebody presses something while it is tried, it is tried as often: rests are no time that this takes", async () => {
  const { tried } = await learn({ step: 100, trial: 300, firstTrial: 300, rest: 3000 }, 60_000);
  expect(tried[1]).toBeLessThanOrEqual(6);
  for (let i = 2; i < 5; i++) expect((tried[i] as number) - (tried[i - 1] as number)).toBeLessThanOrEqual(25);
});
