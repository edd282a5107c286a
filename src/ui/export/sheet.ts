// Pictures row by row on one, each with what it is of above it.
import { contextOf } from "./paint.ts";

export interface Captioned {
  readonly caption: string;
  readonly picture: OffscreenCanvas;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Pixels of a caption's line and around each picture. */
const captionHeight = 22;
const margin = 12;
/** Pixels of a sheet's width, unless one picture is wider. Of very many it is wider, so that it is at most three times as high. */
const usualWidth = 1600;
const widest = 8192;
const steepest = 3;

/** On white. */
export function drawSheet(pictures: readonly Captioned[]): OffscreenCanvas {
  const { places, width, height } = placePictures(pictures.map(({ picture }) => picture));
  const sheet = new OffscreenCanvas(width, height);
  const context = contextOf(sheet);
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.fillStyle = "#1b1f27";
  context.font = "14px system-ui, sans-serif";
  pictures.forEach(({ caption, picture }, i) => {
    const { x, y } = places[i] as (typeof places)[number];
    context.fillText(caption, x, y + captionHeight - 8, picture.width);
    context.drawImage(picture, x, y + captionHeight);
  });
  return sheet;
}

/** The place of each with its caption, row by row, and what all take. Pure. */
export function placePictures(sizes: readonly Size[]) {
  let width = Math.max(usualWidth, ...sizes.map((size) => size.width + 2 * margin));
  let placed = rowsIn(width, sizes);
  for (; placed.height > steepest * width && width < widest; placed = rowsIn(width, sizes))
    width = Math.min(widest, Math.ceil(1.25 * width));
  return { ...placed, width };
}

function rowsIn(room: number, sizes: readonly Size[]) {
  let [x, y, rowHeight] = [margin, margin, 0];
  const places = sizes.map(({ width, height }) => {
    if (x > margin && x + width + margin > room) {
      x = margin;
      y += rowHeight + captionHeight + margin;
      rowHeight = 0;
    }
    const place = { x, y };
    x += width + margin;
    rowHeight = Math.max(rowHeight, height);
    return place;
  });
  return { places, height: y + rowHeight + captionHeight + margin };
}
