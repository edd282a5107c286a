// Which ways of a network run side by side: what lies between two nodes that all ways pass. Pure.
import type { Numbered } from "./regions.ts";

/** A way beside others. */
export interface Branch {
  /** Counts the stretches in which ways run side by side. */
  readonly stretch: number;
  /** Of the stretch's ways, in the order of their first nodes. */
  readonly way: number;
}

/** Of every node the branch that it lies in; `undefined` for those that all ways pass. */
export function findBranches(graph: Numbered): readonly (Branch | undefined)[] {
  const isPassed = passedByAll(graph);
  const roots = graph.sources.map((_, node) => node);
  const rootOf = (node: number): number => {
    let root = node;
    while (roots[root] !== root) {
      roots[root] = roots[roots[root] as number] as number;
      root = roots[root] as number;
    }
    return root;
  };
  graph.sources.forEach((sources, node) => {
    for (const source of sources) {
      if (isPassed[node] || isPassed[source]) continue;
      const [a, b] = [rootOf(source), rootOf(node)];
      roots[Math.max(a, b)] = Math.min(a, b);
    }
  });
  const branches = new Map<number, Branch>();
  let stretch = 0;
  let way = 0;
  return graph.sources.map((_, node) => {
    if (isPassed[node]) {
      stretch++;
      way = 0;
      return undefined;
    }
    const root = rootOf(node);
    const branch = branches.get(root) ?? { stretch, way: way++ };
    branches.set(root, branch);
    return branch;
  });
}

/** No edge leads past such a node, no way ends before it, and none begins behind it. */
function passedByAll({ sources, targets }: Numbered): readonly boolean[] {
  const lastStart = sources.findLastIndex((own) => own.length === 0);
  let furthest = 0;
  let hasEnded = false;
  return targets.map((own, node) => {
    const isPassed = furthest <= node && lastStart <= node && !hasEnded;
    furthest = own.reduce((most, target) => Math.max(most, target), furthest);
    hasEnded ||= own.length === 0;
    return isPassed;
  });
}
