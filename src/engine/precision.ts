// The storage formats of a model's weights and of the values between its layers.
import { ModelError } from "./errors.ts";

export const precisions = ["float32", "float16"] as const;

export type Precision = (typeof precisions)[number];

export function isPrecision(name: string): name is Precision {
  return precisions.includes(name as Precision);
}

/** @throws ModelError for another name */
export function checkPrecision(name: string): Precision {
  if (isPrecision(name)) return name;
  throw new ModelError(`precision '${name}': expected ${precisions.join(" or ")}.`);
}
