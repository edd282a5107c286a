// Small mosaics of many values on one canvas: a canvas for each of hundreds would be too many. Loaded with the first sheet.
import { layoutMosaic, type MosaicLayout } from "../mosaic/layout.ts";
import { preparePicture } from "./picture-view.ts";
import type { Drawn, SheetCell, View, ViewContext } from "./view.ts";

/** Device pixels of a tile's side at least, where there is room for one: smaller ones show nothing. */
const smallestTile = 12;

/** A value that has no maps is left out: its place stays empty, and the others are drawn. */
export async function prepareSheet(context: ViewContext, view: View): Promise<Drawn> {
  const cells = view.cells ?? [];
  const made = await Promise.all(cells.map((cell) => prepareCell(context, view, cell).catch(() => undefined)));
  const drawings = made.filter((one) => one !== undefined);
  const { width, height = 1 } = view;
  return {
    layout: {
      channels: 1,
      mapHeight: height,
      mapWidth: width,
      columns: 1,
      rows: 1,
      tileWidth: width,
      tileHeight: height,
      gap: 0,
      width,
      height,
    },
    statistics: drawings.flatMap(({ statistics }) => statistics),
    finishRanges(pass) {
      for (const drawing of drawings) drawing.finishRanges(pass);
    },
    encodePixels(pass, target) {
      for (const drawing of drawings) drawing.encodePixels(pass, target);
    },
    draw(encoder, target) {
      for (const drawing of drawings) drawing.draw(encoder, target);
    },
    dispose() {
      for (const drawing of drawings) drawing.dispose();
    },
  };
}

async function prepareCell(context: ViewContext, view: View, cell: SheetCell): Promise<Drawn> {
  const { renderer, appearance } = context;
  if (cell.isPicture) return preparePicture(context, { ...view, ...cell }, [cell.x, cell.y]);
  const source = await context.source({ ...view, value: cell.value, axes: undefined });
  const layout = layoutCell(cell, source.view);
  return renderer.mosaic(cell.value, source, {
    layout,
    normalization: appearance.normalization,
    colorMap: appearance.colorMap,
    isSigned: context.canBeNegative(cell.value),
    origin: [cell.x + Math.floor((cell.width - layout.width) / 2), cell.y + Math.floor((cell.height - layout.height) / 2)],
  });
}

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
