// Pictures of which a list holds nothing back: the network learns from all of them, and nobody says how good it is on others.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Scorer } from "../../src/engine/scorer.ts";
import { ClassesError } from "../../src/lessons/classes.ts";
import { History } from "../../src/ui/train/history.ts";
import { Learning } from "../../src/ui/train/learning.ts";
import { lessonOf } from "../../src/ui/train/lesson.ts";
import type { TrainRequest, TrainWish } from "../../src/ui/train/request.ts";
import { statusText, toldText } from "../../src/ui/train/status.ts";

beforeEach(() => {
  vi.stubGlobal("createImageBitmap", async () => ({ width: 2, height: 2, close() {} }));
  const context = { drawImage() {}, getImageData: () => ({ data: new Uint8ClampedArray(16).fill(7) }) };
  vi.stubGlobal(
    "OffscreenCanvas",
    class {
      getContext = () => context;
    },
  );
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** A lesson of four pictures of two classes, for a network with so many scores. */
async function lessonWith(list: string, scores = 2) {
  const dispose = vi.fn();
  vi.spyOn(Scorer, "make").mockImplementation(
    async (_, { batch = 1 } = {}) =>
      ({
        batch,
        length: scores,
        classes: scores,
        scores: async (_: unknown, count: number) => new Float32Array(scores * count),
        dispose,
      }) as never,
  );
  const limits = { maxStorageBufferBindingSize: 0, maxBufferSize: 0 };
  const model = { inputs: [{ name: "x", shape: ["n", 3, 2, 2] }], device: { gpu: { limits } } };
  const viewer = { model, kept: new Map(), imageInputName: "x", viewOf: () => ({ channels: 3, height: 2, width: 2 }) };
  const files = [["all.csv", list], ...[0, 1, 2, 3].map((i) => [`${i}.png`, ""])] as [string, string][];
  const wish: TrainWish = {
    ...{ data: "", optimizer: "adam", batch: 1, seed: 1, freeze: undefined },
    files: files.map(([path, text]) => ({ path, file: new File([text], path) })),
  };
  return { lesson: await lessonOf(viewer as never, wish, {}, 0), dispose };
}

const listOf = (...tests: readonly number[]) =>
  `file,class,test\n${tests.map((one, i) => `${i}.png,${i % 2 ? "b" : "a"},${one}`).join("\n")}`;

test("a network is tried on what a list holds back, and on nothing where it holds nothing back", async () => {
  const some = await lessonWith(listOf(0, 0, 0, 1));
  expect(some.lesson.about).toMatchObject({ count: 3, heldBack: 1, scores: 2 });
  expect((await some.lesson.evaluate()).accuracy).toBe(0);
  const none = await lessonWith(listOf(0, 0, 0, 0));
  expect(none.lesson.about).toMatchObject({ count: 4, heldBack: 0, scores: 2 });
  await expect(none.lesson.evaluate()).rejects.toThrow("no picture is held back to try the network on.");
  // There is something to see all the same.
  expect(none.lesson.picture(5).pixels).toHaveLength(16);
  expect(none.dispose).toHaveBeenCalled();
});

test("a network with too few scores is refused in either case", async () => {
  await expect(lessonWith(listOf(0, 0, 0, 0), 1)).rejects.toThrow(
    new ClassesError("the pictures are of 2 classes, but the network has one score. Its last layer has to answer with 2."),
  );
});

test("it is not asked how good it is, and the status and what is read aloud say why", async () => {
  const asked: string[] = [];
  const session = {
    async ask({ kind, request }: { readonly kind: string; readonly request?: TrainRequest }) {
      asked.push(request?.do ?? kind);
      if (kind === "silence") return [];
      return { steps: 0, bytes: new Uint8Array(1), losses: [0.5], rivalLosses: [], ms: 10 };
    },
  };
  const ignore = () => undefined;
  const begun = { kind: "classes", classes: ["a", "b"], count: 4, heldBack: 0, leftOut: 0 } as const;
  const learning = new Learning({
    ...{ session: session as never, id: 1, begun: begun as never, history: new History("a"), batch: 1, rate: 1, usualRate: 1 },
    ...{ isFree: () => true, values: () => [], onChange: ignore, onLearn: ignore, onKeep: ignore, onFail: ignore },
  });
  learning.isHeld = true;
  await learning.goOn(true);
  expect(asked).toEqual(["keep", "step"]);
  expect(statusText(learning, false)).toBe("Paused · step 1 · 100 pictures/s · loss 0.500 · no picture is held back to try it on");
  await learning.goOn(true);
  expect(statusText(learning, false)).toContain("loss 0.500, the mean of the last 2 steps ·");
  const unread = ["line 3: it has no class", "'a/b.png'"];
  expect(statusText({ ...learning, begun: { ...begun, leftOut: 3, unread }, history: learning.history } as never, false)).toContain(
    " · 3 pictures could not be read (line 3: it has no class; 'a/b.png'; …)",
  );
  // Both are told of one after the other.
  const both = {
    ...learning,
    begun,
    history: { losses: [1], steps: 1, scores: [], rival: { losses: [2], steps: 1, scores: [] } },
    speed: 0,
  };
  expect(statusText(both as never, false, { first: "Adam", second: "AdamW" })).toMatch(
    /· step 1 · Adam: loss 1\.000 · AdamW: loss 2\.000 ·/,
  );
  expect(toldText(both as never)).toBe(
    "After 1 step the loss of the first network is 1.000, that of the second 2.000; no picture is held back to try it on.",
  );
  expect(learning.trials.told).toBe("After 1 step the loss is 0.500; no picture is held back to try it on.");
  expect(learning.history.scores).toEqual([]);
  learning.end();
});
