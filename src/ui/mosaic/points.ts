// Which element of a value lies under a pixel of its mosaic, and where an element lies. For pointers and keys: loaded with what reads them. Pure.
import { ModelError } from "../../engine/errors.ts";
import type { MosaicLayout } from "./layout.ts";
import type { MapPoint, MapView } from "./maps.ts";

/** @throws ModelError where the maps of a value have no such place */
export function checkPoint(value: string, { channels, height, width }: MapView, { channel, y, x }: MapPoint): void {
  const isIn = (at: number, extent: number) => Number.isInteger(at) && at >= 0 && at < extent;
  if (isIn(channel, channels) && isIn(y, height) && isIn(x, width)) return;
  const maps = `${channels} ${channels === 1 ? "channel" : "channels"} of ${height} × ${width}`;
  throw new ModelError(`'${value}' has no channel ${channel}, y ${y}, x ${x}: it has ${maps}, counted from 0.`);
}

/** The element under a pixel; in a shrunken tile the first of those averaged. undefined in a gap or an empty cell. */
export function pointAt(layout: MosaicLayout, px: number, py: number): MapPoint | undefined {
  const { tileWidth, tileHeight, gap, columns } = layout;
  if (px < 0 || py < 0 || px >= layout.width || py >= layout.height) return undefined;
  const column = Math.floor(px / (tileWidth + gap));
  const row = Math.floor(py / (tileHeight + gap));
  const x = Math.floor(px) - column * (tileWidth + gap);
  const y = Math.floor(py) - row * (tileHeight + gap);
  const channel = row * columns + column;
  if (x >= tileWidth || y >= tileHeight || channel >= layout.channels) return undefined;
  return { channel, y: Math.floor((y * layout.mapHeight) / tileHeight), x: Math.floor((x * layout.mapWidth) / tileWidth) };
}

/** The pixel rectangle that shows an element: the inverse of {@link pointAt}. */
export function rectangleOf(layout: MosaicLayout, point: MapPoint): { x: number; y: number; width: number; height: number } {
  const { tileWidth, tileHeight, gap, columns } = layout;
  const left = (point.channel % columns) * (tileWidth + gap);
  const top = Math.floor(point.channel / columns) * (tileHeight + gap);
  const x = Math.ceil((point.x * tileWidth) / layout.mapWidth);
  const y = Math.ceil((point.y * tileHeight) / layout.mapHeight);
  const width = Math.max(1, Math.ceil(((point.x + 1) * tileWidth) / layout.mapWidth) - x);
  const height = Math.max(1, Math.ceil(((point.y + 1) * tileHeight) / layout.mapHeight) - y);
  return { x: left + x, y: top + y, width, height };
}
