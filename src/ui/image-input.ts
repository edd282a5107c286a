// Writes a picture or video frame into the input buffers of one or more networks: crop, resize and normalise in one dispatch.
import type { Device } from "../engine/gpu/device.ts";
import type { Model } from "../engine/model.ts";
import type { Axes } from "../engine/shapes.ts";
import type { DataType } from "../engine/tensor.ts";
import shader from "../shaders/image-to-tensor.wgsl";
import { encodeParams } from "../shaders/shader.ts";
import { bind } from "./bind.ts";
import { findPictureInput, type ImageView } from "./image-view.ts";
import { type ImageLike, type RawImage, sizeOf } from "./picture-size.ts";
import { canPrepareNegative, colorMatrix, type Preparation, preparationFor, sourceRectangle, storageOf } from "./preparation.ts";

/** Where a network's image input lies. */
export interface ImageTarget {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  /** What the network takes: floats, or whole numbers. */
  readonly dtype: DataType;
  readonly view: ImageView;
  readonly preparation: Preparation;
}

interface Target extends ImageTarget {
  readonly params: GPUBuffer;
  group?: GPUBindGroup;
}

export class ImageInput {
  readonly #device: Device;
  readonly #pipeline: GPUComputePipeline;
  #externalPipeline: GPUComputePipeline | undefined;
  #isExternalWanted = false;
  #targets: readonly Target[] = [];
  #texture: GPUTexture | undefined;
  #size: { readonly width: number; readonly height: number } | undefined;
  #isExternal = false;

  /** Compiles the pipeline for pictures. */
  static prepare(device: Device): Promise<GPUComputePipeline> {
    return device.pipeline(shader);
  }

  /** Compiles the pipeline for pictures. That for video frames without a copy, where the platform has them, follows after the first frame. */
  static async create(device: Device, targets: readonly ImageTarget[]): Promise<ImageInput> {
    const input = new ImageInput(device, await ImageInput.prepare(device));
    input.aim(targets);
    return input;
  }

  private constructor(device: Device, pipeline: GPUComputePipeline) {
    this.#device = device;
    this.#pipeline = pipeline;
  }

  /** Whether what is written into this input can be negative. */
  canWriteNegative(preparation: Preparation, { dtype, view }: Pick<ImageTarget, "dtype" | "view">): boolean {
    return canPrepareNegative(preparationFor(preparation, dtype), view.channels);
  }

  /** Says where pictures go from now on, and how they are prepared. They have to be uploaded again. */
  aim(targets: readonly ImageTarget[]): void {
    for (const { params } of this.#targets) this.#device.destroyBuffer(params);
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    this.#targets = targets.map((target) => ({
      ...target,
      params: this.#device.createBuffer("image-to-tensor params", shader.params?.sizeBytes ?? 0, usage),
    }));
    this.#release();
  }

  /**
   * Takes the current pixels of `image`; before {@link encode} in the same frame. Allocates only when the size changes. A picture beyond
   * what a texture holds is shrunk first.
   */
  upload(image: ImageLike): void {
    const picture = fitWithin(image, this.#device.gpu.limits.maxTextureDimension2D);
    const size = sizeOf(picture);
    if (size.width !== this.#size?.width || size.height !== this.#size.height) {
      this.#release();
      this.#size = size;
      for (const target of this.#targets) this.#writeParams(target, size);
    }
    const wasExternal = this.#isExternal;
    this.#isExternal = false;
    if (isVideo(picture) && this.#importsVideo(picture)) return;
    this.#copy(picture, size, wasExternal);
  }

  encode(pass: GPUComputePassEncoder): void {
    pass.setPipeline(this.#isExternal && this.#externalPipeline ? this.#externalPipeline : this.#pipeline);
    for (const { group, view } of this.#targets) {
      if (!group) continue;
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(Math.ceil(view.width / 8), Math.ceil(view.height / 8), view.batch);
    }
  }

  dispose(): void {
    this.#release();
    for (const { params } of this.#targets) this.#device.destroyBuffer(params);
  }

  #release(): void {
    this.#texture?.destroy();
    this.#texture = undefined;
    this.#size = undefined;
  }

  #writeParams({ params, offset, dtype, view, ...target }: Target, source: { width: number; height: number }): void {
    const { channels, width, height, batchStride, channelStride, rowStride, columnStride } = view;
    const preparation = preparationFor(target.preparation, dtype);
    const { isWhole, least, most } = storageOf(dtype);
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
      batchStride,
      isWhole: isWhole ? 1 : 0,
      least,
      most,
      fill: [0, 0, 0, 1],
      color: colorMatrix(preparation, channels),
    });
    this.#device.gpu.queue.writeBuffer(params, 0, bytes);
  }

  /** Binds the video frame itself; false where the browser refuses, and until the pipeline for it is compiled. */
  #importsVideo(video: HTMLVideoElement | VideoFrame): boolean {
    const pipeline = this.#externalPipeline;
    if (!pipeline) {
      if (!this.#isExternalWanted) this.#compileExternal();
      return false;
    }
    try {
      const source = this.#device.gpu.importExternalTexture({ label: "video frame", source: video });
      for (const target of this.#targets) target.group = this.#bindGroup(target, pipeline, source);
      this.#isExternal = true;
      return true;
    } catch {
      return false;
    }
  }

  /** Fetched for the first video frame, since pictures do not need it. If that fails, frames are copied. */
  async #compileExternal(): Promise<void> {
    this.#isExternalWanted = true;
    if (!("importExternalTexture" in this.#device.gpu)) return;
    try {
      const { default: externalShader } = await import("../shaders/image-to-tensor-external.wgsl");
      this.#externalPipeline = await this.#device.pipeline(externalShader);
    } catch {}
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

/** The first input that takes a picture, and how it lies. */
export function findImageInput(model: Model, axes: ReadonlyMap<string, Axes> | undefined) {
  const found = findPictureInput(model.inputs.map((input) => ({ ...input, ...model.value(input.name), axes: axes?.get(input.name) })));
  return found && { ...found.input, view: found.view };
}

function isVideo(image: ImageLike): image is HTMLVideoElement | VideoFrame {
  return "videoWidth" in image || "displayWidth" in image;
}

/** The same picture, or a smaller copy where one of its sides is longer than `limit`. */
function fitWithin(image: ImageLike, limit: number): ImageLike {
  const { width, height } = sizeOf(image);
  const share = limit / Math.max(width, height);
  if (share >= 1) return image;
  const [smallWidth, smallHeight] = [width, height].map((side) => Math.max(1, Math.floor(side * share))) as [number, number];
  if ("data" in image) return thin(image, smallWidth, smallHeight);
  const canvas = new OffscreenCanvas(smallWidth, smallHeight);
  const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, smallWidth, smallHeight);
  return canvas;
}

/** A smaller copy by nearest neighbour. */
function thin({ width, height, data }: RawImage, smallWidth: number, smallHeight: number): RawImage {
  const small = new Uint8Array(smallWidth * smallHeight * 4);
  for (let y = 0; y < smallHeight; y++)
    for (let x = 0; x < smallWidth; x++) {
      const at = (Math.floor((y * height) / smallHeight) * width + Math.floor((x * width) / smallWidth)) * 4;
      small.set(data.subarray(at, at + 4), (y * smallWidth + x) * 4);
    }
  return { width: smallWidth, height: smallHeight, data: small };
}
