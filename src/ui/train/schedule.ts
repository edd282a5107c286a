// How the learning rate goes on from step to step, as the attribute `train-schedule` says it, and what is told of the next. Pure.
import { scheduledShare } from "../../engine/gradient/training/scheduled-share.ts";
import type { ScheduleOptions } from "../../engine/gradient/training/schedules.ts";
import { countOf } from "../count-of.ts";
import { formatNumber } from "../format-number.ts";

export type Schedule = ScheduleOptions;

/** Steps where the text says none. */
const usualSteps = 1000;

/**
 * @returns undefined for a rate that stays as it is
 * @throws Error that says what is accepted
 */
export function readSchedule(text: string | undefined): Schedule | undefined {
  if (!text) return undefined;
  const [, name, steps, warmUp] = /^(constant|step|cosine)(?::(\d{1,9}))?(?:,warm-up:(\d{1,9}))?$/.exec(text) ?? [];
  const isConstant = name === "constant";
  if (name === undefined || Number(steps) === 0 || (isConstant && steps !== undefined))
    throw new Error(
      `train-schedule '${text}': expected constant, step:1000 or cosine:1000, with as many steps, and behind it ,warm-up:50 where the rate grows first.`,
    );
  if (isConstant && !Number(warmUp)) return undefined;
  return {
    name: name as Schedule["name"],
    steps: isConstant ? undefined : Number(steps ?? usualSteps),
    warmUp: Number(warmUp ?? 0),
  };
}

/** @param step from 1. @returns what the rate is multiplied by */
export function shareAt(schedule: Schedule | undefined, step: number): number {
  return schedule ? scheduledShare(schedule, step) : 1;
}

/**
 * What is told of the next step's rate; empty where it is the one that is chosen.
 *
 * @param done how many steps were taken
 */
export function nextRateText(rate: number, schedule: Schedule | undefined, done: number): string {
  if (!schedule) return "";
  const { steps, warmUp = 0 } = schedule;
  const next = `next step ${formatNumber(Number((rate * shareAt(schedule, done + 1)).toPrecision(2)))}`;
  if (done < warmUp) return `${next}, warming up`;
  return steps !== undefined && done >= steps ? `${next}: its ${countOf(steps, "step")} ${steps === 1 ? "is" : "are"} over` : next;
}
