// Where a resized axis reads from: for every output coordinate, the input coordinates and weights. Pure arithmetic, used by Resize.
import { ModelError } from "../../errors.ts";

export type ResampleMode = "nearest" | "linear" | "cubic";

export interface Resampling {
  readonly mode: ResampleMode;
  /** ONNX coordinate_transformation_mode. */
  readonly transformation: string;
  /** ONNX nearest_mode; "simple" is what opset 10 meant: round down, or up when shrinking. */
  readonly nearest: string;
  readonly cubicCoefficient: number;
  readonly excludesOutside: boolean;
  /** Widens the filter when shrinking, so that every input element counts. */
  readonly antialias: boolean;
}

export interface ResampledAxis {
  readonly inputExtent: number;
  readonly outputExtent: number;
  readonly scale: number;
  /** Start and end of the region of interest, as fractions of the input. */
  readonly roi?: readonly [number, number];
}

export interface Taps {
  /** Taps per output coordinate. */
  readonly count: number;
  readonly coordinates: Uint32Array;
  readonly weights: Float32Array;
}

/** The taps of one axis. Coordinates outside the input are clamped to its edge; outside the region of interest weights are 0. */
export function resampleTaps(axis: ResampledAxis, resampling: Resampling): Taps {
  const { inputExtent, outputExtent, scale } = axis;
  const last = inputExtent - 1;
  const shrink = shrinkOf(axis, resampling);
  const radius = radiusOf(axis, resampling);
  const count = tapCount(axis, resampling);
  const coordinates = new Uint32Array(outputExtent * count);
  const weights = new Float32Array(outputExtent * count);
  const own = new Array<number>(count);
  for (let index = 0; index < outputExtent; index++) {
    const x = toInput(index, axis, resampling.transformation);
    const isOutside = resampling.transformation === "tf_crop_and_resize" && (x < 0 || x > last);
    const start = resampling.mode === "nearest" ? roundNearest(x, resampling.nearest, scale) : Math.floor(x - radius) + 1;
    for (let i = 0; i < count; i++) {
      const tap = start + i;
      coordinates[index * count + i] = Math.min(Math.max(tap, 0), last);
      const isSkipped = isOutside || (resampling.excludesOutside && (tap < 0 || tap > last));
      own[i] = isSkipped ? 0 : filter(resampling, (tap - x) * shrink);
    }
    const total = own.reduce((sum, weight) => sum + weight, 0);
    for (let i = 0; i < count; i++) weights[index * count + i] = total === 0 ? 0 : (own[i] as number) / total;
  }
  return { count, coordinates, weights };
}

/** Taps per output coordinate. */
export function tapCount(axis: ResampledAxis, resampling: Resampling): number {
  return resampling.mode === "nearest" ? 1 : Math.ceil(2 * radiusOf(axis, resampling));
}

function radiusOf(axis: ResampledAxis, resampling: Resampling): number {
  return (resampling.mode === "cubic" ? 2 : 1) / shrinkOf(axis, resampling);
}

function shrinkOf({ scale }: ResampledAxis, { antialias }: Resampling): number {
  return antialias ? Math.min(scale, 1) : 1;
}

function toInput(index: number, { inputExtent, outputExtent, scale, roi = [0, 1] }: ResampledAxis, transformation: string): number {
  switch (transformation) {
    case "half_pixel":
      return (index + 0.5) / scale - 0.5;
    case "pytorch_half_pixel":
      return outputExtent > 1 ? (index + 0.5) / scale - 0.5 : 0;
    case "half_pixel_symmetric": {
      const adjustment = outputExtent / (scale * inputExtent);
      return (inputExtent / 2) * (1 - adjustment) + (index + 0.5) / scale - 0.5;
    }
    case "align_corners":
      return outputExtent > 1 ? (index * (inputExtent - 1)) / (outputExtent - 1) : 0;
    case "asymmetric":
      return index / scale;
    case "tf_crop_and_resize": {
      const [start, end] = roi;
      if (outputExtent === 1) return 0.5 * (start + end) * (inputExtent - 1);
      return start * (inputExtent - 1) + (index * (end - start) * (inputExtent - 1)) / (outputExtent - 1);
    }
    default:
      throw new ModelError(`coordinate_transformation_mode '${transformation}' is not one of ONNX's`);
  }
}

function roundNearest(x: number, mode: string, scale: number): number {
  switch (mode) {
    case "round_prefer_floor":
      return Math.ceil(x - 0.5);
    case "round_prefer_ceil":
      return Math.floor(x + 0.5);
    case "floor":
      return Math.floor(x);
    case "ceil":
      return Math.ceil(x);
    case "simple":
      return scale < 1 ? Math.ceil(x) : Math.floor(x);
    default:
      throw new ModelError(`nearest_mode '${mode}' is not one of ONNX's`);
  }
}

/** Weight of an input element at `distance` from the point sampled. */
function filter({ mode, cubicCoefficient: a }: Resampling, distance: number): number {
  const d = Math.abs(distance);
  if (mode === "nearest") return 1;
  if (mode === "linear") return Math.max(0, 1 - d);
  // Keys' cubic convolution.
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}
