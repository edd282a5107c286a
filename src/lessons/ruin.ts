// Whether a network that learns has come apart though its loss is still a number: it is far above that of guessing, or that it began with; or it was
// once, and the network, which had learned before, has only guessed since. Pure.
import { meanOf } from "./mean.ts";

/** How many times as high as what guessing comes to, or as the first loss where that is higher, the loss is then. */
const far = 10;
/** So many times as high it cannot be by a few pictures: one step is enough. */
const hopeless = 10_000;
/** For how many steps on end: a few pictures that it is wrong and sure about do not count. */
const enough = 3;
/** Below this share of what it is compared with it has learned, whatever was before. */
const mended = 0.5;
/**
 * Whether a network has learned is told by the mean of so many losses, and this mean is so many of its standard errors below what counts as learned: batches of a few
 * pictures are right by chance.
 */
const learned = { by: 10, errors: 3 };
/** After a step that was far too high: so many later ones that are like guessing, and fall no further, are those of a network that knows nothing any more. */
const dead = 20;
/**
 * Shares of what guessing comes to that their mean is at least and at most, and below which a network learns; and of the mean of the first half that that of the second one
 * is at least.
 */
const like = { guessing: 0.97, most: 1.2, learning: 0.9, before: 0.95 };

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
  #hasLearned = false;
  /**
   * The highest of those that were far too high lately, with its rate. Only where the network had learned before, or the rate was raised, or it has come
   * apart by the others, may guessing be its end: else it has not begun to learn, and a single batch was bad.
   */
  #peak: { readonly far: Far; readonly rate: number; readonly mayBeEnd: boolean } | undefined;
  /** The last losses since one that was far too high. */
  #after: readonly number[] = [];

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
   * @param isRaised whether somebody has made that higher than it was at first
   */
  note(losses: readonly number[], done: number, rate: number, isRaised = false): void {
    losses.forEach((loss, i) => {
      const step = done + i + 1;
      // A training that goes on has no first step any more.
      if ((step === 1 || this.#first === 0) && Number.isFinite(loss)) this.#first = Math.max(this.#first, loss);
      // What is no number is told otherwise.
      const isHigh = this.#first > 0 && loss > far * this.#first && Number.isFinite(loss);
      this.#highCount = isHigh ? this.#highCount + (loss > hopeless * this.#first ? enough : 1) : 0;
      const here = { step, loss, first: this.#first, isGuessing: this.#first === this.#guessing };
      if (this.#highCount === 0) {
        this.#after = [...this.#after, loss].slice(-dead);
        this.#since = this.#pastOf();
      } else {
        const mayBeEnd = this.#hasLearned || isRaised || this.#highCount >= enough || this.#peak?.mayBeEnd === true;
        this.#peak = { ...(!this.#peak || loss > this.#peak.far.loss ? { far: here, rate } : this.#peak), mayBeEnd };
        this.#after = [];
        if (this.#since?.isPast) this.#since = undefined;
        if (this.#highCount >= enough && !this.#since) {
          this.#since = here;
          this.#rate ??= rate;
        }
      }
      this.#hasLearned ||= areBelow(like.learning * this.#guessing, this.#after);
      if (!this.#since && areBelow(mended * this.#first, this.#after)) this.#rate = undefined;
    });
  }

  /** The loss that was far too high, where those after it are like guessing. */
  #pastOf(): Far | undefined {
    if (!this.#peak || this.#guessing === 0 || this.#after.length < dead) return undefined;
    const [before, now, all] = [this.#after.slice(0, dead / 2), this.#after.slice(dead / 2), this.#after].map(meanOf) as [
      number,
      number,
      number,
    ];
    const { far, rate, mayBeEnd } = this.#peak;
    const isGuessing = all >= like.guessing * this.#guessing && all <= like.most * this.#guessing;
    const isPast = mayBeEnd && isGuessing && now >= like.before * before;
    if (isPast) this.#rate ??= rate;
    if (all < like.learning * this.#guessing) this.#peak = undefined;
    return isPast || (this.#peak && this.#since) ? { ...far, first: this.#guessing, isGuessing: true, isPast: true } : undefined;
  }
}

/** Whether the last losses are below a limit, and not by chance. */
function areBelow(limit: number, losses: readonly number[]): boolean {
  const last = losses.slice(-learned.by);
  if (last.length < learned.by) return false;
  const mean = meanOf(last);
  const variance = meanOf(last.map((loss) => (loss - mean) ** 2));
  return mean + learned.errors * Math.sqrt(variance / (last.length - 1)) < limit;
}

/**
 * The sentence that tells it, without its end: "after step 4 the loss is 747, far above that of guessing, 2.3: the network has come apart".
 *
 * @param write a loss as a text
 */
export function farText({ step, loss, first, isGuessing, isPast }: Far, write: (loss: number) => string): string {
  const [high, low] = [loss, first].map((one) => write(Number(one.toPrecision(3))));
  const what = `${high}, far above ${isGuessing ? "that of guessing" : "that it began with"}, ${low}`;
  const now = isPast ? `was ${what}, and the network only guesses since` : `is ${what}`;
  return `after step ${step.toLocaleString("en")} the loss ${now}: the network has come apart`;
}
