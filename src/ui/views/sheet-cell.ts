// How a value is drawn in its cell of a sheet. Pure.
import { layoutMosaic, type MosaicLayout } from "../mosaic/layout.ts";
import type { SheetCell } from "./view.ts";

/** Device pixels of a tile's side at least, where there is room for one: smaller ones show nothing. */
const smallestTile = 12;

/** The first channels, as many as can be told apart. */
export function layoutCell(
  { width, height }: Pick<SheetCell, "width" | "height">,
  { channels, height: mapHeight, width: mapWidth }: { readonly channels: number; readonly height: number; readonly width: number },
): MosaicLayout {
  const tile = mapHeight * mapWidth === 1 ? 1 : smallestTile;
  const room = Math.max(1, Math.floor(width / tile) * Math.floor(height / tile));
  const shown = Math.min(channels, room);
  const layout = layoutMosaic({
    channels: shown,
    mapHeight,
    mapWidth,
    width,
    height,
    columns: columnsIn(shown, mapHeight, mapWidth, width / height),
  });
  return layout.width <= width && layout.height <= height
    ? layout
    : { ...layout, width: Math.min(layout.width, width), height: Math.min(layout.height, height) };
}

/** As many columns as make the mosaic most like its cell. */
function columnsIn(channels: number, mapHeight: number, mapWidth: number, aspect: number): number {
  return Math.max(1, Math.min(channels, Math.round(Math.sqrt((channels * aspect * mapHeight) / mapWidth))));
}
