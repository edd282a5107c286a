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
  /** Values that a lane hands to the others of its subgroup. */
  readonly broadcasts?: number;
  /** Values that two lanes exchange. */
  readonly swaps?: number;
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
  readonly broadcast: number;
  readonly swap: number;
  readonly barrier: number;
  /** Per packed weight: packing and uploading it in the first run, and reading it from memory in every run where it fits into no cache. */
  readonly weight: number;
}

/**
 * Measured on SwiftShader with two cores by taking a 1×1 kernel apart: in units of four lanes' multiply-add (0.7 ns), their loads cost 20,
 * a broadcast 5, a swap 4, assigning a variable 2; a barrier 250 ns. A dispatch stands for 0.25 ms: 0.04 of its own, and the pipeline that a first
 * run waits for.
 */
const softwarePrices: Prices = {
  lanes: 8,
  dispatch: 4e6,
  load: 20,
  store: 20,
  sharedLoad: 20,
  accumulation: 2,
  broadcast: 5,
  swap: 4,
  barrier: 500,
  weight: 8,
};

/**
 * Estimated for graphics cards: four lanes' arithmetic units share a load unit, registers are free, and a dispatch takes 5 µs in which
 * 16,384 lanes could have worked.
 */
const gpuPrices: Prices = {
  lanes: 16384,
  dispatch: 2e7,
  load: 4,
  store: 4,
  sharedLoad: 1.5,
  accumulation: 0,
  broadcast: 1,
  swap: 1,
  barrier: 30,
  weight: 1,
};

export interface CostModel {
  readonly lanes: number;
  of(work: Work): number;
  /** @param count of packed weights */
  ofWeights(count: number): number;
}

export function costOf({ profile }: Target): CostModel {
  const prices = profile === "software" ? softwarePrices : gpuPrices;
  return {
    lanes: prices.lanes,
    of({
      invocations,
      loads = 0,
      stores = 0,
      sharedLoads = 0,
      accumulations = 0,
      multiplyAdds = 0,
      broadcasts = 0,
      swaps = 0,
      barriers = 0,
    }) {
      const each =
        loads * prices.load +
        stores * prices.store +
        sharedLoads * prices.sharedLoad +
        accumulations * prices.accumulation +
        multiplyAdds +
        broadcasts * prices.broadcast +
        swaps * prices.swap +
        barriers * prices.barrier;
      return Math.max(invocations, prices.lanes) * each + prices.dispatch;
    },
    ofWeights: (count) => count * prices.weight,
  };
}
