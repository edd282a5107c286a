// Decides when a network is tried again on the pictures held back: soon after it began, then so that it takes a small share of all time. Pure, but for the clock.

/** Steps that it takes before it is tried for the second time, and milliseconds: something is to be seen soon. */
const few = { steps: 4, ms: 500 };
/** The least time between later ones, in milliseconds. */
const leastMs = 1500;
/** How many times as long as the last one took nothing is tried again: at first, one more each time, and at most. */
const rarity = { first: 3, most: 8 };

export class Due {
  #count = 0;
  #steps = 0;
  #next = 0;

  /** @param steps that were taken in all */
  isAfter(steps: number): boolean {
    if (this.#count === 1 && steps - this.#steps < few.steps) return false;
    return performance.now() >= this.#next;
  }

  /**
   * It was tried, and that took so long. The first one also makes ready, so that nothing follows from how long it took.
   *
   * @param steps that were taken in all
   */
  note(steps: number, ms: number): void {
    const count = ++this.#count;
    this.#steps = steps;
    this.#next = performance.now() + (count === 1 ? few.ms : Math.max(leastMs, Math.min(rarity.most, rarity.first + count - 2) * ms));
  }
}
