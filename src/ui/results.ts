// The numbers that come back from the GPU with a frame: the scores of classes, and what the colours of mosaics stand for.
import type { Model } from "../engine/model.ts";

/** Numbers that came back from the GPU, a few frames late. */
export interface Results {
  /** As the frame's request had it. */
  readonly pictureId: number;
  /** The class scores of each network; none where they are of another picture, or there are none. */
  readonly outputs: readonly Float32Array[];
  /** By the ids of views; views that are not drawn yet have none. */
  readonly ranges: ReadonlyMap<string, ViewRange>;
}

/** What a mosaic's colours stand for. */
export interface ViewRange {
  /** Of the first range, where every channel has one of its own. */
  readonly low: number;
  readonly high: number;
  /** How many elements of the value are not finite; 0 where the range is fixed, for then nobody counts. */
  readonly nanCount: number;
  readonly infinityCount: number;
}

/** Every `stride`-th of the words: scores may lie with gaps. */
export function everyNth(words: Float32Array, stride: number, count: number): Float32Array {
  return stride === 1 ? words : Float32Array.from({ length: count }, (_, i) => words[i * stride] ?? 0);
}

/** Where the class scores lie; undefined where there are none. A border or a Concat may leave gaps between them. */
export function scoresOf(model: Model, classScores: string | undefined) {
  const output = model.outputs.find(({ name, dtype }) => name === classScores && dtype.startsWith("float"));
  if (!output) return undefined;
  const { buffer, offset, shape, strides } = model.value(output.name);
  const axis = shape.findIndex((extent) => extent > 1);
  const [count = 1, stride = 1] = [shape[axis], strides[axis]];
  return { buffer, offsetBytes: offset * 4, sizeBytes: ((count - 1) * stride + 1) * 4, stride, count };
}
