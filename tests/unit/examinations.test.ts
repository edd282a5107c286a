// Examinations: what they plan is planned once, and goes with them.
import { afterEach, expect, test, vi } from "vitest";
import { BytesSet } from "../../src/data-sets/data-set.ts";
import { Scorer } from "../../src/engine/scorer.ts";
import { classExamination } from "../../src/lessons/classes.ts";
import { drivingExamination } from "../../src/lessons/driving.ts";
import { evaluateOnce } from "../../src/lessons/lesson.ts";

afterEach(() => void vi.restoreAllMocks());

const preparation = { mean: [0], std: [1] };

/** A network whose outputs come from the same picture, and which is never computed: scorers are {@link scorers}. */
const driver = { graph: { outputs: ["speed", "angle"], nodes: [{ operator: "Sigmoid", outputs: ["speed"] }] } } as never;
const picture = { channels: 3, height: 8, width: 8 };
const shortDrive = { pictures: 50, roads: 2, seconds: 0.2 };

/** Stand for those of a network that goes straight on at half its speed. */
function scorers() {
  const made: { readonly batch: number; readonly dispose: () => void }[] = [];
  const make = vi.spyOn(Scorer, "make").mockImplementation(async (_, { batch = 1 } = {}) => {
    const allScores = async (_inputs: Float32Array, count: number) => ({
      speed: new Float32Array(count).fill(0.5),
      angle: new Float32Array(count),
    });
    const scores = async (_inputs: Float32Array, count: number) => new Float32Array(2 * count);
    const scorer = { batch, allScores, scores, length: 2, classes: 2, dispose: vi.fn() };
    made.push(scorer);
    return scorer as never;
  });
  return { made, make };
}

test("one that drives plans twice, however often it is asked", async () => {
  const { made, make } = scorers();
  const examination = await drivingExamination(driver, picture, preparation, shortDrive);
  const report = await examination.evaluate();
  expect(await examination.evaluate()).toEqual(report);
  expect(report.errors.steering).toBeGreaterThan(0);
  expect(report.drive.way).toBeGreaterThan(1);
  expect(make).toHaveBeenCalledTimes(2);
  for (const one of made) expect(one.dispose).not.toHaveBeenCalled();
  examination.dispose();
  for (const one of made) expect(one.dispose).toHaveBeenCalledTimes(1);
});

test("one that drives lets others use the GPU after each batch and each moment of the road, and tells the same in whatever batches", async () => {
  scorers();
  const between = vi.fn();
  const [whole, cut] = await Promise.all(
    [{}, { between, batch: 20 }].map((options) => drivingExamination(driver, picture, preparation, shortDrive, options)),
  );
  const report = await whole?.evaluate();
  const other = await cut?.evaluate();
  expect(other?.drive).toEqual(report?.drive);
  for (const name of ["steering", "throttle"] as const) expect(other?.errors[name]).toBeCloseTo(report?.errors[name] as number, 10);
  expect(between).toHaveBeenCalledTimes(3 + 2);
});

test("one of classes lets others use the GPU after each batch", async () => {
  const { made } = scorers();
  const options = { picture: { channels: 1, height: 1, width: 1 }, classes: ["a", "b"], preparation };
  const set = new BytesSet(new Uint8Array(7), Int32Array.from([0, 1, 0, 1, 0, 1, 0]), options);
  const [between, onProgress] = [vi.fn(), vi.fn()];
  const examination = await classExamination(driver, set, { between, onProgress, batch: 3 });
  expect((await examination.evaluate()).count).toBe(7);
  expect(made[0]?.batch).toBe(3);
  expect(between).toHaveBeenCalledTimes(3);
  expect(onProgress.mock.calls).toEqual([
    [3, 7],
    [6, 7],
    [7, 7],
  ]);
});

test("where the second plan fails, the first one goes", async () => {
  const { made, make } = scorers();
  const first = await Scorer.make(driver, { batch: 50 });
  make.mockResolvedValueOnce(first).mockRejectedValueOnce(new Error("no memory"));
  await expect(drivingExamination(driver, picture, preparation, shortDrive)).rejects.toThrow("no memory");
  expect(made).toHaveLength(1);
  expect(made[0]?.dispose).toHaveBeenCalledTimes(1);
});

test("classes without scores are refused, and the plan goes", async () => {
  const { made } = scorers();
  const options = { picture: { channels: 1, height: 1, width: 1 }, classes: ["a", "b", "c"], preparation };
  const set = new BytesSet(new Uint8Array(3), Int32Array.of(0, 1, 2), options);
  await expect(classExamination(driver, set)).rejects.toThrow("the pictures are of 3 classes, but the network has 2 scores.");
  expect(made[0]?.dispose).toHaveBeenCalledTimes(1);
});

test("what is asked once goes, whether or not it succeeds", async () => {
  const dispose = vi.fn();
  const failing = { evaluate: () => Promise.reject(new Error("lost")), dispose };
  expect(await evaluateOnce(Promise.resolve({ evaluate: async () => 7, dispose }))).toBe(7);
  await expect(evaluateOnce(Promise.resolve(failing))).rejects.toThrow("lost");
  expect(dispose).toHaveBeenCalledTimes(2);
});
