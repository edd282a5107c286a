// A second network that learns beside the first: what it begins with, and what becomes of its weights when it learns no more.
import { afterEach, describe, expect, test, vi } from "vitest";
import { buildGraph } from "../../models/index.ts";
import { heldBackSeed } from "../../src/data-sets/data-set.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { Scorer } from "../../src/engine/scorer.ts";
import { askedOf, isSame } from "../../src/ui/train/asked.ts";
import { historyFor } from "../../src/ui/train/history.ts";
import { answerTraining } from "../../src/ui/train/learner.ts";
import { Learning } from "../../src/ui/train/learning.ts";
import { lessonOf } from "../../src/ui/train/lesson.ts";
import type { RivalWish, TrainAnswers, TrainRequest } from "../../src/ui/train/request.ts";
import { Rival } from "../../src/ui/train/rival.ts";
import type { ElementWish } from "../../src/ui/train/wish.ts";
import { begunTraining } from "../support/begun-training.ts";

afterEach(() => void vi.restoreAllMocks());

/** A network whose weights are told by where they come from. */
function networkOf() {
  const network = {
    weights: "blank twin",
    async reinitialize(seed: number) {
      network.weights = `seed ${seed}`;
    },
    async restore() {
      network.weights = "file";
    },
    async setParameters() {
      network.weights = "kept";
    },
    async trainer() {
      return { rate: 0.001, dispose() {} };
    },
  };
  return network;
}

const wishOf = (blank?: number): RivalWish => ({ optimizer: undefined, rate: 0.1, blank });
const bytes = encodeModel(buildGraph("mnist", { seed: 1 })) as Uint8Array<ArrayBuffer>;
const make = (network: object, wish: RivalWish, steps: number) => Rival.make(network as never, wish, {}, { steps, bytes, rival: bytes });

test("it begins as its own wish says, whichever second network learned before, and goes on with what it has learned", async () => {
  const network = networkOf();
  await make(network, wishOf(1), 0);
  expect(network.weights).toBe("seed 1");
  await make(network, wishOf(), 0);
  expect(network.weights).toBe("file");
  await make(network, wishOf(1), 25);
  expect(network.weights).toBe("kept");
});

const wish = { data: "shapes", files: [], optimizer: "adam", batch: 1, seed: 1, freeze: undefined } as const;
const begin: Extract<TrainRequest, { do: "begin" }> = { do: "begin", id: 1, wish, preparation: {} };

test.each([
  ["training ends", { do: "end" } as TrainRequest],
  ["the first goes on alone", begin],
])("where %s, it has the weights of before", async (_, request) => {
  const compared = networkOf();
  const viewer = { model: networkOf(), compared, kept: new Map() };
  await make(compared, wishOf(2), 25);
  // A network that takes no picture learns nothing.
  await answerTraining(viewer as never, request).catch(() => undefined);
  expect(compared.weights).toBe("seed 2");
  // Others that it was given since are its own.
  compared.weights = "other";
  await answerTraining(viewer as never, request).catch(() => undefined);
  expect(compared.weights).toBe("other");
});

test("of another second network something else is asked, where that learns", () => {
  const of = (compare: unknown, rival: RivalWish | undefined) =>
    askedOf({ compare, preparation: {}, getAttribute: () => null } as never, {} as never, 0, { ...wish, rival } as unknown as ElementWish);
  const [one, other] = [new File([], "net.onnx"), new File([], "net.onnx")];
  expect(isSame(of(one, wishOf()), of(one, wishOf()))).toBe(true);
  expect(isSame(of(one, wishOf()), of(other, wishOf()))).toBe(false);
  expect(isSame(of("a.onnx", wishOf()), of("b.onnx", wishOf()))).toBe(false);
  expect(isSame(of(one, undefined), of(other, undefined))).toBe(true);
});

const second: RivalWish = { optimizer: undefined, rate: 0.1, blank: 1 };

/** What a page's engine shows: two networks with a trainer each, which tells the losses that it is given. */
async function begun(losses: { readonly own: readonly Promise<number>[]; readonly second: readonly (Promise<number> | Error)[] }) {
  vi.spyOn(Scorer, "make").mockImplementation(
    async (_, { batch = 1 } = {}) =>
      ({
        batch,
        length: 12,
        classes: 12,
        scores: async (_inputs: Float32Array, count: number) => new Float32Array(12 * count),
        dispose() {},
      }) as never,
  );
  const trainerOf = (list: readonly (Promise<number> | Error)[]) => {
    const trainer = {
      ...{ rate: 0.001, batch: 1, steps: 0, isDisposed: false, parameters: [] },
      step() {
        if (list[trainer.steps] instanceof Error) throw list[trainer.steps];
        trainer.steps++;
      },
      stepInPieces: async () => trainer.step(),
      async checkpoint() {
        if (trainer.isDisposed) throw new Error("it is disposed of");
        return Uint8Array.of(9);
      },
      readLoss: () => list[trainer.steps - 1],
      dispose() {
        trainer.isDisposed = true;
      },
    };
    return trainer;
  };
  const trainers = [trainerOf(losses.own), trainerOf(losses.second)] as const;
  const inputs = [{ name: "x", shape: ["n", 3, 4, 4] }];
  const model = (i: 0 | 1) => ({ ...networkOf(), inputs, trainer: async () => trainers[i], toOnnx: async () => Uint8Array.of(i) });
  const view = { channels: 3, height: 4, width: 4 };
  const viewer = { model: model(0), compared: model(1), kept: new Map(), imageInputName: "x", viewOf: () => view } as never;
  await answerTraining(viewer, { ...begin, wish: { ...wish, rival: second } });
  const ask = <Do extends "step" | "keep" | "evaluate">(request: Extract<TrainRequest, { do: Do }>) =>
    answerTraining(viewer, request) as Promise<TrainAnswers[Do]>;
  return { ask, trainers };
}

const number = (value: number) => Promise.resolve(value);

test("where it comes apart, it learns no more, is not kept, and nobody asks how good it is; the first goes on", async () => {
  const { ask, trainers } = await begun({ own: [3, 2, 1, 0].map(number), second: [3, Number.NaN, Number.NaN].map(number) });
  expect((await ask({ do: "keep", id: 1, isToGoOn: false })).rival).toEqual(Uint8Array.of(1));
  expect((await ask({ do: "evaluate", id: 1 })).rival).toMatchObject({ accuracy: expect.any(Number) });
  expect(await ask({ do: "step", id: 1, count: 2, rate: 1 })).toMatchObject({ losses: [3, 2], rivalLosses: [3, Number.NaN] });
  const kept = { steps: 2, bytes: Uint8Array.of(0), rival: undefined, checkpoints: { own: Uint8Array.of(9), rival: undefined } };
  expect(await ask({ do: "keep", id: 1, isToGoOn: true })).toEqual(kept);
  expect(await ask({ do: "step", id: 1, count: 2, rate: 1 })).toMatchObject({ losses: [1, 0], rivalLosses: [] });
  expect((await ask({ do: "evaluate", id: 1 })).rival).toBeUndefined();
  expect(trainers.map(({ isDisposed }) => isDisposed)).toEqual([false, true]);
});

test("where a step of it fails, the losses of the steps before are nobody's, whatever becomes of them", async () => {
  const lost = () => new Promise<number>((_, reject) => setTimeout(() => reject(new Error("the GPU is gone"))));
  const { ask } = await begun({ own: [lost(), lost()], second: [lost(), new Error("no memory")] });
  await expect(ask({ do: "step", id: 1, count: 2, rate: 1 })).rejects.toThrow("no memory");
  // One that nobody hears would end this run of tests.
  await new Promise((resolve) => setTimeout(resolve, 5));
});

describe("what is made for a lesson goes where the rest cannot be made:", () => {
  const view = { channels: 3, height: 8, width: 8 };
  const model = { inputs: [{ name: "x", shape: ["n", 3, 8, 8] }], graph: { outputs: ["speed", "angle"], nodes: [] } };
  const viewer = { model, compared: {}, imageInputName: "x", viewOf: () => view } as never;
  /** Scorers with so many classes, one after the other; then none. */
  function scorersOf(...classes: readonly number[]) {
    const made: { readonly dispose: () => void }[] = [];
    vi.spyOn(Scorer, "make").mockImplementation(async (_, { batch = 1 } = {}) => {
      const count = classes[made.length];
      if (count === undefined) throw new Error("no memory");
      made.push({ dispose: vi.fn() });
      return { ...made.at(-1), batch, length: count, classes: count } as never;
    });
    return made;
  }

  test("a second network of other classes", async () => {
    const made = scorersOf(12, 2);
    await expect(lessonOf(viewer, { ...wish, rival: second }, {}, 0)).rejects.toThrow("12 classes");
    expect(made).toHaveLength(2);
    for (const one of made) expect(one.dispose).toHaveBeenCalledTimes(1);
  });

  test("a second network that cannot drive", async () => {
    const made = scorersOf(2, 2);
    await expect(lessonOf(viewer, { ...wish, data: "road", rival: second }, {}, 0)).rejects.toThrow();
    expect(made).not.toHaveLength(0);
    for (const one of made) expect(one.dispose).toHaveBeenCalledTimes(1);
  });

  test("and for a seed that is refused nothing is made", async () => {
    const made = scorersOf(2, 2, 2, 2);
    await expect(lessonOf(viewer, { ...wish, data: "road", seed: heldBackSeed }, {}, 0)).rejects.toThrow("held back");
    expect(made).toEqual([]);
  });
});

describe("its curve", () => {
  const kept = (steps: number, rival?: Uint8Array<ArrayBuffer>) => ({ steps, bytes, rival });

  test("ends where it comes apart, and goes on from weights of before", () => {
    const history = historyFor({ optimizer: "adam", seed: 1, rival: second });
    history.note([5, 4, 3, 2]);
    history.rival?.noteUntilLost([5, 4, Number.NaN, Number.NaN]);
    history.rival?.noteUntilLost([1]);
    expect(history.rival?.losses).toEqual([5, 4]);
    expect(history.rival?.lost).toEqual({ step: 3, loss: Number.NaN });
    history.cut(kept(3));
    expect(history.rival?.lost).toBeDefined();
    history.cut(kept(1, bytes));
    expect(history.rival?.lost).toBeUndefined();
  });

  test("and it is told, while the first learns on", async () => {
    let isFree = true;
    const session = {
      async ask({ kind, request }: { readonly kind: string; readonly request?: TrainRequest }) {
        if (kind === "silence") return [];
        // One step is enough.
        isFree &&= request?.do !== "step";
        if (request?.do === "step") return { steps: 1, ms: 1, losses: [1], rivalLosses: [Number.POSITIVE_INFINITY] };
        return { steps: 0, loss: 1, accuracy: 0, confusion: [], mistakes: [], ms: 1, bytes };
      },
    };
    const ignore = () => undefined;
    const learning = new Learning({
      ...{ session: session as never, id: 1, batch: 1, rate: 1, usualRate: 1, isFree: () => isFree, values: () => [] },
      begun: begunTraining,
      history: historyFor({ optimizer: "adam", seed: 1, rival: second }),
      ...{ onChange: ignore, onLearn: ignore, onKeep: ignore, onFail: ignore },
    });
    expect(learning.advice).toBe("");
    await learning.goOn();
    expect(learning.advice).toMatch(/^After step 1 the loss of the second network is Infinity: it has come apart, and learns no more\./);
    expect(learning.trouble).toBeUndefined();
    expect(learning.isHeld).toBe(false);
  });
});
