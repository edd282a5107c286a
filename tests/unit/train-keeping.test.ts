// What of a training goes on: what is kept on the page, and in the browser for another day.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { History } from "../../src/ui/train/history.ts";
import { Keeping } from "../../src/ui/train/keeping.ts";
import type { Kept } from "../../src/ui/train/request.ts";
import { Offer, storedRun, storeRun } from "../../src/ui/train/stored.ts";

/** What the browser's database holds, by its keys. */
const database = new Map<string, unknown>();

/** A request that has its answer. */
function answered<Result>(result: Result): EventTarget & { readonly result: Result } {
  const request = Object.assign(new EventTarget(), { result });
  void Promise.resolve().then(() => request.dispatchEvent(new Event("success")));
  return request;
}

/** Bytes of files that the browser takes. What is more it gives up where the transaction ends, and frees what is dropped only then. */
let room = Number.POSITIVE_INFINITY;

function sizeOf(value: unknown): number {
  return Array.isArray(value) ? value.reduce((sum, file) => sum + (file instanceof Blob ? file.size : 0), 0) : 0;
}

/** A transaction ends when all its requests have answers, of which the last has led to no other. */
function transaction() {
  const target = new EventTarget();
  /** What it changes once it ends. */
  const changes: (() => unknown)[] = [];
  let underWay = 0;
  let added = 0;
  const end = () => {
    const used = [...database.values()].reduce<number>((sum, value) => sum + sizeOf(value), 0);
    if (added > 0 && used + added > room) return target.dispatchEvent(new Event("abort"));
    for (const change of changes) change();
    return target.dispatchEvent(new Event("complete"));
  };
  const after = <Result>(result: Result) => {
    const request = answered(result);
    underWay++;
    request.addEventListener("success", async () => {
      for (let turn = 0; turn < 10; turn++) await undefined;
      if (--underWay === 0) end();
    });
    return request;
  };
  const objects = {
    put: (value: unknown, key: string) => {
      added += sizeOf(value);
      return after(void changes.push(() => database.set(key, value)));
    },
    delete: (key: string) => after(void changes.push(() => database.delete(key))),
    get: (key: string) => after(database.get(key)),
  };
  return Object.assign(target, { objectStore: () => objects, error: new DOMException("full", "QuotaExceededError") });
}

beforeEach(() => {
  database.clear();
  room = Number.POSITIVE_INFINITY;
  vi.stubGlobal("indexedDB", { open: () => answered({ transaction, close: () => undefined }) });
});
afterEach(() => vi.useRealTimers());

/** Weights are a byte, and what goes on with them another. */
const kept = (steps: number): Kept => ({
  steps,
  bytes: new Uint8Array([steps]),
  checkpoints: { own: new Uint8Array([100 + steps]), rival: undefined },
});
const weightsOf = ({ steps, bytes }: Kept) => ({ steps, bytes });

function learned(steps: number): History {
  const history = new History("adam, seed 1");
  history.keep(kept(0));
  history.note(new Array<number>(steps).fill(1));
  return history;
}

test("of weights that are kept only the latest hold what it goes on with: moments are twice as large", () => {
  const history = learned(50);
  history.keep(kept(25));
  history.keep(kept(50));
  expect(history.kept).toEqual([weightsOf(kept(0)), weightsOf(kept(25)), kept(50)]);
});

test("where it goes on after a pause is nothing to look back at, until later weights are kept", () => {
  const history = learned(4);
  history.keepPaused(kept(4));
  expect([history.latest, history.kept]).toEqual([kept(4), [weightsOf(kept(0))]]);
  history.cut(kept(4));
  expect(history.latest).toEqual(kept(4));
  history.note(new Array<number>(21).fill(1));
  expect(history.isKeepingDue).toBe(true);
  history.keep(kept(25));
  expect([history.latest, history.kept]).toEqual([kept(25), [weightsOf(kept(0)), kept(25)]]);
  history.note([1]);
  history.keepPaused(kept(26));
  history.cut(kept(25));
  expect(history.latest).toEqual(weightsOf(kept(25)));
});

describe("a training that is stored", () => {
  const storable = (steps: number) => ({ key: "a", history: learned(steps), latest: kept(steps), rate: 0.25 });

  test("goes on another day with its moments, its rate and its curves", async () => {
    await storeRun("page", storable(37));
    const run = await storedRun("page", "a");
    expect(run?.history.kept).toEqual([weightsOf(kept(0)), { ...kept(37), checkpoints: { own: Uint8Array.of(137) } }]);
    expect([run?.rate, run?.history.steps, run?.history.losses.length]).toEqual([0.25, 37, 37]);
    expect(await storedRun("page", "b")).toBeUndefined();
  });

  test("without moments, or with those of another version, goes on with its weights", async () => {
    await storeRun("page", { ...storable(37), latest: weightsOf(kept(37)) });
    expect((await storedRun("page", "a"))?.history.latest).toEqual(weightsOf(kept(37)));
    await storeRun("page", storable(37));
    const [key, files] = [...database].find(([one]) => one.endsWith(" a")) as [string, Blob[]];
    const told = JSON.parse(await (files[0] as Blob).text());
    database.set(key, [new Blob([JSON.stringify({ ...told, checkpoint: 0 })]), ...files.slice(1)]);
    expect((await storedRun("page", "a"))?.history.latest).toEqual(weightsOf(kept(37)));
    // As they were kept before there were checkpoints.
    const { checkpoint: _, rate: __, ...old } = told;
    database.set(key, [new Blob([JSON.stringify(old)]), ...files.slice(1, 3)]);
    const run = await storedRun("page", "a");
    expect([run?.history.latest, run?.rate]).toEqual([weightsOf(kept(37)), undefined]);
  });

  test("stays where others with another setting are: of each name the latest six", async () => {
    const stepsOf = async (name: string, key: string) => (await storedRun(name, key))?.history.steps;
    await storeRun("other", { ...storable(20), key: "a" });
    for (const [i, key] of ["a", "b", "c", "d", "e", "f"].entries()) await storeRun("page", { ...storable(30 + i), key });
    await storeRun("page", { ...storable(50), key: "a" });
    expect([await stepsOf("page", "a"), await stepsOf("page", "b"), await stepsOf("page", "f")]).toEqual([50, 31, 35]);
    const { size } = database;
    await storeRun("page", { ...storable(1), key: "g" });
    expect([await stepsOf("page", "a"), await stepsOf("page", "b"), await stepsOf("page", "c")]).toEqual([50, undefined, 32]);
    expect([await stepsOf("page", "g"), await stepsOf("other", "a"), database.size]).toEqual([1, 20, size]);
  });

  test("takes the place of the oldest where the disk is full, at the next try, and where even theirs is too little of none", async () => {
    const stepsOf = async (key: string) => (await storedRun("page", key))?.history.steps;
    for (const [i, key] of ["a", "b", "c"].entries()) await storeRun("page", { ...storable(40 - i), key });
    room = [...database.values()].reduce<number>((sum, value) => sum + sizeOf(value), 0);
    const large = { ...kept(34), bytes: new Uint8Array(room + 1) };
    for (const _ of [1, 2]) expect(await storeRun("page", { ...storable(34), key: "d", latest: large })).toBe(false);
    expect([await stepsOf("a"), await stepsOf("b"), await stepsOf("c"), await stepsOf("d")]).toEqual([40, 39, 38, undefined]);
    for (const isKept of [false, true, false, true]) expect(await storeRun("page", { ...storable(30), key: "d" })).toBe(isKept);
    expect([await stepsOf("a"), await stepsOf("b"), await stepsOf("c"), await stepsOf("d")]).toEqual([undefined, undefined, 38, 30]);
  });

  test("as an older version has kept it, under the name alone, is the oldest of its name", async () => {
    await storeRun("page", storable(37));
    const files = [...database].find(([one]) => one.endsWith(" a"))?.[1];
    database.clear();
    database.set("training page", files);
    expect((await storedRun("page", "a"))?.history.steps).toBe(37);
    expect(await storedRun("page", "b")).toBeUndefined();
    for (const key of ["b", "c", "d", "e", "f"]) await storeRun("page", { ...storable(1), key });
    expect((await storedRun("page", "a"))?.history.steps).toBe(37);
    await storeRun("page", { ...storable(1), key: "g" });
    expect(database.has("training page")).toBe(false);
  });
});

describe("what is learned is kept in the browser", () => {
  /** A page that can be hidden, and a run that says what it goes on with. */
  function learn(history: History, offered = new Offer()) {
    const page = Object.assign(new EventTarget(), { visibilityState: "visible" as DocumentVisibilityState });
    const asked: number[] = [];
    const learning = {
      ...{ history, rateAnew: 0.5 },
      async keepToGoOn(): Promise<Kept | undefined> {
        asked.push(history.steps);
        return kept(history.steps);
      },
    };
    const keeping = new Keeping({ name: "page", key: "a" }, learning, offered, page);
    const see = (visibilityState: DocumentVisibilityState) => {
      page.visibilityState = visibilityState;
      page.dispatchEvent(new Event("visibilitychange"));
    };
    const stored = async () => (await storedRun("page", "a"))?.history.steps;
    return { keeping, learning, see, asked, stored };
  }

  test("when the page is hidden, once for the same steps", async () => {
    const history = learned(0);
    const { see, asked, stored, keeping } = learn(history);
    see("hidden");
    history.note([1, 1, 1]);
    see("visible");
    expect(asked).toEqual([]);
    see("hidden");
    see("hidden");
    await expect.poll(stored).toBe(3);
    expect(asked).toEqual([3]);
    history.note([1]);
    keeping.end();
    see("hidden");
    expect(asked).toEqual([3]);
  });

  test("with how good it was when it was tried, once it was kept already", async () => {
    const history = learned(0);
    const { keeping, asked } = learn(history);
    history.note([1, 1, 1]);
    await keeping.keep();
    history.scores.push({ steps: 3, loss: 1, accuracy: 0.5 });
    await keeping.keep(kept(3));
    await keeping.keep();
    expect((await storedRun("page", "a"))?.history.scores).toEqual(history.scores);
    expect(asked).toEqual([3]);
  });

  test("a browser that takes nothing is told of until it does", async () => {
    const { keeping, learning } = learn(learned(2));
    learning.history.note([1]);
    const { indexedDB } = globalThis;
    vi.stubGlobal("indexedDB", {
      open() {
        throw new DOMException("denied", "SecurityError");
      },
    });
    await keeping.keep();
    expect(keeping.isRefused).toBe(true);
    vi.stubGlobal("indexedDB", indexedDB);
    await keeping.keep();
    expect(keeping.isRefused).toBe(false);
  });

  test("a browser that has no room keeps what it had, and is told of", async () => {
    const { keeping, learning, stored } = learn(learned(0));
    learning.history.note([1, 1]);
    await keeping.keep();
    room = 0;
    learning.history.note([1]);
    await keeping.keep();
    expect([keeping.isRefused, await stored()]).toEqual([true, 2]);
    room = Number.POSITIVE_INFINITY;
    await keeping.keep();
    expect([keeping.isRefused, await stored()]).toEqual([false, 3]);
  });

  test("from time to time, as nobody is asked when a page is closed", async () => {
    vi.useFakeTimers();
    const history = learned(0);
    const { keeping, asked } = learn(history);
    history.note([1]);
    keeping.note();
    expect(asked).toEqual([]);
    vi.advanceTimersByTime(10_000);
    keeping.note();
    expect(asked).toEqual([1]);
  });

  test("one at a time: what is asked for meanwhile follows once, and from time to time nothing is added", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const history = learned(0);
    const { keeping, learning, see, asked, stored } = learn(history);
    const answers: ((kept: Kept) => void)[] = [];
    learning.keepToGoOn = () => {
      asked.push(history.steps);
      return new Promise((resolve) => answers.push(resolve));
    };
    vi.advanceTimersByTime(10_000);
    for (let i = 0; i < 3; i++) {
      history.note([1]);
      keeping.note();
    }
    expect(asked).toEqual([1]);
    see("hidden");
    see("hidden");
    answers[0]?.(kept(1));
    await expect.poll(() => asked).toEqual([1, 3]);
    expect(await stored()).toBe(1);
    answers[1]?.(kept(3));
    await expect.poll(stored).toBe(3);
    see("hidden");
    expect(asked).toEqual([1, 3]);
  });

  test("again where it could not be kept before", async () => {
    const history = learned(0);
    const { learning, keeping, see, stored } = learn(history);
    const { keepToGoOn } = learning;
    history.note([1, 1]);
    learning.keepToGoOn = async () => Promise.reject(new Error("no memory"));
    await keeping.keep();
    learning.keepToGoOn = keepToGoOn;
    const { indexedDB } = globalThis;
    const open = () => {
      throw new Error("full");
    };
    vi.stubGlobal("indexedDB", { open });
    await keeping.keep();
    vi.stubGlobal("indexedDB", indexedDB);
    expect(await stored()).toBeUndefined();
    see("hidden");
    await expect.poll(stored).toBe(2);
  });

  test("whenever weights are, and these are not asked for again", async () => {
    const history = learned(25);
    const { keeping, asked, stored } = learn(new History("none"));
    await keeping.keep(kept(0));
    expect(await stored()).toBeUndefined();
    const other = learn(history);
    history.note([1]);
    await other.keeping.keep(kept(26));
    expect([await other.stored(), asked, other.asked]).toEqual([26, [], []]);
  });

  test("but what is offered of another day stays until more steps were taken than it had", async () => {
    const offer = new Offer();
    await storeRun("page", { key: "a", history: learned(40), latest: kept(40), rate: 0.5 });
    offer.run = await storedRun("page", "a");
    const history = learned(0);
    const { see, asked, stored, keeping } = learn(history, offer);
    history.note(new Array<number>(39).fill(1));
    see("hidden");
    history.keep(kept(39));
    await keeping.keep(history.latest);
    history.note([1]);
    see("hidden");
    expect([asked, await stored(), offer.steps]).toEqual([[], 40, 40]);
    history.note([1]);
    see("hidden");
    await expect.poll(stored).toBe(41);
    // Whoever took it up now would keep the fewer steps in place of the more.
    await expect.poll(() => offer.steps).toBe(0);
    history.note([1]);
    see("hidden");
    await expect.poll(stored).toBe(42);
  });
});
