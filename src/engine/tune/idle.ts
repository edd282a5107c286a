// Waits for a moment when nobody else needs the thread.

/** Resolves when a page has time to spare; where there is no telling, soon, after whatever else is waiting. */
export function idle(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof requestIdleCallback === "function") requestIdleCallback(() => resolve());
    else if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 10);
  });
}

/** Settles as `work` does, or rejects with the signal's reason as soon as it is aborted. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let give: () => void = () => {};
  const aborted = new Promise<never>((_, reject) => {
    give = () => reject(signal.reason);
    signal.addEventListener("abort", give);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", give);
  }
}
