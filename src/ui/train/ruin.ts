// Whether a network that is to tell classes has come apart though its loss is still a number: it is far above that of guessing. Pure.
import { formatNumber } from "../format-number.ts";

/** How many times as high as guessing's, or as that before the first step, the loss is then. */
const far = 10;
/** For how many steps on end: a few pictures that it is wrong and sure about do not count. */
const enough = 3;
/** Below this share of what it began with it has learned, whatever was before. */
const mended = 0.5;

export class Ruin {
  readonly #first: number;
  #highCount = 0;
  #since: { readonly step: number; readonly loss: number } | undefined;
  #rate: number | undefined;

  /** @param first what guessing comes to, or the loss before the first step where that is higher */
  constructor(first: number) {
    this.#first = first;
  }

  /** The learning rate with which it came apart, until it has learned nonetheless. */
  get rate(): number | undefined {
    return this.#rate;
  }

  /** What is told as long as the loss is so high: the same words, for who hears them. @param rateAnew with which "Begin anew" begins */
  textOf(rateAnew: number): string {
    if (!this.#since) return "";
    const { step, loss } = this.#since;
    const [what, guessing] = [loss, this.#first].map((one) => formatNumber(Number(one.toPrecision(3))));
    return `After step ${step.toLocaleString("en")} the loss is ${what}, far above that of guessing, ${guessing}: the network has come apart. “Begin anew” takes the learning rate ${formatNumber(rateAnew)}, or a lower one that you choose.`;
  }

  /**
   * @param done how many steps were taken before these
   * @param rate with which they were taken
   */
  note(losses: readonly number[], done: number, rate: number): void {
    losses.forEach((loss, i) => {
      // What is no number is told otherwise.
      this.#highCount = loss > far * this.#first && Number.isFinite(loss) ? this.#highCount + 1 : 0;
      if (this.#highCount === 0) this.#since = undefined;
      else if (this.#highCount >= enough && !this.#since) {
        this.#since = { step: done + i + 1, loss };
        this.#rate ??= rate;
      }
      if (loss < mended * this.#first) this.#rate = undefined;
    });
  }
}
