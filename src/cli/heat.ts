// Explanations drawn as heat over the part of a picture that the network saw: one, or several side by side.
import sharp from "sharp";
import { ModelError } from "../engine/errors.ts";
import { type ExplanationMethod, resultOf } from "../engine/gradient/explain.ts";
import { loadAxes } from "../engine/graph/axes.ts";
import type { Model } from "../engine/model.ts";
import { denseStrides } from "../engine/shapes.ts";
import type { Tensor } from "../engine/tensor.ts";
import { findPictureInput } from "../ui/image-view.ts";
import { type MapView, viewAsMaps } from "../ui/mosaic/maps.ts";
import { paletteOf } from "../ui/mosaic/palette.ts";
import { stopsOf } from "../ui/mosaic/rare-colors.ts";
import type { Preparation } from "../ui/preparation.ts";
import { readPixels, writePng } from "./image.ts";
import { resample } from "./resample.ts";

interface Size {
  readonly width: number;
  readonly height: number;
}

/** RGBA of 8 bits each. */
export interface Pixels extends Size {
  readonly data: Uint8Array;
}

export interface HeatOptions {
  readonly method: ExplanationMethod;
  readonly preparation: Preparation;
  /** Of the heat, from 0 to 1. */
  readonly opacity: number;
}

/** Sides of a picture alone, and of one among others. */
const [aloneSide, tileSide] = [448, 224];
const gap = 4;

/**
 * Writes one picture with heat for each result, in rows.
 *
 * @param results by the layers that they are of, as {@link Explanation.predictAll} gives them
 * @throws ModelError where the model's input is no picture
 */
export async function drawHeat(
  model: Model,
  imagePath: string,
  results: Readonly<Record<string, Tensor>>,
  options: HeatOptions,
  path: string,
): Promise<void> {
  const axes = await loadAxes(model.graph);
  const inputs = model.inputs.map((input) => ({ ...input, axes: axes.get(input.name), strides: denseStrides(input.shape) }));
  const found = findPictureInput(inputs);
  if (!found) throw new ModelError("the model's input is no picture, so there is nothing to draw on. Use --save.");
  const { width, height } = found.view;
  const hasOwnAxes = resultOf(options.method) === "elements";
  const viewOf = (layer: string, { shape }: Tensor): MapView | undefined => {
    const value = model.valueName(layer);
    if (hasOwnAxes && value === found.input.name) return { ...found.view, offset: 0 };
    return viewAsMaps(shape, denseStrides(shape), 0, 0, hasOwnAxes ? axes.get(value) : undefined);
  };
  const heats = Object.entries(results).map(([layer, result]) => heatOf(result, viewOf(layer, result), options.method));
  const side = heats.length > 1 ? tileSide : aloneSide;
  const factor = Math.max(1, Math.ceil(side / Math.max(width, height)));
  const size = { width: width * factor, height: height * factor };
  const { pixels, ...source } = await readPixels(imagePath);
  const picture = resample(pixels, source, size, options.preparation);
  const tiles = await Promise.all(heats.map((heat) => heatOver(picture, size, heat, options)));
  const sheet = inRows(tiles);
  await writePng(path, sheet.data, sheet.width, sheet.height);
}

async function heatOver(picture: Float32Array, size: Size, heat: Heat, { method, opacity }: HeatOptions): Promise<Pixels> {
  const isMap = resultOf(method) === "map";
  const large = await sharp(heat.values, { raw: { width: heat.width, height: heat.height, channels: 1 } })
    .resize({ ...size, fit: "fill", kernel: isMap ? "linear" : "nearest" })
    .toColorspace("b-w")
    .raw()
    .toBuffer();
  const palette = paletteOf({ stops: stopsOf("magma") }, [0, 0, 0, 1]);
  const last = palette.length - 4;
  const data = new Uint8Array(4 * size.width * size.height);
  large.forEach((value, i) => {
    // Where nothing speaks for the class the picture stays as it is.
    const share = opacity * Math.min(1, (2 * value) / 255);
    const color = palette[Math.round((value / 255) * last)] as number;
    for (let c = 0; c < 3; c++) data[4 * i + c] = (1 - share) * (picture[3 * i + c] as number) + share * ((color >>> (8 * c)) & 255);
    data[4 * i + 3] = 255;
  });
  return { ...size, data };
}

/** Of a gradient a few elements are far larger than all others: what so many of those other than 0 do not exceed counts as the most, as in the element. */
const usualShare = 0.99;

/** From 0 to 255, row by row. */
interface Heat extends Size {
  readonly values: Uint8Array;
}

/**
 * Of the first of a batch: of a map, what speaks for the class; else the largest size over the channels. What is not finite counts as 0, as in
 * the element.
 *
 * @param view how the result lies as maps
 * @throws ModelError where it does not
 */
export function heatOf(result: Tensor, view: MapView | undefined, method: ExplanationMethod): Heat {
  if (!view) throw new ModelError(`an explanation of ${result.shape.join(" × ")} has no rows and columns to draw. Use --save.`);
  const isMap = resultOf(method) === "map";
  const { channels, height, width } = view;
  const elements = sizesOf(result.toFloat32(), view, (element) => (isMap ? Math.max(0, element) : Math.abs(element)));
  const sizes = Array.from({ length: width * height }, (_, place) => largest(elements.subarray(place * channels, (place + 1) * channels)));
  const most = isMap ? largest(sizes) : usualMost(elements);
  return { width, height, values: Uint8Array.from(sizes, (size) => (most > 0 ? Math.min(255, Math.round((255 * size) / most)) : 0)) };
}

/** Sizes of the elements, place by place with all channels of a place side by side; 0 where one is not finite. */
function sizesOf(
  elements: Float32Array,
  { channels, height, width, offset, channelStride, rowStride, columnStride }: MapView,
  sizeOf: (element: number) => number,
): Float32Array {
  return Float32Array.from({ length: channels * height * width }, (_, i) => {
    const [place, channel] = [Math.floor(i / channels), i % channels];
    const at = offset + channel * channelStride + Math.floor(place / width) * rowStride + (place % width) * columnStride;
    const size = sizeOf(elements[at] as number);
    return Number.isFinite(size) ? size : 0;
  });
}

function largest(sizes: Float32Array | readonly number[]): number {
  let most = 0;
  for (const size of sizes) most = Math.max(most, size);
  return most;
}

/** The size that all but a few of those other than 0 do not exceed. */
function usualMost(sizes: Float32Array): number {
  const sorted = sizes.filter((size) => size > 0).sort();
  return sorted[Math.ceil(usualShare * sorted.length) - 1] ?? 0;
}

/** Tiles of one size with gaps between them, about as many in a row as there are rows. */
export function inRows(tiles: readonly Pixels[]): Pixels {
  const [{ width, height }] = tiles as readonly [Pixels];
  const columns = Math.ceil(Math.sqrt(tiles.length));
  const rows = Math.ceil(tiles.length / columns);
  const sheet = { width: columns * (width + gap) - gap, height: rows * (height + gap) - gap };
  const data = new Uint8Array(4 * sheet.width * sheet.height);
  tiles.forEach((tile, i) => {
    const [left, top] = [(i % columns) * (width + gap), Math.floor(i / columns) * (height + gap)];
    for (let y = 0; y < height; y++) data.set(tile.data.subarray(4 * y * width, 4 * (y + 1) * width), 4 * ((top + y) * sheet.width + left));
  });
  return { ...sheet, data };
}
