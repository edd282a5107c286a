// The order in which examples are seen: each once in every epoch, shuffled anew by seed and epoch.
import { keyOf, uniformAt } from "../engine/random.ts";

/** Which examples come next. */
export interface Sequence {
  next(count: number): readonly number[];
}

/** One after the other, without end: each is seen once. */
export class Onward implements Sequence {
  #next: number;

  /** @param first where it begins */
  constructor(first = 0) {
    this.#next = first;
  }

  next(count: number): readonly number[] {
    const first = this.#next;
    this.#next += count;
    return Array.from({ length: count }, (_, i) => first + i);
  }
}

export class Order implements Sequence {
  readonly #length: number;
  readonly #seed: number;
  readonly #isShuffled: boolean;
  #epoch: number;
  #left: number[] = [];

  /** @param seen how many examples were seen before: what is next is what would have been */
  constructor(length: number, seed: number, isShuffled = true, seen = 0) {
    this.#length = length;
    this.#seed = seed;
    this.#isShuffled = isShuffled;
    const [epoch, within] = length === 0 ? [0, 0] : [Math.floor(seen / length), seen % length];
    this.#epoch = epoch;
    if (within > 0) this.#left = this.#begin().slice(within);
  }

  /** How many epochs have begun. */
  get epoch(): number {
    return this.#epoch;
  }

  /** The next so many examples. A batch that an epoch does not fill goes on with the next one. */
  next(count: number): readonly number[] {
    if (this.#length === 0) return [];
    const indices: number[] = [];
    while (indices.length < count) {
      if (this.#left.length === 0) this.#left = this.#begin();
      indices.push(...this.#left.splice(0, count - indices.length));
    }
    return indices;
  }

  /** Fisher and Yates. */
  #begin(): number[] {
    const indices = Array.from({ length: this.#length }, (_, i) => i);
    const key = keyOf(`epoch ${this.#epoch++}`, this.#seed);
    if (!this.#isShuffled) return indices;
    for (let i = indices.length - 1; i > 0; i--) {
      const other = Math.floor(uniformAt(key, i) * (i + 1));
      [indices[i], indices[other]] = [indices[other] as number, indices[i] as number];
    }
    return indices;
  }
}
