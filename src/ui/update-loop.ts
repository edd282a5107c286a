// Brings something up to date that takes a while: what is asked for meanwhile is done in one more round.

export class UpdateLoop {
  readonly #work: () => Promise<void>;
  #isDue = false;
  #running: Promise<void> | undefined;

  /** @param work one round; where it rejects, the next request begins anew */
  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  /** Resolves when everything asked for so far is done, or has failed. */
  get complete(): Promise<void> {
    return this.#running ?? Promise.resolve();
  }

  /** Rounds never overlap. */
  request(): void {
    this.#isDue = true;
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    try {
      while (this.#isDue) {
        this.#isDue = false;
        await this.#work();
      }
    } finally {
      this.#running = undefined;
    }
  }
}
