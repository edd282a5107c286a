// Parts of values on the thumbnails of an overview, as outlines on one drawing over all of them.
import { html, render, svg } from "lit";
import type { DrawableLayer } from "../layers.ts";
import { make } from "../make.ts";
import { layoutMosaic, type MosaicLayout } from "../mosaic/layout.ts";
import { layoutCell } from "../views/sheet-cell.ts";
import type { ValueMark } from "./highlights.ts";
import { mapsOfLayer } from "./place.ts";
import type { Thumbnail } from "./sheets.ts";
import { boxesOnTiles } from "./tile-boxes.ts";

/** Where a thumbnail's tiles lie. */
interface Placed {
  readonly thumbnail: Thumbnail;
  readonly layout: MosaicLayout;
}

export class BandMarks {
  readonly element = make("div", "band-marks");
  #placed: readonly Placed[] = [];
  #marks: readonly ValueMark[] = [];
  #size = { width: 0, height: 0 };

  constructor() {
    this.element.ariaHidden = "true";
  }

  /** Other thumbnails are shown. @param size of what they lie on, in CSS pixels */
  place(
    thumbnails: readonly Thumbnail[],
    layers: ReadonlyMap<string, DrawableLayer>,
    size: { readonly width: number; readonly height: number },
  ) {
    this.#size = size;
    this.#placed = thumbnails.flatMap((thumbnail) => {
      const layer = layers.get(thumbnail.value);
      return layer ? [{ thumbnail, layout: layoutOf(thumbnail, layer) }] : [];
    });
    this.#draw();
  }

  show(marks: readonly ValueMark[]): void {
    if (marks.length === 0 && this.#marks.length === 0) return;
    this.#marks = marks;
    this.#draw();
  }

  #draw(): void {
    const thumbnails = new Map(this.#placed.map((placed) => [placed.thumbnail.value, placed]));
    const paths = this.#marks.flatMap((mark) => {
      const placed = thumbnails.get(mark.value);
      return placed ? [{ kind: mark.kind, d: pathOf(mark, placed) }] : [];
    });
    const { width, height } = this.#size;
    // A light line under a dark one, so that it is seen on any map.
    const template = html`<svg width=${Math.ceil(width)} height=${Math.ceil(height)}>
      ${paths.map(({ kind, d }) => svg`<path class="under" d=${d} /><path class=${`of-${kind}`} d=${d} />`)}
    </svg>`;
    render(paths.length > 0 ? template : html``, this.element);
  }
}

/** As the sheet draws it, in device pixels. */
function layoutOf({ isPicture, side }: Thumbnail, layer: DrawableLayer): MosaicLayout {
  const length = Math.round(side * devicePixelRatio);
  const cell = { width: length, height: length };
  const maps = mapsOfLayer(layer);
  return isPicture ? layoutMosaic({ ...cell, channels: 1, mapHeight: maps.height, mapWidth: maps.width }) : layoutCell(cell, maps);
}

/** Of channels that the thumbnail does not show, its frame. */
function pathOf({ box }: ValueMark, { thumbnail: { x, y, side, isPicture }, layout }: Placed): string {
  const ratio = devicePixelRatio;
  const inset = (length: number) => Math.floor((Math.round(side * ratio) - length) / 2);
  const [left, top] = [Math.round(x * ratio) + inset(layout.width), Math.round(y * ratio) + inset(layout.height)];
  const boxes = boxesOnTiles(layout, isPicture ? { ...box, channels: [0, 1] } : box);
  if (boxes.length === 0) return rectangle(x, y, side, side);
  return boxes.map((one) => rectangle((left + one.x) / ratio, (top + one.y) / ratio, one.width / ratio, one.height / ratio)).join("");
}

function rectangle(x: number, y: number, width: number, height: number): string {
  const rounded = [x, y, Math.max(2, width), Math.max(2, height)].map((length) => Math.round(length * 10) / 10);
  const [left = 0, top = 0, across = 0, down = 0] = rounded;
  return `M${left} ${top}h${across}v${down}h${-across}z`;
}
