// One run of training: asks for steps, one request after the other, tries the network on pictures that are held back, and keeps its weights.
import { formatNumber } from "../format-number.ts";
import type { Session } from "../session/session.ts";
import type { WeightsPart } from "../views/view.ts";
import type { History } from "./history.ts";
import type { Begun, ExamplePicture, Kept, TrainAnswers, TrainRequest } from "./request.ts";
import { nextRateText, type Schedule } from "./schedule.ts";
import { type Course, Signs } from "./signs.ts";
import { SilentChannels } from "./silent-channels.ts";
import type { Pace } from "./template.ts";
import { Trials } from "./trials.ts";
import type { WeightTiles } from "./weight-tiles.ts";

export interface LearningParts extends Course {
  readonly session: Session;
  readonly id: number;
  readonly batch: number;
  /** How the rate goes on from now; undefined where it stays. */
  readonly schedule?: () => Schedule | undefined;
  /** Whether the element lets it learn. */
  readonly isFree: () => boolean;
  /** Values whose silent channels are counted. */
  readonly values: () => readonly string[];
  readonly onChange: () => void;
  /** It has taken steps, or was tried. */
  readonly onLearn: () => void;
  /** Weights were kept. */
  readonly onKeep: () => void;
  readonly onFail: (error: Error) => void;
}

/** Milliseconds of one request for steps; at least one is taken. */
const budgetMs = 40;
const mostSteps = 64;
/** The share of the time that keeping weights takes, at most. */
const mostKeeping = 0.1;
/** How long no step is asked for until weights are read back, and tried. */
const restMs = 1000;
/** Single steps that wait, at most: a key that is held down orders more than are taken. */
const mostOrdered = 10;
const paceMs: Readonly<Record<Pace, number>> = { fast: 0, brisk: 100, slow: 1000 };

export class Learning {
  readonly begun: Begun;
  readonly history: History;
  pace: Pace = "fast";
  readonly silent: SilentChannels;
  readonly trials: Trials;
  /** Pictures in a second, lately; 0 before the first step. */
  speed = 0;
  /** Why it has stopped, if it did so by itself. */
  trouble: string | undefined;
  readonly #parts: LearningParts;
  readonly #signs: Signs;
  #isHeld = false;
  #rate: number;
  /** Steps of the next request. */
  #count = 1;
  /** The weights that are looked at, and those that it goes on with. */
  #looked: { readonly shown: Kept; readonly now: Kept } | undefined;
  /** What somebody asked for last: what was asked for before is passed over. */
  #wanted: { readonly shown: Kept | undefined } | undefined;
  /** What was begun last with the weights: the next waits for it, so that nobody changes or reads them within a step. */
  #turn: Promise<unknown> = Promise.resolve();
  #isUnderWay = false;
  #isStepping = false;
  #isOver = false;
  /** Single steps that were asked for, and are not taken yet. */
  #ordered = 0;
  /** Keeping takes a small share of all time, however large the weights are. */
  #keepsAgainAt = 0;
  readonly #timers: Partial<Record<"keep" | "try", ReturnType<typeof setTimeout>>> = {};
  /** The number of the picture that was shown last. */
  #picture = 0;

  constructor(parts: LearningParts) {
    this.#parts = parts;
    this.begun = parts.begun;
    this.history = parts.history;
    this.#rate = parts.rate;
    this.#signs = new Signs(parts);
    this.silent = new SilentChannels(parts);
    const { begun, history, id } = parts;
    const evaluate = async () => {
      const evaluated = await this.#ask<"evaluate">({ do: "evaluate", id });
      return this.#isOver ? undefined : evaluated;
    };
    this.trials = new Trials({ begun, history, evaluate });
  }

  get rate(): number {
    return this.#rate;
  }
  set rate(rate: number) {
    this.#rate = rate;
    this.#signs.change();
  }

  /** What the rate of the next step is, where it is another one than that chosen. */
  get nextRate(): string {
    return nextRateText(this.#rate, this.#parts.schedule?.(), this.history.steps);
  }

  /** The learning rate with which to begin anew: a lower one than one that has ruined the network. */
  get rateAnew(): number {
    return this.#signs.rateAnew(this.#rate);
  }

  /** What to do where a loss goes wrong; empty where all is well. */
  get advice(): string {
    return this.#signs.advice(this.#rate);
  }

  /** Whether somebody has paused it. */
  get isHeld(): boolean {
    return this.#isHeld;
  }
  set isHeld(isHeld: boolean) {
    this.#isHeld = isHeld;
    this.#ordered = 0;
    void this.goOn();
  }

  /** Whether a step, or what belongs to it, has begun and not ended: somebody may have paused it meanwhile. */
  get isStepping(): boolean {
    return this.#isStepping;
  }

  /** How many steps the kept weights had that are looked at; undefined for the latest of all. */
  get looked(): number | undefined {
    return this.#wanted?.shown?.steps;
  }

  /** Whether the weights are no longer those that it began with. */
  get hasLearned(): boolean {
    return this.history.steps > 0 && this.looked !== 0;
  }

  /** What is answered to it later is nobody's. */
  end(): void {
    this.#isOver = true;
    this.#clearTimers();
    this.silent.end();
  }

  /**
   * Takes steps until somebody pauses it or it is over. No frame is needed: nobody has to look.
   *
   * @param isOne whether a single step is asked for, which follows those that are under way, unless somebody pauses or looks back before
   */
  async goOn(isOne = false): Promise<void> {
    if (!this.#parts.isFree()) this.#ordered = 0;
    else if (isOne) this.#ordered = Math.min(mostOrdered, this.#ordered + 1);
    this.#parts.onChange();
    if (this.#isUnderWay || !this.#isWanted) return;
    this.#isUnderWay = true;
    this.#clearTimers();
    let isSingle = false;
    try {
      while (this.#isWanted) {
        isSingle = this.#isHeld;
        this.#ordered = isSingle ? this.#ordered - 1 : 0;
        const [begun, wanted] = [performance.now(), this.#wanted];
        this.#isStepping = true;
        await this.#inTurn(() => this.#advance(isSingle ? 1 : this.#count, wanted));
        this.#isStepping = false;
        this.#parts.onChange();
        const rest = paceMs[this.pace] - (performance.now() - begun);
        if (!isSingle && rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
      }
      if (!isSingle) {
        this.#isStepping = true;
        await this.#keepPaused();
      }
    } catch (error) {
      return this.#fail(error as Error);
    } finally {
      this.#isStepping = false;
      this.#isUnderWay = false;
      this.#parts.onChange();
    }
    // It was let go on meanwhile, or another step was asked for.
    if (this.#isWanted) void this.goOn();
    else if (!this.#isOver) this.#settle(isSingle);
  }

  #fail(error: Error): void {
    if (error.name === "AbortError") return;
    if (!this.#isOver) this.#parts.onFail(error);
    this.#isOver = true;
  }

  get #isWanted(): boolean {
    return !this.#isOver && this.#parts.isFree() && (!this.#isHeld || this.#ordered > 0);
  }

  #ask<Do extends TrainRequest["do"]>(request: Extract<TrainRequest, { do: Do }>): Promise<TrainAnswers[Do]> {
    return this.#parts.session.ask({ kind: "train", request }) as Promise<TrainAnswers[Do]>;
  }

  /** @param wanted what was asked for to be looked at when these steps were: what is asked for later follows them */
  async #advance(count: number, wanted: object | undefined): Promise<void> {
    if (this.#isOver) return;
    const [{ history }, { id, batch }] = [this, this.#parts];
    if (this.#looked) await this.#look(undefined);
    if (this.#wanted === wanted) this.#wanted = undefined;
    // Weights that have come apart are worth nothing.
    if (history.isKeepingDue && performance.now() >= this.#keepsAgainAt && Number.isFinite(history.losses.at(-1) ?? 0)) {
      const begun = performance.now();
      // Before the first step nothing is to be remembered besides.
      const kept = await this.#keep(history.steps > 0);
      if (this.#isOver) return;
      // The first one also makes ready.
      if (history.steps > 0) this.#noteKeeping(begun);
      history.keep(kept, this.looked);
      this.#parts.onKeep();
    }
    if (this.trials.isFirstDue) await this.#try();
    const { rate } = this;
    const wasApart = !Number.isFinite(history.losses.at(-1) ?? 0);
    const { losses, rivalLosses, ms } = await this.#ask<"step">({ do: "step", id, count, rate, schedule: this.#parts.schedule?.() });
    if (this.#isOver) return;
    this.#signs.note(losses, rate);
    history.note(losses);
    history.rival?.noteUntilLost(rivalLosses);
    this.trouble = undefined;
    this.#adapt(count, ms, (1000 * count * batch) / ms);
    const lost = losses.find((loss) => !Number.isFinite(loss));
    if (lost !== undefined) {
      this.#isHeld = true;
      this.#ordered = 0;
      // Weights that are no numbers stay so at any rate.
      if (!wasApart) this.#signs.noteApart(rate);
      const advice = `“Begin anew” takes the learning rate ${formatNumber(this.rateAnew)}, or a lower one that you choose.`;
      this.trouble = `After step ${history.steps} the loss is ${lost}: the network has come apart. ${advice}`;
    } else if (this.trials.isDue) await this.#try();
    this.#parts.onLearn();
  }

  /** More steps in a request where there is time for more, half as many where it was late. */
  #adapt(count: number, ms: number, speed: number): void {
    this.speed = this.speed === 0 ? speed : 0.9 * this.speed + 0.1 * speed;
    if (this.pace !== "fast") this.#count = 1;
    else if (ms > budgetMs) this.#count = Math.max(1, count >> 1);
    else if (ms < budgetMs / 2) this.#count = Math.min(mostSteps, 2 * count);
  }

  async #try(): Promise<void> {
    await this.trials.try();
    if (!this.#isOver) this.#parts.onLearn();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** Goes back to weights that were kept after so many steps, or, for undefined, to those that it goes on with. It is paused meanwhile. */
  look(steps: number | undefined): Promise<void> {
    const wanted = { shown: this.history.kept.find((kept) => kept.steps === steps) };
    this.#wanted = wanted;
    this.#ordered = 0;
    this.#parts.onChange();
    return this.#inTurn(async () => {
      if (this.#wanted === wanted) await this.#look(wanted.shown);
    });
  }

  async #look(kept: Kept | undefined): Promise<void> {
    if (this.#isOver) return;
    const now = this.#looked?.now ?? (await this.#keep(true));
    if (this.#isOver) return;
    this.#looked = kept && { shown: kept, now };
    await this.#ask<"look">({ do: "look", id: this.#parts.id, kept: kept ?? now, isToGoOn: !kept });
    this.#parts.onChange();
    if (!kept && !this.#isWanted) this.#settle(false);
  }

  /** The weights that it computes with now, as a file. */
  keep(): Promise<Kept> {
    return this.#inTurn(async () => this.#looked?.shown ?? this.#keep());
  }

  /** All that it goes on with, whatever is looked at; undefined where that is worth nothing. */
  keepToGoOn(): Promise<Kept | undefined> {
    return this.#inTurn(async () => {
      if (this.#isOver || !Number.isFinite(this.history.losses.at(-1) ?? 0)) return undefined;
      return this.#looked?.now ?? this.#keep(true);
    });
  }

  /** A pause is a good moment: where the GPU is lost meanwhile, no step is lost with it. */
  async #keepPaused(): Promise<void> {
    if (this.#isOver || this.history.steps <= (this.history.latest?.steps ?? 0)) return;
    const begun = performance.now();
    const kept = await this.keepToGoOn().catch(() => undefined);
    this.#noteKeeping(begun);
    if (!kept || this.#isOver) return;
    this.history.keepPaused(kept, this.looked);
    this.#parts.onKeep();
  }

  /** Where it rests a while, it is tried once more, unless that takes long: what is told is of the last step. Of single steps that one is kept, not more often than keeping may take time. */
  #settle(isSingle: boolean): void {
    if (isSingle) this.#timers.keep = setTimeout(() => void this.#keepPaused(), Math.max(restMs, this.#keepsAgainAt - performance.now()));
    clearTimeout(this.#timers.try);
    this.#timers.try = setTimeout(() => void this.#inTurn(() => this.#tryPaused()).catch((error: Error) => this.#fail(error)), restMs);
  }

  #clearTimers(): void {
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
  }

  async #tryPaused(): Promise<void> {
    if (this.#isOver || this.#isUnderWay || this.#looked || !this.trials.isOutdated || !this.trials.isShort) return;
    // Weights that have come apart are worth nothing.
    if (!Number.isFinite(this.history.losses.at(-1) ?? 0)) return;
    await this.#try();
    const { latest, steps } = this.history;
    if (!this.#isOver && latest?.steps === steps) this.#parts.onKeep();
  }

  #noteKeeping(begun: number): void {
    const now = performance.now();
    this.#keepsAgainAt = now + (now - begun) / mostKeeping;
  }

  #keep(isToGoOn = false): Promise<Kept> {
    return this.#ask<"keep">({ do: "keep", id: this.#parts.id, isToGoOn });
  }

  /** Makes weights known to what draws them, in place of maps. @returns those that can be drawn */
  draw(part: WeightsPart | "maps"): Promise<readonly WeightTiles[]> {
    const { id, values } = this.#parts;
    const since = part === "change" ? this.history.kept[0] : undefined;
    return this.#inTurn(() => this.#ask<"draw">({ do: "draw", id, part, values: values(), since }));
  }

  /** Another picture of those held back, or where none is, of those learned from; of another class than the last, where they are in order. */
  nextPicture(): Promise<ExamplePicture> {
    const { heldBack, count = 0, classes } = this.begun;
    this.#picture += 1 + Math.floor((heldBack || count) / Math.max(1, classes.length));
    return this.#ask<"picture">({ do: "picture", id: this.#parts.id, index: this.#picture });
  }
}
