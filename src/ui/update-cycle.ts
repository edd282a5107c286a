// Which stages a change makes due, and their order. Attributes that are set together cost one round.

/** The order in which those begin that wait for nothing. */
export const stages = ["labels", "answer", "input", "model", "scene", "play", "frame", "parts"] as const;

export type Stage = (typeof stages)[number];

/** What must follow each stage, and so waits for it. */
const consequences: Readonly<Record<Stage, readonly Stage[]>> = {
  labels: ["answer"],
  answer: [],
  input: ["play", "frame"],
  model: ["scene", "frame", "parts"],
  scene: ["frame", "parts"],
  play: ["frame"],
  frame: [],
  parts: [],
};

/** Those that wait for somebody else: a server, or a visitor who is asked for the camera. What they are of may change meanwhile. */
const mayWait: ReadonlySet<Stage> = new Set(["labels", "input", "model"]);

export interface UpdateHost {
  /** Nothing is brought up to date while the element is not on a page, or not near enough. */
  readonly isAwake: boolean;
  /** The signal is aborted where the work is no longer asked for: what it comes to must be let go of. */
  readonly work: Readonly<Record<Stage, (signal: AbortSignal) => unknown>>;
  /** Called when a stage becomes due: its problem, if it has one, may be gone. */
  onDue(stage: Stage): void;
  onFail(error: Error, stage: Stage): void;
}

export class UpdateCycle {
  readonly #host: UpdateHost;
  readonly #due = new Set<Stage>();
  readonly #running = new Map<Stage, AbortController>();
  #update: Promise<void> | undefined;
  #end: (() => void) | undefined;
  #isBeginning = false;

  constructor(host: UpdateHost) {
    this.#host = host;
  }

  /** Resolves when nothing is due. */
  get complete(): Promise<void> {
    return this.#update ?? Promise.resolve();
  }

  /** Whether what a stage is of has changed since its work began: what that comes to is nothing to tell any more. */
  isDue(stage: Stage): boolean {
    return this.#due.has(stage);
  }

  /** A part of an element may make another scene due after the round that it was brought up to date in. */
  get isIdle(): boolean {
    return this.#update === undefined;
  }

  invalidate(...changed: readonly Stage[]): void {
    for (const stage of new Set(changed.flatMap((one) => [one, ...consequences[one]]))) {
      this.#due.add(stage);
      this.#host.onDue(stage);
      if (mayWait.has(stage)) this.#running.get(stage)?.abort();
    }
    if (!this.#host.isAwake) return;
    this.#update ??= new Promise((resolve) => {
      this.#end = resolve;
    });
    if (this.#isBeginning) return;
    this.#isBeginning = true;
    queueMicrotask(() => this.#begin());
  }

  /** Ends what waits for somebody else. */
  abort(): void {
    for (const controller of this.#running.values()) controller.abort();
  }

  /** Begins what is due and waits for nothing that is due or under way. What takes long holds up nothing but what follows from it. */
  #begin(): void {
    this.#isBeginning = false;
    for (const stage of stages) if (this.#mayBegin(stage)) void this.#bringUpToDate(stage);
    if (this.#running.size > 0) return;
    this.#update = undefined;
    this.#end?.();
  }

  #mayBegin(stage: Stage): boolean {
    if (!this.#due.has(stage) || !this.#host.isAwake || this.#running.has(stage)) return false;
    return stages.every((other) => {
      if (consequences[other].includes(stage)) return !this.#due.has(other) && !this.#running.has(other);
      return !consequences[stage].includes(other) || !this.#running.has(other);
    });
  }

  async #bringUpToDate(stage: Stage): Promise<void> {
    const controller = new AbortController();
    const { signal } = controller;
    this.#running.set(stage, controller);
    this.#due.delete(stage);
    try {
      await Promise.race([this.#host.work[stage](signal), ...(mayWait.has(stage) ? [abortOf(signal)] : [])]);
    } catch (error) {
      // Aborted by a dispose, or of what is no longer asked for: there is nothing to report, and later stages may have become due again.
      if ((error as Error).name !== "AbortError" && !this.isDue(stage)) {
        this.#host.onFail(error as Error, stage);
        for (const next of consequences[stage]) this.#due.delete(next);
      }
    }
    this.#running.delete(stage);
    this.#begin();
  }
}

function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
}
