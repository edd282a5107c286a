// Kernels that operators find in a catalog: families from parts of the program that are loaded only where they pay.
import type { Candidate, ConvolutionCase } from "./convolution/case.ts";
import type { MatrixProduct } from "./matrix-product.ts";
import type { Kernel, Target } from "./operator.ts";
import type { Pool } from "./pool.ts";

/** Kernels for some convolutions, with their predicted cost. Called for one or two axes and no negative pads. */
export type ConvolutionFamily = (conv: ConvolutionCase, target: Target) => readonly Candidate[];

/** A kernel for any case each. They come last in an operator's list, after those for special cases. */
export interface GeneralKernels {
  readonly convolution: (conv: ConvolutionCase) => Kernel;
  /** Before it, where there is one, a faster one that answers where maxima are. */
  readonly pools: (pool: Pool) => readonly Kernel[];
  readonly product: (product: MatrixProduct) => Kernel;
}

export interface Families {
  readonly convolution: readonly ConvolutionFamily[];
  /** In training: the kernels for a product with others among them, most promising first. */
  readonly product?: ((product: MatrixProduct, target: Target, others: readonly Kernel[]) => readonly Kernel[]) | undefined;
  /** Absent where nothing asked for the rarer operators: a rare case then has no kernel. */
  readonly general?: GeneralKernels | undefined;
}
