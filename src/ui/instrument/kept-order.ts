// In which order the channels of a value stand. Under a picture that moves ranks change with every frame: channels keep their places for a while,
// or nobody could look at one.

/** The least time between two orders of one value. */
export const orderMs = 2000;

interface Kept {
  readonly value: string;
  /** By what, such as "activity". */
  readonly by: string;
  /** Undefined where they stand as they lie. */
  readonly channels: readonly number[] | undefined;
  /** When it was taken, in milliseconds. */
  readonly at: number;
}

export class KeptOrder {
  #kept: Kept | undefined;

  of(value: string): readonly number[] | undefined {
    return this.#kept?.value === value ? this.#kept.channels : undefined;
  }

  forget(): void {
    this.#kept = undefined;
  }

  /**
   * Takes an order, if the one before has stood for long enough, or is of another value or by something else.
   *
   * @param now in milliseconds
   * @returns after how many milliseconds the order may be taken; undefined where it is
   */
  offer(value: string, by: string, channels: readonly number[] | undefined, now: number): number | undefined {
    const kept = this.#kept?.value === value && this.#kept.by === by ? this.#kept : undefined;
    if (kept && `${kept.channels}` === `${channels}`) return undefined;
    const wait = kept ? kept.at + orderMs - now : 0;
    if (wait > 0) return wait;
    this.#kept = { value, by, channels, at: now };
    return undefined;
  }
}
