// The order of an element's work, and what is told of work that is no longer asked for.
import { expect, test } from "vitest";
import { type Stage, stages, UpdateCycle } from "../../src/ui/update-cycle.ts";

/** A cycle whose stages do nothing but what is given, and what it told. */
function cycleOf(work: Partial<Record<Stage, (cycle: UpdateCycle) => unknown>>) {
  const told: string[] = [];
  const cycle: UpdateCycle = new UpdateCycle({
    element: { isConnected: true },
    work: Object.fromEntries(
      stages.map((stage) => [
        stage,
        async () => {
          told.push(stage);
          await work[stage]?.(cycle);
        },
      ]),
    ) as Record<Stage, () => unknown>,
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
  expect(told).toEqual(["labels", "answer", "model", "model: no network"]);
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
