// Which inputs of a network take a picture, and how its pixels lie there. One rule for the page and the command. Pure.
import type { Axes } from "../engine/shapes.ts";
import type { DataType } from "../engine/tensor.ts";

/** Where the channels, rows and columns of an image input lie, in elements. */
export interface ImageView {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Pictures in a fixed batch; all are given the same one. */
  readonly batch: number;
  readonly batchStride: number;
  readonly channelStride: number;
  readonly rowStride: number;
  readonly columnStride: number;
  /** What its axes were taken for; absent of a vector. */
  readonly axes?: Axes;
}

/** A picture without colours, in colour, and in colour with opacity. */
const channelCounts: readonly (number | undefined)[] = [1, 3, 4];

/** What an input's axes may be where the network does not tell, by rank; the first that fits is taken. */
const usualAxes: readonly (readonly Axes[])[] = [[], [], ["hw"], ["chw", "hwc"], ["nchw", "nhwc"]];

/** The side from which a vector of side² or 3 · side² elements is a picture, and not a hundred random numbers. */
const leastFlatSide = 20;

/**
 * How an input of this shape takes a picture; undefined if it takes none. It does if it has rows and columns, and 1, 3 or 4 channels
 * or no axis for them. A vector of side² elements is one gray picture, of 3 · side² one in three planes.
 *
 * @param axes what the network tells of the input's axes
 */
export function imageView(shape: readonly number[], strides: readonly number[], axes?: Axes): ImageView | undefined {
  const known = axes?.length === shape.length ? axes : "_".repeat(shape.length);
  const candidates = known.includes("_") ? (usualAxes[shape.length] ?? []) : [known];
  for (const candidate of candidates) {
    const agrees = [...candidate].every((letter, axis) => known[axis] === "_" || known[axis] === letter);
    const view = agrees && viewBy(candidate, shape, strides);
    if (view) return { ...view, axes: candidate };
  }
  return known.includes("h") || known.includes("w") ? undefined : flatView(shape, strides);
}

function viewBy(axes: Axes, shape: readonly number[], strides: readonly number[]): ImageView | undefined {
  const at = (letter: string) => {
    const axis = axes.indexOf(letter);
    return axis < 0 ? { extent: 1, stride: 0 } : { extent: shape[axis] as number, stride: strides[axis] as number };
  };
  const [n, c, h, w] = [at("n"), at("c"), at("h"), at("w")];
  if (axes.includes("d") || h.extent < 2 || w.extent < 2 || n.extent < 1 || !channelCounts.includes(c.extent)) return undefined;
  // A matrix without channels and with few rows is more likely a list of vectors than a picture.
  if (axes === "hw" && Math.min(h.extent, w.extent) < leastFlatSide) return undefined;
  return {
    channels: c.extent,
    height: h.extent,
    width: w.extent,
    batch: n.extent,
    batchStride: n.stride,
    channelStride: c.stride,
    rowStride: h.stride,
    columnStride: w.stride,
  };
}

function flatView(shape: readonly number[], strides: readonly number[]): ImageView | undefined {
  const last = shape.length - 1;
  if (last > 1) return undefined;
  for (const channels of [1, 3]) {
    const side = Math.sqrt((shape[last] ?? 0) / channels);
    if (!Number.isInteger(side) || side < leastFlatSide) continue;
    const stride = strides[last] as number;
    const batch = last > 0 ? (shape[0] as number) : 1;
    return viewBy("nchw", [batch, channels, side, side], [strides[0] as number, side * side * stride, side * stride, stride]);
  }
  return undefined;
}

/** An input as it lies somewhere: on the GPU with gaps perhaps, or dense in a file's array. */
export interface PictureCandidate {
  readonly name: string;
  readonly dtype: DataType;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly axes?: Axes | undefined;
}

/** The first input that takes a picture, whatever numbers it holds. */
export function findPictureInput<T extends PictureCandidate>(
  inputs: readonly T[],
): { readonly input: T; readonly view: ImageView } | undefined {
  for (const input of inputs) {
    const view = input.dtype === "bool" ? undefined : imageView(input.shape, input.strides, input.axes);
    if (view) return { input, view };
  }
  return undefined;
}
