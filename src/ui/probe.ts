// Reads the elements under the pointer, or at a place that the arrow keys move. Loaded at the first pointer or key on a panel.

import { formatNumber } from "./format-number.ts";
import type { MosaicLayout } from "./mosaic/layout.ts";
import type { MapPoint } from "./mosaic/maps.ts";
import type { Panel } from "./panel.ts";
import { arrows, followPointer, placeMark, rectangleOf } from "./pointing.ts";
import styles from "./probe.css?inline";
import type { Query } from "./session/queries.ts";
import { adoptStyles } from "./style-sheet.ts";
import { textOfPlace } from "./train/weight-tiles.ts";
import type { ComparedPart } from "./views/view.ts";

/** Somebody reads the values of an element. */
export interface ProbeRequest {
  readonly value: string;
  readonly point: MapPoint;
  readonly question: Extract<Query, { kind: "probe" }>;
  /** Shows what was asked for: one value, or those of both networks, or one per colour. */
  answer(values: readonly number[]): void;
}

const styled = new WeakSet<Node>();

export class Probe {
  readonly #panel: Panel;
  #point: MapPoint | undefined;

  constructor(panel: Panel) {
    this.#panel = panel;
    const root = panel.element.getRootNode() as ShadowRoot;
    if (!styled.has(root)) adoptStyles(root, styles);
    styled.add(root);
  }

  /** @param box where the canvas was at the event */
  handle(event: Event, box: DOMRect): void {
    if (event instanceof KeyboardEvent) this.#onKey(event);
    else if (event.type === "blur") this.#move(undefined);
    else if (event.type === "click") this.#pick();
    else if (event instanceof PointerEvent) followPointer(event, box, this.#panel.layout, (point) => this.#move(point));
  }

  /** Of a comparison only what the mosaic shows, and how a difference comes about. */
  #show(point: MapPoint, values: readonly number[]): void {
    const { channel = 0, y = 0, x = 0 } = this.#point ?? {};
    if (!this.#point || point.channel !== channel || point.y !== y || point.x !== x) return;
    const { isDense, options, readout, choice } = this.#panel;
    const { channel: name } = this.#panel.elementAt(point);
    const { draws } = choice;
    const inMap = draws ? `channel ${name} · ${textOfPlace(draws.tiles, y, x)}` : `channel ${name} · y ${y} · x ${x}`;
    const place = options.kind === "picture" ? `y ${y} · x ${x}` : isDense ? `unit ${name}` : inMap;
    readout.textContent = `${place} · ${textOf(values, choice.shows)}`;
  }

  /** What lay under the point is no longer there. */
  end(): void {
    this.#move(undefined);
  }

  /** Reads the same place again, after a new frame. */
  refresh(): void {
    if (this.#point) this.#ask(this.#point);
  }

  #ask(point: MapPoint): void {
    const { choice, options } = this.#panel;
    const answer = (values: readonly number[]) => this.#show(point, values);
    options.onProbe({ value: choice.value, point: this.#panel.elementAt(point), question: this.#questionAt(point), answer });
  }

  /** Asks for the values under a point: of a picture, those of all channels. */
  #questionAt(point: MapPoint): ProbeRequest["question"] {
    const { choice, isDense, layout, options } = this.#panel;
    const { value, compare, axes, draws } = choice;
    const { y, x } = point;
    const { mapHeight, mapWidth } = layout as MosaicLayout;
    // A picture in a vector is one plane after the other, of as many units as it has pixels.
    const [size, unit] = isDense ? [mapHeight * mapWidth, y * mapWidth + x] : [1];
    const place = (plane: number) => (unit === undefined ? { channel: plane, y, x } : { channel: plane * size + unit, y: 0, x: 0 });
    const all = () => Array.from({ length: (options.maps?.channels ?? 1) / size }, (_, plane) => place(plane));
    return { kind: "probe", value, compare, axes, draws, points: options.kind === "picture" ? all() : [this.#panel.elementAt(point)] };
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
    if (point) this.#ask(point);
  }

  #pick(): void {
    const { choice, options } = this.#panel;
    if (!this.#point) return;
    const point = this.#panel.elementAt(this.#point);
    // A weight has no place on the maps.
    if (choice.draws) options.onPick(choice.draws.tiles.value, { ...point, y: 0, x: 0 });
    else options.onPick(choice.value, point);
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

function textOf(values: readonly number[], shows: ComparedPart | undefined): string {
  const [first, second] = values;
  if (!shows || first === undefined || second === undefined) return values.map(formatNumber).join(" | ");
  if (shows === "difference") return `${formatNumber(second - first)} = ${formatNumber(second)} − ${formatNumber(first)}`;
  return formatNumber(shows === "first" ? first : second);
}
