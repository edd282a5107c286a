// One convolution as its kernels see it, and the parameters that all of them share.
import type { Activation } from "../../../shaders/generate/activation.ts";
import type { Tensor } from "../../tensor.ts";
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
  /** [groups · outChannels, inChannels, …kernel], where known at load. */
  readonly weight?: Tensor;
  readonly bias?: Tensor;
  readonly hasBias: boolean;
  readonly hasResidual: boolean;
  readonly activation: Activation;
}

/** A kernel for a case, and what it is predicted to cost, see cost.ts. */
export interface Candidate {
  readonly kernel: Kernel;
  readonly cost: number;
}

/** A vector per spatial axis as [vertical, horizontal]; one axis lies horizontally. */
export function pair(values: readonly number[], missing: number): [number, number] {
  return values.length === 1 ? [missing, values[0] as number] : [values[0] as number, values[1] as number];
}

/** The zeros around the input that replace bounds tests. */
export function borderOf({ window }: ConvolutionCase): Border {
  const [top, left] = pair(window.padsBegin, 0);
  const [bottom, right] = pair(window.padsEnd, 0);
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
  return { n, c, h: pair(spatial, 0)[0] };
}

export function prefixed(prefix: string, strides: PlaneStrides): Record<string, number> {
  return { [`${prefix}_n`]: strides.n, [`${prefix}_c`]: strides.c, [`${prefix}_h`]: strides.h };
}
