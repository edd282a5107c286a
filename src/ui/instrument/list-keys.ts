// The keys that lead through a list in which one has the focus. Pure.

/** Where a key leads from a place in a list; −1 for nowhere. */
export function besides(at: number, key: string, count: number): number {
  const steps: Readonly<Record<string, number>> = {
    ArrowLeft: at - 1,
    ArrowUp: at - 1,
    ArrowRight: at + 1,
    ArrowDown: at + 1,
    Home: 0,
    End: count - 1,
  };
  return at < 0 ? -1 : (steps[key] ?? -1);
}
