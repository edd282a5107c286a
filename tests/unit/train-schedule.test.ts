// How the learning rate goes on in the page: what is asked for by a text, what is told of the next step, and that nothing begins anew for another one.
import { describe, expect, test } from "vitest";
import { usualRates } from "../../src/engine/gradient/training/usual-rates.ts";
import { options, readChoices, scheduleText, usual } from "../../src/ui/page/train-choices.ts";
import { secondOf } from "../../src/ui/page/train-second.ts";
import type { Session } from "../../src/ui/session/session.ts";
import { askedOf, isSame } from "../../src/ui/train/asked.ts";
import { drawnParts } from "../../src/ui/train/drawn-parts.ts";
import { History, historyFor } from "../../src/ui/train/history.ts";
import { Learning } from "../../src/ui/train/learning.ts";
import type { RivalWish, TrainQuery } from "../../src/ui/train/request.ts";
import { namesOfRun, runViewOf } from "../../src/ui/train/run-view.ts";
import { nextRateText, readSchedule, type Schedule, shareAt } from "../../src/ui/train/schedule.ts";
import { readTrainWish } from "../../src/ui/train/wish.ts";
import { begunTraining } from "../support/begun-training.ts";

const elementWith = (attributes: Readonly<Record<string, string>>) =>
  ({ getAttribute: (name: string) => attributes[name] ?? null, hasAttribute: (name: string) => name in attributes }) as never;

describe("the text of a schedule", () => {
  test.each<[string, Schedule | undefined]>([
    ["", undefined],
    ["constant", undefined],
    ["constant,warm-up:0", undefined],
    ["constant,warm-up:20", { name: "constant", steps: undefined, warmUp: 20 }],
    ["step:300", { name: "step", steps: 300, warmUp: 0 }],
    ["cosine", { name: "cosine", steps: 1000, warmUp: 0 }],
    ["cosine:500,warm-up:50", { name: "cosine", steps: 500, warmUp: 50 }],
  ])("'%s' is read", (text, expected) => {
    expect(readSchedule(text)).toEqual(expected);
  });

  test.each(["linear", "cosine:0", "cosine:-1", "cosine:1.5", "constant:9", "step:9,warm-up", "cosine:9 warm-up:2"])(
    "'%s' is refused with what is accepted",
    (text) => {
      expect(() => readSchedule(text)).toThrow(`train-schedule '${text}': expected constant, step:1000 or cosine:1000`);
    },
  );
});

test("what the next step's rate is, is told where it is another than that chosen", () => {
  expect(nextRateText(0.001, undefined, 7)).toBe("");
  const schedule = readSchedule("cosine:100,warm-up:10");
  expect(nextRateText(0.001, schedule, 4)).toBe("next step 5.00e−4, warming up");
  expect(nextRateText(0.01, schedule, 55)).toBe("next step 0.005");
  expect(nextRateText(0.01, readSchedule("step:1200"), 1200)).toBe("next step 1.00e−4: its 1,200 steps are over");
  expect(nextRateText(0.01, readSchedule("constant,warm-up:2"), 5000)).toBe("next step 0.01");
  expect([1, 10, 11].map((step) => shareAt(schedule, step))).toEqual([0.1, 1, 1]);
});

test("with another schedule it goes on: the next request follows it, and what is asked for is the same", async () => {
  const asked = (text: string) => {
    const element = elementWith({ train: "shapes", "train-schedule": text });
    return askedOf(element, {} as Session, 1, readTrainWish(element, []) as never);
  };
  expect(isSame(asked("cosine:9"), asked("constant"))).toBe(true);

  let schedule = readSchedule("step:30");
  const seen: (Schedule | undefined)[] = [];
  const session = {
    async ask({ kind, request }: TrainQuery | { kind: "silence"; request?: undefined }) {
      if (kind === "silence") return [];
      if (request?.do === "keep") return { steps: 0, bytes: new Uint8Array() };
      if (request?.do === "evaluate") return { steps: 0, loss: 1, accuracy: 0, confusion: [], mistakes: [], ms: 1 };
      if (request?.do !== "step") throw new Error(request?.do);
      seen.push(request.schedule);
      return { losses: [1], rivalLosses: [], steps: 1, ms: 1 };
    },
  } as unknown as Session;
  const ignore = () => undefined;
  const learning = new Learning({
    ...{ session, id: 1, begun: begunTraining, history: new History("a"), batch: 1, rate: 1, usualRate: 1, values: () => [] },
    ...{ isFree: () => true, schedule: () => schedule, onChange: ignore, onLearn: ignore, onKeep: ignore, onFail: ignore },
  });
  learning.isHeld = true;
  await learning.goOn(true);
  schedule = readSchedule("cosine:2");
  expect(learning.nextRate).toBe("next step 0.5");
  await learning.goOn(true);
  schedule = undefined;
  expect(learning.nextRate).toBe("");
  await learning.goOn(true);
  expect(seen).toEqual([readSchedule("step:30"), readSchedule("cosine:2"), undefined]);
});

describe("what the page's address holds", () => {
  test("is read, and what makes no sense is as usual", () => {
    expect(readChoices("")).toEqual(usual);
    expect(readChoices("schedule=cosine&length=500&warm=20&batch=8")).toEqual({
      ...usual,
      schedule: "cosine",
      length: "500",
      warm: "20",
      batch: "8",
    });
    expect(readChoices("draws=foo")).toEqual(usual);
    for (const draws of Object.keys(drawnParts)) expect(readChoices(`draws=${draws}`).draws).toBe(draws);
    for (const seed of ["", "abc", "-5", "1.5", "1e3", "4294967295", "99999999999999999999"])
      expect(readChoices(`seed=${seed}`).seed).toBe(usual.seed);
    for (const seed of ["0", "4294967294"]) expect(readChoices(`seed=${seed}`).seed).toBe(seed);
    expect(readChoices("schedule=linear&length=0&warm=-1&batch=2000&optimizer=none")).toEqual(usual);
  });

  test("shows the second network as the list does where it does not say how", () => {
    const twins = ["", "data=road", "data=shapes&second=seed", "data=road&second=slower", "data=road&twin=side", "data=road&twin=foo"];
    expect(twins.map((text) => readChoices(text).twin)).toEqual(["side", "colors", "colors", "colors", "side", "colors"]);
  });

  test("asks the element for a schedule where the rate does not stay", () => {
    expect(scheduleText(usual)).toBeUndefined();
    expect(scheduleText({ schedule: "constant", length: "100", warm: "5" })).toBe("constant,warm-up:5");
    expect(scheduleText({ schedule: "step", length: "100", warm: "0" })).toBe("step:100");
    expect(scheduleText({ schedule: "cosine", length: "100", warm: "5" })).toBe("cosine:100,warm-up:5");
  });
});

describe("the second network beside one that learns", () => {
  const of = (second: string, own: string) => secondOf({ ...usual, twin: "colors", second }, own);

  test("has a name that says what is another about it, and the rate of the first is that of its slider", () => {
    expect(of("faster", "blank:1")).toEqual({ compare: "blank:1", names: "", rival: "rate:0.01" });
    const element = (rival: string) =>
      ({ compare: "blank:1", getAttribute: (name: string) => ({ "train-rival": rival, train: "" })[name] ?? null }) as never;
    expect(namesOfRun(element("rate:0.01"), 0.0198)).toEqual({ first: "first, rate 0.02", second: "second, rate 0.01" });
    expect(namesOfRun(element("seed"), 0.02).first).toBe("its own weights");
  });

  test("has weights of the next seed", () => expect(of("seed", "net.onnx")).toEqual({ compare: "blank:2", names: "", rival: "seed" }));

  test("has the rate of the first where neither rate nor optimiser is another, until it comes apart", () => {
    const history = historyFor({ optimizer: "adam", seed: 1, rival: { optimizer: undefined, rate: undefined, blank: 2 } });
    const learning = { history, begun: { classes: [] }, silent: { found: { values: [], counts: [] } }, trials: {} } as never;
    const isOfBoth = (rival?: Partial<RivalWish>) =>
      runViewOf(learning, rival && { optimizer: undefined, rate: undefined, blank: 2, ...rival }, {} as never).isRateOfBoth;
    expect([isOfBoth({}), isOfBoth({ rate: 1 }), isOfBoth({ optimizer: "sgd" }), isOfBoth()]).toEqual([true, false, false, false]);
    history.rival?.noteUntilLost([Number.NaN]);
    expect(isOfBoth({})).toBe(false);
  });

  test("has a tenth of the rate that the engine takes, or ten times that", () => {
    for (const [optimizer, rate] of Object.entries(usualRates)) {
      const rival = (second: string) => secondOf({ ...usual, optimizer, second }, "blank:1").rival;
      expect([rival("slower"), rival("faster")]).toEqual([`rate:${Number((rate / 10).toPrecision(6))}`, `rate:${rate * 10}`]);
    }
    expect(Object.keys(options.optimizer ?? {}).sort()).toEqual(Object.keys(usualRates).sort());
  });
});
