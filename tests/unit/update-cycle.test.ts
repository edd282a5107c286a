// The order of an element's work, and what is told of work that is no longer asked for.
import { expect, test, vi } from "vitest";
import { type Stage, stages, UpdateCycle } from "../../src/ui/update-cycle.ts";

/** A cycle whose stages do nothing but what is given, and what it told. */
function cycleOf(work: Partial<Record<Stage, (cycle: UpdateCycle, signal: AbortSignal) => unknown>>) {
  const told: string[] = [];
  const cycle: UpdateCycle = new UpdateCycle({
    isAwake: true,
    work: Object.fromEntries(
      stages.map((stage) => [
        stage,
        async (signal: AbortSignal) => {
          told.push(stage);
          await work[stage]?.(cycle, signal);
        },
      ]),
    ) as Record<Stage, (signal: AbortSignal) => unknown>,
    onDue: () => {},
    onFail: (error, stage) => told.push(`${stage}: ${error.message}`),
  });
  return { cycle, told };
}

/** Fails the first time, and asks for another network meanwhile. */
function failsAsAnotherIsAskedFor() {
  let count = 0;
  return (cycle: UpdateCycle) => {
    if (++count > 1) return;
    cycle.invalidate("model");
    throw new Error("of the first");
  };
}

test("a stage that fails is told, and what follows from it is left", async () => {
  const { cycle, told } = cycleOf({
    model: () => {
      throw new Error("no network");
    },
  });
  cycle.invalidate("model", "labels");
  await cycle.complete;
  expect(told).toEqual(["labels", "model", "model: no network", "answer"]);
});

test.each(["model", "scene"] as const)("a failure in %s of a network that is no longer asked for is not told", async (stage) => {
  const { cycle, told } = cycleOf({ [stage]: failsAsAnotherIsAskedFor() });
  cycle.invalidate("model");
  await cycle.complete;
  const before = stage === "model" ? ["model"] : ["model", "scene"];
  expect(told).toEqual([...before, "model", "scene", "frame", "parts"]);
});

test("a stage knows whether what it is of has changed meanwhile", async () => {
  const known: boolean[] = [];
  const { cycle } = cycleOf({
    scene: (one) => {
      known.push(one.isDue("model"));
      if (known.length === 1) one.invalidate("model");
      known.push(one.isDue("model"));
    },
  });
  cycle.invalidate("model");
  await cycle.complete;
  expect(known).toEqual([false, true, false, false]);
});

const never = () => new Promise<void>(() => {});

test.each(["labels", "input", "model"] as const)(
  "%s that hangs holds up only what follows from it, and another one replaces it",
  async (stage) => {
    const signals: AbortSignal[] = [];
    const { cycle, told } = cycleOf({ [stage]: (_: UpdateCycle, signal: AbortSignal) => signals.push(signal) === 1 && never() });
    cycle.invalidate(...stages);
    await vi.waitFor(() => expect(told).toEqual(begunBeside[stage]));
    expect(cycle.isIdle).toBe(false);
    cycle.invalidate(stage);
    await cycle.complete;
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    expect(new Set(told)).toEqual(new Set(stages));
  },
);

/** What begins where a stage hangs. */
const begunBeside = {
  labels: ["labels", "input", "model", "play", "scene", "frame", "parts"],
  input: ["labels", "input", "model", "answer", "scene", "parts"],
  model: ["labels", "input", "model", "answer", "play"],
};

test("what becomes due while another stage hangs begins at once", async () => {
  const { cycle, told } = cycleOf({ input: never });
  cycle.invalidate("input");
  await vi.waitFor(() => expect(told).toEqual(["input"]));
  cycle.invalidate("model");
  await vi.waitFor(() => expect(told).toEqual(["input", "model", "scene", "parts"]));
});

test("work that hangs ends where the element is disposed of, and nothing is told", async () => {
  const { cycle, told } = cycleOf({ input: never, model: never });
  cycle.invalidate("input", "model");
  await vi.waitFor(() => expect(told).toEqual(["input", "model"]));
  cycle.abort();
  await cycle.complete;
  expect(told.filter((text) => text.includes(":"))).toEqual([]);
});

test("a network does not begin while the scene of the one before is made", async () => {
  let end = () => {};
  const { cycle, told } = cycleOf({ scene: () => new Promise<void>((resolve) => (end = resolve)) });
  cycle.invalidate("scene");
  await vi.waitFor(() => expect(told).toEqual(["scene"]));
  cycle.invalidate("model");
  await Promise.resolve();
  expect(told).toEqual(["scene"]);
  end();
  await vi.waitFor(() => expect(told).toEqual(["scene", "model", "scene"]));
  end();
  await cycle.complete;
});
