// The panels of an element, one for each view: which of them are on the screen, how wide they are, and what the pointer reads. Their code is
// loaded while the network is.
import { loadPart } from "../engine/errors.ts";
import { denseStrides } from "../engine/shapes.ts";
import type { DrawableLayer, LayerChoice } from "./layers.ts";
import { make } from "./make.ts";
import { type MapPoint, viewAsMaps } from "./mosaic/maps.ts";
import type { Panel } from "./panel.ts";
import type { ProbeRequest } from "./probe.ts";
import type { ViewRange } from "./results.ts";
import type { ViewOutcome } from "./scene.ts";
import { adoptStyles } from "./style-sheet.ts";
import type { Appearance, View, ViewKind } from "./views/view.ts";

export interface GalleryHost {
  /** A panel has another width. */
  onResize(): void;
  /** A panel came into view. */
  onReveal(): void;
  onProbe(request: ProbeRequest): void;
  /** Somebody wants to see more of an element. */
  onPick(value: string, point: MapPoint): void;
}

/** Whoever has views of its own beside the panels. */
export interface GalleryGuest {
  /** Ids of its views on the screen. */
  readonly visible: readonly string[];
  /** Its views, see {@link Gallery.measure}. */
  measure(): readonly View[];
  /** What became of them. */
  show(outcomes: readonly ViewOutcome[]): void;
}

export class Gallery {
  readonly element = make("div", "grid");
  guest: GalleryGuest | undefined;
  /** Whether a panel shows something of a second value. */
  isComparing = false;
  readonly #host: GalleryHost;
  readonly #resizes = new ResizeObserver(() => this.#onResize());
  readonly #visibility = new IntersectionObserver((entries) => this.#onVisibility(entries), { rootMargin: "64px" });
  #Panel: typeof Panel | undefined;
  #panels: readonly Panel[] = [];
  #laidOutWidth = 0;

  constructor(host: GalleryHost) {
    this.#host = host;
  }

  /** Ids of the views on the screen. */
  get visible(): string[] {
    return [...this.#panels.filter(({ isVisible }) => isVisible).map(({ options }) => options.id), ...(this.guest?.visible ?? [])];
  }

  /** The panels of a value. */
  panelsOf(value: string): readonly Panel[] {
    return this.#panels.filter(({ choice }) => choice.value === value);
  }

  /** Loads what panels are made of; to be called before {@link update}. */
  async prepare(): Promise<void> {
    const part = await loadPart("that shows layers", () => import("./panel.ts"));
    // Before the styles of other parts, which may change what these say.
    if (!this.#Panel) adoptStyles(this.element.getRootNode() as ShadowRoot, part.styles, 1);
    this.#Panel = part.Panel;
  }

  connect(): void {
    this.#resizes.observe(this.element);
  }

  disconnect(): void {
    this.#resizes.disconnect();
  }

  /**
   * Changes to panels for these choices. Those that stay keep their canvas, their size and the focus.
   *
   * @param imageInput the value that is shown as a picture
   */
  update(choices: readonly LayerChoice[], layers: readonly DrawableLayer[], imageInput: string | undefined): void {
    const known = new Map(this.#panels.map((panel) => [panel.options.id, panel]));
    const byName = new Map(layers.map((layer) => [layer.value, layer]));
    const ids = new Set<string>();
    const panels = choices.map((choice) => {
      const { value, compare, axes, shows = "" } = choice;
      const kind: ViewKind = value === imageInput && !compare && !axes ? "picture" : "mosaic";
      let id = [kind, axes ?? "", value, compare ?? "", shows].join(" ").trim();
      while (ids.has(id)) id += "'";
      ids.add(id);
      const panel = known.get(id) ?? this.#make(id, kind, choice, choice.layer ?? byName.get(value));
      panel.change(choice);
      return panel;
    });
    for (const [id, { element }] of known) if (!ids.has(id)) this.#visibility.unobserve(element);
    this.#panels = panels;
    // Inserting an element again would take its focus, so only those out of place are moved.
    const elements = new Set<Element>(panels.map(({ element }) => element));
    for (const child of [...this.element.children]) if (!elements.has(child)) child.remove();
    [...elements].forEach((one, i) => {
      if (this.element.children[i] !== one) this.element.insertBefore(one, this.element.children[i] ?? null);
    });
  }

  clear(): void {
    this.#visibility.disconnect();
    this.#panels = [];
    this.element.replaceChildren();
    this.element.classList.add("pending");
  }

  /** The views, each with its canvas and the room there is for it in device pixels. */
  measure(): View[] {
    const width = this.element.clientWidth;
    this.#laidOutWidth = width;
    const pixels = (length: number) => Math.floor(length * devicePixelRatio);
    const panels = this.#panels.map((panel): View => {
      const { id, kind } = panel.options;
      const room = panel.roomIn(width, innerHeight);
      const [across, down] = [pixels(room.width), room.height && pixels(room.height)];
      return { ...panel.choice, id, kind, canvas: panel.canvas, width: across, height: down };
    });
    return [...panels, ...(this.guest?.measure() ?? [])];
  }

  show(outcomes: readonly ViewOutcome[], appearance: Appearance): void {
    const panels = new Map(this.#panels.map((panel) => [panel.options.id, panel]));
    this.isComparing = false;
    for (const outcome of outcomes) {
      const panel = panels.get(outcome.id);
      if (!panel) continue;
      if ("problem" in outcome) {
        panel.showProblem(outcome.problem);
        continue;
      }
      panel.place(outcome.layout);
      this.isComparing ||= outcome.isCompared || (panel.choice.shows ?? "first") !== "first";
      if (outcome.legend) panel.describeColors(outcome.legend, appearance.normalization, outcome.isCompared);
    }
    this.element.classList.remove("pending");
    this.guest?.show(outcomes);
  }

  showRanges(ranges: readonly ViewRange[]): void {
    for (const panel of this.#panels) {
      const own = ranges.filter(({ id }) => id === panel.options.id);
      if (own[0] && panel.isVisible) panel.showRanges(own);
    }
  }

  /** Reads the places under pointers again, after a new frame. */
  refreshProbes(): void {
    for (const panel of this.#panels) void panel.refreshProbe();
  }

  #make(id: string, kind: ViewKind, choice: LayerChoice, layer: DrawableLayer | undefined): Panel {
    const { operator = "", shape = [], axes } = layer ?? {};
    const panel = new (this.#Panel as typeof Panel)(
      {
        id,
        kind,
        operator,
        shape,
        maps: viewAsMaps(shape, denseStrides(shape), 0, 0, choice.axes ?? axes),
        onProbe: (request) => this.#host.onProbe(request),
        onResize: () => this.#host.onResize(),
        onPick: (value, point) => this.#host.onPick(value, point),
      },
      choice,
    );
    this.#visibility.observe(panel.element);
    return panel;
  }

  #onVisibility(entries: readonly IntersectionObserverEntry[]): void {
    let isAnyNew = false;
    for (const { target, isIntersecting } of entries) {
      const panel = this.#panels.find(({ element }) => element === target);
      if (!panel || panel.isVisible === isIntersecting) continue;
      panel.isVisible = isIntersecting;
      isAnyNew ||= isIntersecting;
    }
    if (isAnyNew) this.#host.onReveal();
  }

  #onResize(): void {
    if (this.#panels.length > 0 && this.element.clientWidth !== this.#laidOutWidth) this.#host.onResize();
  }
}
