// Parts of values, marked wherever the values are shown: on panels, and on thumbnails of the overview. What is changed in the network, and what is
// explained, stays marked; what the pointer is over is marked lightly, until it leaves.
import type { FieldOnMaps } from "../elements/fields.ts";
import type { MapBox } from "../elements/places.ts";
import type { Gallery } from "../gallery.ts";
import { make } from "../make.ts";
import type { MapPoint, MapView } from "../mosaic/maps.ts";
import type { Panel } from "../panel.ts";
import type { Band } from "./band.ts";
import { describeSpan } from "./element-words.ts";
import { boxesOnTiles, type Rectangle } from "./tile-boxes.ts";

/**
 * An element itself, what it depends on, most of what moves it, or a term of its formula; a channel that is changed, or one of which there is
 * something to know, which is marked on panels alone.
 */
type MarkKind = "own" | "field" | "core" | "term" | "changed" | StateKind;

/** What there is to know of a channel: it is 0 everywhere, at a bound of its activation, or not finite. */
export type StateKind = "silent" | "saturated" | "non-finite";
const stateKinds: readonly string[] = ["silent", "saturated", "non-finite"] satisfies readonly StateKind[];

export interface ValueMark {
  readonly value: string;
  readonly box: MapBox;
  readonly kind: MarkKind;
  /** Under the pointer. */
  readonly text: string;
  /** Written into it. */
  readonly label?: string | undefined;
}

function isOfChannels(kind: MarkKind): boolean {
  return kind === "changed" || stateKinds.includes(kind);
}

/** Boxes of one mark on one panel: what they show is alike on all of its tiles. */
const mostBoxes = 64;
/** CSS pixels of a side of the least tile that has room for a word. */
const leastNamed = 22;

export class Highlights {
  readonly #gallery: Gallery;
  readonly #band: Band;
  #standing: readonly ValueMark[] = [];
  #kept: readonly ValueMark[] = [];
  #passing: readonly ValueMark[] = [];
  #elements: readonly Element[] = [];

  constructor(gallery: Gallery, band: Band) {
    this.#gallery = gallery;
    this.#band = band;
  }

  /** Marks what is changed in the network, wherever one looks. */
  stand(marks: readonly ValueMark[]): void {
    if (marks.length === 0 && this.#standing.length === 0) return;
    this.#standing = marks;
    this.#show();
  }

  /** Marks what is explained, in place of what was. */
  keep(marks: readonly ValueMark[]): void {
    this.#kept = marks;
    this.#show();
  }

  /** Marks what the pointer, or the focus, is over; nothing ends it. */
  pass(marks: readonly ValueMark[]): void {
    if (marks.length === 0 && this.#passing.length === 0) return;
    this.#passing = marks;
    this.#show();
  }

  #show(): void {
    for (const element of this.#elements) element.remove();
    const standing = [...this.#standing, ...this.#kept];
    this.#elements = [
      ...standing.flatMap((mark) => this.#onPanels(mark, "")),
      ...this.#passing.flatMap((mark) => this.#onPanels(mark, " light")),
    ];
    this.#band.mark([...standing, ...this.#passing].filter(({ kind }) => !stateKinds.includes(kind)));
  }

  #onPanels({ value, box, kind, text, label }: ValueMark, look: string): Element[] {
    return this.#gallery.panelsOf(value).flatMap((panel) => {
      const { layout } = panel;
      // Gates, and what is known of channels, are of the first of two networks.
      const isOfOther = panel.choice.shows === "second" && isOfChannels(kind);
      if (!layout || isOfOther) return [];
      // A picture is one tile, whatever its channels.
      const isPicture = panel.options.kind === "picture";
      const boxes = boxesOnTiles(layout, isPicture ? { ...box, channels: [0, 1] } : box, isPicture ? undefined : panel.choice.channels);
      return boxes.slice(0, mostBoxes).map((part) => {
        const isRoomy = kind !== "changed" || Math.min(part.width, part.height) >= leastNamed * devicePixelRatio;
        return drawOn(panel, part, { className: `field ${kind}${look}`, text, label: isRoomy ? label : undefined });
      });
    });
  }
}

interface Looks extends Pick<ValueMark, "text" | "label"> {
  readonly className: string;
}

/** In shares of the mosaic, which may be shown smaller. */
function drawOn(panel: Panel, { x, y, width, height }: Rectangle, { className, text, label }: Looks): Element {
  const { layout, canvas } = panel;
  const element = make("div", className, label);
  element.title = text;
  const percent = (part: number, whole = 1) => `${(100 * part) / whole}%`;
  Object.assign(element.style, {
    left: percent(x, layout?.width),
    top: percent(y, layout?.height),
    width: percent(width, layout?.width),
    height: percent(height, layout?.height),
  });
  canvas.parentElement?.append(element);
  return element;
}

/** All of a channel's map. */
export function boxOfChannel({ height, width }: Pick<MapView, "height" | "width">, channel: number): MapBox {
  return { channels: [channel, channel + 1], y: [0, height], x: [0, width] };
}

/** The marks of an element and of all that it depends on. */
export function marksOf(value: string, { channel, y, x }: MapPoint, fields: readonly FieldOnMaps[]): readonly ValueMark[] {
  const own: ValueMark = {
    value,
    box: { channels: [channel, channel + 1], y: [y, y + 1], x: [x, x + 1] },
    kind: "own",
    text: "The element that is explained",
  };
  return [own, ...fields.map((field): ValueMark => ({ value: field.value, box: field, kind: "field", text: describeField(field) }))];
}

function describeField({ y, x, isExact }: FieldOnMaps): string {
  return `It depends on ${isExact ? "" : "at most "}${describeSpan("row", y)}, ${describeSpan("column", x)}`;
}
