// The overview of a network: its graph as a band that scrolls, with a live thumbnail at every node. Blocks unfold, and a click goes to a layer.
import { html, nothing, render } from "lit";
import type { ConvCam } from "../element.ts";
import type { GalleryGuest } from "../gallery.ts";
import type { DrawableLayer } from "../layers.ts";
import { make } from "../make.ts";
import { findBlocks, type Item, isBlock } from "../overview/blocks.ts";
import { condense } from "../overview/condense.ts";
import type { NetworkFacts } from "../overview/facts.ts";
import { type BlockedOverview, fold } from "../overview/fold.ts";
import { isLater, numbersOf } from "../overview/layer-numbers.ts";
import { everyItem, type SearchedBesides } from "../overview/search.ts";
import type { ViewOutcome } from "../scene.ts";
import { About, subjectOf } from "./about.ts";
import { countsOf, headTemplate } from "./band-head.ts";
import { BandLayers } from "./band-layers.ts";
import { BandMarks } from "./band-marks.ts";
import { edgesTemplate, frameTemplate, nodeTemplate, shownValue } from "./band-nodes.ts";
import { BandPlacer } from "./band-placer.ts";
import { bringIntoView, scrollToFirst } from "./band-scroll.ts";
import { BandSearch } from "./band-search.ts";
import { BandStages } from "./band-stages.ts";
import { bandWords } from "./band-words.ts";
import { BandZoom } from "./band-zoom.ts";
import { Folds } from "./folds.ts";
import type { GivenNames } from "./given-names.ts";
import type { ValueMark } from "./highlights.ts";
import { besides } from "./list-keys.ts";
import { Measuring, type MeasuringHost } from "./measuring.ts";
import { Sheets } from "./sheets.ts";
import { thumbnailsOf } from "./thumbnails.ts";

export interface BandHost extends Pick<MeasuringHost, "session"> {
  readonly given: GivenNames;
  readonly element: ConvCam;
  /** Other thumbnails are to be drawn. */
  onChange(): void;
  /** Thumbnails came into view. */
  onReveal(): void;
  /** Somebody wants to look at a layer. */
  onLayer(value: string): void;
}

/** The buttons that fold or unfold all blocks: one of them at least is there where there are blocks. */
const allFolds = ".band-head [data-fold]";

export class Band implements GalleryGuest {
  readonly element = make("section", "band");
  readonly #host: BandHost;
  readonly #head = make("div", "band-head");
  readonly #scroller = make("div", "band-scroller");
  readonly #plane = make("div", "band-plane");
  readonly #nodes = make("div", "band-nodes");
  readonly #table: BandLayers;
  readonly #about: About;
  readonly #sheets: Sheets;
  readonly #marks = new BandMarks();
  readonly #zoom = new BandZoom(this.#scroller, this.#plane, () => this.#draw());
  readonly #placer = new BandPlacer();
  #overview: BlockedOverview | undefined;
  #layers: ReadonlyMap<string, DrawableLayer> = new Map();
  readonly #folds = new Folds();
  /** The layer that is looked at. */
  #current: string | undefined;
  /** The network's image input. */
  #picture: string | undefined;
  readonly #search = new BandSearch();
  readonly #measuring: Measuring;
  readonly #stages: BandStages;
  /** Whether nobody has seen it yet. */
  #isNew = false;
  /** The node that the Tab key reaches. */
  #reachable: string | undefined;

  constructor(host: BandHost) {
    this.#host = host;
    this.#measuring = new Measuring({
      get session() {
        return host.session;
      },
      onChange: () => this.#onMeasured(),
    });
    this.#table = new BandLayers(host, {
      names: host.given,
      onChange: () => this.#onTable(),
      layerOf: (id) => this.#layers.get(id),
      go: (id) => host.onLayer(id),
    });
    this.#stages = new BandStages(host);
    this.element.part = "overview";
    this.element.ariaLabel = bandWords.title;
    this.element.hidden = true;
    this.#plane.append(this.#nodes, this.#marks.element);
    this.#scroller.append(this.#plane);
    this.#about = new About(() => host.given.article, bandWords.pointAtLayer);
    this.element.append(this.#head, this.#stages.element, this.#scroller, this.#about.element, this.#table.element);
    this.#sheets = new Sheets(this.#plane, this.#scroller, () => host.onReveal());
    this.#nodes.addEventListener("keydown", (event) => this.#onKey(event));
    for (const type of ["pointerover", "focusin"]) this.#nodes.addEventListener(type, ({ target }) => this.#explain(target as Element));
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
    this.#placer.forget();
    this.#layers = new Map(layers.map((layer) => [layer.value, layer]));
    this.#folds.foldAll();
    this.#zoom.forget();
    this.#search.clear();
    this.#measuring.clear();
    void this.#about.show(undefined);
    this.#reachable = this.#current = undefined;
    this.#isNew = true;
    void this.#stages.show(network, overview.nodes, this.#layers.size > 0);
  }

  /**
   * @param current the layer that is looked at, whose blocks are unfolded
   * @param isStrip whether it leaves the room to what is below
   */
  open(current: string | undefined, isStrip = false): void {
    const isOther = current !== this.#current || isStrip !== this.element.classList.contains("strip");
    this.#current = current;
    this.element.classList.toggle("strip", isStrip);
    this.element.hidden = false;
    const node = current && this.#overview?.nodes.find(({ values }) => values.includes(current));
    if (isOther && node) this.#folds.reveal(this.#overview?.items ?? [], node.id);
    this.#draw();
    const shown = isOther && node ? this.#nodeOf(node.id) : null;
    if (shown) bringIntoView(this.#scroller, shown);
    else if (this.#isNew) this.#scrollToFirst();
    this.#isNew = false;
  }

  #scrollToFirst(): void {
    const first = this.#reachable === undefined ? undefined : this.#nodeOf(this.#reachable)?.parentElement;
    if (first) scrollToFirst(this.#scroller, first, this.#placer.isDown);
  }

  /** Outlines parts of values on their thumbnails. */
  mark(marks: readonly ValueMark[]): void {
    this.#marks.show(marks);
  }

  /** What thumbnails show is not computed any more. */
  close(): void {
    if (this.element.hidden) return;
    this.#hide();
    this.#host.onChange();
  }

  /** A frame was drawn: other channels may be silent. */
  refresh(): void {
    this.#stages.refresh();
    this.#measuring.refresh();
    if (this.#wantsSilence) this.#measuring.count(this.#overview?.nodes.map(({ id }) => id) ?? []);
  }

  get #wantsSilence(): boolean {
    return !this.element.hidden && (this.#table.isOpen || this.#search.asksForSilence);
  }

  #onMeasured(): void {
    if (this.#search.asksForSilence) this.#search.again(this.#overview?.items ?? [], this.#besides);
    this.#draw();
  }

  /** What a search knows besides the network. */
  get #besides(): SearchedBesides {
    return { names: this.#host.given.names, isSilent: (item) => (numbersOf(item, this.#measuring).silent ?? 0) > 0 };
  }

  clear(): void {
    this.#measuring.clear();
    this.#overview = undefined;
    this.#placer.forget();
    this.#hide();
  }

  #hide(): void {
    this.element.hidden = true;
    this.#sheets.clear();
  }

  /** Says what the node under the pointer, or with the focus, does. */
  #explain(target: Element): void {
    const id = target.closest(".band-node")?.querySelector<HTMLElement>("[data-id]")?.dataset["id"];
    const item = id === undefined ? undefined : everyItem(this.#overview?.items ?? []).find((one) => one.id === id);
    if (item) void this.#about.show(subjectOf(item));
  }

  #nodeOf(id: string): HTMLElement | null {
    return this.#nodes.querySelector(`[data-id="${CSS.escape(id)}"]`);
  }

  #draw(): void {
    const overview = this.#overview;
    if (!overview || this.element.hidden || this.element.clientWidth === 0) return;
    const { unfolded } = this.#folds;
    const { times, silence } = this.#measuring;
    const lines = Number(this.#host.given.names.size > 0) + Number(times !== undefined || silence !== undefined);
    const layout = this.#placer.place(overview, unfolded, { width: this.element.clientWidth, lines });
    const { shown, open } = fold(overview, unfolded);
    this.#reachable = shown.some(({ id }) => id === this.#reachable) ? this.#reachable : shown[0]?.id;
    for (const length of ["width", "height"] as const) this.#plane.style.setProperty(length, `${Math.ceil(layout[length])}px`);
    this.#zoom.fit(layout.width);
    const { thumbnails, left } = thumbnailsOf(shown, layout, this.#layers, this.#picture);
    this.#drawHead(overview, shown, left);
    this.#table.draw(overview, this.#measuring, this.#search.found);
    const host = { open: (value: string) => this.#host.onLayer(value), toggle: (id: string) => this.#toggle(id) };
    render(
      html`
        ${edgesTemplate(layout)}
        ${open.map((block) => frameTemplate(block, layout.frames.get(block.id), host))}
        ${shown.map((item) => {
          const box = layout.boxes.get(item.id);
          return box ? nodeTemplate({ ...this.#describe(item), box, isLeft: left.has(item.id) }, host) : nothing;
        })}
      `,
      this.#nodes,
    );
    this.#marks.place(thumbnails, this.#layers, layout);
    if (this.#sheets.place(thumbnails, this.#zoom.level)) this.#host.onChange();
  }

  #describe(item: Item) {
    const value = shownValue(item);
    return {
      item,
      numbers: numbersOf(item, this.#measuring),
      name: isBlock(item) ? undefined : this.#host.given.names.get(value),
      isCurrent: !isBlock(item) && this.#current !== undefined && item.values.includes(this.#current),
      isReachable: item.id === this.#reachable,
      canOpen: this.#layers.has(value),
      isFound: this.#search.found?.includes(item.id) === true,
      isMeant: this.#search.meant === item.id,
    };
  }

  #drawHead(overview: BlockedOverview, shown: readonly Item[], left: ReadonlySet<string>): void {
    const state = {
      ...countsOf(overview, shown, this.#folds.unfolded),
      refusal: this.#folds.refusal,
      left: left.size,
      later: overview.nodes.filter(isLater).length,
      hasTable: this.#table.isOpen,
      canRun: this.#layers.size > 0,
      search: this.#search,
      measuring: this.#measuring,
    };
    const host = {
      find: (text: string) => this.#find(text),
      next: () => this.#goToNext(),
      foldAll: () => this.#change((folds) => folds.foldAll(), allFolds),
      unfoldAll: () => this.#change((folds) => folds.unfoldAll(overview), allFolds),
      zoom: this.#zoom.step,
      toggleTable: () => this.#table.toggle(),
      measure: () => void this.#measuring.time(),
    };
    render(headTemplate(state, host), this.#head);
  }

  #find(text: string): void {
    this.#search.find(text, this.#overview?.items ?? [], this.#besides);
    this.#onSilenceWanted();
    this.#draw();
  }

  /** Enter goes from one that is found to the next, through all blocks. */
  #goToNext(): void {
    const id = this.#search.next();
    if (id === undefined) return;
    this.#folds.reveal(this.#overview?.items ?? [], id);
    this.#folds.unfolded.delete(id);
    this.#draw();
    this.#nodeOf(id)?.scrollIntoView({ block: "nearest", inline: "center" });
  }

  /** Shows the layers as a table, or no longer. */
  toggleTable(isOpen: boolean): void {
    this.#table.toggle(isOpen);
  }

  #onTable(): void {
    this.#onSilenceWanted();
    this.#draw();
  }

  /** Counts are of the picture that is shown while somebody looks, and are not kept else. */
  #onSilenceWanted(): void {
    if (this.#wantsSilence) this.refresh();
    else this.#measuring.forgetSilence();
  }

  #toggle(id: string): void {
    this.#change((folds) => folds.toggle(id), `.band-plane [data-fold="${CSS.escape(id)}"]`);
  }

  /** @param next the button that does the opposite: it gets the focus of the one that was pressed, which is gone by then */
  #change(act: (folds: Folds) => void, next: string): void {
    const wasInside = this.element.contains((this.element.getRootNode() as ShadowRoot).activeElement);
    act(this.#folds);
    this.#draw();
    if (wasInside) this.element.querySelector<HTMLElement>(next)?.focus({ preventScroll: true });
  }

  /** Arrow keys go from node to node, in the order of the network. */
  #onKey(event: KeyboardEvent): void {
    const buttons = [...this.#nodes.querySelectorAll<HTMLButtonElement>(".band-node > [data-id]:not(:disabled)")];
    const next = buttons[besides(buttons.indexOf(event.target as HTMLButtonElement), event.key, buttons.length)];
    if (!next) return;
    event.preventDefault();
    this.#reachable = next.dataset["id"];
    for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
    next.focus();
  }
}
