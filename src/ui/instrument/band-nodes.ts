// The nodes of an overview, its edges, and the frames of blocks that are unfolded. Places are set as properties: a Content-Security-Policy forbids
// attributes of style.
import { html, nothing, svg, type TemplateResult } from "lit";
import { describeShape } from "../format-number.ts";
import { type Block, type Item, isBlock } from "../overview/blocks.ts";
import type { Box, RoutedEdge } from "../overview/geometry.ts";
import type { ItemNumbers } from "../overview/layer-numbers.ts";
import type { OverviewLayout } from "../overview/layout.ts";
import { bandWords } from "./band-words.ts";

/** CSS pixels. */
export const thumbnailSide = 64;
/** Beside a block's thumbnail stands the button that unfolds it. */
const nodeWidth = { node: 118, block: 148 };
const nodeHeight = 108;
const lineHeight = 16;

/** @param lines that all nodes have besides title and shape */
export function sizeOfNode(item: Item, lines: number) {
  return { width: nodeWidth[isBlock(item) ? "block" : "node"], height: nodeHeight + lines * lineHeight };
}

/** The value that is shown for it. */
export function shownValue(item: Item): string {
  return isBlock(item) ? item.value : item.id;
}

/** What is shown of a node. */
export interface ShownNode {
  readonly item: Item;
  readonly box: Box;
  readonly numbers: ItemNumbers;
  /** What somebody calls it. */
  readonly name: string | undefined;
  readonly isCurrent: boolean;
  /** Whether the Tab key reaches it. */
  readonly isReachable: boolean;
  /** Whether it can be looked at. */
  readonly canOpen: boolean;
  /** Whether it has no thumbnail, for want of memory. */
  readonly isLeft: boolean;
  readonly isFound: boolean;
  /** Whether it is the one of those found that is gone to. */
  readonly isMeant: boolean;
}

export interface NodeHost {
  open(value: string): void;
  toggle(id: string): void;
}

export function nodeTemplate(shown: ShownNode, host: NodeHost): TemplateResult {
  const { item, box, name, numbers } = shown;
  const value = shownValue(item);
  const trouble = item.obstacles[0];
  const text = numbersText(numbers);
  const { x, y, width } = box;
  return html`<div
    class=${`band-node${shown.isFound ? " found" : ""}${shown.isMeant ? " meant" : ""}`}
    .style=${`left:${x}px;top:${y}px;width:${width}px`}
  >
    <button
      type="button"
      class=${trouble ? "troubled" : ""}
      data-id=${item.id}
      tabindex=${shown.isReachable ? 0 : -1}
      aria-current=${shown.isCurrent ? "true" : nothing}
      title=${trouble ?? [name, item.title, value, longNumbersText(numbers), shown.isLeft ? bandWords.leftNode : ""].filter(Boolean).join(" · ")}
      ?disabled=${!shown.canOpen}
      @click=${() => host.open(value)}
    >
      <span class=${shown.isLeft ? "band-thumb left" : "band-thumb"} .style=${`height:${thumbnailSide}px`}>${shown.isLeft ? bandWords.leftShort : ""}</span>
      <span class="band-title">${name ?? item.title}</span>
      ${name ? html`<span class="band-shape">${value}</span>` : nothing}
      <span class="band-shape">${item.shape ? describeShape(item.shape) : ""}</span>
      ${text ? html`<span class="band-shape band-numbers">${text}</span>` : nothing}
    </button>
    ${
      isBlock(item)
        ? html`<button
            type="button"
            class="band-unfold"
            data-fold=${item.id}
            aria-expanded="false"
            aria-label=${bandWords.unfold(item.title)}
            title=${bandWords.unfold(item.title)}
            @click=${() => host.toggle(item.id)}
          >+${item.members.length}</button>`
        : nothing
    }
  </div>`;
}

function numbersText({ ms, silent = 0, nonFinite = 0 }: ItemNumbers): string {
  const parts = [
    ms === undefined ? "" : bandWords.ms(ms),
    silent > 0 ? bandWords.silentShort(silent) : "",
    nonFinite > 0 ? bandWords.notFinite(nonFinite) : "",
  ];
  return parts.filter(Boolean).join(" · ");
}

function longNumbersText({ ms, gflops, silent, channels = 0 }: ItemNumbers): string {
  const parts = [
    ms === undefined ? "" : bandWords.ms(ms),
    gflops === undefined ? "" : bandWords.gflops(gflops),
    silent === undefined ? "" : bandWords.silent(silent, channels),
  ];
  return parts.filter(Boolean).join(", ");
}

export function frameTemplate({ id, title }: Block, box: Box | undefined, host: NodeHost): TemplateResult | typeof nothing {
  if (!box) return nothing;
  const [left, top, width, height] = [box.x, box.y, box.width, box.height].map((length) => `${length}px`);
  return html`<div class="band-frame" .style=${`left:${left};top:${top};width:${width};height:${height}`}>
    <button type="button" data-fold=${id} aria-expanded="true" aria-label=${bandWords.fold(title)} @click=${() => host.toggle(id)}>− ${title}</button>
  </div>`;
}

export function edgesTemplate({ width, height, edges }: OverviewLayout): TemplateResult {
  return html`<svg class="band-edges" width=${Math.ceil(width)} height=${Math.ceil(height)} aria-hidden="true">
    ${edges.map(({ points }) => svg`<path d=${pathOf(points)} />`)}
  </svg>`;
}

/** A line through the points, with round corners. */
function pathOf([first, ...points]: RoutedEdge["points"]): string {
  if (!first) return "";
  const last = points.length - 1;
  const parts = points.map((point, i) => {
    const next = points[i + 1];
    if (i === last || !next) return `L${point.x} ${point.y}`;
    return `Q${point.x} ${point.y} ${(point.x + next.x) / 2} ${(point.y + next.y) / 2}`;
  });
  return `M${first.x} ${first.y}${parts.join("")}`;
}
