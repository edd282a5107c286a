// A text that stays the same as long as an answer would, but for gates: of the picture, how it is prepared, and the weights. So that two answers are
// compared only where nothing else is another.
import type { ConvCam } from "../element.ts";
import { sizeOf } from "../picture-size.ts";
import type { FrameSource } from "../sources.ts";

/** Pixels of the longer side that are looked at of a canvas. */
const largestSide = 256;

/** @returns undefined for what moves, or cannot be read */
export function printOf(viewer: ConvCam, source: FrameSource | undefined): string | undefined {
  if (!source || source.isLive) return undefined;
  const { retouch, blank, parameters, checkpoint, preparation, precision } = viewer.state;
  try {
    return JSON.stringify([hashOf(source.image), retouch, blank, parameters, checkpoint, preparation, precision]);
  } catch {
    return undefined;
  }
}

/** 0 for what nobody draws on: its network is told when another one takes its place. */
function hashOf(image: FrameSource["image"]): number {
  const isCanvas = image instanceof HTMLCanvasElement || image instanceof OffscreenCanvas;
  if (!isCanvas || image.width * image.height === 0) return 0;
  const { width, height } = sizeOf(image);
  const scale = Math.min(1, largestSide / Math.max(width, height));
  const [across, down] = [Math.ceil(width * scale), Math.ceil(height * scale)];
  const context = new OffscreenCanvas(across, down).getContext("2d", { willReadFrequently: true }) as OffscreenCanvasRenderingContext2D;
  context.drawImage(image, 0, 0, across, down);
  const words = new Uint32Array(context.getImageData(0, 0, across, down).data.buffer);
  // FNV-1a, word by word.
  return words.reduce((hash, word) => Math.imul(hash ^ word, 0x01000193), 0x811c9dc5);
}
