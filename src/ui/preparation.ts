// How a picture becomes a network's input: which part of it, at what size, and the arithmetic on its colours. Pure.
import { grayWeights } from "../data-sets/gray-weights.ts";
import { type DataType, isFloat } from "../engine/tensor.ts";
import type { ImageView } from "./image-view.ts";

export interface Preparation {
  /** Per output channel, in the scaled domain; one number serves all. Default 0, or 128 for an input of int8. */
  readonly mean?: number | readonly number[] | undefined;
  /** Likewise. Default 1. */
  readonly std?: number | readonly number[] | undefined;
  /** Multiplies a channel of 0…255 first. Default 1/255, or 1 for an input of whole numbers. */
  readonly scale?: number | undefined;
  /** Order of the output's channels. Default "rgb", or "gray" for a network of one channel. */
  readonly channels?: ChannelOrder | undefined;
  /** "cover" fills the input and crops, "contain" keeps the whole picture between bars, "stretch" distorts. Default "cover". */
  readonly fit?: "cover" | "contain" | "stretch" | undefined;
  /** "area" takes the mean over the covered source pixels, "bilinear" one sample in the middle. Default "area". */
  readonly resize?: "area" | "bilinear" | undefined;
}

export type ChannelOrder = "rgb" | "bgr" | "gray";

/** What an input's elements can hold; floats are not rounded. */
const wholeRanges: { readonly [T in DataType]?: readonly [least: number, most: number] } = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
};

/** f32 counts exactly up to 2²⁴, and pixels are smaller. */
const largeRange = [-(2 ** 24), 2 ** 24] as const;

/** How elements of this type are stored: whole numbers are rounded, to even at the middle, and kept between least and most. */
export function storageOf(dtype: DataType): { readonly isWhole: boolean; readonly least: number; readonly most: number } {
  const [least, most] = wholeRanges[dtype] ?? (dtype.startsWith("u") ? [0, largeRange[1]] : largeRange);
  return { isWhole: !isFloat(dtype), least, most };
}

/** With what is usual for inputs of this type where the preparation says nothing. */
export function preparationFor(preparation: Preparation, dtype: DataType): Preparation {
  if (isFloat(dtype)) return preparation;
  const { mean = dtype === "int8" ? 128 : 0, scale = 1 } = preparation;
  return { ...preparation, mean, scale };
}

/**
 * The rows of image-to-tensor.wgsl's colour matrix: (255 · scale · rgb − mean) / std. A fourth channel is opacity, and pictures are opaque.
 *
 * @returns four rows of four, for up to four channels
 */
export function colorMatrix(preparation: Preparation, channelCount: number): number[] {
  const { mean = 0, std = 1, scale = 1 / 255, channels = channelCount === 1 ? "gray" : "rgb" } = preparation;
  const pick = (list: number | readonly number[], k: number, opaque: number) =>
    typeof list === "number" ? list : (list[k] ?? (list.length === 3 ? opaque : (list[0] ?? opaque)));
  const rows: number[] = [];
  for (let k = 0; k < 4; k++) {
    const divisor = pick(std, k, 1);
    const gain = (255 * scale) / divisor;
    const source = channels === "bgr" && k < 3 ? 2 - k : k;
    const isOpacity = k === 3 && channelCount === 4;
    const weights = channels === "gray" && !isOpacity ? grayWeights : [0, 1, 2].map((j) => (j === source ? 1 : 0));
    rows.push(...weights.map((weight) => weight * gain), (isOpacity ? gain : 0) - pick(mean, k, 0) / divisor);
  }
  return rows;
}

/**
 * How a prepared input becomes a picture again, the inverse of {@link colorMatrix}: colour = x · gain + shift in 0…1, where red, green and
 * blue are read so many elements after the first channel.
 */
export function colorsOfInput(
  preparation: Preparation,
  { channels, channelStride }: ImageView,
): { red: number; green: number; blue: number; gain: number[]; shift: number[] } {
  const { mean = 0, std = 1, scale = 1 / 255, channels: order = channels === 1 ? "gray" : "rgb" } = preparation;
  const pick = (list: number | readonly number[], k: number) => (typeof list === "number" ? list : (list[k] ?? list[0] ?? 0));
  const places = order === "bgr" ? [2, 1, 0] : order === "gray" || channels < 3 ? [0, 0, 0] : [0, 1, 2];
  const [red = 0, green = 0, blue = 0] = places.map((channel) => channel * channelStride);
  return {
    red,
    green,
    blue,
    gain: places.map((channel) => pick(std, channel) / (255 * scale)),
    shift: places.map((channel) => pick(mean, channel) / (255 * scale)),
  };
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
