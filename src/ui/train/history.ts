// What became of a network while it learned: its losses, how good it was, and its weights at some of its steps. Pure.
import type { Evaluated, Kept, TrainWish } from "./request.ts";

/** What is known of how good it was after some step. */
export type Score = Pick<Evaluated, "steps" | "loss" | "accuracy">;

/** Steps until the next weights are kept, at first; twice as many whenever there are more than so many. */
const firstInterval = 25;
const mostKept = 24;
/** Bytes of all weights kept, what a training goes on with among them: the first, the last and those of a pause are kept however large they are. */
const mostBytes = 256e6;

export class History {
  /** The loss of each step from `start` on. */
  readonly losses: number[] = [];
  readonly scores: Score[] = [];
  /** Steps that were taken before. */
  readonly start: number;
  /** What this run is called among others. */
  readonly name: string;
  /** What became of a second network that learned beside it. */
  readonly rival: History | undefined;
  /** Where this is of a second network that has come apart: after which step, and its loss. What it was before stays. */
  lost: { readonly step: number; readonly loss: number } | undefined;
  #kept: readonly Kept[] = [];
  /** Kept when it was paused, after the last of those to look back at. */
  #paused: Kept | undefined;
  #interval = firstInterval;

  constructor(name: string, start = 0, rival?: History) {
    this.name = name;
    this.start = start;
    this.rival = rival;
  }

  get steps(): number {
    return this.start + this.losses.length;
  }

  /** Whether it is worth comparing with. */
  get isLong(): boolean {
    return this.losses.length >= 10;
  }

  /** By step; the first is what it began with. */
  get kept(): readonly Kept[] {
    return this.#kept;
  }

  /** Where it goes on if the weights are lost. */
  get latest(): Kept | undefined {
    return this.#paused ?? this.#kept.at(-1);
  }

  /** Whether its weights are to be kept now. */
  get isKeepingDue(): boolean {
    const last = this.#kept.at(-1);
    return last === undefined || this.steps - last.steps >= this.#interval;
  }

  note(losses: readonly number[]): void {
    this.losses.push(...losses);
  }

  /** What a second network has learned until it comes apart. */
  noteUntilLost(losses: readonly number[]): void {
    if (this.lost) return;
    const at = losses.findIndex((loss) => !Number.isFinite(loss));
    this.note(at < 0 ? losses : losses.slice(0, at));
    if (at >= 0) this.lost = { step: this.steps + 1, loss: losses[at] as number };
  }

  /**
   * Keeps weights to look back at, and to go on from: nobody goes on from one before the last.
   *
   * @param looked how many steps the weights had that somebody looks at, which stay
   * @param most bytes of all
   */
  keep(kept: Kept, looked?: number, most = mostBytes): void {
    const before = this.#kept.filter(({ steps }) => steps < kept.steps).map(weightsOf);
    this.#kept = [...before, kept];
    this.#paused = undefined;
    this.#thin(looked, most);
  }

  /** Keeps where it goes on after a pause, at which nobody looks back. What is told besides is that of `keep`. */
  keepPaused(kept: Kept, looked?: number, most = mostBytes): void {
    this.#kept = this.#kept.map(weightsOf);
    this.#paused = kept;
    this.#thin(looked, most);
  }

  /** Where there are too many, or too large ones, every second one goes, but never the first, the last, and the one that is looked at. */
  #thin(looked: number | undefined, most: number): void {
    while (this.#kept.length > mostKept || this.#bytes > most) {
      const last = this.#kept.length - 1;
      const rest = this.#kept.filter(({ steps }, i) => i === 0 || i === last || steps === looked || (i % 2 === 0 && i !== last - 1));
      if (rest.length > last) return;
      if (last >= mostKept) this.#interval *= 2;
      this.#kept = rest;
    }
  }

  get #bytes(): number {
    const all = this.#paused ? [...this.#kept, this.#paused] : this.#kept;
    const files = all.flatMap(({ bytes, rival, checkpoints }) => [bytes, rival, checkpoints?.own, checkpoints?.rival]);
    return files.reduce((sum, file) => sum + (file?.length ?? 0), 0);
  }

  /** What was learned after these weights is lost. */
  cut(kept: Kept): void {
    const { steps } = kept;
    this.rival?.cut(kept);
    if (kept.rival) this.lost = undefined;
    this.losses.length = Math.max(0, Math.min(this.losses.length, steps - this.start));
    while ((this.scores.at(-1)?.steps ?? 0) > steps) this.scores.pop();
    this.#kept = this.#kept.filter((one) => one.steps <= steps);
    if (this.#paused && this.#paused.steps > steps) this.#paused = undefined;
  }
}

/** Without what only the latest need. */
function weightsOf({ checkpoints: _, ...weights }: Kept): Kept {
  return weights;
}

/** Of a run that begins. */
export function historyFor({ optimizer, seed, rival }: Pick<TrainWish, "optimizer" | "seed" | "rival">): History {
  return new History(`${optimizer}, seed ${seed}`, 0, rival && new History("the second"));
}

/**
 * Losses scatter from batch to batch: the mean of each with those before it. Only as many as are drawn are computed, however long the training was.
 *
 * @param at numbers of the losses that are told
 * @param over how many losses a mean is of
 */
export function smoothed(losses: readonly number[], at: readonly number[], over = usualOver(losses)): readonly number[] {
  return at.map((i) => {
    let sum = 0;
    const from = Math.max(0, i + 1 - over);
    for (let j = from; j <= i; j++) sum += losses[j] as number;
    return sum / (i + 1 - from);
  });
}

function usualOver({ length }: readonly number[]): number {
  return Math.max(1, Math.min(50, Math.floor(length / 20)));
}
