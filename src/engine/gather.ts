// Takes a strided view out of a buffer's words: a border or the neighbours in a Concat are left behind.
import { type Shape, sizeOf } from "./shapes.ts";

/**
 * The elements of a view, row-major. A view without gaps is answered as it is, without a copy.
 *
 * @param words from the view's first element on
 * @param strides in words, one per axis
 */
export function gatherWords(words: Uint32Array<ArrayBuffer>, shape: Shape, strides: readonly number[]): Uint32Array<ArrayBuffer> {
  const { axis: outer, length } = innerRun(shape, strides);
  const size = sizeOf(shape);
  if (length === size) return words.length === size ? words : words.slice(0, size);
  const result = new Uint32Array(size);
  let write = 0;
  const walk = (axis: number, at: number): void => {
    if (axis === outer) {
      if (length === 1) result[write] = words[at] as number;
      else result.set(words.subarray(at, at + length), write);
      write += length;
      return;
    }
    const stride = strides[axis] as number;
    for (let i = 0; i < (shape[axis] as number); i++) walk(axis + 1, at + i * stride);
  };
  walk(0, 0);
  return result;
}

/** The axis from which on elements lie side by side, and how many they are. */
function innerRun(shape: Shape, strides: readonly number[]): { axis: number; length: number } {
  let axis = shape.length;
  let length = 1;
  while (axis > 0 && (strides[axis - 1] === length || shape[axis - 1] === 1)) {
    axis--;
    length *= shape[axis] as number;
  }
  return { axis, length };
}
