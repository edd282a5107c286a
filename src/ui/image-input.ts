// Writes a picture or video frame into the input buffers of one or more networks: crop, resize and normalise in one dispatch.
import type { Device } from "../engine/gpu/device.ts";
import shader from "../shaders/image-to-tensor.wgsl";
import externalShader from "../shaders/image-to-tensor-external.wgsl";
import { encodeParams } from "../shaders/shader.ts";
import { bind } from "./mosaic/renderer.ts";
import { colorMatrix, type ImageView, type Preparation, sourceRectangle } from "./preparation.ts";

/** Where a network's image input lies. */
export interface ImageTarget {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly view: ImageView;
  readonly preparation: Preparation;
}

/** Pixels in memory, RGBA, as a decoder gives them in Node. */
export interface RawImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** What a page or a worker can show. */
export type VisibleImage = ImageBitmap | HTMLImageElement | HTMLCanvasElement | OffscreenCanvas | HTMLVideoElement | VideoFrame;

export type ImageLike = VisibleImage | RawImage;

interface Target extends ImageTarget {
  readonly params: GPUBuffer;
  group?: GPUBindGroup;
}

export class ImageInput {
  readonly #device: Device;
  readonly #pipeline: GPUComputePipeline;
  readonly #externalPipeline: GPUComputePipeline | undefined;
  readonly #targets: readonly Target[];
  #texture: GPUTexture | undefined;
  #sourceSize = "";
  #isExternal = false;

  /** Compiles what it takes; video frames are read without a copy where the platform can. */
  static async create(device: Device, targets: readonly ImageTarget[]): Promise<ImageInput> {
    // Dawn in Node has the method, but nothing to import.
    const canImport =
      "importExternalTexture" in device.gpu && (typeof HTMLVideoElement !== "undefined" || typeof VideoFrame !== "undefined");
    const pipelines = await Promise.all([device.pipeline(shader), canImport ? device.pipeline(externalShader) : undefined]);
    return new ImageInput(device, targets, ...pipelines);
  }

  private constructor(
    device: Device,
    targets: readonly ImageTarget[],
    pipeline: GPUComputePipeline,
    externalPipeline?: GPUComputePipeline,
  ) {
    this.#device = device;
    this.#pipeline = pipeline;
    this.#externalPipeline = externalPipeline;
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    this.#targets = targets.map((target) => ({
      ...target,
      params: device.createBuffer("image-to-tensor params", shader.params?.sizeBytes ?? 0, usage),
    }));
  }

  /** Takes the current pixels of `image`; before {@link encode} in the same frame. Allocates only when the size changes. */
  upload(image: ImageLike): void {
    const size = sizeOf(image);
    const key = `${size.width}x${size.height}`;
    if (key !== this.#sourceSize) {
      this.#sourceSize = key;
      this.#texture?.destroy();
      this.#texture = undefined;
      for (const target of this.#targets) this.#writeParams(target, size);
    }
    const wasExternal = this.#isExternal;
    this.#isExternal = false;
    if (isVideo(image) && this.#externalPipeline && this.#import(image, this.#externalPipeline)) return;
    this.#copy(image, size, wasExternal);
  }

  encode(pass: GPUComputePassEncoder): void {
    pass.setPipeline(this.#isExternal && this.#externalPipeline ? this.#externalPipeline : this.#pipeline);
    for (const { group, view } of this.#targets) {
      if (!group) continue;
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(Math.ceil(view.width / 8), Math.ceil(view.height / 8));
    }
  }

  dispose(): void {
    this.#texture?.destroy();
    for (const { params } of this.#targets) this.#device.destroyBuffer(params);
  }

  #writeParams({ params, offset, view, preparation }: Target, source: { width: number; height: number }): void {
    const { channels, width, height, channelStride, rowStride, columnStride } = view;
    const bytes = encodeParams(shader, {
      ...sourceRectangle(source, view, preparation.fit),
      width,
      height,
      channels,
      isArea: preparation.resize === "bilinear" ? 0 : 1,
      offset,
      channelStride,
      rowStride,
      columnStride,
      fill: [0, 0, 0, 1],
      color: colorMatrix(preparation, channels),
    });
    this.#device.gpu.queue.writeBuffer(params, 0, bytes);
  }

  /** Binds the video frame itself; false where the browser refuses. */
  #import(video: HTMLVideoElement | VideoFrame, pipeline: GPUComputePipeline): boolean {
    try {
      const source = this.#device.gpu.importExternalTexture({ label: "video frame", source: video });
      for (const target of this.#targets) target.group = this.#bindGroup(target, pipeline, source);
      this.#isExternal = true;
      return true;
    } catch {
      return false;
    }
  }

  #copy(image: ImageLike, size: { width: number; height: number }, wasExternal: boolean): void {
    const { gpu } = this.#device;
    const isNew = !this.#texture;
    this.#texture ??= gpu.createTexture({
      label: "picture",
      size,
      format: "rgba8unorm",
      usage: GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST | GPUTextureUsage.RENDER_ATTACHMENT,
    });
    if ("data" in image) {
      gpu.queue.writeTexture({ texture: this.#texture }, image.data as Uint8Array<ArrayBuffer>, { bytesPerRow: size.width * 4 }, size);
    } else {
      gpu.queue.copyExternalImageToTexture({ source: image }, { texture: this.#texture }, size);
    }
    if (!isNew && !wasExternal) return;
    const view = this.#texture.createView({ label: "picture" });
    for (const target of this.#targets) target.group = this.#bindGroup(target, this.#pipeline, view);
  }

  #bindGroup({ params, buffer }: Target, pipeline: GPUComputePipeline, source: GPUTextureView | GPUExternalTexture): GPUBindGroup {
    return this.#device.gpu.createBindGroup({
      label: "image-to-tensor",
      layout: pipeline.getBindGroupLayout(0),
      entries: bind(shader, { params, source, tensor: buffer }),
    });
  }
}

function isVideo(image: ImageLike): image is HTMLVideoElement | VideoFrame {
  return "videoWidth" in image || "displayWidth" in image;
}

/** Width and height in the image's own pixels. */
export function sizeOf(image: ImageLike): { width: number; height: number } {
  if ("videoWidth" in image) return { width: image.videoWidth, height: image.videoHeight };
  if ("displayWidth" in image) return { width: image.displayWidth, height: image.displayHeight };
  if ("naturalWidth" in image) return { width: image.naturalWidth, height: image.naturalHeight };
  return { width: image.width, height: image.height };
}
