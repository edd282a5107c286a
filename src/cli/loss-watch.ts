// Whether the loss of a training has risen far: its weights may be numbers still, and worth nothing. Pure.

/** Losses whose mean is compared. */
const window = 20;
/** Above so many times what guessing comes to, or the loss that it began with, it is far. Of one batch alone, which may be an easy one, more is. */
const far = { ofGuessing: 2, ofFirst: 10 };

export class LossWatch {
  readonly #guessing: number | undefined;
  readonly #last: number[] = [];
  #first: number | undefined;
  #isTold = false;

  /** @param guessing the loss of an answer by chance, where that is known */
  constructor(guessing?: number) {
    this.#guessing = guessing;
  }

  /** Above what it is far. */
  get #limit(): number {
    const first = this.#first ?? 0;
    return this.#guessing === undefined ? far.ofFirst * first : far.ofGuessing * Math.max(this.#guessing, first);
  }

  /** Of the last steps; NaN before the first. */
  get mean(): number {
    return this.#last.reduce((sum, one) => sum + one, 0) / this.#last.length;
  }

  /** How many steps that is of. */
  get count(): number {
    return this.#last.length;
  }

  /** @returns the mean loss, where it is far for the first time */
  note(loss: number): number | undefined {
    this.#first ??= loss;
    this.#last.push(loss);
    if (this.#last.length > window) this.#last.shift();
    return this.#last.length === window ? this.end() : undefined;
  }

  /** The same after the last step, of however many there were. */
  end(): number | undefined {
    if (this.#isTold || !(this.mean > this.#limit)) return undefined;
    this.#isTold = true;
    return this.mean;
  }
}
