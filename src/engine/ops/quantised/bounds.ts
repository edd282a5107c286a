// Where results are cut off: by an activation, and by the range of the type that they are rounded to.
import type { AttributeValue, Node } from "../../graph/graph.ts";
import { largestFloat, roundToEven } from "../../tensor.ts";
import type { Rounding } from "./products.ts";

export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** Rounding keeps order, so what is cut off before may be cut off behind it. */
export function cut({ step, lowest, highest }: Rounding, { low, high }: Bounds): Rounding {
  const inSteps = (value: number) => roundToEven(Math.fround(value / step));
  const least = Math.min(highest, Math.max(lowest, inSteps(low)));
  return { step, lowest: least, highest: Math.max(least, Math.min(highest, inSteps(high))) };
}

/** What is left of some bounds where others come behind them. */
export function narrowed(first: Bounds, second: Bounds): Bounds {
  const low = Math.min(Math.max(first.low, second.low), second.high);
  return { low, high: Math.max(Math.min(first.high, second.high), low) };
}

export function isSame(a: Rounding, b: Rounding): boolean {
  return a.step === b.step && a.lowest === b.lowest && a.highest === b.highest;
}

/** Whether rounding again changes nothing. */
export function isWithin(done: Rounding, { step, lowest, highest }: Rounding): boolean {
  return done.step === step && done.lowest >= lowest && done.highest <= highest;
}

export function attributesOf(rounding: Rounding): ReadonlyMap<string, AttributeValue> {
  return new Map(Object.entries({ ...rounding, stored: 1 }));
}

/** Up to here halves have every whole number. */
export const mostInHalves = 2048;

/** The largest size of a step. */
export function mostSteps({ lowest, highest }: Rounding): number {
  return Math.max(-lowest, highest);
}

/** Whether halves can hold all steps, if it counts any. */
export function fitsHalves(rounding: Rounding): boolean {
  return rounding.step === 0 || mostSteps(rounding) <= mostInHalves;
}

/** What a convolution with an activation cuts off; `undefined` where it does something else. */
export function activationBounds({ domain, attributes }: Node): Bounds | undefined {
  if (domain === "") return { low: -largestFloat, high: largestFloat };
  const kind = attributes.get("activation") ?? "none";
  if (kind === "none") return { low: -largestFloat, high: largestFloat };
  return kind === "relu" ? { low: 0, high: largestFloat } : undefined;
}
