// What the numbers of a request must be.
import { ModelError } from "../errors.ts";

/** @throws ModelError unless it is a whole number from `least` to `most` */
export function checkCount(what: string, count: number, least = 1, most = 10_000): number {
  if (Number.isInteger(count) && count >= least && count <= most) return count;
  throw new ModelError(`${what}: ${String(count)} is no whole number from ${least} to ${most}.`);
}

/** @throws ModelError for what is infinite, NaN or no number */
export function checkFinite(what: string, value: number): void {
  if (!Number.isFinite(value)) throw new ModelError(`${what}: ${String(value)} is no finite number.`);
}
