// Activations a convolution applies before it writes: WGSL of y = f(x) with the scalars alpha and beta of Params.

export const activations = {
  none: "x",
  relu: "max(x, 0.0)",
  clip: "clamp(x, params.alpha, params.beta)",
  leakyRelu: "select(x, params.alpha * x, x < 0.0)",
  sigmoid: "1.0 / (1.0 + exp(-x))",
  hardSigmoid: "clamp(params.alpha * x + params.beta, 0.0, 1.0)",
  hardSwish: "x * clamp(x / 6.0 + 0.5, 0.0, 1.0)",
  silu: "x / (1.0 + exp(-x))",
} as const;

export type ActivationKind = keyof typeof activations;

export interface Activation {
  readonly kind: ActivationKind;
  readonly alpha: number;
  readonly beta: number;
}
