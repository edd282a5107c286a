// What is measured of the layers of an overview: how long each takes, when somebody asks, and which channels are silent, while somebody looks.
import type { Measured } from "../overview/layer-numbers.ts";
import type { NodeTimes } from "../session/queries.ts";
import type { Session } from "../session/session.ts";
import type { Silence } from "../statistics/count-silence.ts";

export interface MeasuringHost {
  readonly session: Session | undefined;
  /** Other numbers are known. */
  onChange(): void;
}

/** The least time between two counts of silent channels. */
const patienceMs = 1000;

export class Measuring implements Measured {
  times: NodeTimes | undefined;
  silence: ReadonlyMap<string, Silence> | undefined;
  /** Why the last times were not taken. */
  problem: string | undefined;
  readonly #host: MeasuringHost;
  #isTiming = false;
  /** Whether times are asked for with the next frame. */
  #isTimeDue = false;
  #isCounting = false;
  /** Values that are to be counted after those under way. */
  #due: readonly string[] | undefined;
  #timer = 0;
  /** Counts networks: how long one before takes is dropped. */
  #round = 0;
  /** Counts calls of {@link forgetSilence}: what was asked before is dropped. */
  #forgets = 0;

  constructor(host: MeasuringHost) {
    this.#host = host;
  }

  get isTiming(): boolean {
    return this.#isTiming;
  }

  async time(): Promise<void> {
    if (this.#isTiming || !this.#host.session) return;
    this.#isTiming = true;
    this.problem = undefined;
    this.#host.onChange();
    await this.#askForTimes(this.#host.session);
  }

  /** A frame was drawn: a network that was being planned is there. */
  refresh(): void {
    const { session } = this.#host;
    if (!this.#isTimeDue || !session) return;
    this.#isTimeDue = false;
    void this.#askForTimes(session);
  }

  async #askForTimes(session: Session): Promise<void> {
    const round = this.#round;
    const ask = () => session.ask({ kind: "times" });
    try {
      // Of a network that was planned anew meanwhile nothing is told: it is asked once more.
      const times = await ask().catch((error: Error) => {
        if (round === this.#round && error.name === "AbortError") return ask();
        throw error;
      });
      if (round === this.#round) this.times = times;
    } catch (error) {
      if (round !== this.#round) return;
      // It is still being planned: a frame tells of its end.
      this.#isTimeDue = (error as Error).name === "AbortError";
      if (!this.#isTimeDue) this.problem = (error as Error).message;
    }
    if (round !== this.#round || this.#isTimeDue) return;
    this.#isTiming = false;
    this.#host.onChange();
  }

  /** Counts now, or after a while: others may have been counted a moment ago. The last call counts. */
  count(values: readonly string[]): void {
    this.#due = values;
    if (this.#timer === 0 && !this.#isCounting) void this.#countDue();
  }

  async #countDue(): Promise<void> {
    const { session } = this.#host;
    const values = this.#due;
    this.#due = undefined;
    if (!session || !values) return;
    const forgets = this.#forgets;
    this.#isCounting = true;
    // What cannot be counted now, because the network is just being planned anew, may be after the next frame.
    const counts = await session.ask({ kind: "silence", values }).catch(() => undefined);
    if (forgets !== this.#forgets) return;
    this.#isCounting = false;
    if (counts) {
      const before = this.silence;
      this.silence = new Map(values.flatMap((value, i) => (counts[i] ? [[value, counts[i]] as const] : [])));
      if (JSON.stringify([...(before ?? [])]) !== JSON.stringify([...this.silence])) this.#host.onChange();
    }
    this.#timer = window.setTimeout(() => {
      this.#timer = 0;
      if (this.#due) void this.#countDue();
    }, patienceMs);
  }

  /** Nobody looks at the counts any more: they would be of an earlier picture. */
  forgetSilence(): void {
    clearTimeout(this.#timer);
    this.#forgets++;
    this.#isCounting = false;
    this.#timer = 0;
    this.#due = undefined;
    this.silence = undefined;
  }

  /** What it was of is gone. */
  clear(): void {
    this.#round++;
    this.forgetSilence();
    this.#isTiming = false;
    this.#isTimeDue = false;
    this.times = undefined;
    this.problem = undefined;
  }
}
