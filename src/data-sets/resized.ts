// Pictures of a data set as a canvas takes them, and for a network that takes others. Pure.
import { type DataSet, examplesOf, type Picture, type Pictures } from "./data-set.ts";
import { grayWeights } from "./gray-weights.ts";

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

/**
 * The same pictures for a network that takes others: larger or smaller by the mean of what a pixel covers, in as many channels.
 *
 * @param isGray whether colours become gray
 */
export function resized(set: DataSet, picture: Picture, isGray = false): DataSet {
  const own = set.picture;
  const isSame = own.channels === picture.channels && own.height === picture.height && own.width === picture.width;
  if (isSame && (!isGray || own.channels === 1)) return set;
  const from = own.height * own.width;
  const bytes = new Uint8Array(own.channels * from);
  const { length, classes, classSizes, preparation } = set;
  const other: DataSet = {
    ...{ length, classes, classSizes, preparation, picture },
    targets: (indices) => set.targets(indices),
    draw(index, pixels) {
      set.draw(index, bytes);
      const plane = (color: number) => resizePlane(bytes.subarray(color * from, (color + 1) * from), own, picture);
      const planes = Array.from({ length: own.channels }, (_, color) => plane(color));
      pixels.set(inChannels(planes, picture.channels, isGray));
    },
    examples: (indices) => examplesOf(other, indices),
  };
  return other;
}

/**
 * A picture in so many channels: fewer than three are gray, and a fourth is opaque.
 *
 * @param planes rows of red, green and blue, or of gray
 */
export function inChannels(planes: readonly Uint8Array[], count: number, isGray: boolean): Uint8Array {
  const [red = new Uint8Array(), green = red, blue = red] = planes;
  const [ofRed, ofGreen, ofBlue] = grayWeights;
  const gray = () => red.map((one, i) => Math.round(ofRed * one + ofGreen * (green[i] as number) + ofBlue * (blue[i] as number)));
  const colors = isGray || count < 3 ? new Array<Uint8Array>(3).fill(gray()) : [red, green, blue];
  const pixels = new Uint8Array(count * red.length).fill(255);
  for (const [channel, color] of colors.slice(0, count).entries()) pixels.set(color, channel * red.length);
  return pixels;
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
