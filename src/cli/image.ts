// Pictures in files: decoded, fitted to a network's input and prepared on the CPU; and pixels written as PNG.
import sharp, { type Sharp } from "sharp";
import { ModelError } from "../engine/errors.ts";
import { denseStrides, type Shape, sizeOf } from "../engine/shapes.ts";
import { Tensor } from "../engine/tensor.ts";
import { colorMatrix, imageView, type Preparation } from "../ui/preparation.ts";

const fits = { cover: "cover", contain: "contain", stretch: "fill" } as const;

/** Extents of a picture as a viewer shows it. */
export async function imageSize(path: string): Promise<{ width: number; height: number }> {
  const { autoOrient } = await open(path).metadata().catch(refuse(path));
  return autoOrient;
}

/**
 * A picture as the network wants it, in the same arithmetic as the page: (pixel · scale − mean) / std.
 *
 * @param shape of the input: NCHW, or NHWC where only the last axis can be colours
 */
export async function readImage(path: string, shape: Shape, preparation: Preparation): Promise<Tensor> {
  const view = imageView(shape, denseStrides(shape));
  if (!view) throw new ModelError(`an input of shape [${shape}] takes no picture. Give --input-npy instead.`);
  const { width, height, channels } = view;
  const fit = fits[preparation.fit ?? "cover"];
  const pixels = await open(path)
    .autoOrient()
    .flatten()
    .toColorspace("srgb")
    .resize({ width, height, fit, kernel: "linear" })
    .removeAlpha()
    .raw({ depth: "uchar" })
    .toBuffer()
    .catch(refuse(path));
  const matrix = colorMatrix(preparation, channels);
  const data = new Float32Array(sizeOf(shape));
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [r = 0, g = 0, b = 0] = pixels.subarray((y * width + x) * 3, (y * width + x) * 3 + 3);
      for (let c = 0; c < channels; c++) {
        const [fromR = 0, fromG = 0, fromB = 0, bias = 0] = matrix.slice(4 * c, 4 * c + 4);
        data[c * view.channelStride + y * view.rowStride + x * view.columnStride] = (fromR * r + fromG * g + fromB * b) / 255 + bias;
      }
    }
  return Tensor.float32(shape, data);
}

/** @param pixels RGBA, rows without gaps */
export async function writePng(path: string, pixels: Uint8Array, width: number, height: number): Promise<void> {
  await sharp(pixels, { raw: { width, height, channels: 4 } })
    .png()
    .toFile(path);
}

function open(path: string): Sharp {
  return sharp(path);
}

function refuse(path: string): (error: Error) => never {
  return (error) => {
    throw new ModelError(`picture '${path}': ${error.message.replace(/^Input file/, "the file")}.`);
  };
}
