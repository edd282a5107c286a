// Pictures of patterns as pixels. Pure.
import type { Tensor } from "../../engine/tensor.ts";

/** Which channels of a picture are red, green and blue: grey where there are fewer than three. */
export function colorChannels(channels: number, isBlueFirst: boolean): readonly number[] {
  if (channels < 3) return [0, 0, 0];
  return isBlueFirst ? [2, 1, 0] : [0, 1, 2];
}

/**
 * One picture as RGBA.
 *
 * @param pictures [n, channels, rows, columns] in 0…1
 */
export function pixelsOf(pictures: Tensor, picture: number, isBlueFirst: boolean): Uint8ClampedArray<ArrayBuffer> {
  const [, channels = 1, rows = 1, columns = 1] = pictures.shape;
  const elements = pictures.toFloat32();
  const area = rows * columns;
  const places = colorChannels(channels, isBlueFirst).map((channel) => (picture * channels + channel) * area);
  // Rounds, and keeps between 0 and 255.
  const data = new Uint8ClampedArray(4 * area).fill(255);
  for (let i = 0; i < area; i++)
    places.forEach((start, color) => {
      data[4 * i + color] = 255 * (elements[start + i] as number);
    });
  return data;
}
