// How often something comes that comes again and again, such as the explanation of each frame of a camera. Pure.

/** What is longer ago says nothing of now. */
export const memoryMs = 5000;
/** Fewer are none that follow each other. */
const fewest = 4;

export class Rate {
  #times: readonly number[] = [];

  /**
   * One more has come.
   *
   * @param now in milliseconds
   * @returns how many come in a second; undefined where that cannot be told yet
   */
  note(now: number): number | undefined {
    this.#times = [...this.#times.filter((time) => now - time < memoryMs), now];
    const [first = now] = this.#times;
    return this.#times.length < fewest || now === first ? undefined : ((this.#times.length - 1) / (now - first)) * 1000;
  }
}

/** "12 explanations a second", "0.8 explanations a second". */
export function rateText(rate: number | undefined): string {
  return rate === undefined ? "" : `${rate < 9.5 ? rate.toFixed(1) : Math.round(rate)} explanations a second`;
}
