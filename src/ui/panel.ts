// One view on the page: its name, its canvas, and a legend, which a probe of values replaces. Loaded while a network is.

import { describeShape, formatNumber } from "./format-number.ts";
import type { LayerChoice } from "./layers.ts";
import { make } from "./make.ts";
import type { MosaicLayout } from "./mosaic/layout.ts";
import { chooseColumns, type MapPoint, type MapView } from "./mosaic/maps.ts";
import { isPerChannel, isRobust, type Normalization } from "./mosaic/normalization.ts";
import type { LegendColors } from "./mosaic/palette.ts";
import type { Probe, ProbeRequest } from "./probe.ts";
import type { ViewRange } from "./results.ts";
import type { ViewKind } from "./views/view.ts";

export { default as styles } from "./panel.css?inline";

export interface PanelOptions {
  /** The view's id. */
  readonly id: string;
  readonly kind: ViewKind;
  readonly operator: string;
  readonly shape: readonly number[];
  /** The value's channels; undefined where it has no maps. */
  readonly maps: MapView | undefined;
  /** Somebody reads the values of an element. */
  readonly onProbe: (request: ProbeRequest) => void;
  readonly onResize: () => void;
  /** Somebody wants to see more of an element. */
  readonly onPick: (value: string, point: MapPoint) => void;
}

/** The events that may begin, move or end a probe. */
const probeEvents = ["pointermove", "pointerdown", "pointerleave", "blur", "keydown", "click"] as const;

/** CSS pixels of a dense unit's side. */
const largestUnit = 36;
/** CSS pixels below which panels do not share a row, and between two in one. */
const leastShare = 320;
const gapOfPanels = 16;

export class Panel {
  readonly element = make("figure", "panel");
  readonly canvas = make("canvas", "mosaic");
  readonly mark = make("div", "mark");
  readonly readout = make("output", "readout");
  readonly options: PanelOptions;
  isVisible = false;
  readonly #stage = make("div", "stage");
  readonly #low = make("span", "low");
  readonly #high = make("span", "high");
  readonly #ramp = make("span", "ramp");
  readonly #scope = make("span", "scope");
  readonly #nonFinite = make("span", "non-finite");
  /** Why there is nothing to see. */
  readonly #trouble = make("p", "trouble");
  readonly #note = make("p", "reduced");
  readonly #name = make("span", "name");
  readonly #enlarge = make("button", "enlarge");
  #layout: MosaicLayout | undefined;
  #probe: Promise<Probe | undefined> | undefined;
  #legendNumbers = "";
  #isCompared = false;
  /** Whether every channel has a range of its own, which numbers cannot tell. */
  #hasOwnRanges = false;
  /** What a panel adds to the width of its mosaic. */
  #chrome = 0;
  #isAlone = false;
  #choice: LayerChoice;

  constructor(options: PanelOptions, choice: LayerChoice) {
    this.options = options;
    this.#choice = choice;
    const shape = describeShape(options.shape);
    const heading = make("figcaption", "heading");
    heading.append(this.#name, make("span", "detail", `${options.operator} · ${shape}`), this.#enlarge);
    this.#enlarge.type = "button";
    this.#enlarge.ariaPressed = "false";
    this.#enlarge.addEventListener("click", () => {
      this.#enlarge.ariaPressed = String(this.element.classList.toggle("wide"));
      this.options.onResize();
    });
    this.element.part = "panel";
    this.canvas.part = "mosaic";
    this.canvas.role = "img";
    this.canvas.tabIndex = 0;
    this.mark.hidden = true;
    const frame = make("div", "frame");
    frame.append(this.canvas, this.mark);
    this.#stage.append(frame, this.#trouble);
    const legend = make("div", "legend");
    legend.append(this.#low, this.#ramp, this.#high, this.#scope, this.#nonFinite, this.readout);
    this.element.append(heading, this.#stage, this.#note, legend);
    this.element.classList.toggle("picture", options.kind === "picture");
    this.change(choice);
    if (options.kind === "picture") this.#scope.textContent = "as the network gets it";
    for (const type of probeEvents) this.canvas.addEventListener(type, (event) => void this.#handle(event));
  }

  get layout(): MosaicLayout | undefined {
    return this.#layout;
  }

  get choice(): LayerChoice {
    return this.#choice;
  }

  /** Other channels of the same value, or another size. */
  change(choice: LayerChoice): void {
    const isOther = JSON.stringify(choice.channels) !== JSON.stringify(this.#choice.channels);
    this.#choice = choice;
    const title = this.#title;
    this.#name.textContent = title;
    this.#name.title = title;
    this.canvas.ariaLabel = `${title}: ${describeShape(this.options.shape)}, ${this.options.operator}. Arrow keys read values.`;
    this.#enlarge.ariaLabel = `Enlarge ${title}`;
    if (isOther) void this.#probe?.then((probe) => probe?.end());
    this.element.classList.toggle("large", choice.share !== undefined);
  }

  /** The element that a place of the mosaic shows, which may hold some channels only. */
  elementAt({ channel, y, x }: MapPoint): MapPoint {
    return { channel: this.#choice.channels?.[channel] ?? channel, y, x };
  }

  /**
   * What a mosaic may take of a gallery, in CSS pixels: as high as panels are wide at least, so that those of a row are alike, and units
   * of a dense layer no larger than one reads at a glance. An enlarged one takes all of the width.
   */
  roomIn(galleryWidth: number, windowHeight: number): { readonly width: number; readonly height?: number } {
    const { paddingLeft, paddingRight } = getComputedStyle(this.#stage);
    const border = this.element.offsetWidth - this.element.clientWidth;
    this.#chrome = Number.parseFloat(paddingLeft) + Number.parseFloat(paddingRight) + border;
    const { share = 1, isSmooth } = this.#choice;
    const own = galleryWidth < leastShare * share ? galleryWidth : (galleryWidth - gapOfPanels * (share - 1)) / share;
    const width = Math.max(32, own - this.#chrome);
    // A pixel for each element, and a little more, lest it be rounded off.
    const side = (elements = 1) => (elements + 0.5) / devicePixelRatio;
    if (isSmooth) return { width: side(this.options.maps?.width), height: side(this.options.maps?.height) };
    if (this.#choice.share)
      return {
        width: this.isDense ? Math.min(width, 16 * largestUnit) : width,
        height: (this.#choice.channels?.length === 1 ? 0.5 : 0.75) * windowHeight,
      };
    const { height: rows = 1, width: columns = 1, channels = 1 } = this.options.maps ?? {};
    // Of very many rows there is nothing to see in all of the width.
    if (this.element.classList.contains("wide") && rows <= 32 * columns) return { width };
    const least = Number.parseFloat(getComputedStyle(this.element).flexBasis) || 272;
    // Where one panel fills a row, its mosaic may be as high as it is wide.
    this.#isAlone = galleryWidth < 1.6 * least;
    // Many weights are no more than a point each in the height of maps.
    const usual = this.#choice.draws && channels * rows * columns > 2e4 ? 2 * least : least;
    const height = Math.min(this.#isAlone ? width : usual, 0.6 * windowHeight);
    if (!this.isDense) return { width, height };
    const unitColumns = chooseColumns({ channels, mapHeight: 1, mapWidth: 1 });
    return { width: Math.min(width, unitColumns * largestUnit), height };
  }

  /** Whether every unit is one cell, as after a dense layer or a global pool. */
  get isDense(): boolean {
    const { maps } = this.options;
    return maps?.width === 1 && maps.height === 1;
  }

  /** Shows in the panel why there is nothing to see; `undefined` removes it. */
  showProblem(problem: string | undefined): void {
    this.#trouble.textContent = problem ?? "";
    this.element.classList.toggle("troubled", problem !== undefined);
  }

  /** Sets the canvas's size on the page to whole device pixels. */
  place(layout: MosaicLayout): void {
    this.#layout = layout;
    this.showProblem(undefined);
    const width = layout.width / devicePixelRatio;
    this.canvas.style.width = `${width}px`;
    this.element.style.minWidth = this.#isAlone ? "100%" : `min(100%, ${Math.ceil(width + this.#chrome)}px)`;
    this.canvas.style.height = `${layout.height / devicePixelRatio}px`;
    void this.#noteReduction(layout);
  }

  /** Says where a mosaic is smaller than it should be. Few are, so the words are loaded then. */
  async #noteReduction(layout: MosaicLayout): Promise<void> {
    const { isReduced, mapHeight, mapWidth, tileHeight, tileWidth } = layout;
    const isSmaller = isReduced || 2 * tileHeight * mapWidth < tileWidth * mapHeight;
    // If they cannot be loaded, only they are lost.
    const words = isSmaller ? await import("./reduction.ts").catch(() => undefined) : undefined;
    if (layout === this.#layout) this.#note.textContent = words?.describeReduction(layout) ?? "";
  }

  /** Describes the colours of a mosaic. */
  describeColors({ ramp, zero }: LegendColors, normalization: Normalization, isCompared: boolean): void {
    this.#isCompared = isCompared;
    this.#ramp.style.background = ramp;
    // Gaps get a colour close to that of 0, so that they do not stand out.
    this.canvas.style.background = `color-mix(in srgb,${zero} 84%,#888)`;
    const isOwn = isPerChannel(normalization) && !this.isDense;
    const isBounded = isRobust(normalization) && !this.isDense;
    const scope = isOwn ? "each channel" : typeof normalization === "object" ? "fixed" : isBounded ? "robust" : "layer";
    this.#scope.textContent = isOwn && isBounded ? "each channel, robust" : scope;
    const range = isOwn ? "Every channel has a range of its own" : "One range for the whole layer";
    this.#scope.title = isBounded ? `${range}, to the size that 99% of the values other than 0 do not exceed` : range;
    if (isOwn) this.#setNumbers("low", "high");
    this.#hasOwnRanges = isOwn;
  }

  /** The numbers at the ends of the colour ramp, of either value where they are not the same, and what of the first has no place on it. */
  showRanges(ranges: readonly ViewRange[]): void {
    const { nanCount, infinityCount } = ranges[0] as ViewRange;
    const counts = [nanCount && `${nanCount.toLocaleString("en")} NaN`, infinityCount && `${infinityCount.toLocaleString("en")} infinite`];
    const text = counts.filter(Boolean).join(", ");
    if (this.#nonFinite.textContent !== text) this.#nonFinite.textContent = text;
    if (this.#hasOwnRanges) return;
    // A comparison of two networks shows magnitudes.
    const end = (numberOf: (range: ViewRange) => number) => [...new Set(ranges.map((range) => formatNumber(numberOf(range))))].join(" | ");
    this.#setNumbers(
      end(({ low, high }) => (this.#isCompared && low === -high ? 0 : low)),
      end(({ high }) => high),
    );
  }

  /** Reads the same place again, after a new frame. */
  async refreshProbe(): Promise<void> {
    (await this.#probe)?.refresh();
  }

  async #handle(event: Event): Promise<void> {
    const startsProbe = event.type === "pointermove" || event.type === "pointerdown" || event.type === "keydown";
    // Keeps the page from scrolling. After an `await` it would be too late.
    if (event instanceof KeyboardEvent && event.key.startsWith("Arrow")) event.preventDefault();
    if (!this.#probe && !startsProbe) return;
    // What comes while its code is loaded may move the canvas.
    const box = this.canvas.getBoundingClientRect();
    // If the probe's code cannot be loaded, only reading values is lost.
    this.#probe ??= import("./probe.ts").then(
      (part) => new part.Probe(this),
      () => undefined,
    );
    (await this.#probe)?.handle(event, box);
  }

  get #title(): string {
    const { value, compare, channels, title } = this.#choice;
    const name = title ?? (compare ? `${value} + ${compare}` : value);
    return channels?.length === 1 ? `${name} · ${this.isDense ? "unit" : "channel"} ${channels[0]}` : name;
  }

  #setNumbers(low: string, high: string): void {
    const text = `${low} ${high}`;
    if (text === this.#legendNumbers) return;
    this.#legendNumbers = text;
    this.#low.textContent = low;
    this.#high.textContent = high;
  }
}
