// The network's answer as bars. Their code and style are loaded with the first answer, because not every network has classes.
import { loadPart } from "../engine/errors.ts";
import type { ClassBars, ClassScore } from "./class-bars.ts";

type BarsPart = typeof import("./bars.ts");

interface AnswerOptions {
  readonly isShown: boolean;
  readonly isTrained: boolean;
}

export class Answer {
  readonly #previous: Element;
  readonly #onFail: (error: Error) => void;
  /** `undefined` where the code of bars could not be loaded. */
  #part: Promise<BarsPart | undefined> | undefined;
  #isMissing = false;
  #bars: ClassBars | undefined;
  #scores: Float32Array | undefined;

  /** @param previous the element that bars are put after */
  constructor(previous: Element, onFail: (error: Error) => void) {
    this.#previous = previous;
    this.#onFail = onFail;
  }

  /**
   * Shows the scores of a frame.
   *
   * @param options.isShown whether as bars
   * @param options.isTrained whether the scores mean anything
   * @returns the likeliest classes; undefined where another answer, or none, took this one's place meanwhile
   */
  async show(scores: Float32Array, labels: readonly string[], options: AnswerOptions): Promise<readonly ClassScore[] | undefined> {
    const { isShown, isTrained } = options;
    this.#scores = scores;
    this.#part ??= loadPart("for classes", () => import("./bars.ts")).catch((error) => void this.#onFail(error));
    const part = await this.#part;
    this.#isMissing = part === undefined;
    if (!part || this.#scores !== scores) return undefined;
    this.#bars ??= part.placeBars(this.#previous);
    this.#bars.isTrained = isTrained;
    this.#bars.element.hidden = !isShown;
    if (isShown) this.#bars.update(scores, labels);
    return part.topClasses(part.toProbabilities(scores), labels, 5);
  }

  /** Shows the same scores with other labels. */
  relabel(labels: readonly string[], isShown: boolean): void {
    if (!this.#scores || !this.#bars) return;
    this.#bars.element.hidden = !isShown;
    if (isShown) this.#bars.update(this.#scores, labels);
  }

  /** @returns whether there was one */
  clear(): boolean {
    const hadAnswer = this.#scores !== undefined;
    // The connection may be back by the next answer.
    if (this.#isMissing) this.#part = undefined;
    this.#scores = undefined;
    if (this.#bars) this.#bars.element.hidden = true;
    return hadAnswer;
  }
}
