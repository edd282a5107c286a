// Activations a convolution applies before it writes: WGSL of y = f(x) with two scalars, alpha and beta.

export const activations = {
  none: "x",
  relu: "select(x, 0.0, x < 0.0)",
  clip: "clip(x, alpha, beta)",
  leakyRelu: "select(x, alpha * x, x < 0.0)",
  sigmoid: "1.0 / (1.0 + exp(-x))",
  hardSigmoid: "clip(alpha * x + beta, 0.0, 1.0)",
  hardSwish: "x * clip(x / 6.0 + 0.5, 0.0, 1.0)",
  silu: "x / (1.0 + exp(-x))",
} as const;

export type ActivationKind = keyof typeof activations;

/** What a shader that knows all activations calls this one. */
export function activationNumber(kind: ActivationKind): number {
  return Object.keys(activations).indexOf(kind);
}

export interface Activation {
  readonly kind: ActivationKind;
  readonly alpha: number;
  readonly beta: number;
}

/** What none and Relu do as well, with infinite bounds: nearly every network then needs one pipeline where it had three. */
export function asClip({ kind, alpha, beta }: Activation): Activation {
  if (kind === "none") return { kind: "clip", alpha: Number.NEGATIVE_INFINITY, beta: Number.POSITIVE_INFINITY };
  if (kind === "relu") return { kind: "clip", alpha: 0, beta: Number.POSITIVE_INFINITY };
  return { kind, alpha, beta };
}

/**
 * What is not a number passes, that people see a network diverge: comparisons with it are false. `clamp`, `max` and `min` promise
 * nothing of the kind, and SwiftShader takes three times as long over them.
 */
const clip = "fn clip(x: f32, low: f32, high: f32) -> f32 { return select(select(x, low, x < low), high, x > high); }";

/**
 * WGSL of `activate(x, alpha, beta)`. The scalars are arguments, read from Params once: SwiftShader would load a uniform
 * again for every output.
 */
export function activationFunction(kind: ActivationKind): string {
  const formula = activations[kind];
  return `${formula.includes("clip(") ? clip : ""}fn activate(x: f32, alpha: f32, beta: f32) -> f32 { return ${formula}; }`;
}
