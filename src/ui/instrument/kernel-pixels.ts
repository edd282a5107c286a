// Kernels as pixels: where their tiles lie, and their colours. Pure.
import type { Kernels } from "../kernels/request.ts";
import { layoutMosaic, type MosaicLayout } from "../mosaic/layout.ts";

/** CSS pixels of a weight's side at most, of a tile's side where all cannot be seen at once, of their height then, and between tiles. */
const largestCell = 9;
const leastTile = 40;
const mostHeight = 400;
const gap = 3;

/** As many tiles in a row as there is room for, as large as they can be seen at once. */
export function layoutKernels({ tiles, rows, columns }: Kernels, room: number, pixelRatio: number): MosaicLayout {
  const least = Math.max(1, Math.min(largestCell, Math.floor(leastTile / Math.max(rows, columns))));
  const acrossAt = (cell: number) => Math.max(1, Math.min(tiles, Math.floor((room + gap) / (columns * cell + gap))));
  const heightAt = (cell: number) => Math.ceil(tiles / acrossAt(cell)) * (rows * cell + gap);
  let cell = largestCell;
  while (cell > least && (heightAt(cell) > mostHeight || columns * cell > room)) cell--;
  const across = acrossAt(cell);
  const pixels = (length: number) => Math.max(1, Math.floor(length * pixelRatio));
  const width = Math.min(room, across * (columns * cell + gap) - gap);
  return layoutMosaic({
    channels: tiles,
    mapHeight: rows,
    mapWidth: columns,
    columns: across,
    width: pixels(width),
    gap: pixels(gap),
  });
}

/** One tile as RGBA. Grey is 0 in a filter in colours; blue, white and red are less than 0, 0 and more. NaN has no colour. */
export function kernelPixels(
  { numbers, planes, rows, columns, largest }: Kernels,
  tile: number,
  isBlueFirst: boolean,
): Uint8ClampedArray<ArrayBuffer> {
  const area = rows * columns;
  const start = tile * planes * area;
  const data = new Uint8ClampedArray(4 * area);
  const share = (i: number) => (largest > 0 ? Math.max(-1, Math.min(1, (numbers[i] as number) / largest)) : 0);
  for (let i = 0; i < area; i++) {
    if (Number.isNaN(numbers[start + i])) continue;
    const at = 4 * i;
    data[at + 3] = 255;
    if (planes === 3) for (let c = 0; c < 3; c++) data[at + c] = 127.5 * (1 + share(start + (isBlueFirst ? 2 - c : c) * area + i));
    else data.set(signed(share(start + i)), at);
  }
  return data;
}

/** White is 0 on a light page and on a dark one, as in mosaics. */
function signed(share: number): readonly number[] {
  return (share < 0 ? [11, 58, 140] : [156, 30, 18]).map((full) => 247 + (full - 247) * Math.abs(share));
}
