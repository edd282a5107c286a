// A real Fourier basis, in which pictures are found that a network answers to: a step there changes all of a picture at once, in large forms as
// much as in small ones (Olah, Mordvintsev and Schubert 2017).

/** Cycles along the axis of each function of the basis: 0, 1, 1, 2, 2, … */
export function frequencies(extent: number): readonly number[] {
  return Array.from({ length: extent }, (_, i) => Math.ceil(i / 2));
}

/**
 * The functions of the basis at places of an axis: a constant, then a cosine and a sine of each frequency, each of length 1 over the whole axis.
 *
 * @param places in pixels; between them, or beyond the axis, they go on periodically
 * @returns [places, functions], row by row
 */
export function basisAt(extent: number, places: readonly number[]): Float32Array {
  const matrix = new Float32Array(places.length * extent);
  const cycles = frequencies(extent);
  places.forEach((place, row) => {
    for (const [i, frequency] of cycles.entries()) {
      const angle = (2 * Math.PI * frequency * place) / extent;
      const isAlone = i === 0 || (extent % 2 === 0 && i === extent - 1);
      matrix[row * extent + i] = Math.sqrt((isAlone ? 1 : 2) / extent) * (i % 2 === 1 || i === 0 ? Math.cos(angle) : Math.sin(angle));
    }
  });
  return matrix;
}

/**
 * What a coefficient of each pair of functions counts, rows by columns: the inverse of its frequency, in cycles per pixel, as in photographs all
 * scales have the same energy.
 */
export function spectrumScale(height: number, width: number): Float32Array {
  const [rows, columns] = [frequencies(height), frequencies(width)];
  const least = 1 / Math.max(height, width);
  return Float32Array.from({ length: height * width }, (_, i) => {
    const frequency = Math.hypot((rows[Math.floor(i / width)] as number) / height, (columns[i % width] as number) / width);
    return 0.25 / Math.max(frequency, least);
  });
}
