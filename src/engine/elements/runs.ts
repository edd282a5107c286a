// Indices along one axis, as runs. A run is short to write where thousands of neighbours are meant, and gaps stay exact where they are not.

/** The indices from `begin` up to but not `end`. */
export type Run = readonly [begin: number, end: number];

/** A set of indices: runs in order, with a gap between each two. No runs is no index. */
export type Runs = readonly Run[];

/** Every index of an axis. */
export function wholeAxis(extent: number): Runs {
  return extent > 0 ? [[0, extent]] : [];
}

export function oneIndex(index: number): Runs {
  return [[index, index + 1]];
}

/** Runs in any order, which may touch and overlap, as a set. */
export function unionOfRuns(given: Iterable<Run>): Runs {
  const sorted = [...given].filter(([begin, end]) => begin < end).sort((a, b) => a[0] - b[0]);
  const result: [number, number][] = [];
  for (const [begin, end] of sorted) {
    const last = result.at(-1);
    if (last && begin <= last[1]) last[1] = Math.max(last[1], end);
    else result.push([begin, end]);
  }
  return result;
}

export function runsOf(indices: Iterable<number>): Runs {
  return unionOfRuns(Array.from(indices, (index): Run => [index, index + 1]));
}

export function indicesOf(runs: Runs): number[] {
  return runs.flatMap(([begin, end]) => Array.from({ length: end - begin }, (_, i) => begin + i));
}

/** The set of what each index is mapped to. */
export function mapIndices(runs: Runs, f: (index: number) => number | readonly number[]): Runs {
  return runsOf(indicesOf(runs).flatMap(f));
}

export function shiftRuns(runs: Runs, by: number): Runs {
  return runs.map(([begin, end]) => [begin + by, end + by]);
}

/** What lies between `begin` and `end`. */
export function clipRuns(runs: Runs, begin: number, end: number): Runs {
  return runs.map(([b, e]): Run => [Math.max(b, begin), Math.min(e, end)]).filter(([b, e]) => b < e);
}

export function sameRuns(a: Runs, b: Runs): boolean {
  return a.length === b.length && a.every(([begin, end], i) => begin === b[i]?.[0] && end === b[i]?.[1]);
}

/** Whether every index of `inner` is one of `outer`. */
export function coversRuns(outer: Runs, inner: Runs): boolean {
  return inner.every(([begin, end]) => outer.some((run) => run[0] <= begin && end <= run[1]));
}
