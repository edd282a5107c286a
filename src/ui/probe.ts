// Reads the elements under the pointer, or at a place that the arrow keys move. Loaded at the first pointer or key on a panel.

import { formatNumber } from "./format-number.ts";
import type { MapPoint, MosaicLayout } from "./mosaic/layout.ts";
import { arrows, followPointer, placeMark, rectangleOf } from "./pointing.ts";
import styles from "./probe.css?inline";
import { adoptStyles } from "./style-sheet.ts";

/** The parts of a panel that a probe works on. */
export interface ProbedPanel {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  /** Drawn around the element that is read. */
  readonly mark: HTMLElement;
  readonly readout: HTMLElement;
  readonly layout: MosaicLayout | undefined;
  /** What a place is called: a picture has no channels to choose from, a dense layer only units. */
  readonly places: "picture" | "units" | "maps";
  /** The element that a place of the mosaic shows. */
  elementAt(point: MapPoint): MapPoint;
  /** Asks for the values under the point; answers come through {@link Probe.show}. */
  ask(point: MapPoint): void;
  /** Somebody wants to see more of what lies under the point. */
  pick(point: MapPoint): void;
}

const styled = new WeakSet<Node>();

export class Probe {
  readonly #panel: ProbedPanel;
  #point: MapPoint | undefined;

  constructor(panel: ProbedPanel) {
    this.#panel = panel;
    const root = panel.element.getRootNode() as ShadowRoot;
    if (!styled.has(root)) adoptStyles(root, styles);
    styled.add(root);
  }

  handle(event: Event): void {
    if (event instanceof KeyboardEvent) this.#onKey(event);
    else if (event.type === "blur") this.#move(undefined);
    else if (event.type === "click") this.#pick();
    else if (event instanceof PointerEvent) followPointer(event, this.#panel.canvas, this.#panel.layout, (point) => this.#move(point));
  }

  /** One value, or those of both networks, or one per colour. */
  show(point: MapPoint, values: readonly number[]): void {
    const { channel = 0, y = 0, x = 0 } = this.#point ?? {};
    if (!this.#point || point.channel !== channel || point.y !== y || point.x !== x) return;
    const { places, readout } = this.#panel;
    const { channel: name } = this.#panel.elementAt(point);
    const place = { picture: `y ${y} · x ${x}`, units: `unit ${name}`, maps: `channel ${name} · y ${y} · x ${x}` }[places];
    readout.textContent = `${place} · ${values.map(formatNumber).join(" | ")}`;
  }

  /** What lay under the point is no longer there. */
  end(): void {
    this.#move(undefined);
  }

  /** Reads the same place again, after a new frame. */
  refresh(): void {
    if (this.#point) this.#panel.ask(this.#point);
  }

  #move(point: MapPoint | undefined): void {
    const old = this.#point;
    if (old && point && old.channel === point.channel && old.y === point.y && old.x === point.x) return;
    this.#point = point;
    const { element, mark, readout, layout } = this.#panel;
    element.classList.toggle("probing", point !== undefined);
    mark.hidden = point === undefined;
    if (!point) readout.textContent = "";
    else if (layout) placeMark(mark, rectangleOf(layout, point), layout);
    if (point) this.#panel.ask(point);
  }

  #pick(): void {
    if (this.#point) this.#panel.pick(this.#point);
  }

  /** Arrows move by one element, with Shift by one channel; Escape ends. */
  #onKey(event: KeyboardEvent): void {
    const { layout } = this.#panel;
    const arrow = arrows[event.key];
    if (event.key === "Escape") this.#move(undefined);
    if (event.key === "Enter") this.#pick();
    if (!layout || !arrow) return;
    const { channel, y, x } = this.#point ?? { channel: 0, y: 0, x: 0 };
    const [dx, dy] = arrow;
    const isSingle = layout.mapHeight === 1 && layout.mapWidth === 1;
    const next =
      event.shiftKey || isSingle
        ? { channel: channel + dx + dy * layout.columns, y, x }
        : { channel, y: Math.min(layout.mapHeight - 1, Math.max(0, y + dy)), x: Math.min(layout.mapWidth - 1, Math.max(0, x + dx)) };
    if (next.channel >= 0 && next.channel < layout.channels) this.#move(this.#point ? next : { channel, y, x });
  }
}
