// What is shown of a network while some of its blocks are unfolded. Pure.
import { type Block, type Item, isBlock, nodesOf } from "./blocks.ts";
import type { Overview, OverviewEdge } from "./condense.ts";

/** A network with its blocks, as one makes it once. */
export interface BlockedOverview extends Overview {
  /** From `findBlocks`. */
  readonly items: readonly Item[];
}

export interface FoldedOverview {
  /** Nodes and folded blocks, in an order in which each comes behind those that it reads. */
  readonly shown: readonly Item[];
  /** Blocks that are unfolded, the outer before the inner. */
  readonly open: readonly Block[];
  /** Between what is shown, by ids. */
  readonly edges: readonly OverviewEdge[];
}

/** @param unfolded ids of blocks; those inside a folded one wait until it is unfolded, and others are ignored */
export function fold({ items, edges }: BlockedOverview, unfolded: ReadonlySet<string>): FoldedOverview {
  const shown: Item[] = [];
  const open: Block[] = [];
  const show = (item: Item): void => {
    if (isBlock(item) && unfolded.has(item.id)) {
      open.push(item);
      item.members.forEach(show);
    } else shown.push(item);
  };
  items.forEach(show);
  return { shown, open, edges: edgesBetween(shown, edges) };
}

/** The edges of nodes as edges of the items that stand for them, each once; those inside an item are left out. */
export function edgesBetween(items: readonly Item[], edges: readonly OverviewEdge[]): readonly OverviewEdge[] {
  const standIn = new Map(items.flatMap((item) => nodesOf(item).map(({ id }) => [id, item.id] as const)));
  const found = new Map<string, Set<string>>();
  for (const edge of edges) {
    const [from, to] = [standIn.get(edge.from), standIn.get(edge.to)];
    if (from === undefined || to === undefined || from === to) continue;
    found.set(from, (found.get(from) ?? new Set()).add(to));
  }
  return [...found].flatMap(([from, targets]) => Array.from(targets, (to) => ({ from, to })));
}

/** The blocks that must be unfolded for a node or a block to be shown, the outer before the inner. */
export function blocksAround(items: readonly Item[], id: string): readonly string[] {
  for (const item of items) {
    if (!isBlock(item) || item.id === id) continue;
    if (item.members.some((member) => member.id === id)) return [item.id];
    const inner = blocksAround(item.members, id);
    if (inner.length > 0) return [item.id, ...inner];
  }
  return [];
}

/** All blocks, the outer before the inner: to unfold everything. */
export function allBlocks(items: readonly Item[]): readonly string[] {
  return items.flatMap((item) => (isBlock(item) ? [item.id, ...allBlocks(item.members)] : []));
}
