// Puts into words what a change does to the answer: the top class before, how likely it is now, and what the network answers in its place. Pure.
import { toProbabilities, topClasses } from "./bars.ts";
import type { ConvCamEvents } from "./events.ts";
import { percentOf } from "./format-number.ts";
import { classNameOf } from "./labels.ts";

type Answered = Pick<ConvCamEvents["results"], "outputs" | "isTrained">;

interface Circumstances {
  readonly labels: readonly string[];
  /** Whether there is a change now. */
  readonly isChanged: boolean;
  /** Whether the picture stays the same, and with it the answer before. */
  readonly isStill: boolean;
}

interface Top {
  readonly index: number;
  readonly probability: number;
}

/** A share that moves by less is said to stay. */
const noticed = 0.001;

export class AnswerBefore {
  #before: Top | undefined;
  readonly #wayBack: string | undefined;
  /** Whether there was a change since the last {@link forget}: results that come after it may be of frames that had it. */
  #wasChanged = false;

  /** @param wayBack what to do to see the answer before, such as "Clear the brush", said where nobody knows it; nothing is said then where absent */
  constructor(wayBack?: string) {
    this.#wayBack = wayBack;
  }

  /** Of another picture, or another network, nothing is known yet. */
  forget(): void {
    this.#before = undefined;
    this.#wasChanged = false;
  }

  /** @returns what there is to say; empty where nothing is changed, or the answer means nothing */
  tell({ outputs: [scores], isTrained }: Answered, { labels, isChanged, isStill }: Circumstances): string {
    if (!scores || !isTrained) return "";
    const probabilities = toProbabilities(scores);
    const [top] = topClasses(probabilities, labels, 1);
    if (!top || !Number.isFinite(top.probability)) return "";
    const isKept = this.#before !== undefined && this.#wasChanged && isStill;
    this.#wasChanged ||= isChanged;
    if (!isChanged) {
      if (!isKept) this.#before = top;
      return "";
    }
    const say = ({ index, probability }: Top) => `${classNameOf(labels, index)} ${percentOf(probability)}`;
    const before = this.#before;
    if (!before) return this.#wayBack ? `Now ${say(top)}. ${this.#wayBack} to see the answer without it.` : "";
    const now = probabilities[before.index] ?? 0;
    if (top.index === before.index && Math.abs(now - before.probability) < noticed)
      return sayKept(classNameOf(labels, before.index), before.probability, now);
    const instead = top.index === before.index ? "" : `; now ${say(top)}`;
    return `${say(before)} → ${percentOf(now)}${instead}`;
  }
}

/** Of a class whose percentage looks the same, or nearly, before and now: with as many digits as tell the two apart, where they are not the same. */
function sayKept(name: string, before: number, now: number): string {
  if (before === now) return `${name} ${percentOf(now)}, unchanged`;
  const told = [2, 3].map((digits) => [before, now].map((one) => `${(one * 100).toFixed(digits)}%`));
  const [was, is] = told.find(([one, other]) => one !== other) ?? [];
  return was ? `stays ${name}, ${was} → ${is}` : `stays ${name}, ${percentOf(now)}`;
}
