// How a picture becomes a network's input: which part of it, at what size, and the arithmetic on its colours. Pure.
import { ModelError } from "../engine/errors.ts";

export interface Preparation {
  /** Per output channel, in the scaled domain; one number serves all. Default 0. */
  readonly mean?: number | readonly number[] | undefined;
  /** Likewise. Default 1. */
  readonly std?: number | readonly number[] | undefined;
  /** Multiplies a channel of 0…255 first. Default 1/255. */
  readonly scale?: number | undefined;
  /** Order of the output's channels. Default "rgb", or "gray" for a network of one channel. */
  readonly channels?: ChannelOrder | undefined;
  /** "cover" fills the input and crops, "contain" keeps the whole picture between bars, "stretch" distorts. Default "cover". */
  readonly fit?: "cover" | "contain" | "stretch" | undefined;
  /** "area" takes the mean over the covered source pixels, "bilinear" one sample in the middle. Default "area". */
  readonly resize?: "area" | "bilinear" | undefined;
}

export type ChannelOrder = "rgb" | "bgr" | "gray";

/** Weights of red, green and blue in a gray value (ITU-R BT.601, as Pillow and OpenCV use). */
const grayWeights = [0.299, 0.587, 0.114] as const;

/**
 * The rows of image-to-tensor.wgsl's colour matrix: (255 · scale · rgb − mean) / std.
 *
 * @returns four rows of four, for up to four channels
 */
export function colorMatrix(preparation: Preparation, channelCount: number): number[] {
  const { mean = 0, std = 1, scale = 1 / 255, channels = channelCount === 1 ? "gray" : "rgb" } = preparation;
  const pick = (list: number | readonly number[], k: number) => (typeof list === "number" ? list : (list[k] ?? list[0] ?? 0));
  const rows: number[] = [];
  for (let k = 0; k < 4; k++) {
    const gain = (255 * scale) / pick(std, k);
    const source = channels === "bgr" ? 2 - k : k;
    const weights = channels === "gray" ? grayWeights : [0, 1, 2].map((j) => (j === source ? 1 : 0));
    rows.push(...weights.map((weight) => weight * gain), -pick(mean, k) / pick(std, k));
  }
  return rows;
}

/** Whether the prepared input can hold negative numbers. */
export function canPrepareNegative(preparation: Preparation, channelCount: number): boolean {
  const rows = colorMatrix(preparation, channelCount);
  return Array.from({ length: channelCount }, (_, k) => k).some((k) => {
    const row = rows.slice(4 * k, 4 * k + 4);
    return row.slice(0, 3).reduce((least, weight) => least + Math.min(0, weight), row[3] ?? 0) < -1e-6;
  });
}

/** The source rectangle that fills an input of `width` × `height`: its top left and the source pixels per input pixel. */
export function sourceRectangle(
  source: { readonly width: number; readonly height: number },
  target: { readonly width: number; readonly height: number },
  fit: Preparation["fit"] = "cover",
): { readonly origin: readonly [number, number]; readonly step: readonly [number, number] } {
  const stepX = source.width / target.width;
  const stepY = source.height / target.height;
  const same = fit === "cover" ? Math.min(stepX, stepY) : Math.max(stepX, stepY);
  const step = fit === "stretch" ? ([stepX, stepY] as const) : ([same, same] as const);
  return { origin: [(source.width - target.width * step[0]) / 2, (source.height - target.height * step[1]) / 2], step };
}

/** Where channels, rows and columns of an image input lie. */
export interface ImageView {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly channelStride: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

/** Reads a rank-4 (or -3, without n) shape as NCHW, or as NHWC where only the last axis can be colours. undefined if neither. */
export function imageView(shape: readonly number[], strides: readonly number[]): ImageView | undefined {
  const first = shape.length - 3;
  if (first < 0 || first > 1) return undefined;
  const isColor = (extent: number | undefined) => extent === 1 || extent === 3 || extent === 4;
  const axes = isColor(shape[first]) ? [0, 1, 2] : isColor(shape[first + 2]) ? [2, 0, 1] : undefined;
  if (!axes) return undefined;
  const [c, h, w] = axes.map((axis) => first + axis) as [number, number, number];
  const at = (list: readonly number[], axis: number) => list[axis] as number;
  return {
    channels: at(shape, c),
    height: at(shape, h),
    width: at(shape, w),
    channelStride: at(strides, c),
    rowStride: at(strides, h),
    columnStride: at(strides, w),
  };
}

/** "0.485,0.456,0.406" or "127.5" as numbers. */
export function parseNumbers(text: string, what: string): number[] {
  const numbers = text.split(",").map(Number);
  if (text.trim() === "" || numbers.some((number) => !Number.isFinite(number)))
    throw new ModelError(`${what} '${text}': expected one number or several with commas, such as 0.5 or 0.485,0.456,0.406`);
  return numbers;
}
