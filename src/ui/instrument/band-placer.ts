// Where an overview's nodes lie in a band. Places are kept until the direction, or how much is said at nodes, is another.
import type { BlockedOverview } from "../overview/fold.ts";
import type { Direction } from "../overview/geometry.ts";
import { OverviewPlacer } from "../overview/layout.ts";
import { sizeOfNode } from "./band-nodes.ts";

/** Boxes narrower than this show the network downwards. */
const narrow = 560;

export class BandPlacer {
  #kept: { readonly direction: Direction; readonly lines: number; readonly placer: OverviewPlacer } | undefined;

  /** Whether the network was placed downwards. */
  get isDown(): boolean {
    return this.#kept?.direction === "down";
  }

  /** It is another overview's turn. */
  forget(): void {
    this.#kept = undefined;
  }

  /**
   * @param width of the band
   * @param lines what is said at nodes besides
   */
  place(overview: BlockedOverview, unfolded: ReadonlySet<string>, { width, lines }: { readonly width: number; readonly lines: number }) {
    const direction = width < narrow ? "down" : "right";
    if (this.#kept?.direction !== direction || this.#kept.lines !== lines) {
      const sizeOf = (item: Parameters<typeof sizeOfNode>[0]) => sizeOfNode(item, lines);
      this.#kept = { direction, lines, placer: new OverviewPlacer(overview, { direction, sizeOf, gaps: { along: 20, across: 12 } }) };
    }
    return this.#kept.placer.place(unfolded);
  }
}
