// Predicts what a dispatch costs on a target, so that the best kernel for a layer's shape comes first. Predictions are compared with
// each other, never with a clock: their unit is one lane's multiply-add.
import type { Target } from "../operator.ts";

/** What each invocation of a dispatch does. */
export interface Work {
  readonly invocations: number;
  readonly loads?: number;
  readonly stores?: number;
  /** From workgroup memory. */
  readonly sharedLoads?: number;
  /** Updates of variables that live across turns of a loop. */
  readonly accumulations?: number;
  readonly multiplyAdds?: number;
  readonly barriers?: number;
}

interface Prices {
  /** Invocations that run at once: fewer take as long. */
  readonly lanes: number;
  readonly dispatch: number;
  readonly load: number;
  readonly store: number;
  readonly sharedLoad: number;
  readonly accumulation: number;
  readonly barrier: number;
}

/**
 * Measured on SwiftShader with two cores: 0.3 ns for four lanes' multiply-add, 14 ns for their loads or stores, 2.3 ns to assign a
 * variable, 250 ns for a barrier. A dispatch stands for 0.25 ms: 0.04 of its own, and the pipeline that a first run waits for.
 */
const narrow: Prices = { lanes: 8, dispatch: 7e6, load: 46, store: 46, sharedLoad: 46, accumulation: 8, barrier: 830 };

/**
 * Estimated for graphics cards: four lanes' arithmetic units share a load unit, registers are free, and a dispatch takes 5 µs in which
 * 16,384 lanes could have worked.
 */
const wide: Prices = { lanes: 16384, dispatch: 2e7, load: 4, store: 4, sharedLoad: 1.5, accumulation: 0, barrier: 30 };

export interface CostModel {
  readonly lanes: number;
  of(work: Work): number;
}

export function costOf({ subgroupSize }: Target): CostModel {
  const prices = subgroupSize ? narrow : wide;
  return {
    lanes: prices.lanes,
    of({ invocations, loads = 0, stores = 0, sharedLoads = 0, accumulations = 0, multiplyAdds = 0, barriers = 0 }) {
      const each =
        loads * prices.load +
        stores * prices.store +
        sharedLoads * prices.sharedLoad +
        accumulations * prices.accumulation +
        multiplyAdds +
        barriers * prices.barrier;
      return Math.max(invocations, prices.lanes) * each + prices.dispatch;
    },
  };
}
