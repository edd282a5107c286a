// A part of the element that takes a while to bring up to date: what is asked for meanwhile is done in one more round.

export abstract class UpdatedPart {
  #isDue = false;
  #running: Promise<void> | undefined;

  /** One round. Where it rejects, the next {@link update} begins anew. */
  protected abstract bringUpToDate(): Promise<void>;

  /** Resolves when everything asked for so far is done, or has failed. */
  get complete(): Promise<void> {
    return this.#running ?? Promise.resolve();
  }

  /** Brings it up to date with the attributes. Rounds never overlap: of several calls the last counts. */
  update(): void {
    this.#isDue = true;
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    try {
      while (this.#isDue) {
        this.#isDue = false;
        await this.bringUpToDate();
      }
    } finally {
      this.#running = undefined;
    }
  }
}
