// Where the nodes of an overview stand: block by block, so that unfolding one places only what is in it and those around it anew.
import { type Block, type Item, isBlock, nodesOf } from "./blocks.ts";
import { type BlockedOverview, edgesBetween } from "./fold.ts";
import type { Box, Direction, Gaps, Level, PlacedLevel, Point, RoutedEdge, Size } from "./geometry.ts";
import { LevelPlacer } from "./level.ts";

export interface LayoutOptions {
  readonly direction: Direction;
  /** Of a node or a folded block. */
  sizeOf(item: Item): Size;
  readonly gaps?: Gaps;
  /** Around what is in an unfolded block, and above it for its title. */
  readonly padding?: number;
  readonly titleHeight?: number;
}

export interface OverviewLayout extends Size {
  /** Of every node and folded block that is shown, by id. */
  readonly boxes: ReadonlyMap<string, Box>;
  /** Of every unfolded block, the outer before the inner. */
  readonly frames: ReadonlyMap<string, Box>;
  /** Between what is shown, with the corners of a line from border to border. */
  readonly edges: readonly RoutedEdge[];
}

/** The way from a shown item to the border of a block that it is in, or back. */
interface End {
  readonly id: string;
  readonly points: readonly Point[];
}

/** A level with all that is unfolded in it, from (0, 0) on. */
interface Placed extends OverviewLayout {
  /** How edges into the block go on, and how those out of it begin. */
  readonly heads: readonly End[];
  readonly tails: readonly End[];
}

/** Stand for what is around a block, beside its members. Exporters write no such names. */
const entry = "\0entry";
const exit = "\0exit";

/** Lays one network out, with any of its blocks unfolded, and keeps what it has placed. */
export class OverviewPlacer {
  readonly #overview: BlockedOverview;
  readonly #options: Required<LayoutOptions>;
  readonly #levels: LevelPlacer;
  readonly #placed = new Map<string, Placed>();

  constructor(overview: BlockedOverview, options: LayoutOptions) {
    this.#overview = overview;
    this.#options = { gaps: { along: 32, across: 24 }, padding: 16, titleHeight: 24, ...options };
    this.#levels = new LevelPlacer(this.#options.direction, this.#options.gaps);
  }

  /** @param unfolded as for `fold`, whose nodes and edges it places */
  place(unfolded: ReadonlySet<string>): OverviewLayout {
    const { width, height, boxes, frames, edges } = this.#place(undefined, unfolded);
    return { width, height, boxes, frames, edges };
  }

  /** @param block `undefined` for the whole network */
  #place(block: Block | undefined, unfolded: ReadonlySet<string>): Placed {
    const key = JSON.stringify([block?.id, openIn(block?.members ?? this.#overview.items, unfolded)]);
    const known = this.#placed.get(key);
    if (known) return known;
    const items = block?.members ?? this.#overview.items;
    const inner = new Map(
      items.flatMap((item) => (isBlock(item) && unfolded.has(item.id) ? [[item.id, this.#place(item, unfolded)]] : [])),
    );
    const placed = assemble(this.#level(items, block !== undefined, inner), inner, this.#options);
    this.#placed.set(key, placed);
    return placed;
  }

  #level(items: readonly Item[], isInside: boolean, inner: ReadonlyMap<string, Placed>): PlacedLevel {
    const { edges } = this.#overview;
    const { padding, titleHeight } = this.#options;
    const nodes = items.map((item) => {
      const own = inner.get(item.id);
      const { width, height } = own
        ? { width: own.width + 2 * padding, height: own.height + 2 * padding + titleHeight }
        : this.#options.sizeOf(item);
      return { id: item.id, width, height };
    });
    const level = { nodes, edges: edgesBetween(items, edges) };
    return this.#levels.place(isInside ? this.#withSurroundings(level, items) : level);
  }

  /** Points before and behind a block's nodes, with which the edges into it and out of it are routed. */
  #withSurroundings(level: Level, items: readonly Item[]): Level {
    const home = new Map(items.flatMap((item) => nodesOf(item).map(({ id }) => [id, item.id] as const)));
    const ins = new Set(this.#overview.edges.flatMap(({ from, to }) => (home.has(to) && !home.has(from) ? [home.get(to) as string] : [])));
    const outs = new Set(
      this.#overview.edges.flatMap(({ from, to }) => (home.has(from) && !home.has(to) ? [home.get(from) as string] : [])),
    );
    const point = { width: 0, height: 0 };
    return {
      nodes: [...(ins.size > 0 ? [{ id: entry, ...point }] : []), ...level.nodes, ...(outs.size > 0 ? [{ id: exit, ...point }] : [])],
      edges: [...Array.from(ins, (to) => ({ from: entry, to })), ...level.edges, ...Array.from(outs, (from) => ({ from, to: exit }))],
    };
  }
}

/** Which of some items are unfolded, and of those in them. */
function openIn(items: readonly Item[], unfolded: ReadonlySet<string>): readonly string[] {
  return items.flatMap((item) => (isBlock(item) && unfolded.has(item.id) ? [item.id, ...openIn(item.members, unfolded)] : []));
}

/** Puts what is in unfolded blocks into its place, and joins the lines at their borders. */
function assemble(level: PlacedLevel, inner: ReadonlyMap<string, Placed>, { padding, titleHeight }: Required<LayoutOptions>): Placed {
  const boxes = new Map<string, Box>();
  const frames = new Map<string, Box>();
  const edges: RoutedEdge[] = [];
  const ends = { heads: new Map<string, readonly End[]>(), tails: new Map<string, readonly End[]>() };
  for (const [id, box] of level.boxes) {
    const own = inner.get(id);
    if (!own) {
      if (id !== entry && id !== exit) boxes.set(id, box);
      for (const side of ["heads", "tails"] as const) ends[side].set(id, [{ id, points: [] }]);
      continue;
    }
    frames.set(id, box);
    const move = moveBy(box.x + padding, box.y + padding + titleHeight);
    for (const [name, place] of own.boxes) boxes.set(name, { ...place, ...move(place) });
    for (const [name, place] of own.frames) frames.set(name, { ...place, ...move(place) });
    edges.push(...own.edges.map((edge) => ({ ...edge, points: edge.points.map(move) })));
    for (const side of ["heads", "tails"] as const)
      ends[side].set(
        id,
        own[side].map((end) => ({ id: end.id, points: end.points.map(move) })),
      );
  }
  const heads: End[] = [];
  const tails: End[] = [];
  for (const { from, to, points } of level.edges)
    for (const tail of ends.tails.get(from) ?? [])
      for (const head of ends.heads.get(to) ?? []) {
        const line = [...tail.points, ...points, ...head.points];
        if (from === entry) heads.push({ id: head.id, points: line });
        else if (to === exit) tails.push({ id: tail.id, points: line });
        else edges.push({ from: tail.id, to: head.id, points: line });
      }
  return { width: level.width, height: level.height, boxes, frames, edges, heads, tails };
}

function moveBy(dx: number, dy: number): (point: Point) => Point {
  return ({ x, y }) => ({ x: x + dx, y: y + dy });
}
