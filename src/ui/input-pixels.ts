// What a network's input holds, as the pixels of a picture again. Pure.
import type { DataType } from "../engine/tensor.ts";
import type { ImageView } from "./image-view.ts";
import { colorsOfInput, type Preparation, preparationFor } from "./preparation.ts";

/**
 * @param numbers of the whole input, in its own order
 * @returns RGBA, row by row; what lies beyond 0…255 is cut
 */
export function picturePixels(
  numbers: ArrayLike<number>,
  view: ImageView,
  preparation: Preparation,
  dtype: DataType,
): Uint8ClampedArray<ArrayBuffer> {
  const { red, green, blue, gain, shift } = colorsOfInput(preparationFor(preparation, dtype), view);
  const pixels = new Uint8ClampedArray(4 * view.width * view.height);
  let at = 0;
  for (let y = 0; y < view.height; y++)
    for (let x = 0; x < view.width; x++) {
      const first = y * view.rowStride + x * view.columnStride;
      [red, green, blue].forEach((channel, i) => {
        pixels[at++] = 255 * ((numbers[first + channel] ?? 0) * (gain[i] ?? 1) + (shift[i] ?? 0));
      });
      pixels[at++] = 255;
    }
  return pixels;
}
