// What is said of a mosaic that is smaller than it should be. Loaded with the first that is.
import type { MosaicLayout } from "./mosaic/layout.ts";

/** @param layout of a mosaic that is reduced, or whose tiles are squeezed */
export function describeReduction({ isReduced, mapHeight, mapWidth, height, width, channels }: MosaicLayout): string {
  const count = (number: number) => number.toLocaleString("en");
  const maps = `${channels === 1 ? "A map" : `${count(channels)} maps`} of ${count(mapHeight)} × ${count(mapWidth)}, drawn smaller`;
  if (!isReduced) return `${maps}, rows more than columns, to be seen at once.`;
  return `${maps}: this GPU draws no more than ${count(Math.max(height, width))} pixels in one direction.`;
}
