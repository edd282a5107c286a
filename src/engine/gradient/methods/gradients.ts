// Explanations by one gradient: of the input, or class activation maps of layers. Each takes A, the value, and dA, the gradient by it.
import type { Emitter } from "../emitter.ts";
import type { Rules } from "../rule.ts";
import { rules as usual } from "../rules/index.ts";

interface Operands {
  readonly emit: Emitter;
  /** The value, of [n, channels, …spatial], and the gradient by it. */
  readonly value: string;
  readonly gradient: string;
  readonly spatial: readonly number[];
  /** Whether a map keeps what speaks against the score, as below 0. */
  readonly signed?: boolean | undefined;
}

export interface GradientMethod {
  /** What a value is explained by: its shape, one map of all channels, or one number for each channel. */
  readonly result: "elements" | "map" | "channels";
  readonly combine: (operands: Operands) => string;
  readonly rules?: Rules;
}

const relu = ({ emit }: Operands, value: string): string => emit.node("Relu", [value]);
const overChannels = ({ emit }: Operands, value: string): string => emit.sum(value, [1]);
const overPlaces = ({ emit, spatial }: Operands, value: string): string => emit.sum(value, spatial);

/** Σ weight · A, from a weight for each channel. */
const weighted = (operands: Operands, weights: string): string => overChannels(operands, operands.emit.multiply(weights, operands.value));

/** A map from what it makes of each channel: only what speaks for the class, unless signs are wanted. */
const map = (weights: (operands: Operands) => string): GradientMethod => ({
  result: "map",
  combine: (operands) => {
    const both = weighted(operands, weights(operands));
    return operands.signed ? both : relu(operands, both);
  },
});

/** Springenberg et al. 2014: what an activation hands back is not only masked by its input, but never below 0. */
const guided: Rules = Object.fromEntries(
  "Relu LeakyRelu PRelu ThresholdedRelu Clip Elu Selu Celu HardSwish Swish Gelu Mish"
    .split(" ")
    .map((name) => [name, (context) => usual[name]?.({ ...context, dy: context.emit.node("Relu", [context.dy]) }) ?? []]),
);

export const gradientMethods = {
  /** d score / d value, of the value's shape. */
  gradient: { result: "elements", combine: ({ gradient }) => gradient },
  /** Value times gradient: what each element adds to the score, to first order. */
  "gradient-x-input": { result: "elements", combine: ({ emit, gradient, value }) => emit.multiply(value, gradient) },
  "guided-backpropagation": { result: "elements", combine: ({ gradient }) => gradient, rules: guided },
  /** The gradient by a factor of each channel: what scaling it does to the score. */
  importance: {
    result: "channels",
    combine: (operands) => overPlaces(operands, operands.emit.multiply(operands.value, operands.gradient)),
  },
  /** Zhou et al. 2016: the weights of the dense layer that reads the mean of each channel. */
  cam: { result: "map", combine: (operands) => weighted(operands, overPlaces(operands, operands.gradient)) },
  /** Selvaraju et al. 2017: a channel weighs as much as its mean gradient. */
  "grad-cam": map(({ emit, gradient, spatial }) => emit.mean(gradient, spatial)),
  /** Chattopadhyay et al. 2018, with the derivatives of an exponential score: Σ relu(dA) · dA² / (2 dA² + dA³ Σ A). */
  "grad-cam++": map((operands) => {
    const { emit, gradient, value } = operands;
    const square = emit.multiply(gradient, gradient);
    const cube = emit.multiply(square, gradient);
    const below = emit.add(emit.scale(square, 2, value), emit.multiply(cube, overPlaces(operands, value)));
    return overPlaces(operands, emit.multiply(relu(operands, gradient), emit.quotient(square, below, value)));
  }),
  /** Draelos and Carin 2020: place by place, without a mean. */
  "hires-cam": map(({ gradient }) => gradient),
  /** Jiang et al. 2021: place by place, only gradients that raise the score. */
  "layer-cam": map((operands) => relu(operands, operands.gradient)),
  /** Fu et al. 2020: a channel weighs Σ A · dA / Σ A. */
  "xgrad-cam": map((operands) => {
    const { emit, gradient, value } = operands;
    return emit.quotient(overPlaces(operands, emit.multiply(value, gradient)), overPlaces(operands, value), value);
  }),
} as const satisfies Readonly<Record<string, GradientMethod>>;
