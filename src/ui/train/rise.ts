// Whether the loss rises far while a network learns, before it has come apart. Pure.
import { meanOf } from "../../lessons/mean.ts";

/**
 * Losses that are compared by their mean and by the middle one, both of which have to rise: a few batches that are harder than others do not
 * move the middle one, and where it jumps, as with batches of one picture, the mean does not.
 */
const window = 31;
/** How many times as high as it was at its lowest the loss is when it rises far. */
const far = 2;
/** It no longer rises when it is less than this many times as high. */
const near = 1.5;
/** For how many steps on end it is so high before it is told. */
const enough = 25;
/** Where it is this many times as high, a step counts as several. */
const veryFar = 8;
/** Below this share of the first loss it scatters by more than twice: that is no rise. */
const leastShare = 0.3;

interface Level {
  readonly middle: number;
  readonly mean: number;
}

export class Rise {
  readonly #last: number[] = [];
  #first: number | undefined;
  /** The lowest since the training began, or since something was changed. */
  #lowest: Level | undefined;
  #now: Level | undefined;
  #highCount = 0;
  #isRising = false;

  /** @param first the loss of the weights that it begins with; that of the first steps counts where it is not known */
  constructor(first?: number) {
    this.#first = first;
    this.#lowest = first === undefined ? undefined : { middle: first, mean: first };
  }

  get isRising(): boolean {
    return this.#isRising;
  }

  note(losses: readonly number[]): void {
    for (const loss of losses) this.#note(loss);
  }

  /** The learning rate is another one, say: from here on the loss is compared with what it is now. */
  change(): void {
    this.#lowest = this.#now ?? this.#lowest;
    this.#highCount = 0;
    this.#isRising = false;
  }

  #note(loss: number): void {
    if (!Number.isFinite(loss)) return;
    this.#last.push(loss);
    if (this.#last.length > window) this.#last.shift();
    if (this.#last.length < window) return;
    const middle = [...this.#last].sort((a, b) => a - b)[window >> 1] as number;
    const mean = meanOf(this.#last);
    this.#now = { middle, mean };
    this.#first ??= middle;
    const { middle: lowestMiddle, mean: lowestMean } = this.#lowest ?? this.#now;
    this.#lowest = { middle: Math.min(lowestMiddle, middle), mean: Math.min(lowestMean, mean) };
    const least = leastShare * this.#first;
    const times = Math.min(middle / Math.max(this.#lowest.middle, least), mean / Math.max(this.#lowest.mean, least));
    this.#highCount = times > far ? this.#highCount + (times > veryFar ? 5 : 1) : 0;
    this.#isRising = this.#highCount >= enough || (this.#isRising && times > near);
  }
}
