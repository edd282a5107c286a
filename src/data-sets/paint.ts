// Paints polygons into rows of bytes, as a canvas would, where there is none: in Node and in a worker. Each pixel is the mean of a few samples.

export interface PaintedPolygon {
  /** Red, green and blue, 0…255. */
  readonly color: readonly [number, number, number];
  /** 1 unless given. */
  readonly opacity?: number;
  /** x, y, x, y, …, in shares of the picture's side. */
  readonly points: readonly number[];
}

export class Painter {
  readonly #side: number;
  readonly #samples: number;
  /** Red, green and blue in the lowest bytes. */
  readonly #canvas: Uint32Array;

  /**
   * @param side of the picture, in pixels
   * @param samples of each pixel, along each axis
   */
  constructor(side: number, samples = 2) {
    this.#side = side;
    this.#samples = samples;
    this.#canvas = new Uint32Array((side * samples) ** 2);
  }

  /**
   * Paints a picture whose polygons cover it.
   *
   * @param pixels where it goes, [3, side, side]
   */
  paint(polygons: Iterable<PaintedPolygon>, pixels: Uint8Array): void {
    for (const polygon of polygons) this.#fill(polygon);
    this.#shrink(pixels);
  }

  /** What an odd number of edges lies to the left of is inside. */
  #fill({ color, opacity = 1, points }: PaintedPolygon): void {
    const [size, canvas] = [this.#side * this.#samples, this.#canvas];
    const packed = pack(color);
    let top = Number.POSITIVE_INFINITY;
    let bottom = Number.NEGATIVE_INFINITY;
    for (let i = 1; i < points.length; i += 2) {
      top = Math.min(top, points[i] as number);
      bottom = Math.max(bottom, points[i] as number);
    }
    const first = Math.max(0, Math.ceil(top * size - 0.5));
    const end = Math.min(size, Math.ceil(bottom * size - 0.5));
    const crossings: number[] = [];
    for (let row = first; row < end; row++) {
      crossings.length = 0;
      const middle = (row + 0.5) / size;
      let x0 = points[points.length - 2] as number;
      let y0 = points[points.length - 1] as number;
      for (let i = 0; i < points.length; i += 2) {
        const x1 = points[i] as number;
        const y1 = points[i + 1] as number;
        if (y0 <= middle !== y1 <= middle) crossings.push(x0 + ((middle - y0) / (y1 - y0)) * (x1 - x0));
        x0 = x1;
        y0 = y1;
      }
      if (crossings.length > 2) crossings.sort((a, b) => a - b);
      else if ((crossings[0] as number) > (crossings[1] as number)) crossings.reverse();
      for (let i = 0; i + 1 < crossings.length; i += 2) {
        const left = Math.max(0, Math.ceil((crossings[i] as number) * size - 0.5));
        const right = Math.min(size, Math.ceil((crossings[i + 1] as number) * size - 0.5));
        if (opacity === 1) canvas.fill(packed, row * size + left, row * size + Math.max(left, right));
        else for (let at = row * size + left; at < row * size + right; at++) canvas[at] = mixed(packed, canvas[at] as number, opacity);
      }
    }
  }

  #shrink(pixels: Uint8Array): void {
    const [side, samples, canvas] = [this.#side, this.#samples, this.#canvas];
    const [plane, width] = [side * side, side * samples];
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) {
        let red = 0;
        let green = 0;
        let blue = 0;
        for (let i = 0; i < samples; i++)
          for (let j = 0; j < samples; j++) {
            const sample = canvas[(y * samples + i) * width + x * samples + j] as number;
            red += sample & 255;
            green += (sample >> 8) & 255;
            blue += sample >> 16;
          }
        const to = y * side + x;
        pixels[to] = Math.round(red / samples ** 2);
        pixels[plane + to] = Math.round(green / samples ** 2);
        pixels[2 * plane + to] = Math.round(blue / samples ** 2);
      }
  }
}

function pack([red, green, blue]: PaintedPolygon["color"]): number {
  return Math.round(red) | (Math.round(green) << 8) | (Math.round(blue) << 16);
}

function mixed(above: number, below: number, opacity: number): number {
  const part = (shift: number) => Math.round(((above >> shift) & 255) * opacity + ((below >> shift) & 255) * (1 - opacity)) << shift;
  return part(0) | part(8) | part(16);
}
