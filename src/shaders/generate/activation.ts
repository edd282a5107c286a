// Activations a convolution applies before it writes: WGSL of y = f(x) with two scalars, alpha and beta.

export const activations = {
  none: "x",
  relu: "max(x, 0.0)",
  clip: "clamp(x, alpha, beta)",
  leakyRelu: "select(x, alpha * x, x < 0.0)",
  sigmoid: "1.0 / (1.0 + exp(-x))",
  hardSigmoid: "clamp(alpha * x + beta, 0.0, 1.0)",
  hardSwish: "x * clamp(x / 6.0 + 0.5, 0.0, 1.0)",
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
 * WGSL of `activate(x, alpha, beta)`. The scalars are arguments, read from Params once: SwiftShader would load a uniform
 * again for every output. What is not a number stays so, that people see a network diverge.
 */
export function activationFunction(kind: ActivationKind): string {
  return `fn activate(x: f32, alpha: f32, beta: f32) -> f32 { return select(x, ${activations[kind]}, x == x); }`;
}
