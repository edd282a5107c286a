// How often the GPU was lost lately: one that is lost time and again is left alone.

/** As many are answered by starting again. */
export const mostLosses = 3;
const lateMs = 600_000;

export class Losses {
  #times: readonly number[] = [];

  /** @returns how many there were lately, this one included */
  note(now = performance.now()): number {
    this.#times = [...this.#times.filter((time) => now - time < lateMs), now];
    return this.#times.length;
  }
}
