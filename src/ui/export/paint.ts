// Draws once more what is on a canvas, onto a texture that can be read.
import type { Device } from "../../engine/gpu/device.ts";
import { submitAndMap } from "../../engine/gpu/read-back.ts";
import type { MosaicRenderer } from "../mosaic/renderer.ts";

export interface Painter {
  readonly device: Device;
  readonly renderer: MosaicRenderer;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** @param draw what draws onto the texture, of the renderer's format */
export async function paint(
  { device, renderer }: Painter,
  { width, height }: Size,
  draw: (encoder: GPUCommandEncoder, texture: GPUTexture) => void,
): Promise<OffscreenCanvas> {
  const { gpu } = device;
  const { format, targetUsage } = renderer;
  const usage = targetUsage | GPUTextureUsage.COPY_SRC | GPUTextureUsage.COPY_DST;
  const texture = gpu.createTexture({ label: "picture", size: [width, height], format, usage });
  const bytesPerRow = Math.ceil((width * 4) / 256) * 256;
  const staging = device.createBuffer("picture", bytesPerRow * height, GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ);
  try {
    const encoder = gpu.createCommandEncoder({ label: "picture" });
    draw(encoder, texture);
    encoder.copyTextureToBuffer({ texture }, { buffer: staging, bytesPerRow }, [width, height]);
    await submitAndMap(device, "the picture", encoder, staging);
    return toCanvas(new Uint8Array(staging.getMappedRange()), { width, height, bytesPerRow, isBlueFirst: format.startsWith("bgra") });
  } finally {
    texture.destroy();
    device.destroyBuffer(staging);
  }
}

interface Rows extends Size {
  readonly bytesPerRow: number;
  readonly isBlueFirst: boolean;
}

function toCanvas(bytes: Uint8Array, { width, height, bytesPerRow, isBlueFirst }: Rows): OffscreenCanvas {
  const image = new ImageData(width, height);
  for (let y = 0; y < height; y++) image.data.set(bytes.subarray(y * bytesPerRow, y * bytesPerRow + width * 4), y * width * 4);
  if (isBlueFirst)
    for (let i = 0; i < image.data.length; i += 4)
      [image.data[i], image.data[i + 2]] = [image.data[i + 2] as number, image.data[i] as number];
  const canvas = new OffscreenCanvas(width, height);
  contextOf(canvas).putImageData(image, 0, 0);
  return canvas;
}

export function contextOf(canvas: OffscreenCanvas): OffscreenCanvasRenderingContext2D {
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser draws no pictures of its own.");
  return context;
}
