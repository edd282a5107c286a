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

/** @param count how many there are; each must join, by a call of what is returned */
export function together(count: number): () => Participant {
  let absent = count;
  let open: () => void;
  let fail: (error: unknown) => void;
  const all = new Promise<void>((resolve, reject) => {
    [open, fail] = [resolve, reject];
  });
  // Nobody may be waiting yet.
  all.catch(() => {});
  return () => {
    let isAbsent = true;
    const leave = () => {
      if (isAbsent && --absent === 0) open();
      isAbsent = false;
    };
    const ready = () => {
      leave();
      return all;
    };
    return { leave, ready, fail };
  };
}
