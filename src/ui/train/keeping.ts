// Keeps what a network learns in the browser, for another day: whenever weights are kept, from time to time, and when nobody sees the page any more.
import type { Learning } from "./learning.ts";
import type { Kept } from "./request.ts";
import { type Offer, storeRun } from "./stored.ts";

/** Milliseconds between two times, at least. */
const restMs = 10_000;
/** Keeping takes this share of the time, at most. */
const mostShare = 0.05;

interface Where {
  /** Under which it is kept. */
  readonly name: string;
  /** What it depends on. */
  readonly key: string;
}

/** What learns. */
type Learns = Pick<Learning, "history" | "keepToGoOn" | "rateAnew">;
/** What may be hidden. */
type Page = Pick<Document, "visibilityState" | "addEventListener" | "removeEventListener">;

export class Keeping {
  readonly #where: Where;
  readonly #learning: Learns;
  readonly #offered: Pick<Offer, "steps" | "end">;
  readonly #page: Page;
  /** How many steps what is kept had taken, and how often it was tried. */
  #known: Readonly<Record<"steps" | "trials", number>>;
  /** Keeps, one after the other; undefined while nothing is kept. */
  #underWay: Promise<void> | undefined;
  /** What is kept after that which is being kept. */
  #next: { readonly known: Kept | undefined } | undefined;
  #dueAt = performance.now() + restMs;
  /** Whether the browser took nothing the last time. */
  isRefused = false;

  constructor(where: Where, learning: Learns, offered: Pick<Offer, "steps" | "end">, page: Page = document) {
    this.#where = where;
    this.#learning = learning;
    this.#offered = offered;
    this.#page = page;
    this.#known = { steps: learning.history.steps, trials: learning.history.scores.length };
    page.addEventListener("visibilitychange", this.#onHidden);
  }

  /** Steps were taken. */
  note(): void {
    if (!this.#underWay && performance.now() >= this.#dueAt) void this.keep();
  }

  end(): void {
    this.#page.removeEventListener("visibilitychange", this.#onHidden);
  }

  readonly #onHidden = (): void => {
    if (this.#page.visibilityState === "hidden") void this.keep();
  };

  /**
   * Keeps all that it goes on with, unless it has learned nothing and was not tried since it was kept. What is asked for while something is being kept follows it, once.
   *
   * @param known it, where it is known
   */
  keep(known?: Kept): Promise<void> {
    this.#next = { known };
    this.#underWay ??= this.#keepInTurn();
    return this.#underWay;
  }

  async #keepInTurn(): Promise<void> {
    try {
      for (let next = this.#next; next; next = this.#next) {
        this.#next = undefined;
        await this.#keep(next.known);
      }
    } finally {
      this.#underWay = undefined;
    }
  }

  async #keep(known: Kept | undefined): Promise<void> {
    const { history } = this.#learning;
    // What is offered stays until it is gone on with, or a longer run takes its place.
    const trials = history.scores.length;
    if (history.steps === this.#known.steps && trials === this.#known.trials) return;
    if (history.steps <= this.#offered.steps) return;
    const begun = performance.now();
    const latest = known ?? (await this.#learning.keepToGoOn().catch(() => undefined));
    if (latest) {
      this.isRefused = !(await storeRun(this.#where.name, { key: this.#where.key, history, latest, rate: this.#learning.rateAnew }));
      if (!this.isRefused) {
        this.#known = { steps: latest.steps, trials };
        this.#offered.end();
      }
    }
    const now = performance.now();
    this.#dueAt = now + Math.max(restMs, (now - begun) / mostShare);
  }
}
