// Decides when something that takes a while is due again: it may take so small a share of all time.

export interface Due {
  readonly isDue: boolean;
  /** Does it, and takes its time. */
  spend<T>(work: () => Promise<T>): Promise<T>;
}

/** The least time between, in milliseconds. */
const leastMs = 1500;

/** @param rarity how many times longer than it took it is not due again */
export function due(rarity: number): Due {
  let next = 0;
  return {
    get isDue() {
      return performance.now() >= next;
    },
    async spend(work) {
      const begun = performance.now();
      const result = await work();
      const now = performance.now();
      next = now + Math.max(leastMs, rarity * (now - begun));
      return result;
    },
  };
}
