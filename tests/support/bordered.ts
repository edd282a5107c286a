// A value as a kernel may leave it: with something else around each of its maps.
import type { Shape } from "../../src/engine/shapes.ts";

/** The words of a value with a border of 99 around each map, and where its elements lie in them. */
export function bordered([n = 1, c = 1, h = 1, w = 1]: Shape, elements: ArrayLike<number>) {
  const strides = [c * (h + 2) * (w + 2), (h + 2) * (w + 2), w + 2, 1];
  const words = new Float32Array(n * (strides[0] as number)).fill(99);
  const offset = w + 3;
  for (let i = 0; i < n * c * h * w; i++) {
    const [x, y, channel] = [i % w, Math.floor(i / w) % h, Math.floor(i / (w * h))];
    words[offset + channel * (strides[1] as number) + y * (strides[2] as number) + x] = elements[i] as number;
  }
  return { words, strides, offset };
}
