// Small mosaics of many values on one canvas: a canvas for each of hundreds would be too many. Loaded with the first sheet.
import { preparePicture } from "./picture-view.ts";
import { layoutCell } from "./sheet-cell.ts";
import type { Drawn, SheetCell, View, ViewContext } from "./view.ts";

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
    gamma: appearance.gamma,
    isSigned: context.canBeNegative(cell, "first"),
    origin: [cell.x + Math.floor((cell.width - layout.width) / 2), cell.y + Math.floor((cell.height - layout.height) / 2)],
  });
}
