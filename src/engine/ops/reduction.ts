// The kernels behind every reduction over axes: the Reduce family and the global pools.
import reduceShader from "../../shaders/reduce.wgsl";
import { sizeOf } from "../shapes.ts";
import { collapseAxes, padFront } from "./axes.ts";
import { workgroupCount } from "./dispatch.ts";
import type { Kernel, PlacedOperand } from "./operator.ts";

const terms = { value: 0, magnitude: 1, square: 2, power: 3 } as const;
const combinations = { sum: 0, max: 1, min: 2, product: 3 } as const;
const finishes = { none: 0, root2: 1, log: 2, rootP: 3 } as const;

/** y = finish(scale · combine over the reduced elements of term(x)). */
export interface Reduction {
  readonly term?: keyof typeof terms;
  readonly combine?: keyof typeof combinations;
  readonly finish?: keyof typeof finishes;
  /** Divides by the number of elements. */
  readonly isMean?: boolean;
  /** Order of the norm, for `power` and `rootP`. */
  readonly p?: number;
}

/** The value that each combination starts from, which is also the result for no elements. */
export const initialValues = {
  sum: 0,
  max: Number.NEGATIVE_INFINITY,
  min: Number.POSITIVE_INFINITY,
  product: 1,
} as const satisfies Record<keyof typeof combinations, number>;

/** Splits an input's axes into kept and reduced ones and merges each kind; `undefined` where more than four of a kind stay apart. */
export function traversalOf(input: PlacedOperand, axes: ReadonlySet<number>) {
  const pick = (values: readonly number[], reduced: boolean) => values.filter((_, axis) => axes.has(axis) === reduced);
  const kept = collapseAxes(pick(input.shape, false), pick(input.strides, false));
  const reduced = collapseAxes(pick(input.shape, true), pick(input.strides, true));
  const params = {
    kept_extent: padFront(kept.extents, 4, 1),
    kept_strides: padFront(kept.strides[0] ?? [], 4, 0),
    reduced_extent: padFront(reduced.extents, 4, 1),
    reduced_strides: padFront(reduced.strides[0] ?? [], 4, 0),
  };
  const length = sizeOf(pick(input.shape, true));
  const isContiguous = reduced.strides[0]?.at(-1) === 1;
  const isFlat = reduced.extents.length <= 1;
  return { params: params as { readonly [K in keyof typeof params]: number[] }, length, isContiguous, isFlat };
}

/** Most axes that stay apart on either side of a reduction, see reduce.wgsl. */
export const maxReductionRank = 8;

/** Adds up, or otherwise combines, the elements along `axes`. */
export function reductionKernel(reduction: Reduction, axes: ReadonlySet<number>): Kernel {
  const { term = "value", combine = "sum", finish = "none", isMean = false, p = 1 } = reduction;
  return {
    name: "reduce",
    readsStrided: [0],
    dispatches: ([input], [output]) => {
      const { params, length, isContiguous, isFlat } = traversalOf(input as PlacedOperand, axes);
      const count = sizeOf((output as PlacedOperand).shape);
      const lanes = lanesFor(count, length, isContiguous);
      return [
        {
          shader: reduceShader,
          constants: { TERM: terms[term], COMBINE: combinations[combine], FINISH: finishes[finish], LANES: lanes, FLAT: Number(isFlat) },
          params: {
            count,
            length,
            input_offset: (input as PlacedOperand).offset,
            initial: initialValues[combine],
            scale: isMean ? 1 / length : 1,
            p,
            log_of_zero: Number.NEGATIVE_INFINITY,
            not_a_number: Number.NaN,
            ...params,
          },
          bindings: { input: input as PlacedOperand, output: output as PlacedOperand },
          workgroups: workgroupCount(count * lanes, 64),
        },
      ];
    },
  };
}

/** Invocations that share one output. The barrier pays where a reduction is long, or where there are too few outputs to keep a GPU busy. */
function lanesFor(count: number, length: number, isContiguous: boolean): number {
  if (length < 512) return 1;
  if (count >= 4096 && !isContiguous) return 1;
  return 32;
}
