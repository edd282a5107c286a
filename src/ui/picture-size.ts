// What a network can be shown, and how large it is.
import type { DataType } from "../engine/tensor.ts";

/** Pixels in memory, RGBA, as a decoder gives them in Node. */
export interface RawImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** An array from a file, which a network is given as it is. It has no picture: its width and height are 1. */
export interface ArrayImage extends RawImage {
  /** Of the file; empty where it has none. */
  readonly name: string;
  readonly dtype: DataType;
  readonly shape: readonly number[];
}

/** What a page or a worker can show. */
export type VisibleImage = ImageBitmap | HTMLImageElement | HTMLCanvasElement | OffscreenCanvas | HTMLVideoElement | VideoFrame;

export type ImageLike = VisibleImage | RawImage;

/** Width and height in the image's own pixels. */
export function sizeOf(image: ImageLike): { width: number; height: number } {
  if ("videoWidth" in image) return { width: image.videoWidth, height: image.videoHeight };
  if ("displayWidth" in image) return { width: image.displayWidth, height: image.displayHeight };
  if ("naturalWidth" in image) return { width: image.naturalWidth, height: image.naturalHeight };
  return { width: image.width, height: image.height };
}
