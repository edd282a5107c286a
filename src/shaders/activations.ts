// Activations, a row each. Element-wise kernels, the epilogues of convolutions and the evaluation of constants all read these rows.

export interface ActivationRow {
  /** WGSL of the result over `a` and two scalars, `alpha` and `beta`; may call what functions.ts has. */
  readonly wgsl: string;
  readonly js: (a: number, alpha: number, beta: number) => number;
  /** The ONNX operator that computes it, and nothing else. */
  readonly operator?: string;
  /** The operator's attributes, by the scalar of that name, and what they are where a node has none. */
  readonly scalars?: { readonly alpha: number; readonly beta?: number };
  /** The operator's first opset. */
  readonly since?: number;
}

const sigmoid = (a: number) => 1 / (1 + Math.exp(-a));
const clip = (a: number, low: number, high: number) => Math.min(high, Math.max(low, a));

/** Shaders know an activation by its index in this table. */
export const activations = {
  none: { wgsl: "a", js: (a) => a },
  relu: { wgsl: "select(a, 0, a < 0)", js: (a) => Math.max(a, 0), operator: "Relu" },
  clip: { wgsl: "clip(a, alpha, beta)", js: clip },
  leakyRelu: {
    wgsl: "select(a, alpha * a, a < 0.0)",
    js: (a, alpha) => (a < 0 ? alpha * a : a),
    operator: "LeakyRelu",
    scalars: { alpha: 0.01 },
  },
  sigmoid: { wgsl: "1.0 / (1.0 + exp(-a))", js: sigmoid, operator: "Sigmoid" },
  hardSigmoid: {
    wgsl: "clip(alpha * a + beta, 0.0, 1.0)",
    js: (a, alpha, beta) => clip(alpha * a + beta, 0, 1),
    operator: "HardSigmoid",
    scalars: { alpha: 0.2, beta: 0.5 },
  },
  hardSwish: { wgsl: "a * clip(a / 6.0 + 0.5, 0.0, 1.0)", js: (a) => a * clip(a / 6 + 0.5, 0, 1), operator: "HardSwish", since: 14 },
  silu: { wgsl: "a / (1.0 + exp(-a))", js: (a) => a * sigmoid(a) },
} as const satisfies Readonly<Record<string, ActivationRow>>;

export type ActivationKind = keyof typeof activations;

export const activationRows = Object.entries(activations) as readonly (readonly [ActivationKind, ActivationRow])[];

/** One activation with its scalars. */
export interface Activation {
  readonly kind: ActivationKind;
  readonly alpha: number;
  readonly beta: number;
}

/** The number of an activation in shaders that have all of them. */
export function activationNumber(kind: ActivationKind): number {
  return Object.keys(activations).indexOf(kind);
}

/** None and Relu as a clip with infinite bounds, so that nearly every network needs one pipeline instead of three. */
export function asClip({ kind, alpha, beta }: Activation): Activation {
  if (kind === "none") return { kind: "clip", alpha: Number.NEGATIVE_INFINITY, beta: Number.POSITIVE_INFINITY };
  if (kind === "relu") return { kind: "clip", alpha: 0, beta: Number.POSITIVE_INFINITY };
  return { kind, alpha, beta };
}

/** WGSL of `formula`, or of `a` where `a` is NaN, so that no formula has to test for NaN. */
export function orNan(formula: string, ...operands: readonly string[]): string {
  return operands.reduce((result, operand) => `select(${result}, ${operand}, is_nan(${operand}))`, formula);
}

/**
 * WGSL of `activate(a, alpha, beta)`. The scalars are arguments, read from Params once: SwiftShader would load a uniform
 * again for every output.
 *
 * Comparisons with NaN are false, so formulas made of comparisons pass NaN on. Only formulas with an exponential get a test: to test the bits
 * of every output made a depthwise convolution 3 % slower.
 */
export function activationFunction(kind: ActivationKind): string {
  const { wgsl } = activations[kind];
  return `fn activate(a: f32, alpha: f32, beta: f32) -> f32 { return ${wgsl.includes("exp(") ? orNan(wgsl, "a") : wgsl}; }`;
}

/** WGSL of `activate_as(kind, a, alpha, beta)`, which knows all activations by number. */
export const activateAs = [
  "fn activate_as(kind: u32, a: f32, alpha: f32, beta: f32) -> f32 {",
  "var y = a;",
  "switch (kind) {",
  ...activationRows.flatMap(([, { wgsl }], i) => (i > 0 ? [`case ${i}u: { y = ${wgsl}; }`] : [])),
  "default: {}",
  "}",
  `return ${orNan("y", "a")};`,
  "}",
].join("\n");
