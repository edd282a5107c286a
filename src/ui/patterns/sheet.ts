// Pictures side by side as one PNG.
import type { Tensor } from "../../engine/tensor.ts";
import { chooseColumns } from "../mosaic/maps.ts";
import { pixelsOf } from "./pixels.ts";

/** Pixels that a tile's side has at least: small pictures are magnified by a whole factor. */
const leastSide = 112;
/** Pixels between tiles; transparent. */
const gap = 4;

/** @param pictures [n, channels, rows, columns] in 0…1 */
export function drawSheet(pictures: Tensor, isBlueFirst: boolean): Promise<Blob> {
  const [count = 1, , rows = 1, columns = 1] = pictures.shape;
  const across = chooseColumns({ channels: count, mapHeight: rows, mapWidth: columns });
  const factor = Math.ceil(leastSide / Math.max(rows, columns));
  const [width, height] = [columns * factor, rows * factor];
  const down = Math.ceil(count / across);
  const sheet = new OffscreenCanvas(across * (width + gap) - gap, down * (height + gap) - gap);
  const one = new OffscreenCanvas(columns, rows);
  const [onto, from] = [sheet, one].map((canvas) => canvas.getContext("2d") as OffscreenCanvasRenderingContext2D);
  if (!onto || !from) throw new Error("This browser draws no pictures of its own.");
  onto.imageSmoothingEnabled = false;
  for (let picture = 0; picture < count; picture++) {
    from.putImageData(new ImageData(pixelsOf(pictures, picture, isBlueFirst), columns, rows), 0, 0);
    onto.drawImage(one, (picture % across) * (width + gap), Math.floor(picture / across) * (height + gap), width, height);
  }
  return sheet.convertToBlob({ type: "image/png" });
}
