// The overview of a network: its graph as a band that scrolls, with a live thumbnail at every node. Blocks unfold, and a click goes to a layer.
// Places are set as properties: a Content-Security-Policy forbids attributes of style.
import { html, nothing, render, svg, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import { describeShape } from "../format-number.ts";
import type { GalleryGuest } from "../gallery.ts";
import type { DrawableLayer } from "../layers.ts";
import { make } from "../make.ts";
import { findBlocks, type Item, isBlock, nodesOf } from "../overview/blocks.ts";
import { condense } from "../overview/condense.ts";
import type { NetworkFacts } from "../overview/facts.ts";
import { type BlockedOverview, blocksAround, fold } from "../overview/fold.ts";
import type { Box, Direction, RoutedEdge } from "../overview/geometry.ts";
import { type OverviewLayout, OverviewPlacer } from "../overview/layout.ts";
import { everyItem, searchItems } from "../overview/search.ts";
import { tableRows } from "../overview/table.ts";
import type { ViewOutcome } from "../scene.ts";
import { type TableState, tableTemplate } from "./band-table.ts";
import { Sheets, type Thumbnail } from "./sheets.ts";

export interface BandHost {
  /** Other thumbnails are to be drawn. */
  onChange(): void;
  /** Thumbnails came into view. */
  onReveal(): void;
  /** Somebody wants to look at a layer. */
  onLayer(value: string): void;
}

/** CSS pixels. */
const thumbnailSide = 64;
const nodeSize = { width: 118, height: 108 };
/** Boxes narrower than this show the network downwards. */
const narrow = 560;
/** What thumbnails may keep on the GPU that would else share its memory. */
const mostBytes = 256e6;

export class Band implements GalleryGuest {
  readonly element = make("section", "band");
  readonly #host: BandHost;
  readonly #head = make("div", "band-head");
  readonly #scroller = make("div", "band-scroller");
  readonly #plane = make("div", "band-plane");
  readonly #nodes = make("div", "band-nodes");
  readonly #table = make("div", "band-table");
  readonly #sheets: Sheets;
  #overview: BlockedOverview | undefined;
  #placer: { readonly direction: Direction; readonly placer: OverviewPlacer } | undefined;
  #layers: ReadonlyMap<string, DrawableLayer> = new Map();
  readonly #unfolded = new Set<string>();
  /** The layer that is looked at. */
  #current: string | undefined;
  /** The network's image input. */
  #picture: string | undefined;
  /** What is searched for, and the ids that are found, those that fit best first. */
  #search: { readonly text: string; readonly found: readonly string[]; at: number } | undefined;
  /** Undefined where there is no table. */
  #sorted: TableState | undefined;
  /** Whether nobody has seen it yet. */
  #isNew = false;
  /** The node that the Tab key reaches. */
  #reachable: string | undefined;

  constructor(host: BandHost) {
    this.#host = host;
    this.element.ariaLabel = "Overview of the network";
    this.element.hidden = true;
    this.#plane.append(this.#nodes);
    this.#scroller.append(this.#plane);
    this.element.append(this.#head, this.#scroller, this.#table);
    this.#sheets = new Sheets(this.#plane, this.#scroller, () => host.onReveal());
    this.#nodes.addEventListener("keydown", (event) => this.#onKey(event));
    new ResizeObserver(() => this.#overview && this.#draw()).observe(this.element);
  }

  get isEmpty(): boolean {
    return this.#overview === undefined;
  }

  get visible(): readonly string[] {
    return this.element.hidden ? [] : this.#sheets.visible;
  }

  measure() {
    return this.element.hidden ? [] : this.#sheets.views;
  }

  show(outcomes: readonly ViewOutcome[]): void {
    this.element.classList.toggle("troubled", this.#sheets.show(outcomes) !== undefined);
  }

  /**
   * @param layers the values that can be drawn
   * @param picture the network's image input
   */
  load(network: NetworkFacts, layers: readonly DrawableLayer[], picture: string | undefined): void {
    this.#picture = picture;
    const overview = condense(network);
    this.#overview = { ...overview, items: findBlocks(overview) };
    this.#placer = undefined;
    this.#layers = new Map(layers.map((layer) => [layer.value, layer]));
    this.#unfolded.clear();
    this.#search = undefined;
    this.#reachable = undefined;
    this.#current = undefined;
    this.#isNew = true;
  }

  /** @param current the layer that is looked at, whose blocks are unfolded */
  open(current: string | undefined): void {
    const isOther = current !== this.#current;
    this.#current = current;
    this.element.hidden = false;
    const node = current && this.#overview?.nodes.find(({ values }) => values.includes(current));
    if (isOther && node) for (const id of blocksAround(this.#overview?.items ?? [], node.id)) this.#unfolded.add(id);
    this.#draw();
    if (isOther && node) this.#nodeOf(node.id)?.scrollIntoView({ block: "nearest", inline: "nearest" });
    else if (this.#isNew) this.#scrollToFirst();
    this.#isNew = false;
  }

  /** A network whose later part is wider begins somewhere in the middle. */
  #scrollToFirst(): void {
    const first = this.#reachable === undefined ? undefined : this.#nodeOf(this.#reachable)?.parentElement;
    if (!first) return;
    const { clientHeight, clientWidth } = this.#scroller;
    const isDown = this.#placer?.direction === "down";
    this.#scroller.scrollTop = isDown ? 0 : first.offsetTop + first.offsetHeight / 2 - clientHeight / 2;
    this.#scroller.scrollLeft = isDown ? first.offsetLeft + first.offsetWidth / 2 - clientWidth / 2 : 0;
  }

  /** What thumbnails show is not computed any more. */
  close(): void {
    if (this.element.hidden) return;
    this.#hide();
    this.#host.onChange();
  }

  clear(): void {
    this.#overview = undefined;
    this.#placer = undefined;
    this.#hide();
  }

  #hide(): void {
    this.element.hidden = true;
    this.#sheets.clear();
  }

  #nodeOf(id: string): HTMLElement | null {
    return this.#nodes.querySelector(`[data-id="${CSS.escape(id)}"]`);
  }

  #draw(): void {
    const overview = this.#overview;
    if (!overview || this.element.hidden || this.element.clientWidth === 0) return;
    const direction = this.element.clientWidth < narrow ? "down" : "right";
    if (this.#placer?.direction !== direction)
      this.#placer = {
        direction,
        placer: new OverviewPlacer(overview, { direction, sizeOf: () => nodeSize, gaps: { along: 20, across: 12 } }),
      };
    const layout = this.#placer.placer.place(this.#unfolded);
    const { shown, open } = fold(overview, this.#unfolded);
    this.#reachable = shown.some(({ id }) => id === this.#reachable) ? this.#reachable : shown[0]?.id;
    for (const length of ["width", "height"] as const) this.#plane.style.setProperty(length, `${Math.ceil(layout[length])}px`);
    render(this.#headTemplate(overview, shown), this.#head);
    render(this.#tableTemplate(overview), this.#table);
    render(
      html`
        ${edgesTemplate(layout)}
        ${open.map((block) => this.#frameTemplate(block.id, block.title, layout.frames.get(block.id)))}
        ${shown.map((item) => this.#nodeTemplate(item, layout.boxes.get(item.id)))}
      `,
      this.#nodes,
    );
    if (this.#sheets.place(this.#thumbnails(shown, layout))) this.#host.onChange();
  }

  /** In the order of the network, as many as memory allows. */
  #thumbnails(shown: readonly Item[], { boxes }: OverviewLayout): readonly Thumbnail[] {
    let bytes = 0;
    return shown.flatMap((item) => {
      const [value, box] = [shownValue(item), boxes.get(item.id)];
      const layer = this.#layers.get(value);
      if (!layer || !box) return [];
      bytes += layer.shape.reduce((product, extent) => product * extent, 4);
      if (bytes > mostBytes) return [];
      return [{ value, isPicture: value === this.#picture, x: box.x + (box.width - thumbnailSide) / 2, y: box.y + 2, side: thumbnailSide }];
    });
  }

  #headTemplate({ nodes, items }: BlockedOverview, shown: readonly Item[]): TemplateResult {
    const isFolded = shown.some(isBlock);
    const hasBlocks = items.some(isBlock);
    const count = nodes.filter(({ role }) => role === "layer").length;
    const found = this.#search?.found.length;
    return html`
      <h2>${count} ${count === 1 ? "layer" : "layers"}${isFolded ? ", blocks folded" : ""}</h2>
      <form role="search" @submit=${(event: Event) => this.#onSearch(event)}>
        <input
          type="search"
          aria-label="Find layers"
          placeholder="Find: all convs, a name, 64x56x56"
          .value=${live(this.#search?.text ?? "")}
          @input=${(event: Event) => this.#find((event.target as HTMLInputElement).value)}
        />
        <span role="status">${found === undefined ? "" : found === 0 ? "none" : `${found} found`}</span>
      </form>
      <span class="buttons">
        ${
          hasBlocks && this.#unfolded.size > 0
            ? html`<button type="button" class="part-button" @click=${() => this.#foldAll()}>Fold all</button>`
            : nothing
        }
        <button type="button" class="part-button" aria-pressed=${this.#sorted !== undefined} @click=${() => this.#toggleTable()}>Table</button>
      </span>
    `;
  }

  #find(text: string): void {
    const items = this.#overview?.items ?? [];
    this.#search = text.trim() ? { text, found: searchItems(items, text), at: -1 } : undefined;
    this.#draw();
  }

  /** Enter goes from one that is found to the next, through all blocks. */
  #onSearch(event: Event): void {
    event.preventDefault();
    const { found = [], at = 0 } = this.#search ?? {};
    const id = found[(at + 1) % found.length];
    if (!this.#search || id === undefined) return;
    this.#search.at = (at + 1) % found.length;
    for (const around of blocksAround(this.#overview?.items ?? [], id)) this.#unfolded.add(around);
    this.#unfolded.delete(id);
    this.#draw();
    this.#nodeOf(id)?.scrollIntoView({ block: "nearest", inline: "center" });
  }

  #toggleTable(): void {
    this.#sorted = this.#sorted ? undefined : { by: undefined, order: "ascending" };
    this.#draw();
  }

  #tableTemplate({ nodes, items }: BlockedOverview): TemplateResult | typeof nothing {
    if (!this.#sorted) return nothing;
    const found = this.#search && new Set(this.#search.found);
    // A block that is found stands for what is in it.
    if (found)
      for (const item of everyItem(items)) if (isBlock(item) && found.has(item.id)) for (const { id } of nodesOf(item)) found.add(id);
    return tableTemplate(tableRows(nodes), this.#sorted, found, {
      sort: (state) => {
        this.#sorted = state;
        this.#draw();
      },
      go: (id) => (this.#layers.has(id) ? () => this.#host.onLayer(id) : undefined),
    });
  }

  #frameTemplate(id: string, title: string, box: Box | undefined): TemplateResult | typeof nothing {
    if (!box) return nothing;
    const [left, top, width, height] = [box.x, box.y, box.width, box.height].map((length) => `${length}px`);
    return html`<div class="band-frame" .style=${`left:${left};top:${top};width:${width};height:${height}`}>
      <button type="button" aria-expanded="true" aria-label="Fold ${title}" @click=${() => this.#toggle(id)}>− ${title}</button>
    </div>`;
  }

  #nodeTemplate(item: Item, box: Box | undefined): TemplateResult | typeof nothing {
    if (!box) return nothing;
    const value = shownValue(item);
    const shape = item.shape ? describeShape(item.shape) : "";
    const isCurrent = !isBlock(item) && this.#current !== undefined && item.values.includes(this.#current);
    const canOpen = this.#layers.has(value);
    const trouble = item.obstacles[0];
    const isFound = this.#search?.found.includes(item.id) === true;
    const isMeant = isFound && this.#search?.found[this.#search.at] === item.id;
    return html`<div class=${`band-node${isFound ? " found" : ""}${isMeant ? " meant" : ""}`} .style=${`left:${box.x}px;top:${box.y}px;width:${box.width}px`}>
      <button
        type="button"
        class=${trouble ? "troubled" : ""}
        data-id=${item.id}
        tabindex=${item.id === this.#reachable ? 0 : -1}
        aria-current=${isCurrent ? "true" : nothing}
        title=${trouble ?? `${item.title} · ${value}`}
        ?disabled=${!canOpen}
        @click=${() => this.#host.onLayer(value)}
      >
        <span class="band-thumb" .style=${`height:${thumbnailSide}px`}></span>
        <span class="band-title">${item.title}</span>
        <span class="band-shape">${shape}</span>
      </button>
      ${
        isBlock(item)
          ? html`<button type="button" class="band-unfold" aria-expanded="false" aria-label="Unfold ${item.title}" @click=${() => this.#toggle(item.id)}>
              + ${item.members.length}
            </button>`
          : nothing
      }
    </div>`;
  }

  #toggle(id: string): void {
    if (!this.#unfolded.delete(id)) this.#unfolded.add(id);
    this.#draw();
  }

  #foldAll(): void {
    this.#unfolded.clear();
    this.#draw();
  }

  /** Arrow keys go from node to node, in the order of the network. */
  #onKey(event: KeyboardEvent): void {
    const buttons = [...this.#nodes.querySelectorAll<HTMLButtonElement>(".band-node > [data-id]:not(:disabled)")];
    const at = buttons.indexOf(event.target as HTMLButtonElement);
    const steps: Readonly<Record<string, number>> = {
      ArrowLeft: at - 1,
      ArrowUp: at - 1,
      ArrowRight: at + 1,
      ArrowDown: at + 1,
      Home: 0,
      End: buttons.length - 1,
    };
    const next = at >= 0 ? buttons[steps[event.key] ?? -1] : undefined;
    if (!next) return;
    event.preventDefault();
    this.#reachable = next.dataset["id"];
    for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
    next.focus();
  }
}

function shownValue(item: Item): string {
  return isBlock(item) ? item.value : item.id;
}

function edgesTemplate({ width, height, edges }: OverviewLayout): TemplateResult {
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
