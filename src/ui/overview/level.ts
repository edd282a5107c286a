// Places the nodes of one level, and routes the edges between them: by dagre, or in plain rows where edges are too long and too many for it.
import { Graph, layout } from "@dagrejs/dagre";
import { type Direction, fromOrigin, type Gaps, type Level, type PlacedLevel, type Point, type Size } from "./geometry.ts";
import { placeInRows } from "./rows.ts";

/**
 * What dagre places in less than a second. Its time grows with the square of the nodes and more, and it puts a point on every edge for each
 * rank that it passes: a chain of 600 nodes with 548 such points takes 5 s.
 */
const mostNodes = 350;
const mostPassed = 1500;

export function placeLevel(level: Level, direction: Direction, gaps: Gaps): PlacedLevel {
  const ranks = ranksOf(level);
  const passed = level.edges.reduce((sum, { from, to }) => sum + (ranks.get(to) as number) - (ranks.get(from) as number) - 1, 0);
  return level.nodes.length > mostNodes || passed > mostPassed
    ? placeInRows(level, ranks, direction, gaps)
    : placeByDagre(level, direction, gaps);
}

/** The longest way to each node. */
function ranksOf({ nodes, edges }: Level): ReadonlyMap<string, number> {
  const ranks = new Map<string, number>();
  const sources = new Map<string, string[]>(nodes.map(({ id }) => [id, []]));
  for (const { from, to } of edges) sources.get(to)?.push(from);
  for (const [id, own] of sources) ranks.set(id, Math.max(-1, ...own.map((source) => ranks.get(source) as number)) + 1);
  return ranks;
}

function placeByDagre({ nodes, edges }: Level, direction: Direction, { along, across }: Gaps): PlacedLevel {
  const graph = new Graph<object, Size & Partial<Point>, { readonly points?: readonly Point[] }>();
  graph.setGraph({ rankdir: direction === "right" ? "LR" : "TB", ranksep: along, nodesep: across, edgesep: across / 2 });
  // Dagre keeps what it is given in plain objects, by id, and writes to it. Values may have any name, so it is given numbers.
  const numbers = new Map(nodes.map(({ id }, number) => [id, `${number}`]));
  const numberOf = (id: string) => numbers.get(id) as string;
  for (const { id, width, height } of nodes) graph.setNode(numberOf(id), { width, height });
  for (const { from, to } of edges) graph.setEdge(numberOf(from), numberOf(to), {});
  layout(graph);
  const boxes = new Map(
    nodes.map(({ id, width, height }) => {
      const { x = 0, y = 0 } = graph.node(numberOf(id));
      return [id, { x: x - width / 2, y: y - height / 2, width, height }];
    }),
  );
  return fromOrigin(
    boxes,
    edges.map(({ from, to }) => ({ from, to, points: graph.edge(numberOf(from), numberOf(to)).points ?? [] })),
  );
}
