// Where a part of maps lies on a mosaic, in its pixels. Pure.
import type { MapBox } from "../elements/places.ts";
import type { MosaicLayout } from "../mosaic/layout.ts";
import { rectangleOf } from "../mosaic/points.ts";

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Tiles that are boxed one by one; of more, what is around them is. */
const mostTiles = 256;

/** @param shown the channels of the tiles; those from 0 on where absent */
export function boxesOnTiles(
  layout: MosaicLayout,
  { channels: [first, end], y, x }: MapBox,
  shown?: readonly number[],
): readonly Rectangle[] {
  const tiles = Array.from({ length: layout.channels }, (_, tile) => tile).filter((tile) => {
    const channel = shown?.[tile] ?? tile;
    return channel >= first && channel < end;
  });
  const boxes = tiles.map((channel) =>
    around([rectangleOf(layout, { channel, y: y[0], x: x[0] }), rectangleOf(layout, { channel, y: y[1] - 1, x: x[1] - 1 })]),
  );
  const isUnits = layout.mapHeight * layout.mapWidth === 1;
  const isOne = boxes.length > mostTiles || (isUnits && boxes.length > 1);
  return isOne ? [around(boxes)] : boxes;
}

function around(boxes: readonly Rectangle[]): Rectangle {
  const x = Math.min(...boxes.map((box) => box.x));
  const y = Math.min(...boxes.map((box) => box.y));
  const right = Math.max(...boxes.map((box) => box.x + box.width));
  const bottom = Math.max(...boxes.map((box) => box.y + box.height));
  return { x, y, width: right - x, height: bottom - y };
}
