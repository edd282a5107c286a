// The numbers that come back from the GPU with a frame: the scores of classes, and what the colours of mosaics stand for.
import type { Device } from "../engine/gpu/device.ts";
import type { Model } from "../engine/model.ts";
import { ReadbackRing } from "./readback-ring.ts";

/** Numbers that came back from the GPU, a few frames late. */
export interface Results {
  /** As the frame's request had it. */
  readonly pictureId: number;
  /** The class scores of each network; none where they are of another picture, or there are none. */
  readonly outputs: readonly Float32Array[];
  /** Only of views that the frame has drawn. Of two values in the same tiles the first one's comes first. */
  readonly ranges: readonly ViewRange[];
}

/** What a mosaic's colours stand for. */
export interface ViewRange {
  /** The view's. */
  readonly id: string;
  /** Of the first range, where every channel has one of its own. */
  readonly low: number;
  readonly high: number;
  /** How many elements of the value are not finite; 0 where the range is fixed, for then nobody counts. */
  readonly nanCount: number;
  readonly infinityCount: number;
}

/** The frame that numbers are of. */
export interface ResultsTag {
  readonly pictureId: number;
  /** Whether the networks saw a picture of that source. */
  readonly ofPicture: boolean;
  /** Ids of the views that it has drawn: the ranges of others are of an earlier frame, or none yet. */
  readonly drawn: ReadonlySet<string>;
}

interface Ranged {
  readonly id: string;
  readonly drawn: { readonly ranges?: readonly GPUBuffer[] };
}

/** Brings the class scores of the models and the ranges of what is drawn to the CPU. */
export function resultsRing(
  device: Device,
  models: readonly (Model | undefined)[],
  views: readonly Ranged[],
  classScores: string | undefined,
  onResults: (results: Results) => void,
): ReadbackRing<ResultsTag> {
  const scores = models.flatMap((model) => (model && scoresOf(model, classScores)) ?? []);
  const ranged = views.flatMap(({ id, drawn: { ranges = [] } }) => ranges.map((buffer) => ({ id, buffer })));
  const pieces = [...scores, ...ranged.map(({ buffer }) => ({ buffer, offsetBytes: 0, sizeBytes: 16 }))];
  return new ReadbackRing(device, pieces, (data, { pictureId, ofPicture, drawn }) => {
    const floats = data.map((bytes) => new Float32Array(bytes));
    onResults({
      pictureId,
      outputs: ofPicture ? scores.map(({ stride, count }, i) => everyNth(floats[i] as Float32Array, stride, count)) : [],
      ranges: ranged.flatMap(({ id }, i) => {
        const [nanCount = 0, infinityCount = 0, low = 0, high = 0] = floats[scores.length + i] ?? [];
        return drawn.has(id) ? [{ id, low, high, nanCount, infinityCount }] : [];
      }),
    });
  });
}

/** Every `stride`-th of the words: scores may lie with gaps. */
function everyNth(words: Float32Array, stride: number, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => words[i * stride] as number);
}

/** Where the class scores lie; undefined where there are none. A border or a Concat may leave gaps between them. */
export function scoresOf(model: Model, classScores = "") {
  // What a network in stages computes later has no place on the GPU.
  if (!model.graph.types.get(classScores)?.dtype.startsWith("float")) return undefined;
  const { buffer, offset, shape, strides } = model.value(classScores);
  const axis = shape.findIndex((extent) => extent > 1);
  const [count = 1, stride = 1] = [shape[axis], strides[axis]];
  return { buffer, offsetBytes: offset * 4, sizeBytes: ((count - 1) * stride + 1) * 4, stride, count };
}
