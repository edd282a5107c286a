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

/** @throws ModelError for a key that there is not, which would change nothing without a word */
export function checkKeys(what: string, options: object, keys: readonly string[]): void {
  const unknown = Object.keys(options).find((key) => !keys.includes(key));
  if (unknown !== undefined) throw new ModelError(`${what}: there is no '${unknown}'; there are ${keys.join(", ")}.`);
}
