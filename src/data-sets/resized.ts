// Pictures of a data set as a canvas takes them, and for a network that takes others. Pure.
import { type DataSet, examplesOf, type Picture, type Pictures } from "./data-set.ts";

export interface PixelsOfPicture {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue and opacity, row by row. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
}

/** One picture as a canvas takes it. */
export function pixelsOf(pictures: Pictures<unknown>, index: number): PixelsOfPicture {
  const { channels, height, width } = pictures.picture;
  const plane = height * width;
  const bytes = new Uint8Array(channels * plane);
  pictures.draw(index, bytes);
  const pixels = new Uint8ClampedArray(4 * plane).fill(255);
  for (let pixel = 0; pixel < plane; pixel++)
    for (let color = 0; color < 3; color++) pixels[4 * pixel + color] = bytes[(channels < 3 ? 0 : color) * plane + pixel] as number;
  return { width, height, pixels };
}

/** The same pictures for a network that takes others: larger or smaller by the mean of what a pixel covers, and gray in each channel. */
export function resized(set: DataSet, picture: Picture): DataSet {
  const own = set.picture;
  if (own.channels === picture.channels && own.height === picture.height && own.width === picture.width) return set;
  const [from, to] = [own.height * own.width, picture.height * picture.width];
  const bytes = new Uint8Array(own.channels * from);
  const { length, classes, classSizes, preparation } = set;
  const other: DataSet = {
    ...{ length, classes, classSizes, preparation, picture },
    targets: (indices) => set.targets(indices),
    draw(index, pixels) {
      set.draw(index, bytes);
      for (let channel = 0; channel < picture.channels; channel++) {
        const at = Math.min(channel, own.channels - 1) * from;
        pixels.set(resizePlane(bytes.subarray(at, at + from), own, picture), channel * to);
      }
    },
    examples: (indices) => examplesOf(other, indices),
  };
  return other;
}

/** Rows of bytes at another size: each pixel is the mean of those under it, or the nearest where it covers less than one. */
function resizePlane(plane: Uint8Array, from: Picture, to: Picture): Uint8Array {
  const covered = (index: number, extent: number, of: number) => {
    const first = Math.floor((index * of) / extent);
    return [first, Math.max(first + 1, Math.floor(((index + 1) * of) / extent))] as const;
  };
  return Uint8Array.from({ length: to.height * to.width }, (_, pixel) => {
    const [top, bottom] = covered(Math.floor(pixel / to.width), to.height, from.height);
    const [left, right] = covered(pixel % to.width, to.width, from.width);
    let sum = 0;
    for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) sum += plane[y * from.width + x] as number;
    return Math.round(sum / ((bottom - top) * (right - left)));
  });
}
