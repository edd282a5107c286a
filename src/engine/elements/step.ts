// What a formula comes to: a list of steps, each with all of its numbers in float64, for a view to show. A step is one node's output element.
import type { Shape } from "../shapes.ts";
import type { Index } from "./region.ts";

/** Some elements of a value. */
export interface Elements {
  readonly value: string;
  readonly indices: readonly Index[];
  /** One number for each of the indices. */
  readonly numbers: Float64Array;
}

/** Neighbours of a value along one axis. */
export interface Row {
  readonly value: string;
  /** Of the first of them. */
  readonly start: Index;
  readonly axis: number;
  readonly numbers: Float64Array;
}

/** Where one element of a convolution's kernel meets the input: both places are along the spatial axes. */
export interface Tap {
  readonly kernel: Index;
  readonly input: Index;
  /** Whether the place in the input lies beside it, where it is taken to be 0. */
  readonly isPadding: boolean;
}

/** What one input channel adds to a convolution's sum. Each list has one number per tap. */
export interface ChannelSum {
  /** Of the input: its index on axis 1. */
  readonly channel: number;
  readonly inputs: Float64Array;
  readonly kernel: Float64Array;
  readonly products: Float64Array;
  readonly sum: number;
}

/** Conv: Σ input · kernel + bias over the taps of a window. ConvTranspose: over the taps that meet at the element. */
export interface ConvolutionStep {
  readonly kind: "convolution";
  readonly input: string;
  readonly weight: string;
  /** The kernel's extents. Conv has a tap for each of its elements, row by row. */
  readonly window: Shape;
  readonly taps: readonly Tap[];
  /** Those of the element's group. */
  readonly channels: readonly ChannelSum[];
  readonly bias: number | undefined;
}

/** Gemm and MatMul: alpha · Σ inputs · weights + beta · addend. */
export interface DenseStep {
  readonly kind: "dense";
  readonly inputs: Row;
  readonly weights: Row;
  readonly products: Float64Array;
  readonly sum: number;
  readonly alpha: number;
  readonly beta: number;
  readonly addend: number | undefined;
}

/** The largest or smallest of some elements; what lies beside the input is not among them. */
export interface ChoiceStep {
  readonly kind: "max" | "min";
  readonly elements: Elements;
  /** The winner's number among the elements. */
  readonly winner: number;
}

/** Σ elements / count. */
export interface MeanStep {
  readonly kind: "mean";
  readonly elements: Elements;
  readonly sum: number;
  /** How many are counted: more than there are elements where a pool counts what lies beside its input as 0. */
  readonly count: number;
}

/** One number from many by another formula. */
export interface ReductionStep {
  readonly kind: "reduction";
  readonly elements: Elements;
  /** Over x, such as "√Σ x²". */
  readonly formula: string;
  readonly constants: Readonly<Record<string, number>>;
}

/** A function of one number. */
export interface FunctionStep {
  readonly kind: "function";
  readonly value: string;
  readonly index: Index;
  readonly x: number;
  /** Over x and the names in `constants`, such as "max(0, x)". */
  readonly formula: string;
  readonly constants: Readonly<Record<string, number>>;
}

/** BatchNormalization: (x − mean) / √(variance + epsilon) · scale + bias. */
export interface AffineStep {
  readonly kind: "affine";
  readonly value: string;
  readonly index: Index;
  readonly x: number;
  readonly scale: number;
  readonly bias: number;
  readonly mean: number;
  readonly variance: number;
  readonly epsilon: number;
}

/** The same with mean and variance of some elements, of which x is one: InstanceNormalization and its kin. */
export interface NormalizationStep extends Omit<AffineStep, "kind"> {
  readonly kind: "normalization";
  readonly elements: Elements;
}

/** LRN: x / (bias + alpha / size · Σ elements²)^beta over neighbouring channels. LpNormalization: x / (Σ |elements|^p)^(1 / p). */
export interface ResponseStep {
  readonly kind: "response";
  readonly value: string;
  readonly index: Index;
  readonly x: number;
  readonly elements: Elements;
  /** Over x, the elements e and the names in `constants`. */
  readonly formula: string;
  readonly constants: Readonly<Record<string, number>>;
}

export interface Operand {
  readonly value: string;
  readonly index: Index;
  readonly x: number;
}

/** A function of several operands, element by element. */
export interface ArithmeticStep {
  readonly kind: "arithmetic";
  readonly operands: readonly Operand[];
  /** What stands between operands, such as "+"; `undefined` where nothing can. */
  readonly sign: string | undefined;
  /** Over a, b and c, such as "a + b". */
  readonly formula: string;
}

/** Softmax: e^x / Σ e^elements. LogSoftmax: its logarithm. Hardmax: 1 for the largest, else 0. */
export interface SoftmaxStep {
  readonly kind: "softmax";
  readonly form: "softmax" | "logarithm" | "largest";
  readonly elements: Elements;
  /** The element's own number among them. */
  readonly own: number;
  /** e^(element − the largest), which is what is added up, so that nothing overflows. */
  readonly powers: Float64Array;
  readonly total: number;
}

/** An element that was moved. */
export interface CopyStep {
  readonly kind: "copy";
  /** Where it comes from; `undefined` for what a Pad adds. */
  readonly from: Operand | undefined;
}

/** A gate: x + share · (x · scale + shift − x). */
export interface GateStep extends Operand {
  readonly kind: "gate";
  readonly scale: number;
  readonly shift: number;
  /** How much of it acts at the element's place; `undefined` where a gate has no mask, and acts in full. */
  readonly share: number | undefined;
}

/** Resize: Σ elements · weights. */
export interface InterpolationStep {
  readonly kind: "interpolation";
  readonly elements: Elements;
  readonly weights: Float64Array;
}

export type StepKind =
  | ConvolutionStep
  | DenseStep
  | ChoiceStep
  | MeanStep
  | ReductionStep
  | FunctionStep
  | AffineStep
  | NormalizationStep
  | ResponseStep
  | ArithmeticStep
  | SoftmaxStep
  | CopyStep
  | GateStep
  | InterpolationStep;

/** What a rule answers. */
export type StepBody = StepKind & { readonly result: number };

/** One node's part of a formula. */
export type Step = StepBody & {
  readonly node: string;
  readonly operator: string;
  /** What the node computes, and the index of the element meant. */
  readonly output: string;
  readonly outputIndex: Index;
};
