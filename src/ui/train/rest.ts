// Lets what learns in a viewer rest for a moment once somebody has pressed something, so that what the press changes is drawn first.
import type { Standbys } from "../standby.ts";

/** From a press until its picture, about. */
const restMs = 120;
/** Rests in a row, at most. */
const mostMs = 500;

export class Rest {
  /** Somebody waits for a picture until then. */
  #until = 0;
  #endedAt = Number.NEGATIVE_INFINITY;
  /** How long it may rest: as long as it has worked since. */
  #leftMs = mostMs;
  #restedMs = 0;

  /** Milliseconds that go by, but for those of rests. */
  get clock(): number {
    return performance.now() - this.#restedMs;
  }

  /** Somebody has pressed something. */
  note(): void {
    this.#until = performance.now() + restMs;
  }

  /** Waits until nobody has pressed anything for a moment; where somebody goes on pressing, for half of all time. */
  async rested(): Promise<void> {
    const begun = performance.now();
    this.#leftMs = Math.min(mostMs, this.#leftMs + begun - this.#endedAt);
    for (;;) {
      const left = Math.min(this.#until, begun + this.#leftMs) - performance.now();
      if (left <= 0) break;
      await new Promise((resolve) => setTimeout(resolve, left));
    }
    this.#endedAt = performance.now();
    this.#leftMs -= this.#endedAt - begun;
    this.#restedMs += this.#endedAt - begun;
  }

  /** Nobody is waited for any more. */
  dispose(): void {
    this.#until = 0;
  }
}

const purpose = "rest";

/** That of what learns in a viewer, or will. */
export function restOf({ kept }: { readonly kept: Standbys }): Rest {
  const known = kept.get(purpose);
  if (known instanceof Rest) return known;
  const rest = new Rest();
  kept.set(purpose, rest);
  return rest;
}
