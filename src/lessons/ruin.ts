// Whether a network that learns has come apart though its loss is still a number: it is far above that of guessing, or that it began with; or it was
// once, and the network has only guessed since. Pure.

/** How many times as high as what guessing comes to, or as the first loss where that is higher, the loss is then. */
const far = 10;
/** So many times as high it cannot be by a few pictures: one step is enough. */
const hopeless = 10_000;
/** For how many steps on end: a few pictures that it is wrong and sure about do not count. */
const enough = 3;
/** Below this share of what it is compared with it has learned, whatever was before. */
const mended = 0.5;
/** After a step that was far too high: so many later ones that are like guessing, and fall no further, are those of a network that knows nothing any more. */
const dead = 20;
/** Shares of what guessing comes to that their mean is at least, and below which it learns again; and of the first half that the second one is at least. */
const like = { guessing: 0.97, learning: 0.9, before: 0.9 };

/** A loss that is far too high. */
export interface Far {
  readonly step: number;
  readonly loss: number;
  /** With what it is compared. */
  readonly first: number;
  /** Whether that is what guessing comes to; else it is the first loss that was told. */
  readonly isGuessing: boolean;
  /** Whether it has fallen since, but to that of guessing alone. */
  readonly isPast?: boolean;
}

export class Ruin {
  readonly #guessing: number;
  /** What guessing comes to, or the loss of the first step where that is higher. */
  #first: number;
  #highCount = 0;
  #since: Far | undefined;
  #rate: number | undefined;
  /** The highest of those that were far too high lately, with its rate, and the losses after the last of them. */
  #peak: { readonly far: Far; readonly rate: number } | undefined;
  #after: number[] = [];

  /** @param guessing the loss of an answer by chance, where that is known */
  constructor(guessing = 0) {
    this.#guessing = guessing;
    this.#first = guessing;
  }

  /** The learning rate with which it came apart, until it has learned nonetheless. */
  get rate(): number | undefined {
    return this.#rate;
  }

  /** From which step on the loss is so high, as long as it is, how high it was then, and with what it is compared. */
  get since(): Far | undefined {
    return this.#since;
  }

  /**
   * @param done how many steps were taken before these
   * @param rate with which they were taken
   */
  note(losses: readonly number[], done: number, rate: number): void {
    losses.forEach((loss, i) => {
      const step = done + i + 1;
      // A training that goes on has no first step any more.
      if ((step === 1 || this.#first === 0) && Number.isFinite(loss)) this.#first = Math.max(this.#first, loss);
      // What is no number is told otherwise.
      const isHigh = this.#first > 0 && loss > far * this.#first && Number.isFinite(loss);
      this.#highCount = isHigh ? this.#highCount + (loss > hopeless * this.#first ? enough : 1) : 0;
      const here = { step, loss, first: this.#first, isGuessing: this.#first === this.#guessing };
      if (this.#highCount === 0) this.#since = this.#pastOf(loss);
      else {
        if (!this.#peak || loss > this.#peak.far.loss) this.#peak = { far: here, rate };
        this.#after = [];
        if (this.#since?.isPast) this.#since = undefined;
        if (this.#highCount >= enough && !this.#since) {
          this.#since = here;
          this.#rate ??= rate;
        }
      }
      if (loss < mended * this.#first && !this.#since) this.#rate = undefined;
    });
  }

  /** The loss that was far too high, where those after it are like guessing. */
  #pastOf(loss: number): Far | undefined {
    if (!this.#peak || this.#guessing === 0) return undefined;
    this.#after = [...this.#after, loss].slice(-dead);
    if (this.#after.length < dead) return undefined;
    const [before, now, all] = [this.#after.slice(0, dead / 2), this.#after.slice(dead / 2), this.#after].map(meanOf) as [
      number,
      number,
      number,
    ];
    const isPast = all >= like.guessing * this.#guessing && now >= like.before * before;
    if (isPast) this.#rate ??= this.#peak.rate;
    const { far } = this.#peak;
    if (all < like.learning * this.#guessing) this.#peak = undefined;
    return isPast || (this.#peak && this.#since) ? { ...far, first: this.#guessing, isGuessing: true, isPast: true } : undefined;
  }
}

function meanOf(some: readonly number[]): number {
  return some.reduce((sum, one) => sum + one, 0) / some.length;
}
