// Compares what a gradient says about a direction with a central difference.
import { type DataType, isFloat } from "../../engine/tensor.ts";
import type { NdArray } from "../../reference/array.ts";

export interface Comparison {
  /** Σ gradient · direction */
  readonly gradient: number;
  /** The same by a central difference in float64. */
  readonly difference: number;
  /** Their distance, relative to the larger of them and of the size that the sum has if its terms have no sign in common. */
  readonly error: number;
}

/** A gradient of an input, and the direction in which the input is moved. */
export interface Pair {
  readonly gradient: Float64Array;
  readonly direction: NdArray;
}

export function compare(pairs: readonly Pair[], difference: number): Comparison {
  let sum = 0;
  let squares = 0;
  for (const { gradient, direction } of pairs)
    direction.data.forEach((v, i) => {
      // An element that does not move says nothing, not even where its slope is infinite.
      if (v === 0) return;
      const term = v * (gradient[i] as number);
      sum += term;
      squares += term * term;
    });
  const size = Math.max(Math.abs(sum), Math.abs(difference), Math.sqrt(squares));
  return { gradient: sum, difference, error: size === 0 ? 0 : Math.abs(sum - difference) / size };
}

/** How far a layer's gradient may be off. Values of 16 bits are rounded between the GPU's sums and what is read back. */
export function toleranceOf(dtypes: readonly DataType[]): number {
  return dtypes.some((dtype) => isFloat(dtype) && dtype.endsWith("16")) ? 2e-2 : layerTolerance;
}

export const layerTolerance = 1e-4;
/**
 * A ReLU whose input is within rounding of 0 may be on another side in float32. One such element in a late layer of MobileNetV2 moves its
 * gradient by 3e-3; at points without one it is right within 1e-6.
 */
export const networkTolerance = 1e-2;
