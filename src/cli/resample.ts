// Fits a picture to a network's input on the CPU, in the arithmetic of src/shaders/image-to-tensor.wgsl, so that the command reads what
// the page reads.
import { type Preparation, sourceRectangle } from "../ui/preparation.ts";

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Source pixels in a row or column that make one target pixel, and the share of each; none where the target lies outside the source. */
interface Taps {
  readonly places: readonly number[];
  readonly shares: readonly number[];
}

/**
 * @param pixels rows of RGB, 8 bits each
 * @returns rows of RGB of the target's size, 0…255, not rounded; black outside the source
 */
export function resample(pixels: Uint8Array, source: Size, target: Size, { fit, resize }: Preparation): Float32Array {
  const { origin, step } = sourceRectangle(source, target, fit);
  const isArea = resize !== "bilinear";
  const columns = Array.from({ length: target.width }, (_, x) => tapsOf(x, origin[0], step[0], source.width, isArea));
  const rows = Array.from({ length: target.height }, (_, y) => tapsOf(y, origin[1], step[1], source.height, isArea));
  const result = new Float32Array(target.width * target.height * 3);
  let at = 0;
  for (const row of rows)
    for (const column of columns) {
      for (let channel = 0; channel < 3; channel++) result[at + channel] = weightedSum(pixels, source.width, row, column, channel);
      at += 3;
    }
  return result;
}

function tapsOf(index: number, origin: number, step: number, extent: number, isArea: boolean): Taps {
  const middle = origin + (index + 0.5) * step;
  if (middle < 0 || middle >= extent) return { places: [], shares: [] };
  // The mean covers at least one source pixel.
  const reach = isArea ? Math.max(step, 1) / 2 : 1;
  const [low, high] = [middle - reach, middle + reach];
  const all = Array.from({ length: Math.ceil(high) - Math.floor(low) }, (_, i) => Math.floor(low) + i);
  const weights = all.map((i) =>
    isArea ? Math.max(0, Math.min(i + 1, high) - Math.max(i, low)) : Math.max(0, 1 - Math.abs(i + 0.5 - middle)),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  // Pixels at the source's edge repeat beyond it.
  const places = all.map((i) => Math.min(extent - 1, Math.max(0, i)));
  return { places, shares: weights.map((weight) => weight / total) };
}

function weightedSum(pixels: Uint8Array, width: number, row: Taps, column: Taps, channel: number): number {
  let sum = 0;
  // Counted by hand: a large picture takes tens of millions of these steps.
  for (let i = 0; i < row.places.length; i++) {
    const start = (row.places[i] as number) * width;
    let line = 0;
    for (let j = 0; j < column.places.length; j++)
      line += (column.shares[j] as number) * (pixels[(start + (column.places[j] as number)) * 3 + channel] as number);
    sum += (row.shares[i] as number) * line;
  }
  return sum;
}
