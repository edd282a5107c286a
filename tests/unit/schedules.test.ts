// Learning rates from step to step: warm-up, steps and a cosine, each to its end and not beyond.
import { expect, test } from "vitest";
import { scheduledShare } from "../../src/engine/gradient/training/scheduled-share.ts";
import { checkSchedule, type ScheduleOptions } from "../../src/engine/gradient/training/schedules.ts";

const shares = (schedule: ScheduleOptions, count: number) =>
  Array.from({ length: count }, (_, i) => Number(scheduledShare(schedule, i + 1).toFixed(4)));

test.each<[string, ScheduleOptions, readonly number[]]>([
  ["constant", { name: "constant" }, [1, 1, 1]],
  ["constant after a warm-up", { name: "constant", warmUp: 4 }, [0.25, 0.5, 0.75, 1, 1, 1]],
  ["a tenth after each third", { name: "step", steps: 6 }, [1, 1, 0.1, 0.1, 0.01, 0.01, 0.01]],
  ["a half after each two, without an end", { name: "step", every: 2, factor: 0.5 }, [1, 1, 0.5, 0.5, 0.25, 0.25, 0.125]],
  ["a cosine", { name: "cosine", steps: 4 }, [1, 0.8536, 0.5, 0.1464, 0.1464]],
  ["a cosine after a warm-up, which is part of the steps", { name: "cosine", steps: 6, warmUp: 2 }, [0.5, 1, 1, 0.8536, 0.5, 0.1464]],
  ["a warm-up longer than all steps", { name: "cosine", steps: 2, warmUp: 3 }, [0.3333, 0.6667, 1]],
])("%s", (_, schedule, expected) => {
  checkSchedule(schedule);
  expect(shares(schedule, expected.length)).toEqual(expected);
});

test.each<[string, ScheduleOptions, string]>([
  ["a cosine without an end", { name: "cosine" }, "schedule 'cosine': give the number of all steps."],
  ["steps without an end", { name: "step" }, "give the number of all steps, or `every`"],
  ["no whole number of steps", { name: "cosine", steps: 1.5 }, "schedule: steps"],
  ["a factor that grows", { name: "step", steps: 3, factor: 2 }, "factor 2"],
  ["an option that there is not", { name: "constant", warmup: 3 } as ScheduleOptions, "there is no 'warmup'"],
])("is refused with %s", (_, schedule, message) => expect(() => checkSchedule(schedule)).toThrow(message));
