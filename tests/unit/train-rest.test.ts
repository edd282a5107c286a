// What learns rests once somebody has pressed something, before a step and within a long one, but not for ever; and what it has rested is no time of a step.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Scorer } from "../../src/engine/scorer.ts";
import type { Session } from "../../src/ui/session/session.ts";
import { answerTraining } from "../../src/ui/train/learner.ts";
import { tellPresses } from "../../src/ui/train/presses.ts";
import type { TrainAnswers, TrainRequest } from "../../src/ui/train/request.ts";
import { Rest } from "../../src/ui/train/rest.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "performance"] }));
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const passed = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** How long something takes, while time goes on. */
async function timed<T>(work: Promise<T>, until = 60_000): Promise<readonly [ms: number, result: T]> {
  const begun = performance.now();
  let done: readonly [number, T] | undefined;
  void work.then((result) => {
    done = [performance.now() - begun, result];
  });
  for (let ms = 0; ms < until && !done; ms++) await vi.advanceTimersByTimeAsync(1);
  if (!done) throw new Error(`it has taken more than ${until} ms`);
  return done;
}

test("it goes on once nothing has been pressed for a moment", async () => {
  const rest = new Rest();
  expect(await timed(rest.rested())).toEqual([expect.toBeOneOf([0, 1]), undefined]);
  rest.note();
  const waiting = timed(rest.rested());
  await vi.advanceTimersByTimeAsync(100);
  rest.note();
  const [ms] = await waiting;
  expect(ms).toBeGreaterThanOrEqual(220);
  expect(ms).toBeLessThan(225);
});

/** Presses in turn for a while, and works in pieces, with a rest before each. @returns when each piece began */
async function workPressed({ everyMs, pieceMs, forMs }: { readonly everyMs: number; readonly pieceMs: number; readonly forMs: number }) {
  const rest = new Rest();
  rest.note();
  const begun: number[] = [];
  const [start, clock] = [performance.now(), rest.clock];
  const working = (async () => {
    while (performance.now() - start < forMs) {
      await rest.rested();
      begun.push(performance.now() - start);
      await passed(pieceMs);
    }
  })();
  const pressing = (async () => {
    while (performance.now() - start < forMs) {
      await passed(everyMs);
      rest.note();
    }
  })();
  await timed(Promise.all([working, pressing]));
  return { begun, pieceMs, clock: rest.clock - clock };
}

test.each([
  [20, 16],
  [100, 16],
  [100, 5000],
])(
  "where something is pressed every %i ms, pieces of %i ms follow within half a second, and take half of all time",
  async (everyMs, pieceMs) => {
    const forMs = 20_000;
    const { begun, clock } = await workPressed({ everyMs, pieceMs, forMs });
    expect(begun[0]).toBeGreaterThanOrEqual(120);
    begun.forEach((at, i) => expect(at - (i > 0 ? (begun[i - 1] as number) + pieceMs : 0)).toBeLessThanOrEqual(505));
    const worked = begun.length * pieceMs;
    expect(worked).toBeGreaterThan(0.45 * (forMs - 500));
    // What is timed by its clock is the work alone.
    expect(Math.abs(clock - worked)).toBeLessThan(2 * begun.length);
  },
);

test("who presses one thing after the other in the usual way is waited for each time", async () => {
  const rest = new Rest();
  for (let i = 0; i < 10; i++) {
    rest.note();
    expect((await timed(rest.rested()))[0]).toBeGreaterThanOrEqual(120);
    await timed(passed(250));
  }
});

/** What a page's engine shows: a network whose steps and scores take a while. */
async function learningViewer(pieces: readonly number[]) {
  const trial = 60;
  vi.spyOn(Scorer, "make").mockImplementation(
    async (_, { batch = 1 } = {}) =>
      ({
        ...{ batch, length: 12, classes: 12, dispose() {} },
        async scores(_inputs: Float32Array, count: number) {
          await passed(trial);
          return new Float32Array(12 * count);
        },
      }) as never,
  );
  const trainer = {
    ...{ rate: 0.001, batch: 1, steps: 0, parameters: [], dispose() {} },
    step() {
      trainer.steps++;
    },
    async stepInPieces(_: unknown, { between }: { between(): Promise<void> }) {
      for (const [i, ms] of pieces.entries()) {
        if (i > 0) await between();
        await passed(ms);
      }
      trainer.step();
    },
    readLoss: async () => 1,
  };
  const model = { inputs: [{ name: "x", shape: ["n", 3, 4, 4] }], trainer: async () => trainer };
  const viewOf = () => ({ channels: 3, height: 4, width: 4 });
  const viewer = { model, kept: new Map(), imageInputName: "x", viewOf } as never;
  const ask = <Do extends TrainRequest["do"]>(request: Extract<TrainRequest, { do: Do }>) =>
    answerTraining(viewer, request) as Promise<TrainAnswers[Do]>;
  const wish = { data: "shapes", files: [], optimizer: "adam", batch: 1, seed: 1, freeze: undefined } as const;
  const begin = { do: "begin", id: 1, wish, preparation: {} } as const;
  return { ask, begin, kept: (viewer as { kept: Map<string, { dispose(): void }> }).kept };
}

const step = { do: "step", id: 1, count: 1, rate: 1 } as const;

test.each([
  ["a step that is one piece", [30], step, 30],
  ["a step of several pieces", [30, 30, 30], step, 90],
  ["several steps at once", [], { ...step, count: 4 }, 0],
])("%s is not begun while somebody presses, and its time is its own", async (_, pieces, request, took) => {
  const { ask, begin } = await learningViewer(pieces);
  await timed(ask(begin));
  await ask({ do: "rest" });
  const [ms, stepped] = await timed(ask(request));
  expect(ms).toBeGreaterThanOrEqual(120 + took);
  expect(stepped.ms).toBeLessThanOrEqual(took + 5);
});

test("within a long step it rests, too, and within what says how good it is; both say how long they took without", async () => {
  const { ask, begin } = await learningViewer([100, 100]);
  const [, { heldBack }] = await timed(ask(begin));
  for (const [request, took, pressedAt] of [
    [step, 200, 50],
    // Ten pictures at a time.
    [{ do: "evaluate", id: 1 } as const, 60 * Math.ceil(heldBack / 10), 50],
  ] as const) {
    const working = timed(ask(request));
    await vi.advanceTimersByTimeAsync(pressedAt);
    await ask({ do: "rest" });
    const [ms, answer] = await working;
    expect(ms).toBeGreaterThanOrEqual(took + 65);
    expect(answer.ms).toBeLessThanOrEqual(took + 10);
    await timed(passed(1000));
  }
});

test("presses are told before anything learns, for each viewer by itself, and nobody is waited for once it has gone", async () => {
  const [one, other] = [await learningViewer([10]), await learningViewer([10])];
  await one.ask({ do: "rest" });
  expect((await timed(one.ask(one.begin)))[0]).toBeGreaterThanOrEqual(120);
  await one.ask({ do: "rest" });
  expect((await timed(other.ask(other.begin)))[0]).toBeLessThan(20);
  expect((await timed(other.ask(step)))[0]).toBeLessThan(20);
  await one.ask({ do: "rest" });
  for (const part of one.kept.values()) part.dispose();
  expect((await timed(one.ask(step)))[0]).toBeLessThan(20);
});

test("each press in the page is told, a key that is held down once, and none after the end", () => {
  const page = new EventTarget();
  class Press extends Event {
    readonly repeat: boolean;
    constructor(type: string, repeat = false) {
      super(type);
      this.repeat = repeat;
    }
  }
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("KeyboardEvent", Press);
  const ask = vi.fn(() => Promise.reject(new Error("it has gone")));
  const end = tellPresses({ ask } as unknown as Session);
  for (const press of ["pointerdown", "pointerup", "keydown", "keyup", "pointermove"]) page.dispatchEvent(new Press(press));
  page.dispatchEvent(new Press("keydown", true));
  expect(ask).toHaveBeenCalledTimes(4);
  expect(ask).toHaveBeenCalledWith({ kind: "train", request: { do: "rest" } });
  end();
  page.dispatchEvent(new Press("pointerdown"));
  expect(ask).toHaveBeenCalledTimes(4);
});
