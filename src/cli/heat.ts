// Explanations drawn as heat over the part of a picture that the network saw: one, or several side by side.
import sharp from "sharp";
import { ModelError } from "../engine/errors.ts";
import { type ExplanationMethod, resultOf } from "../engine/gradient/explain.ts";
import type { Model } from "../engine/model.ts";
import { denseStrides } from "../engine/shapes.ts";
import type { Tensor } from "../engine/tensor.ts";
import { findPictureInput } from "../ui/image-view.ts";
import { paletteOf } from "../ui/mosaic/color-map.ts";
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
 * @throws ModelError where the model's input is no picture
 */
export async function drawHeat(
  model: Model,
  imagePath: string,
  results: readonly Tensor[],
  options: HeatOptions,
  path: string,
): Promise<void> {
  const found = findPictureInput(model.inputs.map((input) => ({ ...input, strides: denseStrides(input.shape) })));
  if (!found) throw new ModelError("the model's input is no picture, so there is nothing to draw on. Use --save.");
  const { width, height } = found.view;
  const side = results.length > 1 ? tileSide : aloneSide;
  const factor = Math.max(1, Math.ceil(side / Math.max(width, height)));
  const size = { width: width * factor, height: height * factor };
  const { pixels, ...source } = await readPixels(imagePath);
  const picture = resample(pixels, source, size, options.preparation);
  const tiles = await Promise.all(results.map((result) => heatOver(picture, size, result, options)));
  const sheet = inRows(tiles);
  await writePng(path, sheet.data, sheet.width, sheet.height);
}

async function heatOver(picture: Float32Array, size: Size, result: Tensor, { method, opacity }: HeatOptions): Promise<Pixels> {
  const isMap = resultOf(method) === "map";
  const heat = heatOf(result, isMap);
  const large = await sharp(heat.values, { raw: { width: heat.width, height: heat.height, channels: 1 } })
    .resize({ ...size, fit: "fill", kernel: isMap ? "linear" : "nearest" })
    .toColorspace("b-w")
    .raw()
    .toBuffer();
  const palette = paletteOf("magma", [0, 0, 0, 1]);
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

/** Of a gradient a few elements are far larger than all others: what these are above counts as the most. */
const brightShare = 0.995;

/** Of the first of a batch: of a map, what speaks for the class; else the largest size over the channels. From 0 to 255. */
function heatOf(result: Tensor, isMap: boolean): Size & { readonly values: Uint8Array } {
  const [channels = 1, height = 1, width = 1] = result.shape.slice(-3);
  const elements = result.toFloat32();
  const area = width * height;
  const sizes = Array.from({ length: area }, (_, i) => {
    const each = Array.from({ length: channels }, (_unused, c) => elements[c * area + i] as number);
    return isMap ? Math.max(0, ...each) : Math.max(...each.map(Math.abs));
  });
  const sorted = Float32Array.from(sizes).sort();
  const most = (isMap ? undefined : sorted[Math.floor(brightShare * (area - 1))]) || sorted.at(-1) || 0;
  return { width, height, values: Uint8Array.from(sizes, (size) => (most > 0 ? Math.min(255, Math.round((255 * size) / most)) : 0)) };
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
