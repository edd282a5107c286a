// Pictures in files: decoded, fitted to a network's input and prepared on the CPU; and pixels written as PNG.
import sharp, { type Sharp } from "sharp";
import { ModelError } from "../engine/errors.ts";
import type { ValueType } from "../engine/graph/graph.ts";
import { type Axes, denseStrides, sizeOf } from "../engine/shapes.ts";
import { isFloat, roundToEven, Tensor } from "../engine/tensor.ts";
import { checkPreparation } from "../ui/check-preparation.ts";
import { findPictureInput, type ImageView } from "../ui/image-view.ts";
import { colorMatrix, type Preparation, preparationFor, storageOf } from "../ui/preparation.ts";
import { writeOutput } from "./output.ts";
import { resample } from "./resample.ts";

/** Extents of a picture as a viewer shows it. */
export async function imageSize(path: string): Promise<{ width: number; height: number }> {
  const { autoOrient } = await open(path).metadata().catch(refuse(path));
  return autoOrient;
}

/**
 * A picture as the network wants it, in the same arithmetic as the page: (pixel · scale − mean) / std, rounded for whole numbers.
 *
 * @param input its shape and type, and what its axes are where the network tells
 * @throws ModelError where it takes no picture
 */
export async function readImage(path: string, input: ImageTensorType, preparation: Preparation): Promise<Tensor> {
  const { name, dtype, shape } = input;
  const found = findPictureInput([{ ...input, strides: denseStrides(shape) }]);
  if (!found)
    throw new ModelError(
      `input '${name}': ${dtype} [${shape.join(", ")}] takes no picture, as it has no rows and columns of 1, 3 or 4 channels. Give --input-npy ${name}=FILE instead.`,
    );
  const { view } = found;
  checkPreparation(preparation, view.channels, "--");
  const { pixels, ...size } = await readPixels(path);
  return prepare(resample(pixels, size, view, preparation), input, view, preparation);
}

interface ImageTensorType extends ValueType {
  readonly name: string;
  readonly axes?: Axes | undefined;
}

/** RGB rows of 8 bits. */
export async function readPixels(path: string): Promise<{ readonly pixels: Uint8Array; readonly width: number; readonly height: number }> {
  const { data, info } = await open(path)
    .autoOrient()
    .flatten()
    .toColorspace("srgb")
    .removeAlpha()
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true })
    .catch(refuse(path));
  return { pixels: data, width: info.width, height: info.height };
}

/** @param pixels rows of RGB, 0…255 */
function prepare(pixels: Float32Array, { dtype, shape }: ValueType, view: ImageView, preparation: Preparation): Tensor {
  const { width, height, channels } = view;
  const matrix = colorMatrix(preparationFor(preparation, dtype), channels);
  const { isWhole, least, most } = storageOf(dtype);
  const data = new Float32Array(sizeOf(shape));
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [r = 0, g = 0, b = 0] = pixels.subarray((y * width + x) * 3, (y * width + x) * 3 + 3);
      for (let c = 0; c < channels; c++) {
        const [fromR = 0, fromG = 0, fromB = 0, bias = 0] = matrix.slice(4 * c, 4 * c + 4);
        const value = (fromR * r + fromG * g + fromB * b) / 255 + bias;
        const at = c * view.channelStride + y * view.rowStride + x * view.columnStride;
        for (let n = 0; n < view.batch; n++)
          data[at + n * view.batchStride] = isWhole ? roundToEven(Math.min(most, Math.max(least, value))) : value;
      }
    }
  return isFloat(dtype) ? Tensor.float32(shape, data) : Tensor.from(dtype, shape, data);
}

/** @param pixels RGBA, rows without gaps */
export async function writePng(path: string, pixels: Uint8Array, width: number, height: number): Promise<void> {
  const png = sharp(pixels, { raw: { width, height, channels: 4 } }).png();
  await writeOutput(path, await png.toBuffer());
}

function open(path: string): Sharp {
  return sharp(path);
}

/** What sharp says, and what it means. Whatever else it says comes from a decoder that stumbles. */
const reasons: readonly (readonly [says: RegExp, reason: string])[] = [
  [/^Input file is missing/, "there is no such file"],
  [/unsupported image format|not been built in/, "this is no picture that can be read; expected JPEG, PNG, WebP, GIF, TIFF or AVIF"],
  [/exceeds pixel limit/, "it has more than the 268 million pixels that are read"],
];

function refuse(path: string): (error: Error) => never {
  return ({ message }) => {
    const [, reason] = reasons.find(([says]) => says.test(message)) ?? [];
    throw new ModelError(`picture '${path}': ${reason ?? "the file is damaged or cut off"}.`);
  };
}
