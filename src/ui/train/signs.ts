// The signs that a run of training goes wrong: its loss rises, stands still, or the network has come apart; and the rate to begin anew with.
import { Ruin } from "../../lessons/ruin.ts";
import type { History } from "./history.ts";
import type { Begun } from "./request.ts";
import { Rise } from "./rise.ts";
import { adviceOf, lostText, ruinText, Standstill } from "./standstill.ts";

export interface Course {
  readonly begun: Begun;
  readonly history: History;
  /** The learning rate that it began with. */
  readonly rate: number;
  /** What the rate is where nobody has chosen one. */
  readonly usualRate: number;
}

export class Signs {
  readonly #course: Course;
  readonly #ruin: Ruin;
  readonly #standstill: Standstill;
  #rise: Rise | undefined;
  /** The learning rate with which its weights became no numbers. */
  #ruinous: number | undefined;

  constructor(course: Course) {
    this.#course = course;
    this.#ruin = new Ruin(this.#guessing);
    this.#standstill = new Standstill(course.begun.classes.length);
  }

  /** Somebody has chosen another rate. */
  change(): void {
    this.#rise?.change();
    this.#standstill.change();
  }

  /** Takes the losses of the next steps, which the history does not have yet. */
  note(losses: readonly number[], rate: number): void {
    const { history, rate: first } = this.#course;
    const { steps, scores } = history;
    this.#ruin.note(losses, steps, rate, rate > first);
    this.#rise ??= new Rise(this.#firstLoss);
    this.#rise.note(losses);
    const score = scores.at(-1);
    this.#standstill.note(losses, score && score.steps > 0 ? score.accuracy : undefined);
  }

  /** Its weights are no numbers from now on. */
  noteApart(rate: number): void {
    this.#ruinous = rate;
  }

  /** The learning rate with which to begin anew: the one chosen, but for one that has ruined the network: then a lower one. */
  rateAnew(chosen: number): number {
    const { rate: first, usualRate } = this.#course;
    const ruinous = this.#ruinous ?? this.#ruin.rate;
    if (ruinous === undefined) return chosen;
    return [chosen, first, usualRate].find((rate) => rate < ruinous) ?? ruinous / 10;
  }

  /** Whether a second network has come apart, and what to do where its loss rises far, or stands still at that of guessing; empty where all is well. */
  advice(rate: number): string {
    const { begun, history } = this.#course;
    const parts = { isRising: this.#rise?.isRising === true, standstill: this.#standstill };
    const own = ruinText(this.#ruin, this.rateAnew(rate)) || adviceOf(parts, rate, begun.rate);
    return [lostText(history.rival?.lost), own].filter(Boolean).join(" ");
  }

  /** Before the first step, on the pictures held back: no less than that of an answer by chance, as these may be few. */
  get #firstLoss(): number | undefined {
    // Of the two outputs that drive, the pictures held back tell another loss than the steps do.
    return this.#guessing && Math.max(this.#guessing, this.#course.history.scores[0]?.loss ?? 0);
  }

  /** The loss of an answer by chance, where that is known. */
  get #guessing(): number | undefined {
    const { kind, classes } = this.#course.begun;
    return kind === "classes" ? Math.log(classes.length) : undefined;
  }
}
