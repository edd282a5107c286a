// Which stages a change makes due, and their order. Attributes that are set together cost one round.

/** The order in which they are brought up to date. */
export const stages = ["labels", "answer", "input", "model", "scene", "play", "frame", "parts"] as const;

export type Stage = (typeof stages)[number];

/** What must follow each stage. */
const consequences: Readonly<Record<Stage, readonly Stage[]>> = {
  labels: ["answer", "parts"],
  answer: [],
  input: ["play", "frame"],
  model: ["scene", "frame", "parts"],
  scene: ["frame", "parts"],
  play: ["frame"],
  frame: [],
  parts: [],
};

export interface UpdateHost {
  /** Nothing is brought up to date while the element is not on a page. */
  readonly element: { readonly isConnected: boolean };
  readonly work: Readonly<Record<Stage, () => unknown>>;
  /** Called when a stage becomes due: its problem, if it has one, may be gone. */
  onDue(stage: Stage): void;
  onFail(error: Error, stage: Stage): void;
}

export class UpdateCycle {
  readonly #host: UpdateHost;
  readonly #due = new Set<Stage>();
  #update: Promise<void> | undefined;

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
    }
    if (this.#host.element.isConnected) this.#update ??= this.#bringUpToDate();
  }

  /** One stage after the other, until nothing is due. */
  async #bringUpToDate(): Promise<void> {
    await Promise.resolve();
    for (;;) {
      const stage = stages.find((one) => this.#due.has(one));
      if (!stage || !this.#host.element.isConnected) break;
      this.#due.delete(stage);
      try {
        await this.#host.work[stage]();
      } catch (error) {
        // Aborted by a dispose, or of what is no longer asked for: there is nothing to report, and later stages may have become due again.
        if ((error as Error).name === "AbortError" || this.isDue(stage)) continue;
        this.#host.onFail(error as Error, stage);
        for (const next of consequences[stage]) this.#due.delete(next);
      }
    }
    this.#update = undefined;
  }
}
