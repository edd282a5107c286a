// Tries a network that learns on the pictures held back: when, and what is told of it.
import { Due } from "./due.ts";
import type { History, Score } from "./history.ts";
import type { Begun, Evaluated } from "./request.ts";
import { toldText } from "./status.ts";

/** Between two sentences that are read aloud. */
const quietMs = 20_000;
/** What somebody who goes on waits for a trial, at most. */
const shortMs = 1500;

export interface TrialsParts {
  readonly begun: Begun;
  readonly history: History;
  /** Answers with undefined where the run has ended meanwhile. */
  readonly evaluate: () => Promise<Evaluated | undefined>;
}

export class Trials {
  /** What came of the last. */
  evaluated: Evaluated | undefined;
  /** How good it was lately, in a sentence that does not change often: it is read aloud. */
  told = "";
  readonly #parts: TrialsParts;
  readonly #due = new Due();
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(parts: TrialsParts) {
    this.#parts = parts;
  }

  /** Whether it is to be tried before it learns. */
  get isFirstDue(): boolean {
    return !this.#isUntried && this.#parts.history.scores.length === 0;
  }

  get isDue(): boolean {
    return this.#due.isAfter(this.#parts.history.steps);
  }

  /** Whether it has taken steps since it was tried last. */
  get isOutdated(): boolean {
    const { scores, steps } = this.#parts.history;
    return !this.#isUntried && scores.at(-1)?.steps !== steps;
  }

  /** Whether nobody waits long for a trial, as far as is known. */
  get isShort(): boolean {
    return (this.evaluated?.ms ?? 0) <= shortMs;
  }

  /** Tries it, where something is held back for that, and tells of it. */
  async try(): Promise<void> {
    let ms = 0;
    if (!this.#isUntried) {
      const evaluated = await this.#parts.evaluate();
      if (!evaluated) return;
      this.#note(evaluated);
      ms = evaluated.ms;
    }
    this.#due.note(this.#parts.history.steps, ms);
    const now = performance.now();
    if (now - this.#toldAt < quietMs) return;
    this.#toldAt = now;
    this.told = toldText(this.#parts);
  }

  /** Nothing is held back to try it on. */
  get #isUntried(): boolean {
    return this.#parts.begun.heldBack === 0;
  }

  #note(evaluated: Evaluated): void {
    const { steps, rival } = evaluated;
    const { history } = this.#parts;
    this.evaluated = evaluated;
    history.scores.push(scoreOf(evaluated));
    if (rival) history.rival?.scores.push(scoreOf({ steps, ...rival }));
  }
}

/** Without the pictures of its mistakes: scores are kept, and stored for another day. */
const scoreOf = ({ steps, loss, accuracy }: Score): Score => ({ steps, loss, accuracy });
