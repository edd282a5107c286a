// Puts into words what a brush does to the answer: the top class before, how likely it is now, and what the network answers in its place. Pure.
import { toProbabilities, topClasses } from "../class-bars.ts";
import type { ConvCamEvents } from "../element.ts";
import { percentOf } from "../format-number.ts";
import { classNameOf } from "../labels.ts";

type Answered = Pick<ConvCamEvents["results"], "outputs" | "isTrained">;

interface Circumstances {
  readonly labels: readonly string[];
  /** Whether there are strokes now. */
  readonly isRetouched: boolean;
  /** Whether the picture stays the same, and with it the answer before. */
  readonly isStill: boolean;
}

interface Top {
  readonly index: number;
  readonly probability: number;
}

export class AnswerBefore {
  #before: Top | undefined;
  /** Whether there were strokes since the last {@link forget}: results that come after them may be of frames that had them. */
  #wasRetouched = false;

  /** Of another picture, or another network, nothing is known yet. */
  forget(): void {
    this.#before = undefined;
    this.#wasRetouched = false;
  }

  /** @returns what there is to say; empty where there are no strokes, or the answer means nothing */
  tell({ outputs: [scores], isTrained }: Answered, { labels, isRetouched, isStill }: Circumstances): string {
    if (!scores || !isTrained) return "";
    const probabilities = toProbabilities(scores);
    const [top] = topClasses(probabilities, labels, 1);
    if (!top || !Number.isFinite(top.probability)) return "";
    const isKept = this.#before !== undefined && this.#wasRetouched && isStill;
    this.#wasRetouched ||= isRetouched;
    if (!isRetouched) {
      if (!isKept) this.#before = top;
      return "";
    }
    const say = ({ index, probability }: Top) => `${classNameOf(labels, index)} ${percentOf(probability)}`;
    const before = this.#before;
    if (!before) return `Now ${say(top)}. Clear the brush to see the answer without it.`;
    const now = percentOf(probabilities[before.index] ?? 0);
    const instead = top.index === before.index ? "" : `; now ${say(top)}`;
    return `${say(before)} → ${now}${instead}`;
  }
}
