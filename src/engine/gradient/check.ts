// What the numbers of a request must be.
import { ModelError } from "../errors.ts";

/** @throws ModelError unless it is a whole number from 1 to 10,000 */
export function checkCount(what: string, count: number): number {
  if (Number.isInteger(count) && count >= 1 && count <= 10_000) return count;
  throw new ModelError(`${what}: ${String(count)} is no whole number from 1 to 10000.`);
}

/** @throws ModelError for what is infinite, NaN or no number */
export function checkFinite(what: string, value: number): void {
  if (!Number.isFinite(value)) throw new ModelError(`${what}: ${String(value)} is no finite number.`);
}
