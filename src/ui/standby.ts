// What answers to questions prepare for the next ones, because that takes a while: one for each purpose, of the value that was asked about last.

interface Disposable {
  dispose(): void;
}

/** What a viewer keeps, by what it is for. */
export type Standbys = Map<string, Disposable>;

export class Standby<T extends Disposable> {
  readonly value: string;
  readonly made: Promise<T>;
  #isDisposed = false;

  constructor(value: string, made: Promise<T>) {
    this.value = value;
    this.made = made;
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    void this.made.then(
      (one) => one.dispose(),
      () => undefined,
    );
  }
}

/** What was prepared for a value, or is now, in place of that of another value. */
export function standbyFor<T extends Disposable>(kept: Standbys, purpose: string, value: string, make: () => Promise<T>): Standby<T> {
  const before = kept.get(purpose);
  if (before instanceof Standby && before.value === value) return before as Standby<T>;
  before?.dispose();
  const own = new Standby(value, make());
  kept.set(purpose, own);
  return own;
}

/** Gives back what was prepared: it failed, or nobody needs it any more. */
export function letGo(kept: Standbys, purpose: string, own: Disposable | undefined = kept.get(purpose)): void {
  if (kept.get(purpose) === own) kept.delete(purpose);
  own?.dispose();
}
