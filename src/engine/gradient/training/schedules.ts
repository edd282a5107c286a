// How the learning rate goes on from step to step.
import { ModelError } from "../../errors.ts";
import { checkCount, checkKeys } from "../check.ts";

export type ScheduleName = "constant" | "step" | "cosine";

export const scheduleNames: readonly ScheduleName[] = ["constant", "step", "cosine"];

export interface ScheduleOptions {
  /** The rate as it is; a tenth of it after each third of the steps; or along a half of a cosine down to 0. */
  readonly name: ScheduleName;
  /** How many steps there are in all. Of step and cosine. */
  readonly steps?: number | undefined;
  /** In so many first steps the rate grows evenly to the whole. They are part of all steps. By default 0. */
  readonly warmUp?: number | undefined;
  /** Of step: after how many steps the rate changes. By default a third of what is left after warm-up. */
  readonly every?: number | undefined;
  /** Of step: what it is multiplied by then. By default 0.1. */
  readonly factor?: number | undefined;
}

const keys = ["name", "steps", "warmUp", "every", "factor"];

/** @throws ModelError for schedules that there are not, and numbers that make no sense */
export function checkSchedule(schedule: ScheduleOptions): void {
  if (typeof schedule !== "object" || schedule === null)
    throw new ModelError(`schedule: got ${String(schedule)}, expected a name or options.`);
  const { name, steps, warmUp, every, factor } = schedule;
  if (!scheduleNames.includes(name)) throw new ModelError(`schedule '${name}': expected one of ${scheduleNames.join(", ")}.`);
  checkKeys("schedule", schedule, keys);
  const most = 2 ** 31;
  if (steps !== undefined) checkCount("schedule: steps", steps, 1, most);
  if (warmUp !== undefined) checkCount("schedule: warmUp", warmUp, 0, most);
  if (every !== undefined) checkCount("schedule: every", every, 1, most);
  if (factor !== undefined && !(factor > 0 && factor <= 1))
    throw new ModelError(`schedule: factor ${factor}; expected above 0, at most 1.`);
  if (steps === undefined && (name === "cosine" || (name === "step" && every === undefined)))
    throw new ModelError(`schedule '${name}': give the number of all steps${name === "step" ? ", or `every`" : ""}.`);
}
