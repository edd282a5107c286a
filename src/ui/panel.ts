// One layer on the page: its name, its mosaic, a legend, and a probe that follows the pointer or the arrow keys.
import type { LayerChoice } from "./layers.ts";
import { type ColorMap, type ComparePair, comparePairs, cssGradient } from "./mosaic/color-map.ts";
import { type MapPoint, type MosaicLayout, pointAt, rectangleOf } from "./mosaic/layout.ts";
import { isPerChannel, type Normalization } from "./mosaic/normalization.ts";
import type { ViewKind } from "./views/view.ts";

export interface PanelOptions {
  /** The view's, which tells panels apart. */
  readonly id: string;
  readonly kind: ViewKind;
  readonly choice: LayerChoice;
  readonly operator: string;
  readonly shape: readonly number[];
  readonly channels: number;
  /** Asks for the values under the point; answers come through {@link Panel.showProbe}. */
  readonly onProbe: (panel: Panel, point: MapPoint | undefined) => void;
  readonly onResize: () => void;
}

export class Panel {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly options: PanelOptions;
  isVisible = false;
  readonly #stage: HTMLElement;
  readonly #mark: HTMLElement;
  readonly #low: HTMLElement;
  readonly #high: HTMLElement;
  readonly #ramp: HTMLElement;
  readonly #scope: HTMLElement;
  readonly #readout: HTMLOutputElement;
  readonly #trouble: HTMLElement;
  readonly #note: HTMLElement;
  #layout: MosaicLayout | undefined;
  #point: MapPoint | undefined;
  #legendNumbers = "";
  #isCompared = false;

  constructor(options: PanelOptions) {
    this.options = options;
    const title = titleOf(options.choice);
    this.element = make("figure", "panel");
    const heading = make("figcaption", "heading");
    const name = make("span", "name", title);
    name.title = title;
    const enlarge = make("button", "enlarge");
    enlarge.type = "button";
    enlarge.ariaLabel = `Enlarge ${title}`;
    enlarge.ariaPressed = "false";
    enlarge.addEventListener("click", () => {
      enlarge.ariaPressed = String(this.element.classList.toggle("wide"));
      options.onResize();
    });
    heading.append(name, make("span", "detail", `${options.operator} · ${describeShape(options.shape)}`), enlarge);
    this.canvas = make("canvas", "mosaic");
    this.canvas.role = "img";
    this.canvas.tabIndex = 0;
    this.canvas.ariaLabel = `${title}: ${describeShape(options.shape)}, output of ${options.operator}. Arrow keys read values.`;
    this.#mark = make("div", "mark");
    this.#mark.hidden = true;
    const frame = make("div", "frame");
    frame.append(this.canvas, this.#mark);
    this.#stage = make("div", "stage");
    this.#stage.append(frame);
    this.#low = make("span", "low");
    this.#high = make("span", "high");
    this.#ramp = make("span", "ramp");
    this.#scope = make("span", "scope");
    this.#readout = make("output", "readout");
    const legend = make("div", "legend");
    legend.append(this.#low, this.#ramp, this.#high, this.#scope, this.#readout);
    this.#trouble = make("p", "trouble");
    this.#note = make("p", "reduced");
    this.#stage.append(this.#trouble);
    this.element.append(heading, this.#stage, this.#note, legend);
    this.canvas.addEventListener("pointermove", (event) => this.#probe(this.#pointUnder(event)));
    this.canvas.addEventListener("pointerleave", () => this.#probe(undefined));
    this.canvas.addEventListener("blur", () => this.#probe(undefined));
    this.canvas.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** Width for the mosaic in CSS pixels. A single small map need not fill the panel. */
  get mosaicWidth(): number {
    const { paddingLeft, paddingRight } = getComputedStyle(this.#stage);
    const room = Math.max(32, this.#stage.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight));
    return this.options.channels === 1 || this.options.kind === "picture" ? Math.min(room, 480) : room;
  }

  /** Whether every unit is one cell, as after a dense layer. */
  get isDense(): boolean {
    return this.options.shape.length <= 2;
  }

  /** Says in the panel's own place why there is nothing to see; undefined takes it back. */
  showProblem(problem: string | undefined): void {
    this.#trouble.textContent = problem ?? "";
    this.element.classList.toggle("troubled", problem !== undefined);
  }

  /** Sets the canvas's size on the page to whole device pixels. */
  place(layout: MosaicLayout): void {
    this.#layout = layout;
    this.showProblem(undefined);
    this.canvas.style.width = `${layout.width / devicePixelRatio}px`;
    this.canvas.style.height = `${layout.height / devicePixelRatio}px`;
    this.#note.textContent = layout.isReduced ? describeReduction(layout) : "";
    this.element.classList.toggle("picture", this.options.kind === "picture");
    if (this.options.kind === "picture") this.#scope.textContent = "as the network gets it";
  }

  /** Describes the colours of a mosaic. */
  describeColors(map: ColorMap, normalization: Normalization, pair: ComparePair | undefined): void {
    this.#isCompared = pair !== undefined;
    const gradient = (color: readonly number[]) => `linear-gradient(to right,#000,rgb(${color.map((part) => part * 255).join()}))`;
    this.#ramp.style.background = pair
      ? `${gradient(comparePairs[pair][0])} top/100% 50% no-repeat,${gradient(comparePairs[pair][1])} bottom/100% 50% no-repeat`
      : cssGradient(map);
    this.#scope.textContent =
      isPerChannel(normalization) && !this.isDense ? "each channel" : typeof normalization === "object" ? "fixed" : "layer";
    const isOwn = isPerChannel(normalization) && !this.isDense;
    this.#scope.title = isOwn ? "Every channel has a range of its own" : "One range for the whole layer";
    if (isOwn) this.#setNumbers("low", "high");
    this.element.classList.toggle("own-ranges", isOwn);
  }

  /** The numbers at the ends of the colour ramp. */
  showRange([low, high]: readonly [number, number]): void {
    if (this.element.classList.contains("own-ranges")) return;
    // A comparison of two networks shows magnitudes.
    const start = this.#isCompared && low === -high ? 0 : low;
    this.#setNumbers(formatNumber(start), formatNumber(high));
  }

  /** What lies under the pointer: one value, or those of both networks. */
  showProbe(point: MapPoint, values: readonly number[]): void {
    if (point !== this.#point) return;
    const { channel, y, x } = point;
    const place =
      this.options.kind === "picture" ? `y ${y} · x ${x}` : this.isDense ? `unit ${channel}` : `channel ${channel} · y ${y} · x ${x}`;
    this.#readout.textContent = `${place} · ${values.map(formatNumber).join(" | ")}`;
  }

  /** Reads the same place again, after a new frame. */
  refreshProbe(): void {
    if (this.#point) this.options.onProbe(this, this.#point);
  }

  #setNumbers(low: string, high: string): void {
    const text = `${low} ${high}`;
    if (text === this.#legendNumbers) return;
    this.#legendNumbers = text;
    this.#low.textContent = low;
    this.#high.textContent = high;
  }

  #pointUnder(event: PointerEvent): MapPoint | undefined {
    const layout = this.#layout;
    const box = this.canvas.getBoundingClientRect();
    if (!layout || box.width === 0) return undefined;
    return pointAt(
      layout,
      ((event.clientX - box.left) * layout.width) / box.width,
      ((event.clientY - box.top) * layout.height) / box.height,
    );
  }

  #probe(point: MapPoint | undefined): void {
    const old = this.#point;
    if (old && point && old.channel === point.channel && old.y === point.y && old.x === point.x) return;
    this.#point = point;
    this.element.classList.toggle("probing", point !== undefined);
    this.#mark.hidden = point === undefined;
    if (!point) this.#readout.textContent = "";
    else if (this.#layout) {
      const { x, y, width, height } = rectangleOf(this.#layout, point);
      const percent = (part: number, whole: number) => `${(100 * part) / whole}%`;
      const { width: all, height: full } = this.#layout;
      Object.assign(this.#mark.style, {
        left: percent(x, all),
        top: percent(y, full),
        width: percent(width, all),
        height: percent(height, full),
      });
    }
    this.options.onProbe(this, point);
  }

  /** Arrows move by one element, with Shift by one channel; Escape ends. */
  #onKey(event: KeyboardEvent): void {
    const layout = this.#layout;
    const arrows: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
    };
    const arrow = arrows[event.key];
    if (event.key === "Escape") this.#probe(undefined);
    if (!layout || !arrow) return;
    event.preventDefault();
    const { channel, y, x } = this.#point ?? { channel: 0, y: 0, x: 0 };
    const [dx, dy] = arrow;
    const isSingle = layout.mapHeight === 1 && layout.mapWidth === 1;
    const next =
      event.shiftKey || isSingle
        ? { channel: channel + dx + dy * layout.columns, y, x }
        : { channel, y: Math.min(layout.mapHeight - 1, Math.max(0, y + dy)), x: Math.min(layout.mapWidth - 1, Math.max(0, x + dx)) };
    if (next.channel >= 0 && next.channel < layout.channels) this.#probe(this.#point ? next : { channel, y, x });
  }
}

function titleOf({ value, compare }: LayerChoice): string {
  return compare ? `${value} + ${compare}` : value;
}

function describeReduction({ mapHeight, mapWidth, height, width, channels }: MosaicLayout): string {
  const what = `${channels === 1 ? "A map" : `${channels.toLocaleString("en")} maps`} of ${mapHeight.toLocaleString("en")} × ${mapWidth.toLocaleString("en")}`;
  return `${what}, drawn smaller: ${width.toLocaleString("en")} × ${height.toLocaleString("en")} pixels are what a picture can have here.`;
}

/** "32 × 26 × 26" without the batch axis of one. */
function describeShape(shape: readonly number[]): string {
  const [batch, ...rest] = shape;
  return (rest.length > 0 && batch === 1 ? rest : shape).join(" × ");
}

/** Four significant digits, short. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  const text = size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(2) : String(Number(value.toPrecision(4)));
  return text.replace("-", "−");
}

/** An element with a class and text. */
export function make<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, className: string, text = ""): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  element.className = className;
  if (text) element.textContent = text;
  return element;
}
