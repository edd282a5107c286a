// One convolution as its kernels see it, and the parameters that all of them share.
import type { Activation } from "../../../shaders/activations.ts";
import type { Window } from "../../window.ts";
import type { Border, Kernel, PlacedOperand } from "../operator.ts";

/** One convolution, whatever the number of spatial axes. */
export interface ConvolutionCase {
  readonly window: Window;
  readonly groups: number;
  readonly batch: number;
  /** Per group. */
  readonly inChannels: number;
  /** Per group. */
  readonly outChannels: number;
  readonly hasBias: boolean;
  readonly hasResidual: boolean;
  readonly activation: Activation;
}

/** A kernel for a case, and what it is predicted to cost, see cost.ts. */
export interface Candidate {
  readonly kernel: Kernel;
  readonly cost: number;
  /** How many numbers it makes of each 3×3 kernel; absent where it multiplies by the weights themselves. */
  readonly transformed?: number;
  /** Made for exactly this kind of case, such as depthwise: other families' kernels are not considered then. */
  readonly isSpecial?: boolean;
}

/** A number per spatial axis as [vertical, horizontal]. A single axis is horizontal; `missing` stands for the vertical one. */
export function twoAxes(values: readonly number[], missing: number): [number, number] {
  return values.length === 1 ? [missing, values[0] as number] : [values[0] as number, values[1] as number];
}

/** The zeros around the input that replace bounds tests. */
export function borderOf({ window }: Pick<ConvolutionCase, "window">): Border {
  const [top, left] = twoAxes(window.padsBegin, 0);
  const [bottom, right] = twoAxes(window.padsEnd, 0);
  return { top, left, bottom, right };
}

export interface PlaneStrides {
  readonly n: number;
  readonly c: number;
  readonly h: number;
}

/** The last stride is 1 in every layout the planner makes. */
export function planeStrides({ strides }: PlacedOperand): PlaneStrides {
  const [n = 0, c = 0, ...spatial] = strides;
  return { n, c, h: twoAxes(spatial, 0)[0] };
}

/** Params of the input: its offset is that of the first tap of the first output, the border's corner. */
export function inputParams(conv: ConvolutionCase, x: PlacedOperand): Record<string, number> {
  return { in_offset: firstTap(conv, x), ...prefixed("in", planeStrides(x)) };
}

export function firstTap(conv: Pick<ConvolutionCase, "window">, x: PlacedOperand): number {
  const { top, left } = borderOf(conv);
  return x.offset - top * planeStrides(x).h - left;
}

/** Params of the output and of the residual, zeros where there is none. */
export function outputParams(y: PlacedOperand, residual: PlacedOperand | undefined): Record<string, number> {
  return {
    out_offset: y.offset,
    ...prefixed("out", planeStrides(y)),
    residual_offset: residual?.offset ?? 0,
    ...prefixed("residual", residual ? planeStrides(residual) : { n: 0, c: 0, h: 0 }),
    residual_count: residual ? 1 : 0,
  };
}

export function prefixed(prefix: string, strides: PlaneStrides): Record<string, number> {
  return { [`${prefix}_n`]: strides.n, [`${prefix}_c`]: strides.c, [`${prefix}_h`]: strides.h };
}
