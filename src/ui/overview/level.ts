// Places the nodes of one level, and routes the edges between them: by dagre, or in plain rows where edges are too long and too many for it.
import { Graph, layout } from "@dagrejs/dagre";
import { type Direction, fromOrigin, type Gaps, type Level, type PlacedLevel, type Point, type Size } from "./geometry.ts";
import { placeInRows } from "./rows.ts";

/**
 * What dagre places in less than a second. Its time grows with the square of the nodes and more, and it puts a point on every edge for each
 * rank that it passes: a chain of 600 nodes with 548 such points takes 5 s. So do 40 nodes each of which 40 others read.
 */
const mostNodes = 350;
const mostEdges = 1000;
const mostPassed = 1500;

/** Places levels, equal ones once: those of equal blocks differ by names alone. */
export class LevelPlacer {
  readonly #direction: Direction;
  readonly #gaps: Gaps;
  readonly #placed = new Map<string, PlacedLevel>();

  constructor(direction: Direction, gaps: Gaps) {
    this.#direction = direction;
    this.#gaps = gaps;
  }

  place(level: Level): PlacedLevel {
    const numbers = new Map(level.nodes.map(({ id }, number) => [id, `${number}`]));
    const numberOf = (id: string) => numbers.get(id) as string;
    const idOf = (number: string) => level.nodes[Number(number)]?.id as string;
    const { width, height, boxes, edges } = this.#placeNumbered({
      nodes: level.nodes.map(({ id, width, height }) => ({ id: numberOf(id), width, height })),
      edges: level.edges.map(({ from, to }) => ({ from: numberOf(from), to: numberOf(to) })),
    });
    return {
      width,
      height,
      boxes: new Map(Array.from(boxes, ([number, box]) => [idOf(number), box])),
      edges: edges.map(({ from, to, points }) => ({ from: idOf(from), to: idOf(to), points })),
    };
  }

  #placeNumbered(level: Level): PlacedLevel {
    const key = JSON.stringify(level);
    const placed = this.#placed.get(key) ?? placeLevel(level, this.#direction, this.#gaps);
    this.#placed.set(key, placed);
    return placed;
  }
}

function placeLevel(level: Level, direction: Direction, gaps: Gaps): PlacedLevel {
  const ranks = ranksOf(level);
  const passed = level.edges.reduce((sum, { from, to }) => sum + (ranks.get(to) as number) - (ranks.get(from) as number) - 1, 0);
  return level.nodes.length > mostNodes || level.edges.length > mostEdges || passed > mostPassed
    ? placeInRows(level, ranks, direction, gaps)
    : placeByDagre(level, direction, gaps);
}

/** The longest way to each node. */
function ranksOf({ nodes, edges }: Level): ReadonlyMap<string, number> {
  const ranks = new Map<string, number>();
  const sources = new Map<string, string[]>(nodes.map(({ id }) => [id, []]));
  for (const { from, to } of edges) sources.get(to)?.push(from);
  for (const [id, own] of sources) ranks.set(id, own.reduce((most, source) => Math.max(most, ranks.get(source) as number), -1) + 1);
  return ranks;
}

/** Ids are numbers: dagre keeps what it is given in plain objects, and a value may be called __proto__. */
function placeByDagre({ nodes, edges }: Level, direction: Direction, { along, across }: Gaps): PlacedLevel {
  const graph = new Graph<object, Size & Partial<Point>, { readonly points?: readonly Point[] }>();
  graph.setGraph({ rankdir: direction === "right" ? "LR" : "TB", ranksep: along, nodesep: across, edgesep: across / 2 });
  // Dagre writes to what it is given.
  for (const { id, width, height } of nodes) graph.setNode(id, { width, height });
  for (const { from, to } of edges) graph.setEdge(from, to, {});
  layout(graph);
  const boxes = new Map(
    nodes.map(({ id, width, height }) => {
      const { x = 0, y = 0 } = graph.node(id);
      return [id, { x: x - width / 2, y: y - height / 2, width, height }];
    }),
  );
  return fromOrigin(
    boxes,
    edges.map(({ from, to }) => ({ from, to, points: graph.edge(from, to).points ?? [] })),
  );
}
