// What is known of a training on its page: history, mistakes, one's own pictures, and what is said.
import { describe, expect, test, vi } from "vitest";
import { BytesSet } from "../../src/data-sets/data-set.ts";
import { divide } from "../../src/data-sets/divide.ts";
import { pixelsOf, resized } from "../../src/data-sets/resized.ts";
import { toldOf, unlearnedText } from "../../src/ui/page/unlearned.ts";
import { History, historyFor, smoothed } from "../../src/ui/train/history.ts";
import { Learning } from "../../src/ui/train/learning.ts";
import { lossesCsv } from "../../src/ui/train/losses-csv.ts";
import { labelsOf } from "../../src/ui/train/own-pictures.ts";
import type { TrainQuery, TrainRequest } from "../../src/ui/train/request.ts";
import { Rise } from "../../src/ui/train/rise.ts";
import { silenceText } from "../../src/ui/train/silence.ts";
import { SilentChannels } from "../../src/ui/train/silent-channels.ts";
import { adviceOf, Standstill } from "../../src/ui/train/standstill.ts";
import { statusText } from "../../src/ui/train/status.ts";
import { storeNameOf } from "../../src/ui/train/stored.ts";
import { readTrainWish } from "../../src/ui/train/wish.ts";
import { Worst } from "../../src/ui/train/worst.ts";

const kept = (steps: number) => ({ steps, bytes: new Uint8Array([steps % 256]) });

const every25 = Array.from({ length: 10 }, (_, i) => 25 * i);

/** A run of training whose session stands for the engine; it is heard by nobody. */
function learningOf(
  session: object,
  parts: { readonly begun?: object; readonly history?: History; readonly rate?: number; readonly isFree?: () => boolean },
) {
  const ignore = () => undefined;
  const { begun = { classes: [] }, ...others } = parts;
  return new Learning({
    ...{
      session: session as never,
      id: 1,
      begun: begun as never,
      history: new History("a"),
      batch: 1,
      rate: 1,
      usualRate: 1,
      isFree: () => true,
    },
    ...{ values: () => [], onChange: ignore, onLearn: ignore, onKeep: ignore, onFail: ignore },
    ...others,
  });
}

describe("a history", () => {
  test("keeps weights before the first step, and again after 25", () => {
    const history = new History("a");
    expect(history.isKeepingDue).toBe(true);
    history.keep(kept(0));
    expect(history.isKeepingDue).toBe(false);
    history.note(new Array<number>(24).fill(1));
    expect(history.isKeepingDue).toBe(false);
    history.note([1]);
    expect(history.isKeepingDue).toBe(true);
  });

  test("of a long training keeps the first, the last and some between, no more than 24", () => {
    const history = new History("a");
    for (let step = 0; step < 5000; step++) {
      if (history.isKeepingDue) history.keep(kept(step));
      history.note([1]);
    }
    const steps = history.kept.map((one) => one.steps);
    expect(steps.length).toBeLessThanOrEqual(24);
    expect(steps.length).toBeGreaterThan(10);
    expect(steps[0]).toBe(0);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect(5000 - (steps.at(-1) ?? 0)).toBeLessThanOrEqual(800);
  });

  test("of a large network keeps the first, the last and few between, and goes on keeping as often", () => {
    const history = new History("a");
    const large = (steps: number) => ({ ...kept(steps), bytes: new Uint8Array(100), checkpoints: { own: new Uint8Array(300) } });
    for (let step = 0; step <= 500; step++) {
      if (history.isKeepingDue) history.keep(large(step), undefined, 700);
      expect(step - (history.latest?.steps ?? 0)).toBeLessThan(25);
      history.note([1]);
    }
    const steps = history.kept.map((one) => one.steps);
    expect([steps[0], steps.at(-1)]).toEqual([0, 500]);
    expect(steps.length).toBeGreaterThan(2);
    expect(100 * steps.length + 300).toBeLessThanOrEqual(700);
    // The first and the last are kept, though they alone are more.
    for (const step of [600, 700]) history.keep(large(step), undefined, 50);
    expect(history.kept.map((one) => one.steps)).toEqual([0, 700]);
  });

  test("counts what a pause keeps among its bytes, and keeps that however large it is", () => {
    const history = new History("a");
    for (const step of [0, 25, 50, 75]) history.keep({ ...kept(step), bytes: new Uint8Array(100) }, undefined, 700);
    const paused = { ...kept(80), bytes: new Uint8Array(100), checkpoints: { own: new Uint8Array(300) } };
    history.keepPaused(paused, undefined, 700);
    expect(history.kept.map(({ steps }) => steps)).toEqual([0, 75]);
    expect(history.latest).toBe(paused);
    history.keepPaused(paused, undefined, 50);
    expect(history.kept.map(({ steps }) => steps)).toEqual([0, 75]);
    expect(history.latest).toBe(paused);
  });

  test.each(every25)("keeps the weights after step %i while somebody looks at them, however many or large the others are", (looked) => {
    const history = new History("a");
    for (const step of every25) history.keep(kept(step));
    history.keepPaused({ ...kept(240), bytes: new Uint8Array(100) }, looked, 50);
    const ends = [0, 225];
    expect(history.kept.map(({ steps }) => steps)).toEqual([...new Set([...ends, looked])].sort((a, b) => a - b));
    history.keep({ ...kept(250), bytes: new Uint8Array(100) }, looked, 50);
    expect(history.kept.map(({ steps }) => steps)).toEqual([...new Set([0, 250, looked])].sort((a, b) => a - b));
  });

  test("is cut where the GPU was lost: what was learned after the last weights is told no more", () => {
    const history = new History("a");
    history.keep(kept(0));
    history.note([5, 4, 3]);
    history.keep(kept(3));
    history.note([2, 1]);
    history.scores.push({ steps: 0, loss: 5, accuracy: 0 }, { steps: 5, loss: 1, accuracy: 1 });
    history.cut(kept(3));
    expect(history.losses).toEqual([5, 4, 3]);
    expect(history.steps).toBe(3);
    expect(history.scores.map(({ steps }) => steps)).toEqual([0]);
    expect(history.kept.map(({ steps }) => steps)).toEqual([0, 3]);
  });

  test("losses are smoothed by the mean of those before, and few are told as they are", () => {
    expect(smoothed([4, 2, 6], [0, 1, 2])).toEqual([4, 2, 6]);
    expect(smoothed([4, 2, 6, 8], [0, 1, 2, 3], 2)).toEqual([4, 3, 4, 7]);
    expect(smoothed([4, 2, 6, 8], [3], 3)).toEqual([16 / 3]);
  });
});

test("losses are a table: a row for each step, with what was measured then on what is held back", () => {
  const history = new History("a", 3);
  history.scores.push({ steps: 3, loss: 2.5, accuracy: 0.125 });
  history.note([2, 1.5]);
  history.scores.push({ steps: 5, loss: 1.25, accuracy: 0.5 });
  expect(lossesCsv(history)).toBe("step,loss,held_back_loss,accuracy\n3,,2.5,0.125\n4,2,,\n5,1.5,1.25,0.5\n");
});

describe("what is looked back at", () => {
  /** A network whose weights are one byte, and whose answers take a while. */
  function learn() {
    let weights = 9;
    const session = {
      async ask({ request }: TrainQuery) {
        await Promise.resolve();
        if (request.do === "keep") return { steps: 9, bytes: new Uint8Array([weights]) };
        if (request.do !== "look") throw new Error(request.do);
        for (let i = 0; i < 5; i++) await Promise.resolve();
        weights = request.kept.bytes[0] as number;
      },
    };
    const history = new History("a");
    for (const steps of [0, 3, 6]) history.keep(kept(steps));
    const learning = learningOf(session, { history, isFree: () => false });
    return { learning, weights: () => weights };
  }

  test("is what was asked for last, however quickly one looks, and what was learned is never lost", async () => {
    const { learning, weights } = learn();
    await Promise.all([0, 3, undefined, 6, 0].map((steps) => learning.look(steps)));
    expect([learning.looked, weights()]).toEqual([0, 0]);
    const asked = learning.look(undefined);
    expect(learning.looked).toBeUndefined();
    await Promise.all([asked, learning.look(3)]);
    expect([learning.looked, weights()]).toEqual([3, 3]);
    await learning.look(undefined);
    expect(weights()).toBe(9);
  });

  test("is saved with as many steps as it had taken", async () => {
    const { learning } = learn();
    await learning.look(3);
    expect((await learning.keep()).steps).toBe(3);
    await learning.look(undefined);
    expect((await learning.keep()).steps).toBe(9);
  });
});

test("it is paused once the step under way has ended: until then weights change", async () => {
  let end: ((losses: readonly number[]) => void) | undefined;
  const session = {
    async ask({ request }: TrainQuery) {
      if (request.do === "step") return { steps: 1, ms: 10, losses: await new Promise((resolve) => (end = resolve)) };
      return { steps: 0, loss: 2, accuracy: 0, confusion: [], mistakes: [], ms: 1, bytes: new Uint8Array(1) };
    },
  };
  const learning = learningOf(session, { begun: { kind: "classes", classes: [], count: 8, heldBack: 2, leftOut: 0 } });
  const going = learning.goOn();
  await expect.poll(() => end).toBeDefined();
  expect(statusText(learning, false)).toMatch(/^Learns from 8 pictures/);
  learning.isHeld = true;
  expect(statusText(learning, false)).toMatch(/^Ends a step/);
  end?.([2]);
  await going;
  expect(statusText(learning, false)).toMatch(/^Paused · step 1/);
});

describe("a loss", () => {
  /** The same numbers from 0 to 1 every time. */
  function* scatter() {
    for (let x = 12345; ; ) {
      x = (1103515245 * x + 12345) % 2 ** 31;
      yield x / 2 ** 31;
    }
  }
  const steps = (count: number, lossOf: (step: number) => number) => Array.from({ length: count }, (_, i) => lossOf(i));
  /** Whether it was told to rise at any of its steps. */
  function isToldOf(rise: Rise, losses: readonly number[]): boolean {
    return losses.some((loss) => {
      rise.note([loss]);
      return rise.isRising;
    });
  }

  test.each([
    ["falls, and scatters by a half from batch to batch", (i: number, noise: number) => 2.3 * Math.exp(-i / 200) * (0.5 + noise)],
    [
      "is of single pictures: little for most, much for some",
      (i: number, noise: number) => (noise < 0.9 - 0.8 * Math.exp(-i / 200) ? 0.01 : 4),
    ],
    ["is almost nothing, and scatters by ten times", (_: number, noise: number) => 0.001 * 10 ** noise],
    ["stays as it was: nothing is learned", (_: number, noise: number) => 2 + 0.6 * noise],
    ["has a few batches that are far too hard", (i: number, noise: number) => (i % 100 < 8 ? 50 : 1 + noise)],
  ])("that %s is no rise", (_, lossOf) => {
    const noise = scatter();
    expect(
      isToldOf(
        new Rise(2.3),
        steps(3000, (i) => lossOf(i, noise.next().value as number)),
      ),
    ).toBe(false);
  });

  test("that rises far is told while it is so high, and no longer when it has fallen", () => {
    const rise = new Rise(2.3);
    expect(isToldOf(rise, [...steps(100, (i) => 2.3 - i / 50), ...steps(20, () => 0.6)])).toBe(false);
    rise.note(steps(60, () => 3));
    expect(rise.isRising).toBe(true);
    rise.note(steps(30, () => 0.6));
    expect(rise.isRising).toBe(false);
  });

  test("that falls far, and then is that of an answer by chance again, has risen", () => {
    const rise = new Rise(Math.log(10));
    const noise = scatter();
    expect(isToldOf(rise, [...steps(200, (i) => 2.3 * Math.exp(-i / 50)), ...steps(40, () => 0.1)])).toBe(false);
    expect(
      isToldOf(
        rise,
        steps(80, () => 2.2 + 0.2 * (noise.next().value as number)),
      ),
    ).toBe(true);
  });

  test("with a number missing among them is told all the same", () => {
    const rise = new Rise(2.3);
    rise.note([...steps(40, () => 1), Number.NaN, ...steps(80, () => 6)]);
    expect(rise.isRising).toBe(true);
  });

  test("that rises with the very first step is told, too", () => {
    expect(isToldOf(new Rise(2.3), [2.3, ...steps(60, () => 900)])).toBe(true);
  });

  test("is told no longer once something is changed, unless it rises on from there", () => {
    const rise = new Rise(2.3);
    rise.note([...steps(40, () => 1), ...steps(60, () => 6)]);
    expect(rise.isRising).toBe(true);
    rise.change();
    expect(
      isToldOf(
        rise,
        steps(100, () => 6),
      ),
    ).toBe(false);
    expect(
      isToldOf(
        rise,
        steps(60, () => 20),
      ),
    ).toBe(true);
  });
});

describe("a run that has come apart", () => {
  /** Steps whose losses are given, each with the rate that it was asked for with. */
  function learn(rate: number, losses: readonly number[]) {
    const left = [...losses];
    const session = {
      async ask({ kind, request }: { readonly kind: string; readonly request: TrainRequest }) {
        if (kind === "silence") return [];
        if (request.do === "step") return { steps: 1, ms: 10, losses: [left.shift()] };
        return { steps: 0, loss: 2, accuracy: 0, confusion: [], mistakes: [], ms: 1, bytes: new Uint8Array(1) };
      },
    };
    return learningOf(session, { begun: { kind: "classes", classes: ["a", "b"] }, rate });
  }

  test("begins anew with the rate that it began with, and says so, unless a lower one is chosen", async () => {
    const learning = learn(0.001, [2, Number.NaN]);
    learning.rate = 0.5;
    expect(learning.rateAnew).toBe(0.5);
    await learning.goOn();
    expect(learning.isHeld).toBe(true);
    expect(learning.trouble).toMatch(/^After step 2 the loss is NaN: .* “Begin anew” takes the learning rate 0.001,/);
    expect(learning.rateAnew).toBe(0.001);
    learning.rate = 0.1;
    expect(learning.rateAnew).toBe(0.1);
  });

  test("and a rate chosen after it counts, though somebody has let it go on with nothing", async () => {
    const learning = learn(1, [2, Number.NaN, Number.NaN]);
    await learning.goOn();
    learning.rate = 0.01;
    await learning.goOn(true);
    expect(learning.history.steps).toBe(3);
    expect(learning.rateAnew).toBe(0.01);
  });

  test("though its loss is still a number, begins anew with a lower rate, and says so at once", async () => {
    const learning = learn(0.001, [0.5, 40, 747.3, 3000, 1000]);
    learning.rate = 1;
    learning.isHeld = true;
    for (let i = 0; i < 4; i++) await learning.goOn(true);
    expect(learning.advice).toMatch(
      /^After step 4 the loss is 3\D?000, far above that of guessing, 0\.693: .* “Begin anew” takes the learning rate 0.001,/,
    );
    // The learning goes on, as it may come back.
    expect([learning.trouble, learning.rateAnew]).toEqual([undefined, 0.001]);
    learning.rate = 0.0001;
    await learning.goOn(true);
    expect(learning.rateAnew).toBe(0.0001);
  });

  test("where it did so with the rate that it began with, the usual one is taken, or a tenth of what ruined it", async () => {
    const learning = learn(5, [Number.POSITIVE_INFINITY]);
    await learning.goOn();
    expect(learning.rateAnew).toBe(1);
    const other = learn(1, [Number.NaN]);
    await other.goOn();
    expect(other.rateAnew).toBe(0.1);
    other.rate = 0.01;
    expect(other.rateAnew).toBe(0.01);
  });
});

test("of the mistakes those are kept that the network is most sure of, with what is right", () => {
  const worst = new Worst(3);
  worst.add(new Float32Array([5, 0, 0, 0, 2, 0, 1, 0, 9]), [0, 0, 2], 10);
  worst.add(new Float32Array([0, 0, 7]), [1], 13);
  expect(worst.found.map(({ index, right, answer }) => [index, right, answer])).toEqual([
    [13, 1, 2],
    [11, 0, 1],
  ]);
  expect(worst.found[1]?.share).toBeCloseTo(Math.exp(2) / (Math.exp(2) + 2), 6);
});

describe("pictures of one's own", () => {
  const file = (path: string) => ({ path, file: new File([], path.split("/").at(-1) ?? "") });

  test("that are shown to a network while it learns are told until it learns from them; before, nothing is", () => {
    const [one, two, three] = ["1", "2", "3"].map((name) => new File([], name)) as [File, File, File];
    expect(unlearnedText([one, two], new Set())).toBe("");
    expect(unlearnedText([one, two], new Set([one, two]))).toBe("");
    expect(unlearnedText([one, two], new Set([one]))).toBe("1 new picture is not learned yet: choose “Learn these”.");
    expect(unlearnedText([one, two, three], new Set([one]))).toBe("2 new pictures are not learned yet: choose “Learn these”.");
    expect(unlearnedText([two], new Set([one, two]))).toBe("1 that is no longer here is still learned: choose “Learn these”.");
    expect(unlearnedText([three], new Set([one, two]))).toBe(
      "1 new picture is not learned yet, and 2 that are no longer here are still learned: choose “Learn these”.",
    );
  });

  test("that are missing are told once somebody wants to learn, as the classes are now, until nothing is missing", () => {
    const [one, two] = ["1", "2"].map((name) => new File([], name)) as [File, File];
    const lacking = { lack: "Add some pictures to “cat” first.", files: [one] };
    expect(toldOf(lacking, new Set(), false)).toBe("");
    expect(toldOf(lacking, new Set(), true)).toBe("Add some pictures to “cat” first.");
    expect(toldOf({ lack: undefined, files: [one, two] }, new Set(), true)).toBe("");
    expect(toldOf({ lack: undefined, files: [one, two] }, new Set([one]), true)).toMatch(/^1 new picture/);
  });

  test("are of the class that their folder is called by; other files are no pictures", () => {
    const { classes, pictures } = labelsOf(["all/dog/a.png", "all/cat/b.JPG", "all/cat/notes.txt", "all/dog/c.webp"].map(file));
    expect(classes).toEqual(["cat", "dog"]);
    expect(pictures.map(({ path, label }) => [path, label])).toEqual([
      ["all/dog/a.png", 1],
      ["all/cat/b.JPG", 0],
      ["all/dog/c.webp", 1],
    ]);
  });

  test.each([
    [[], "there is none"],
    [["a.png", "b.png"], "there is none"],
    [["cats/a.png", "cats/b.png"], "there is one, 'cats'"],
  ])("%j are refused, and what is expected is said", (paths, message) => {
    expect(() => labelsOf(paths.map(file))).toThrow(message);
  });

  test("one of five of each class is held back, evenly, the same ones for the same seed", () => {
    const all = Array.from({ length: 30 }, (_, i) => ({ label: i < 20 ? 0 : 1, i }));
    const { train, test: held } = divide(all, ["a", "b"], 3);
    expect([train.length, held.length]).toEqual([24, 6]);
    expect(held.filter(({ label }) => label === 0)).toHaveLength(4);
    expect([...train, ...held].map(({ i }) => i).sort((a, b) => a - b)).toEqual(all.map(({ i }) => i));
    expect(divide(all, ["a", "b"], 3).test).toEqual(held);
    expect(divide(all, ["a", "b"], 4).test).not.toEqual(held);
  });

  test("a class with one picture learns from it, and one that has none is named", () => {
    expect(divide([{ label: 0 }, { label: 1 }], ["a", "b"], 0)).toEqual({ train: [{ label: 0 }, { label: 1 }], test: [] });
    expect(() => divide([{ label: 0 }], ["a", "b"], 0)).toThrow("no picture of 'b'");
  });
});

describe("a data set", () => {
  const preparation = { mean: [0], std: [1] };
  const set = new BytesSet(Uint8Array.of(0, 100, 200, 40), Int32Array.of(0), {
    picture: { channels: 1, height: 2, width: 2 },
    classes: ["a"],
    preparation,
  });

  test("is brought to larger pictures of three channels, each pixel by its nearest", () => {
    const { inputs } = resized(set, { channels: 3, height: 4, width: 4 }).examples([0]);
    const plane = [0, 0, 100, 100, 0, 0, 100, 100, 200, 200, 40, 40, 200, 200, 40, 40];
    expect([...inputs].map((one) => Math.round(one * 255))).toEqual([...plane, ...plane, ...plane]);
  });

  test("is brought to smaller pictures by the mean", () => {
    const { inputs } = resized(set, { channels: 1, height: 1, width: 1 }).examples([0]);
    expect((inputs[0] as number) * 255).toBeCloseTo(85, 4);
  });

  test("tells a picture as a canvas takes it", () => {
    expect([...pixelsOf(set, 0).pixels]).toEqual([0, 0, 0, 255, 100, 100, 100, 255, 200, 200, 200, 255, 40, 40, 40, 255]);
  });
});

test("silent channels are told by layer, and those that are not finite", () => {
  const count = (silent: number, nonFinite = 0) => ({ silent, nonFinite, channels: 8 });
  expect(silenceText(["a", "b"], [count(0), undefined])).toBe("");
  expect(silenceText(["a", "b"], [count(3), count(0, 2)])).toBe(
    "Silent channels on this picture: a 3 of 8. 2 channels hold numbers that are not finite.",
  );
});

test("silent channels are counted with each frame, at most once a second, and no more when it is over", async () => {
  vi.useFakeTimers();
  const asked: number[] = [];
  const session = {
    ask: async () => {
      asked.push(performance.now());
      return [{ silent: asked.length, nonFinite: 0, channels: 8 }];
    },
  };
  let changes = 0;
  const silent = new SilentChannels({ session: session as never, values: () => ["a"], onChange: () => changes++ });
  for (let i = 0; i < 30; i++) {
    silent.noteFrame();
    await vi.advanceTimersByTimeAsync(100);
  }
  // The last frame is counted, too, and where nothing is shown, nothing is.
  expect([asked.length, changes]).toEqual([4, 4]);
  expect(silent.found).toEqual({ values: ["a"], counts: [{ silent: 4, nonFinite: 0, channels: 8 }] });
  await vi.advanceTimersByTimeAsync(5000);
  expect(asked.length).toBe(4);
  silent.end();
  silent.noteFrame();
  await vi.advanceTimersByTimeAsync(5000);
  expect(asked.length).toBe(4);
  vi.useRealTimers();
});

describe("a second network that learns", () => {
  const wishOf = (attributes: Readonly<Record<string, string>>, compare?: string) =>
    readTrainWish({ getAttribute: (name: string) => attributes[name] ?? null, compare } as unknown as Element, []);

  test("has one thing that is another", () => {
    const rival = (text: string, compare?: string) => wishOf({ train: "shapes", "train-rival": text }, compare)?.rival;
    expect(rival("seed", "blank:2")).toEqual({ optimizer: undefined, rate: undefined, blank: 2 });
    expect(rival("rate:0.1", "net.onnx")).toEqual({ optimizer: undefined, rate: 0.1, blank: undefined });
    expect(rival("optimizer:sgd", "blank:1")).toEqual({ optimizer: "sgd", rate: undefined, blank: 1 });
    expect(wishOf({ train: "shapes" }, "blank:1")?.rival).toBeUndefined();
    for (const text of ["", "batch:2", "rate:", "rate:-1", "optimizer:", "seed:3"])
      expect(() => rival(text)).toThrow(`train-rival '${text}': expected seed, rate:0.01 or optimizer:sgd.`);
    expect(() => rival("optimizer:banana")).toThrow(
      "train-rival 'optimizer:banana': expected one of optimizer:sgd, optimizer:adam, optimizer:adamw, optimizer:adagrad.",
    );
    expect(() => wishOf({ train: "shapes", "train-optimizer": "toString" })).toThrow(
      "train-optimizer 'toString': expected one of sgd, adam, adamw, adagrad.",
    );
  });

  test("loses with the first what came after the weights that both go on with, and nobody keeps it for another day", () => {
    const history = historyFor({ optimizer: "adam", seed: 1, rival: { optimizer: undefined, rate: 1, blank: 1 } });
    history.note([5, 4, 3]);
    history.rival?.note([6, 5, 4]);
    history.cut(kept(2));
    expect([history.losses, history.rival?.losses]).toEqual([
      [5, 4],
      [6, 5],
    ]);
    const element = { getAttribute: () => "page" } as unknown as Element;
    expect(storeNameOf(element, { rival: { optimizer: undefined, rate: 1, blank: 1 } })).toBeNull();
    expect(storeNameOf(element, {})).toBe("page");
  });
});

describe("a network that learns nothing", () => {
  const steps = (count: number, lossAt: (i: number) => number) =>
    Array.from({ length: count }, (_, i) => lossAt(i) + 0.2 * Math.sin(i * 1.7));
  const stuckAfter = (losses: readonly number[], accuracy?: number) => {
    const standstill = new Standstill(10);
    return losses.findIndex((loss) => {
      standstill.note([loss], accuracy);
      return standstill.isStuck;
    });
  };

  test("is told where its loss stays at that of guessing, soon enough", () => {
    const guessing = steps(400, (i) => (i < 30 ? 3.6 : 2.31));
    expect(stuckAfter(guessing)).toBeGreaterThanOrEqual(140);
    expect(stuckAfter(guessing)).toBeLessThan(200);
    expect(stuckAfter(guessing, 0.1)).toBeLessThan(200);
  });

  test("is not one whose loss falls, however slowly, or that is right more often than by guessing", () => {
    expect(stuckAfter(steps(600, (i) => 2.4 * 0.5 ** (i / 200)))).toBe(-1);
    expect(stuckAfter(steps(300, (i) => 4 - i / 200))).toBe(-1);
    expect(
      stuckAfter(
        steps(400, () => 2.31),
        0.3,
      ),
    ).toBe(-1);
  });

  test("is told what to do: by its rate, and no longer once it learns or the rate is another", () => {
    const standstill = new Standstill(10);
    expect(adviceOf({ isRising: false, standstill }, 0.1, 0.001)).toBe("");
    standstill.note(
      steps(200, () => 2.31),
      undefined,
    );
    expect(adviceOf({ isRising: true, standstill }, 0.1, 0.001)).toBe("The loss rises: a lower learning rate may help.");
    expect(adviceOf({ isRising: false, standstill }, 0.1, 0.001)).toBe(
      "It learns nothing: the loss does not fall below that of guessing, 2.3. Choose a lower learning rate, then “Begin anew”; or begin with another seed.",
    );
    expect(adviceOf({ isRising: false, standstill }, 0.0001, 0.001)).toBe(
      "It learns nothing: the loss does not fall below that of guessing, 2.3. A higher learning rate may help, such as 0.001.",
    );
    standstill.change();
    expect(standstill.isStuck).toBe(false);
    standstill.note(
      steps(200, () => 2.31),
      undefined,
    );
    standstill.note(
      steps(80, () => 1.5),
      undefined,
    );
    expect(standstill.isStuck).toBe(false);
  });
});
