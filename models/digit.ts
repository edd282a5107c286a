// The digit that the page shows first, drawn by us with a pen, and how strokes become the pixels a network reads.

/** [y, x] in 0..1 of the pad's side, from the top left. */
export type Point = readonly [number, number];

/** Points that the pen joins without leaving the pad. */
export type Stroke = readonly Point[];

/** Half the pen's width in units of the pad's side: 28×28 pixels of it look like MNIST's. */
export const penRadius = 0.045;

/** A three in one stroke. */
export const digit: { readonly label: number; readonly strokes: readonly Stroke[] } = {
  label: 3,
  strokes: [
    [
      [0.26, 0.33],
      [0.2, 0.39],
      [0.165, 0.48],
      [0.175, 0.57],
      [0.225, 0.635],
      [0.3, 0.65],
      [0.37, 0.615],
      [0.425, 0.55],
      [0.455, 0.47],
      [0.46, 0.43],
      [0.465, 0.5],
      [0.49, 0.58],
      [0.545, 0.655],
      [0.62, 0.69],
      [0.7, 0.675],
      [0.775, 0.62],
      [0.82, 0.53],
      [0.825, 0.43],
      [0.79, 0.34],
      [0.74, 0.29],
    ],
  ],
};

/**
 * Draws strokes white on black with a round pen whose edge is one pixel soft.
 *
 * @param size pixels per side
 * @param radius half the pen's width, in units of the side
 * @returns size × size values in 0..1, row by row
 */
export function rasterizeStrokes(strokes: readonly Stroke[], size: number, radius = penRadius): Float32Array {
  const result = new Float32Array(size * size);
  for (const stroke of strokes)
    for (const [i, from] of stroke.entries()) {
      const to = stroke[i + 1] ?? from;
      for (let y = 0; y < size; y++)
        for (let x = 0; x < size; x++) {
          const distance = distanceToSegment([(y + 0.5) / size, (x + 0.5) / size], from, to);
          const ink = Math.min(1, Math.max(0, (radius - distance) * size + 0.5));
          result[y * size + x] = Math.max(result[y * size + x] as number, ink);
        }
    }
  return result;
}

function distanceToSegment([y, x]: Point, [y0, x0]: Point, [y1, x1]: Point): number {
  const lengthSquared = (y1 - y0) ** 2 + (x1 - x0) ** 2;
  const along = lengthSquared === 0 ? 0 : ((y - y0) * (y1 - y0) + (x - x0) * (x1 - x0)) / lengthSquared;
  const t = Math.min(1, Math.max(0, along));
  return Math.hypot(y - y0 - t * (y1 - y0), x - x0 - t * (x1 - x0));
}
