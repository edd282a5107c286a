// Several plans that come into use at once, or none of them.

/** One of those who change together. */
export interface Participant {
  /** Says that it is ready, and waits for all others. @throws what kept another from being ready */
  ready(): Promise<void>;
  /** Says that the others need not wait for it any more: it is ready, or has nothing to change. */
  leave(): void;
  /** Keeps all others from changing. */
  fail(error: unknown): void;
}

export class Together {
  readonly #all: Promise<void>;
  #open: () => void = () => {};
  #refuse: (error: unknown) => void = () => {};
  #absent: number;

  /** @param count how many there are; each must {@link join} */
  constructor(count: number) {
    this.#absent = count;
    this.#all = new Promise((resolve, reject) => {
      this.#open = resolve;
      this.#refuse = reject;
    });
    // Nobody may be waiting yet.
    this.#all.catch(() => {});
  }

  join(): Participant {
    let isAbsent = true;
    const leave = () => {
      if (!isAbsent) return;
      isAbsent = false;
      if (--this.#absent === 0) this.#open();
    };
    return {
      leave,
      ready: () => {
        leave();
        return this.#all;
      },
      fail: (error) => this.#refuse(error),
    };
  }
}
