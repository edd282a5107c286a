// A run of training on its page: nobody changes or reads weights within a step, and what is told of weights is of those.
import { describe, expect, test } from "vitest";
import { Onward } from "../../src/data-sets/order.ts";
import type { Session } from "../../src/ui/session/session.ts";
import { askedOf } from "../../src/ui/train/asked.ts";
import { History } from "../../src/ui/train/history.ts";
import { Learning } from "../../src/ui/train/learning.ts";
import type { Kept, TrainRequest } from "../../src/ui/train/request.ts";
import { storeKeyOf } from "../../src/ui/train/stored.ts";
import type { ElementWish } from "../../src/ui/train/wish.ts";
import { begunTraining } from "../support/begun-training.ts";

/** A run whose requests are answered when the test says so. @param history of a run that goes on, which is not tried */
function runOf(history = new History("a"), isFree = () => true) {
  const asked: { readonly request: TrainRequest; answer(result: unknown): void }[] = [];
  const session = {
    ask: (query: { readonly kind: string; readonly request: TrainRequest }) =>
      query.kind === "silence" ? Promise.resolve([]) : new Promise((resolve) => asked.push({ request: query.request, answer: resolve })),
  } as unknown as Session;
  let keptCount = 0;
  const learning = new Learning({
    ...{
      session,
      id: 1,
      begun: { ...begunTraining, heldBack: history.steps > 0 ? 0 : 1 },
      history,
      batch: 1,
      rate: 1,
      usualRate: 1,
      isFree,
      values: () => [],
    },
    ...{ onChange: () => {}, onLearn: () => {}, onFail: () => {} },
    onKeep: () => {
      keptCount++;
    },
  });
  const next = async (what: TrainRequest["do"]) => {
    await expect.poll(() => asked[0]?.request.do, { timeout: 5000 }).toBe(what);
    return asked.shift() as (typeof asked)[number];
  };
  return { learning, asked, next, keptCount: () => keptCount };
}

const wishOf = (data: string): ElementWish => ({
  ...{ data, files: [], optimizer: "adam", rate: undefined, schedule: undefined, batch: 1, freeze: undefined, seed: 1 },
});

const kept = (steps: number) => ({ steps, bytes: new Uint8Array([steps]) });
const evaluated = { steps: 0, loss: 1, accuracy: 0, confusion: [], mistakes: [], ms: 1 };

const stepped = { losses: [1], rivalLosses: [], steps: 0, ms: 1 };

/** What was learned in a while: of each of the weights kept nothing but the number of bytes is known. */
function historyWith(keptSteps: readonly number[], bytes: number, steps: number): History {
  const history = new History("a");
  for (const one of keptSteps) history.keep(sized(one, bytes));
  history.note(new Array<number>(steps).fill(1));
  return history;
}
const sized = (steps: number, length: number, own = 0): Kept => ({
  ...{ steps, bytes: { length } as Uint8Array<ArrayBuffer> },
  ...(own > 0 && { checkpoints: { own: { length: own } as Uint8Array<ArrayBuffer>, rival: undefined } }),
});
const every25 = (count: number) => Array.from({ length: count }, (_, i) => 25 * i);

/** A run that is held while its first step is under way. */
async function heldWithin() {
  const run = runOf();
  void run.learning.goOn();
  (await run.next("keep")).answer(kept(0));
  (await run.next("evaluate")).answer(evaluated);
  const step = await run.next("step");
  run.learning.isHeld = true;
  return { ...run, step };
}

test("weights that are looked back at wait for the step that is under way, and are saved as what they are", async () => {
  const { learning, asked, next, step } = await heldWithin();
  const looked = learning.look(0);
  await new Promise((resolve) => setTimeout(resolve));
  expect(asked).toEqual([]);
  step.answer({ losses: [1], steps: 1, ms: 1 });
  (await next("keep")).answer(kept(1));
  const look = await next("look");
  expect(look.request).toMatchObject({ kept: kept(0) });
  look.answer(undefined);
  await looked;
  expect(await learning.keep()).toEqual(kept(0));
  expect(asked).toEqual([]);
});

test("what is looked at stays where the pause keeps more than there is room for, and is told by its steps", async () => {
  const { learning, next } = runOf(historyWith(every25(20), 10e6, 480));
  void learning.goOn();
  const step = await next("step");
  learning.isHeld = true;
  const looked = learning.look(375);
  step.answer(stepped);
  (await next("keep")).answer(sized(481, 10e6, 80e6));
  const look = await next("look");
  expect(look.request).toMatchObject({ kept: { steps: 375 } });
  look.answer(undefined);
  await looked;
  await expect.poll(() => learning.isStepping).toBe(false);
  expect(learning.history.latest?.steps).toBe(481);
  const steps = learning.history.kept.map((one) => one.steps);
  expect(steps).not.toContain(25);
  expect(steps).toContain(375);
  expect(learning.looked).toBe(375);
});

test("what is chosen while weights are kept is looked at, though many before and after it go then", async () => {
  const { learning, next } = runOf(historyWith(every25(24), 1, 600));
  void learning.goOn();
  const keep = await next("keep");
  learning.isHeld = true;
  const looked = learning.look(25);
  keep.answer(kept(600));
  (await next("step")).answer(stepped);
  expect(learning.history.kept.length).toBeLessThan(20);
  (await next("keep")).answer(kept(601));
  const look = await next("look");
  expect(look.request).toMatchObject({ kept: { steps: 25 } });
  look.answer(undefined);
  await looked;
  expect(learning.looked).toBe(25);
  expect(learning.history.kept.map(({ steps }) => steps)).toContain(25);
});

test("what is asked for after a single step is looked at after it", async () => {
  const { learning, asked, next } = runOf(historyWith([0, 3], 1, 5));
  learning.isHeld = true;
  void learning.look(0);
  const keep = await next("keep");
  void learning.goOn(true);
  const looked = learning.look(3);
  keep.answer(kept(5));
  for (const what of ["look", "look"] as const) (await next(what)).answer(undefined);
  (await next("step")).answer(stepped);
  (await next("keep")).answer(kept(6));
  const look = await next("look");
  expect(look.request).toMatchObject({ kept: { steps: 3 } });
  look.answer(undefined);
  await looked;
  expect([learning.looked, learning.history.steps, asked]).toEqual([3, 6, []]);
  learning.end();
});

describe("single steps that wait are taken back", () => {
  /** A run of which three steps are ordered; the first is under way. */
  async function ordered() {
    let isFree = true;
    const run = runOf(historyWith([0], 1, 5), () => isFree);
    run.learning.isHeld = true;
    for (let i = 0; i < 3; i++) void run.learning.goOn(true);
    const setFree = (free: boolean) => {
      isFree = free;
      // As an element does that is paused.
      void run.learning.goOn();
    };
    return { ...run, step: await run.next("step"), setFree };
  }

  test("by who looks back", async () => {
    const { learning, asked, next, step } = await ordered();
    const looked = learning.look(0);
    step.answer(stepped);
    (await next("keep")).answer(kept(6));
    (await next("look")).answer(undefined);
    await looked;
    await expect.poll(() => learning.isStepping).toBe(false);
    expect([learning.looked, learning.history.steps, asked]).toEqual([0, 6, []]);
    learning.end();
  });

  test("by a loss that is no number, which is told of its own step", async () => {
    const { learning, asked, step } = await ordered();
    step.answer({ ...stepped, losses: [Number.NaN] });
    await expect.poll(() => learning.isStepping).toBe(false);
    expect([learning.history.steps, asked]).toEqual([6, []]);
    expect(learning.trouble).toMatch(/^After step 6 the loss is NaN:/);
  });

  test.each<[string, (run: Awaited<ReturnType<typeof ordered>>) => void]>([
    [
      "learning, or pauses it again",
      ({ learning }) => {
        learning.isHeld = false;
        learning.isHeld = true;
      },
    ],
    [
      "the layers, also if only for a moment",
      ({ setFree }) => {
        setFree(false);
        setFree(true);
      },
    ],
  ])("by who pauses %s", async (_, pause) => {
    const run = await ordered();
    pause(run);
    run.step.answer(stepped);
    await expect.poll(() => run.learning.isStepping).toBe(false);
    expect([run.learning.history.steps, run.asked]).toEqual([6, []]);
    run.learning.end();
  });

  test("where the layers are paused no step is taken at all", async () => {
    const { learning, asked } = runOf(historyWith([0], 1, 5), () => false);
    learning.isHeld = true;
    await learning.goOn(true);
    expect(asked).toEqual([]);
  });

  test("beyond ten, such as those of a key that is held down", async () => {
    const { learning, next, step } = await ordered();
    for (let i = 0; i < 50; i++) void learning.goOn(true);
    step.answer(stepped);
    for (let i = 0; i < 10; i++) (await next("step")).answer(stepped);
    await expect.poll(() => learning.isStepping).toBe(false);
    expect(learning.history.steps).toBe(5 + 11);
    learning.end();
  });
});

test("where it goes on is kept with each pause, and the pause is told when it is", async () => {
  const { learning, asked, next, step, keptCount } = await heldWithin();
  step.answer({ losses: [1], rivalLosses: [], steps: 1, ms: 1 });
  const keep = await next("keep");
  expect(keep.request).toMatchObject({ isToGoOn: true });
  expect(learning.isStepping).toBe(true);
  // Somebody lets it go on meanwhile.
  learning.isHeld = false;
  keep.answer(kept(1));
  const second = await next("step");
  expect(learning.history.latest).toEqual(kept(1));
  expect(learning.history.kept).toEqual([kept(0)]);
  // For another day as well.
  expect(keptCount()).toBe(2);
  learning.isHeld = true;
  second.answer({ losses: [1], rivalLosses: [], steps: 2, ms: 1 });
  (await next("keep")).answer(kept(2));
  await expect.poll(() => learning.isStepping).toBe(false);
  expect(learning.history.latest).toEqual(kept(2));
  expect(asked).toEqual([]);
});

test("single steps follow each other, none is lost, and where it goes on is kept once no more are asked for", async () => {
  const { learning, asked, next } = runOf();
  learning.isHeld = true;
  await Promise.all([1, 2].map(() => void learning.goOn(true)));
  (await next("keep")).answer(kept(0));
  (await next("evaluate")).answer(evaluated);
  const first = await next("step");
  expect(first.request).toMatchObject({ count: 1 });
  void learning.goOn(true);
  first.answer({ losses: [1], rivalLosses: [], steps: 1, ms: 1 });
  for (const steps of [2, 3]) (await next("step")).answer({ losses: [1], rivalLosses: [], steps, ms: 1 });
  await expect.poll(() => learning.isStepping).toBe(false);
  expect(asked).toEqual([]);
  const keep = await next("keep");
  expect(keep.request).toMatchObject({ isToGoOn: true });
  // One that is asked for meanwhile follows it.
  void learning.goOn(true);
  keep.answer(kept(3));
  const last = await next("step");
  expect(learning.history.latest).toEqual(kept(3));
  expect(learning.history.kept).toEqual([kept(0)]);
  // What is over keeps nothing.
  learning.end();
  last.answer({ losses: [1], rivalLosses: [], steps: 4, ms: 1 });
  await expect.poll(() => learning.isStepping).toBe(false);
  expect(asked).toEqual([]);
});

test("a single step that is asked for while a run rests or is kept is taken", async () => {
  const { learning, next } = runOf();
  learning.pace = "slow";
  void learning.goOn();
  (await next("keep")).answer(kept(0));
  (await next("evaluate")).answer(evaluated);
  (await next("step")).answer({ losses: [1], rivalLosses: [], steps: 1, ms: 1 });
  await expect.poll(() => learning.isStepping).toBe(false);
  learning.isHeld = true;
  void learning.goOn(true);
  (await next("step")).answer({ losses: [1], rivalLosses: [], steps: 2, ms: 1 });
  await expect.poll(() => learning.isStepping).toBe(false);
  learning.isHeld = false;
  const running = await next("step");
  learning.isHeld = true;
  running.answer({ losses: [1], rivalLosses: [], steps: 3, ms: 1 });
  const keep = await next("keep");
  void learning.goOn(true);
  keep.answer(kept(3));
  (await next("step")).answer({ losses: [1], rivalLosses: [], steps: 4, ms: 1 });
  await expect.poll(() => learning.history.steps).toBe(4);
  learning.end();
});

test("what was asked for before a run ended is none of its weights", async () => {
  const { learning, next, keptCount } = runOf();
  void learning.goOn();
  const keep = await next("keep");
  learning.end();
  keep.answer(kept(0));
  await learning.look(undefined);
  expect(keptCount()).toBe(0);
  expect(learning.history.kept).toEqual([]);
});

test("pictures without end go on where they were left", () => {
  expect(new Onward(64).next(2)).toEqual([64, 65]);
  expect(new Onward().next(2)).toEqual([0, 1]);
});

test("what is stored is of a network and all that is asked of it", () => {
  const of = (source: unknown, key: string) => storeKeyOf({ source, key });
  expect(of("a.onnx", "[1]")).toBe(of("a.onnx", "[1]"));
  expect(of("a.onnx", "[1]")).not.toBe(of("b.onnx", "[1]"));
  expect(of("a.onnx", "[1]")).not.toBe(of("a.onnx", "[2]"));
  expect(of(Uint8Array.of(1, 2), "[1]")).toBe(of(Uint8Array.of(1, 2), "[1]"));
  expect(of(Uint8Array.of(1, 2), "[1]")).not.toBe(of(Uint8Array.of(1, 3), "[1]"));
  // The name behind an address says nothing of what is learned: what was kept without it is found again.
  const askedFor = (data: string) => askedOf({ preparation: {}, getAttribute: () => null } as never, {} as never, 0, wishOf(data));
  const [plain, named] = [askedFor("/a.bin"), askedFor("/a.bin#clothing")];
  expect(storeKeyOf(named)).toBe(storeKeyOf(plain));
  expect([named.pictures, named.wish.data]).toEqual([plain.pictures, "/a.bin#clothing"]);
  expect(storeKeyOf(askedFor("/b.bin"))).not.toBe(storeKeyOf(plain));
});
