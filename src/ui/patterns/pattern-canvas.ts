// Patterns on their canvas: takes steps, draws all pictures as tiles, and brings to the CPU how strongly each is answered.
import type { Device } from "../../engine/gpu/device.ts";
import type { Patterns } from "../../engine/patterns.ts";
import shader from "../../shaders/pattern-tiles.wgsl";
import { encodeParams } from "../../shaders/shader.ts";
import { bind } from "../bind.ts";
import { layoutMosaic, type MosaicLayout } from "../mosaic/layout.ts";
import { ReadbackRing } from "../readback-ring.ts";
import { aborted } from "../session/session.ts";
import type { ViewCanvas } from "../views/view.ts";
import { colorChannels } from "./pixels.ts";
import type { Grown, GrowRequest } from "./request.ts";

/** CSS pixels between tiles, about. */
const gap = 4;

interface CanvasParts {
  readonly device: Device;
  readonly pipeline: GPURenderPipeline;
  readonly patterns: Patterns;
  readonly canvas: ViewCanvas;
  /** @internal */
  readonly format: GPUTextureFormat;
  /** As the request had it. */
  readonly id: number;
  /** Whether the first channel of a picture is blue. */
  readonly isBlueFirst: boolean;
}

interface Pending {
  readonly resolve: (answers: readonly number[]) => void;
  readonly reject: (error: Error) => void;
}

export class PatternCanvas {
  readonly id: number;
  readonly patterns: Patterns;
  readonly isBlueFirst: boolean;
  readonly #device: Device;
  readonly #pipeline: GPURenderPipeline;
  readonly #canvas: ViewCanvas;
  readonly #context: GPUCanvasContext;
  readonly #params: GPUBuffer;
  #layout: MosaicLayout | undefined;
  /** Where the pictures and the answers lay when the bind group and the ring were made. */
  #places: readonly unknown[] = [];
  #group: GPUBindGroup | undefined;
  #ring: ReadbackRing<number> | undefined;
  /** Settles with the answers that are on their way. */
  #pending: Pending | undefined;

  /** @internal */
  static pipeline({ gpu }: Device, format: GPUTextureFormat): Promise<GPURenderPipeline> {
    const module = gpu.createShaderModule({ label: shader.name, code: shader.code });
    return gpu.createRenderPipelineAsync({
      label: shader.name,
      layout: "auto",
      vertex: { module, entryPoint: "vertex" },
      fragment: { module, entryPoint: "fragment", targets: [{ format }] },
    });
  }

  constructor(parts: CanvasParts) {
    const { device, pipeline, patterns, canvas, format, id, isBlueFirst } = parts;
    this.id = id;
    this.patterns = patterns;
    this.isBlueFirst = isBlueFirst;
    this.#device = device;
    this.#pipeline = pipeline;
    this.#canvas = canvas;
    // Throws where they were disposed of with their model.
    patterns.value();
    this.#context = canvas.getContext("webgpu") as GPUCanvasContext;
    this.#context.configure({ device: device.gpu, format, alphaMode: "premultiplied" });
    this.#params = device.createBuffer(
      "pattern-tiles params",
      shader.params?.sizeBytes ?? 0,
      GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    );
  }

  /**
   * Takes so many steps and draws. Calls must not overlap.
   *
   * @throws DeviceError where the GPU refused something
   */
  async grow(count: number, room: { readonly width: number; readonly height: number }): Promise<Grown> {
    const { gpu } = this.#device;
    const { patterns } = this;
    const started = performance.now();
    const delivered = new Promise<readonly number[]>((resolve, reject) => {
      this.#pending = { resolve, reject };
    });
    patterns.step(count);
    const submitted = this.#device.checked("Growing patterns", () => {
      this.#place(room);
      const encoder = gpu.createCommandEncoder({ label: "patterns" });
      this.#draw(encoder);
      // One frame at a time is under way, so there is a buffer.
      this.#ring?.encode(encoder, patterns.done);
      gpu.queue.submit([encoder.finish()]);
    });
    this.#ring?.collect(submitted);
    const [answers] = await Promise.all([delivered, submitted, gpu.queue.onSubmittedWorkDone()]);
    const { layer, channels, done, steps } = patterns;
    return { layer, channels, done, steps, answers, layout: this.#layout as MosaicLayout, ms: performance.now() - started };
  }

  dispose(): void {
    this.#pending?.reject(aborted());
    this.#ring?.dispose();
    this.#device.destroyBuffer(this.#params);
    this.#context.unconfigure();
    this.patterns.dispose();
  }

  /** Follows values that have moved, and another room. */
  #place({ width, height }: Pick<Extract<GrowRequest, { do: "grow" }>, "width" | "height">): void {
    const value = this.patterns.value();
    const answers = this.patterns.answers();
    const places = [value.buffer, answers.buffer, answers.offset, width, height];
    if (places.every((place, i) => place === this.#places[i])) return;
    this.#places = places;
    const [count = 1, channels = 1, rows = 1, columns = 1] = value.shape;
    const [pictureStride = 0, channelStride = 0, rowStride = 0, columnStride = 0] = value.strides;
    const { maxTextureDimension2D: largest } = this.#device.gpu.limits;
    const layout = layoutMosaic({ channels: count, mapHeight: rows, mapWidth: columns, width, height, gap, largest });
    this.#layout = layout;
    if (this.#canvas.width !== layout.width) this.#canvas.width = layout.width;
    if (this.#canvas.height !== layout.height) this.#canvas.height = layout.height;
    const [red = 0, green = 0, blue = 0] = colorChannels(channels, this.isBlueFirst).map((channel) => channel * channelStride);
    const params = encodeParams(shader, {
      tile: [layout.tileWidth, layout.tileHeight],
      map: [columns, rows],
      columns: layout.columns,
      count,
      gap: layout.gap,
      offset: value.offset,
      pictureStride,
      rowStride,
      columnStride,
      red,
      green,
      blue,
    });
    this.#device.gpu.queue.writeBuffer(this.#params, 0, params);
    this.#group = this.#device.gpu.createBindGroup({
      label: shader.name,
      layout: this.#pipeline.getBindGroupLayout(0),
      entries: bind(shader, { params: this.#params, pictures: value.buffer }),
    });
    this.#ring?.dispose();
    this.#ring = new ReadbackRing(this.#device, [pieceOf(answers)], ([bytes]) => {
      const floats = new Float32Array(bytes as ArrayBuffer);
      const [stride = 1] = answers.strides;
      this.#pending?.resolve(Array.from({ length: count }, (_, i) => floats[i * stride] as number));
    });
  }

  #draw(encoder: GPUCommandEncoder): void {
    const view = this.#context.getCurrentTexture().createView({ label: "patterns" });
    const pass = encoder.beginRenderPass({ label: "patterns", colorAttachments: [{ view, loadOp: "clear", storeOp: "store" }] });
    pass.setPipeline(this.#pipeline);
    pass.setBindGroup(0, this.#group ?? null);
    pass.draw(3);
    pass.end();
  }
}

function pieceOf({ buffer, offset, shape, strides }: ReturnType<Patterns["answers"]>) {
  const [count = 1, stride = 1] = [shape[0], strides[0]];
  return { buffer, offsetBytes: 4 * offset, sizeBytes: 4 * ((count - 1) * stride + 1) };
}
