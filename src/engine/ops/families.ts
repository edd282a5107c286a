// Kernels that operators find in a catalog: families from parts of the program that are loaded only where they pay.
import type { WeightGradientVariant } from "../../shaders/generate/weight-gradient.ts";
import type { AttributeValue, Graph, Node, TypedGraph, ValueType } from "../graph/graph.ts";
import type { Pass } from "../graph/pass.ts";
import type { Shape } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";
import type { Candidate, ConvolutionCase } from "./convolution/case.ts";
import type { MatrixProduct } from "./matrix-product.ts";
import type { Kernel, Target } from "./operator.ts";
import type { Pool } from "./pool.ts";

/** Kernels for some convolutions, with their predicted cost. Called for one or two axes and no negative pads. */
export type ConvolutionFamily = (conv: ConvolutionCase, target: Target) => readonly Candidate[];

/** The gradient of a convolution's weights. */
export type WeightGradientCase = Omit<ConvolutionCase, "hasBias" | "hasResidual" | "activation">;

/** A kernel for any case each. They come last in an operator's list, after those for special cases. */
export interface GeneralKernels {
  readonly convolution: (conv: ConvolutionCase) => Kernel;
  /** Before it, where there is one, a faster one that answers where maxima are. */
  readonly pools: (pool: Pool) => readonly Kernel[];
  readonly product: (product: MatrixProduct) => Kernel;
  readonly normalizationOfBatch: (normalization: NormalizationOfBatch) => Kernel;
}

/** A BatchNormalization in training mode. */
export interface NormalizationOfBatch {
  readonly shape: Shape;
  readonly epsilon: number;
  /** How much of a running statistic is kept. */
  readonly momentum: number;
  /** Whether each element of an example is a channel of its own, as with `spatial=0`. */
  readonly isPerElement: boolean;
}

/** What loss scaling writes with: a graph of a step in the making. */
export interface StepWriter {
  readonly emit: {
    multiply(a: string, b: string): string;
    divide(a: string, b: string): string;
    own(operator: string, inputs: readonly string[], attributes: Readonly<Record<string, AttributeValue>>): string;
    nodes(
      operator: string,
      inputs: readonly string[],
      outputCount: number,
      attributes: Readonly<Record<string, AttributeValue>>,
      domain: string,
    ): readonly string[];
    typeOf(value: string): ValueType;
  };
  state(role: string, initial: Tensor | ValueType): string;
  update(state: string, value: string): void;
}

/** By what a loss is multiplied, so that small gradients in 16 bits are not 0. */
export interface ScaleOptions {
  readonly initial: number;
  /** After so many steps in a row whose gradients were finite it doubles. */
  readonly every: number;
  /** It stays as it is. */
  readonly isFixed: boolean;
}

/** What a step does with gradients of a loss that was scaled. */
export interface ScaledStep {
  /** Of the step, by which nothing changes where a gradient is not finite. */
  readonly rates: string;
  readonly scale: string;
  readonly counts: string;
  /** The gradient of a parameter as it is without the scale, with what decays, shortened. */
  gradient(index: number): string;
  /** What a running statistic becomes. @param now the one of the batch */
  statistic(running: string, now: string, keep: number): string;
}

export interface ScaledStepOptions {
  /** The operand. */
  readonly rates: string;
  /** How many parts the step is computed in. */
  readonly parts: number;
  readonly parameters: readonly string[];
  /** Of parameters, as part of the gradient. */
  readonly decay: number;
  readonly clipNorm: number | undefined;
  /** How much of the moments of Adam is kept. */
  readonly betas: readonly [first: number, second: number];
}

export type LossScaling = (
  draft: StepWriter,
  options: ScaleOptions,
) => {
  /** What is differentiated in place of the loss. */
  scaled(loss: string): string;
  /** A gradient of it as it is without the scale. */
  plain(gradient: string): string;
  take(gradients: readonly string[], options: ScaledStepOptions): ScaledStep;
};

/** What inference knows so far. */
export interface Known {
  readonly opsets: Graph["opsets"];
  readonly types: Map<string, ValueType>;
  readonly constants: Map<string, Tensor>;
}

/** The nodes that are instead of one, in order; `undefined` where it stays. Constants among its outputs are written where they are known. */
export type Expand = (node: Node, known: Known) => readonly Node[] | undefined;

export interface Families {
  readonly convolution: readonly ConvolutionFamily[];
  /** In training: the kernels for a convolution with others among them, on pipelines that a step has anyway. */
  readonly sharing?: ((conv: ConvolutionCase, target: Target, usual: readonly Candidate[]) => Candidate[]) | undefined;
  /** In training: the kernels for a product with others among them, most promising first. */
  readonly product?: ((product: MatrixProduct, target: Target, others: readonly Kernel[]) => readonly Kernel[]) | undefined;
  /** In training with a loss that is scaled. */
  readonly scaling?: LossScaling | undefined;
  /**
   * In training: the kernels for gradients of a convolution's weights with the usual one among them, most promising first.
   *
   * @param usual makes the usual one, of blocks as large as its variant says
   */
  readonly weightGradient?:
    | ((
        conv: WeightGradientCase,
        target: Target,
        usual: (conv: WeightGradientCase, target: Target, variant: WeightGradientVariant) => Kernel,
      ) => readonly Kernel[])
    | undefined;
  /** In training: the kernel for gradients of any convolution's weights. Absent where no graph has a case that takes it. */
  readonly anyWeightGradient?: ((conv: WeightGradientCase) => Kernel) | undefined;
  /** Absent where nothing asked for the rarer operators: a rare case then has no kernel. */
  readonly general?: GeneralKernels | undefined;
  /** Passes for a graph into whose convolutions everything is fused. */
  readonly last?: readonly Pass[] | undefined;
  /** Writes the nodes that are instead of If, Loop, Scan and their kin: made anew for each inference of a graph. Absent where it has none of them. */
  readonly expander?: ((graph: Graph) => Expand) | undefined;
  /** Makes numbers of constants that are known as steps of a scale. Absent where a graph has none. */
  readonly dequantize?: (<T extends { readonly graph: TypedGraph }>(inference: T) => T) | undefined;
}
