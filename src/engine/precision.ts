// What a model's weights, and the values between its layers, are stored in.

export const precisions = ["float32", "float16"] as const;

export type Precision = (typeof precisions)[number];

export function isPrecision(name: string): name is Precision {
  return precisions.includes(name as Precision);
}
