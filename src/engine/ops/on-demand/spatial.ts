// Any [n, c, …] value as n, c, d, h, w: missing spatial axes have extent 1.
import type { PlacedOperand } from "../operator.ts";

export interface Spatial {
  readonly n: number;
  readonly c: number;
  /** d, h, w. */
  readonly extent: readonly number[];
  readonly offset: number;
  readonly strideN: number;
  /** c, d, h, w. */
  readonly strides: readonly number[];
}

/** @param operand of rank 2 (no spatial axes) to 5 */
export function asSpatial(operand: PlacedOperand): Spatial {
  const [n = 1, c = 1, ...spatial] = operand.shape;
  const [strideN = 0, strideC = 0, ...spatialStrides] = operand.strides;
  return {
    n,
    c,
    extent: threeAxes(spatial, 1),
    offset: operand.offset,
    strideN,
    strides: [strideC, ...threeAxes(spatialStrides, 0)],
  };
}

/** A value per spatial axis as d, h, w. */
export function threeAxes(values: readonly number[], fill: number): number[] {
  return [...new Array<number>(3 - values.length).fill(fill), ...values];
}
