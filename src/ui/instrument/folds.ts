// Which blocks of an overview are unfolded. Not all at once where that is more than can be drawn.
import { allBlocks, type BlockedOverview, blocksAround } from "../overview/fold.ts";
import { bandWords } from "./band-words.ts";

/** Nodes that are drawn at once: more take seconds to place. */
const mostNodes = 600;

export class Folds {
  /** Ids of the blocks that are unfolded. */
  readonly unfolded = new Set<string>();
  /** Why not all of it is unfolded that somebody wants to see. */
  refusal: string | undefined;

  foldAll(): void {
    this.refusal = undefined;
    this.unfolded.clear();
  }

  unfoldAll({ nodes, items }: Pick<BlockedOverview, "nodes" | "items">): void {
    this.refusal = nodes.length > mostNodes ? bandWords.tooMany(nodes.length) : undefined;
    if (!this.refusal) for (const id of allBlocks(items)) this.unfolded.add(id);
  }

  toggle(id: string): void {
    this.refusal = undefined;
    if (!this.unfolded.delete(id)) this.unfolded.add(id);
  }

  /** Unfolds what a node or a block is in, so that it is shown. */
  reveal(items: BlockedOverview["items"], id: string): void {
    for (const around of blocksAround(items, id)) this.unfolded.add(around);
  }
}
