// The storage formats of a model's weights and of the values between its layers.

export const precisions = ["float32", "float16"] as const;

export type Precision = (typeof precisions)[number];

export function isPrecision(name: string): name is Precision {
  return precisions.includes(name as Precision);
}
