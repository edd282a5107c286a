// Whether a network that is to tell classes learns nothing: its loss stays at that of guessing, or above; and what to do where it learns badly. Pure.
import { meanOf } from "../../lessons/mean.ts";
import { farText, type Ruin } from "../../lessons/ruin.ts";
import { formatNumber } from "../format-number.ts";
import type { History } from "./history.ts";

/** Losses whose mean is compared, with what guessing comes to and with as many before. */
const window = 60;
/** Steps until it is told, since it began or something was changed. */
const patience = 150;
/** A loss that is no less than this share of guessing's, and of that before, stands still; far below guessing it does not any more. */
const still = { ofChance: 0.97, ofBefore: 0.985, far: 0.93 };
/** With so many times as many right as by guessing it learns, whatever its loss is. */
const right = 1.5;

export class Standstill {
  readonly #classes: number;
  readonly #last: number[] = [];
  #count = 0;
  #isStuck = false;

  /** @param classes that it tells; without, nothing is known of it */
  constructor(classes: number) {
    this.#classes = classes;
  }

  /** What guessing comes to. */
  get chance(): number {
    return Math.log(this.#classes);
  }

  get isStuck(): boolean {
    return this.#isStuck;
  }

  /** @param accuracy how much was right when it was tried last, where that was not before it learned */
  note(losses: readonly number[], accuracy: number | undefined): void {
    if (this.#classes < 2) return;
    this.#last.push(...losses);
    this.#last.splice(0, Math.max(0, this.#last.length - 2 * window));
    this.#count += losses.length;
    if (this.#last.length < 2 * window) return;
    const [before, now] = [meanOf(this.#last.slice(0, window)), meanOf(this.#last.slice(window))];
    const isKnown = accuracy === undefined || accuracy * this.#classes < right;
    const standsStill = now >= still.ofChance * this.chance && now >= still.ofBefore * before;
    const stays = this.#isStuck && now >= still.far * this.chance;
    this.#isStuck = isKnown && (stays || (this.#count >= patience && standsStill));
  }

  /** The learning rate is another one, say. */
  change(): void {
    this.#count = 0;
    this.#last.length = 0;
    this.#isStuck = false;
  }
}

const rounded = (number: number) => formatNumber(Number(number.toPrecision(3)));

/**
 * What is told as long as a network has come apart: the same words, for who hears them; empty where it has not.
 *
 * @param rateAnew with which "Begin anew" begins
 */
export function ruinText({ since }: Pick<Ruin, "since">, rateAnew: number): string {
  if (!since) return "";
  return `A${farText(since, formatNumber).slice(1)}. “Begin anew” takes the learning rate ${formatNumber(rateAnew)}, or a lower one that you choose.`;
}

/** What is told of a loss that rises, or stands still, and what to do; empty where neither does. */
export function adviceOf(
  { isRising, standstill }: { readonly isRising: boolean; readonly standstill: Standstill | undefined },
  rate: number,
  usualRate: number,
): string {
  if (isRising) return "The loss rises: a lower learning rate may help.";
  if (!standstill?.isStuck) return "";
  const what = `It learns nothing: the loss does not fall below that of guessing, ${rounded(standstill.chance)}.`;
  if (rate < usualRate) return `${what} A higher learning rate may help, such as ${formatNumber(usualRate)}.`;
  return `${what} Choose a lower learning rate, then “Begin anew”; or begin with another seed.`;
}

/** Of a second network that has come apart. */
export function lostText(lost: History["lost"]): string {
  if (!lost) return "";
  return `After step ${lost.step.toLocaleString("en")} the loss of the second network is ${lost.loss}: it has come apart, and learns no more. “Begin anew” is of both.`;
}
