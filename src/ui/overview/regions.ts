// Where a graph divides into parts with one way in and one way out: residual blocks, fire and inception modules, dense blocks. Pure.

/** A graph over numbers, in an order in which each node comes behind those that it reads. */
export interface Numbered {
  readonly sources: readonly (readonly number[])[];
  readonly targets: readonly (readonly number[])[];
}

/** All ways from `entry` join in `exit`, and nothing between the two is read elsewhere. */
export interface Region {
  readonly entry: number;
  readonly exit: number;
  /** What lies between, and `exit`, in order; `entry` is not among them. */
  readonly members: readonly number[];
}

/** Of every node that joins several ways, the region that it ends, if there is one. Two regions are nested or apart. */
export function findRegions(graph: Numbered): readonly Region[] {
  const dominators = immediateDominators(graph);
  return graph.sources.flatMap((sources, exit) => {
    const entry = dominators[exit] as number;
    if (sources.length < 2 || entry < 0) return [];
    const inside = between(graph, entry, exit);
    const isClosed = [...inside].every((node) => node === exit || graph.targets[node]?.every((target) => inside.has(target)));
    return isClosed ? [{ entry, exit, members: [...inside].toSorted((a, b) => a - b) }] : [];
  });
}

/** Of each node the last one that every way to it passes; −1 where there is none. */
function immediateDominators({ sources }: Numbered): readonly number[] {
  const dominators: number[] = [];
  const common = (a: number, b: number): number => {
    let [x, y] = [a, b];
    while (x !== y) {
      if (x > y) x = dominators[x] as number;
      else y = dominators[y] as number;
    }
    return x;
  };
  for (const own of sources) dominators.push(own.length > 0 ? own.reduce(common) : -1);
  return dominators;
}

function between({ sources }: Numbered, entry: number, exit: number): ReadonlySet<number> {
  const inside = new Set<number>();
  const waiting = [exit];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node === entry || inside.has(node)) continue;
    inside.add(node);
    waiting.push(...(sources[node] ?? []));
  }
  return inside;
}

/** The largest regions of up to `limit` nodes that lie in a part of the graph; none is in another. */
export function largestRegions(regions: readonly Region[], part: ReadonlySet<number>, limit: number): readonly Region[] {
  const taken = new Set<number>();
  const fitting = regions.filter(
    ({ exit, members }) => part.has(exit) && members.length <= limit && members.every((node) => part.has(node)),
  );
  return fitting
    .toSorted((a, b) => b.members.length - a.members.length)
    .filter(({ exit, members }) => {
      if (taken.has(exit)) return false;
      for (const node of members) taken.add(node);
      return true;
    });
}
