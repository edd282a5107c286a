// The GPU side of the element: one or two networks, the picture they look at and the mosaics of their values. One encoder,
// one compute pass and one submit per frame.
import type { Device } from "../engine/gpu/device.ts";
import type { Graph } from "../engine/graph/graph.ts";
import { loadModel, type Model, prepareKernels } from "../engine/model.ts";
import type { Precision } from "../engine/precision.ts";
import { type Axes, sizeOf } from "../engine/shapes.ts";
import { ImageInput, type ImageLike } from "./image-input.ts";
import { findPictureInput } from "./image-view.ts";
import type { LayerChoice } from "./layers.ts";
import type { ColorMap, ComparePair } from "./mosaic/color-map.ts";
import { layoutMosaic, type MapPoint, type MapView, viewAsMaps } from "./mosaic/layout.ts";
import type { Normalization } from "./mosaic/normalization.ts";
import { encodeRanges, type Mosaic, MosaicRenderer, type MosaicSource } from "./mosaic/renderer.ts";
import { canBeNegative } from "./mosaic/signedness.ts";
import { canPrepareNegative, checkPreparation, type Preparation, preparationFor } from "./preparation.ts";
import { ReadbackRing } from "./readback-ring.ts";

export interface ViewerOptions {
  readonly graph: Graph;
  /** The second network of a comparison: same layer names, same shapes. */
  readonly compared?: Graph | undefined;
  readonly layers: readonly LayerChoice[];
  readonly inputShapes: Readonly<Record<string, readonly number[]>>;
  /** What the axes of values are that may lie otherwise than NCHW. */
  readonly axes?: ReadonlyMap<string, Axes> | undefined;
  readonly preparation: Preparation;
  readonly precision: Precision;
  readonly onProgress?: (progress: { stage: "download" | "compile"; done: number; total: number }) => void;
}

/** How mosaics look. */
export interface Appearance {
  readonly normalization: Normalization;
  readonly colorMap: ColorMap | "auto";
  readonly pair: ComparePair;
  readonly columns?: number | undefined;
  readonly gap: number;
}

/** Numbers that came back from the GPU, a few frames late. */
export interface Results {
  /** The first output of each network, where it is a short vector. */
  readonly outputs: readonly Float32Array[];
  /** [low, high] of each layer's first range; layers that are not drawn yet have none. */
  readonly ranges: ReadonlyMap<string, readonly [number, number]>;
}

/** On a page, or handed over to a worker. */
export type PaneCanvas = HTMLCanvasElement | OffscreenCanvas;

/** A canvas and what is drawn on it. */
export interface Pane {
  readonly choice: LayerChoice;
  readonly canvas: PaneCanvas;
  isVisible: boolean;
}

interface Placed {
  readonly pane: Pane;
  readonly context: GPUCanvasContext;
  readonly mosaic: Mosaic;
}

/** Outputs longer than this are not classes. */
const longestOutput = 4096;

export class Viewer {
  readonly device: Device;
  readonly model: Model;
  readonly compared: Model | undefined;
  /** Name of the input that takes the picture; undefined where no input looks like one. */
  readonly imageInputName: string | undefined;
  readonly #image: ImageInput | undefined;
  readonly #renderer: MosaicRenderer;
  readonly #axes: ReadonlyMap<string, Axes>;
  readonly #unsignedInputs: readonly string[];
  readonly #onResults: (results: Results) => void;
  #panes: readonly Placed[] = [];
  #ring: ReadbackRing | undefined;
  #framesInFlight = 0;
  #areResultsCurrent = true;
  #isDisposed = false;

  /** Compiles what a view of any network takes, while the network is on its way. */
  static async prepare(device: Device): Promise<void> {
    const renderer = new MosaicRenderer(device, navigator.gpu.getPreferredCanvasFormat());
    await Promise.all([ImageInput.prepare(device), prepareKernels(device), renderer.prepare()]).finally(() => renderer.dispose());
  }

  /** @param onResults called now and then, never more than once a frame */
  static async create(device: Device, options: ViewerOptions, onResults: (results: Results) => void): Promise<Viewer> {
    const { graph, compared, layers, inputShapes, preparation, precision, onProgress } = options;
    const observe = [...new Set(layers.flatMap(({ value, compare }) => (compare ? [value, compare] : [value])))];
    const load = (which: Graph) => loadModel(device, which, { inputShapes, observe, precision, ...(onProgress && { onProgress }) });
    const model = await load(graph);
    let other: Model | undefined;
    try {
      other = compared && (await load(compared));
      const format = navigator.gpu.getPreferredCanvasFormat();
      const renderer = new MosaicRenderer(device, format);
      const axes = options.axes ?? new Map();
      const found = findImageInput(model, axes);
      if (found) checkPreparation(preparation, found.view.channels);
      const targets = [model, other].flatMap((one) => {
        const input = one && findImageInput(one, axes);
        return input ? [{ ...input, preparation }] : [];
      });
      const image = targets.length > 0 ? await ImageInput.create(device, targets) : undefined;
      const isUnsigned = found && !canPrepareNegative(preparationFor(preparation, found.dtype), found.view.channels);
      return new Viewer({
        device,
        model,
        compared: other,
        renderer,
        image,
        input: found?.name,
        axes,
        unsigned: isUnsigned ? [found.name] : [],
        onResults,
      });
    } catch (error) {
      model.dispose();
      other?.dispose();
      throw error;
    }
  }

  private constructor(parts: {
    device: Device;
    model: Model;
    compared: Model | undefined;
    renderer: MosaicRenderer;
    image: ImageInput | undefined;
    input: string | undefined;
    axes: ReadonlyMap<string, Axes>;
    unsigned: readonly string[];
    onResults: (results: Results) => void;
  }) {
    this.device = parts.device;
    this.model = parts.model;
    this.compared = parts.compared;
    this.imageInputName = parts.input;
    this.#renderer = parts.renderer;
    this.#image = parts.image;
    this.#axes = parts.axes;
    this.#unsignedInputs = parts.unsigned;
    this.#onResults = parts.onResults;
  }

  /** Frames handed to the GPU that it has not finished. */
  get framesInFlight(): number {
    return this.#framesInFlight;
  }

  /** Whether the numbers of the last frame are on their way; the next frame catches up where they are not. */
  get areResultsCurrent(): boolean {
    return this.#areResultsCurrent;
  }

  /**
   * A layer as maps; undefined where it cannot be drawn: it is a constant, or has no rows and columns.
   *
   * @param axes what somebody says of its axes
   */
  viewOf(value: string, model = this.model, axes = this.#axes.get(value)): MapView | undefined {
    const placed = model.plan.values.get(value);
    return placed && viewAsMaps(placed.shape, placed.strides, placed.offset, 0, axes);
  }

  /** Lays the mosaics out for canvases of these widths, in device pixels, and prepares everything a frame needs. */
  async setPanes(panes: readonly (Pane & { readonly width: number })[], appearance: Appearance): Promise<void> {
    const placed = await Promise.all(panes.map((pane) => this.#place(pane, appearance)));
    if (this.#isDisposed) {
      for (const pane of placed) pane?.mosaic.dispose();
      return;
    }
    for (const { mosaic } of this.#panes) mosaic.dispose();
    this.#panes = placed.flatMap((pane) => (pane ? [pane] : []));
    this.#ring?.dispose();
    this.#ring = this.#buildRing();
  }

  /** The mosaic drawn on a canvas. */
  mosaicOn(canvas: PaneCanvas): Mosaic | undefined {
    return this.#panes.find(({ pane }) => pane.canvas === canvas)?.mosaic;
  }

  /**
   * Draws one frame.
   *
   * @param image the picture, where it changed
   * @param runs whether the networks compute anew, or only the mosaics are drawn again
   * @param elapsedMs since the frame before, for the smoothing of ranges; without it they take their value at once
   * @returns when the GPU is done with it
   */
  frame({
    image,
    runs = true,
    elapsedMs,
  }: {
    image?: ImageLike | undefined;
    runs?: boolean;
    elapsedMs?: number | undefined;
  }): Promise<void> {
    const { gpu } = this.device;
    if (image) this.#image?.upload(image);
    this.#renderer.tick(elapsedMs);
    const encoder = gpu.createCommandEncoder({ label: "frame" });
    const pass = encoder.beginComputePass({ label: "frame" });
    if (image) this.#image?.encode(pass);
    if (runs || image) {
      this.model.encode(pass);
      this.compared?.encode(pass);
    }
    const visible = this.#panes.filter(({ pane }) => pane.isVisible);
    const views = visible.map(({ context }) => context.getCurrentTexture().createView());
    encodeRanges(
      pass,
      visible.map(({ mosaic }) => mosaic),
    );
    if (this.#renderer.usesCompute)
      visible.forEach(({ mosaic }, i) => {
        mosaic.encodePixels(pass, views[i] as GPUTextureView);
      });
    pass.end();
    if (!this.#renderer.usesCompute)
      visible.forEach(({ mosaic }, i) => {
        mosaic.draw(encoder, views[i] as GPUTextureView);
      });
    this.#areResultsCurrent = this.#ring?.encode(encoder) ?? true;
    gpu.queue.submit([encoder.finish()]);
    this.#ring?.collect();
    this.#framesInFlight++;
    return gpu.queue.onSubmittedWorkDone().finally(() => {
      this.#framesInFlight--;
    });
  }

  /** One element of a value, from the GPU. */
  async probe(value: string, point: MapPoint, model = this.model, axes?: Axes): Promise<number> {
    const { buffer, dtype } = model.value(value);
    const view = this.viewOf(value, model, axes);
    if (!view) throw new Error(`'${value}' has no maps`);
    const element = view.offset + point.channel * view.channelStride + point.y * view.rowStride + point.x * view.columnStride;
    const staging = this.device.createBuffer("probe", 4, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
    try {
      const encoder = this.device.gpu.createCommandEncoder({ label: "probe" });
      encoder.copyBufferToBuffer(buffer, element * 4, staging, 0, 4);
      this.device.gpu.queue.submit([encoder.finish()]);
      await staging.mapAsync(GPUMapMode.READ);
      const words = new DataView(staging.getMappedRange().slice(0));
      if (dtype.startsWith("int")) return words.getInt32(0, true);
      return dtype.startsWith("u") || dtype === "bool" ? words.getUint32(0, true) : words.getFloat32(0, true);
    } finally {
      this.device.destroyBuffer(staging);
    }
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#ring?.dispose();
    for (const { mosaic, context } of this.#panes) {
      mosaic.dispose();
      context.unconfigure();
    }
    this.#image?.dispose();
    this.#renderer.dispose();
    this.compared?.dispose();
    this.model.dispose();
  }

  async #place(pane: Pane & { readonly width: number }, appearance: Appearance): Promise<Placed | undefined> {
    const { value, compare = this.compared ? value : undefined, axes } = pane.choice;
    const source = this.#source(value, this.model, axes);
    const other = compare === undefined ? undefined : this.#source(compare, this.compared ?? this.model, axes);
    if (!source) return undefined;
    const { channels, height, width } = source.view;
    const isSame = other && other.view.channels === channels && other.view.height === height && other.view.width === width;
    const layout = layoutMosaic({
      channels,
      mapHeight: height,
      mapWidth: width,
      width: pane.width,
      columns: appearance.columns,
      gap: appearance.gap,
    });
    const mosaic = await this.#renderer.mosaic(value, source, {
      layout,
      normalization: appearance.normalization,
      colorMap: appearance.colorMap,
      isSigned: canBeNegative(this.model, value, { unsignedInputs: this.#unsignedInputs }),
      ...(isSame && { compare: { source: other, pair: appearance.pair } }),
    });
    const { canvas } = pane;
    canvas.width = layout.width;
    canvas.height = layout.height;
    const context = canvas.getContext("webgpu") as GPUCanvasContext;
    context.configure({
      device: this.device.gpu,
      format: this.#renderer.format,
      usage: this.#renderer.targetUsage,
      alphaMode: "premultiplied",
    });
    return { pane, context, mosaic };
  }

  #source(value: string, model: Model, axes: Axes | undefined): MosaicSource | undefined {
    const view = this.viewOf(value, model, axes);
    if (!view) return undefined;
    const { buffer, dtype } = model.value(value);
    return { buffer, dtype, view };
  }

  #buildRing(): ReadbackRing {
    const outputs = [this.model, this.compared].flatMap((model) => {
      const output = model?.outputs.find(
        ({ dtype, shape }) => dtype.startsWith("float") && sizeOf(shape) <= longestOutput && sizeOf(shape) > 1,
      );
      if (!model || !output) return [];
      if (!this.viewOf(output.name, model)) return [];
      const { buffer, offset, shape } = model.value(output.name);
      return [{ buffer, offsetBytes: offset * 4, sizeBytes: sizeOf(shape) * 4 }];
    });
    const panes = this.#panes;
    const pieces = [...outputs, ...panes.map(({ mosaic }) => ({ buffer: mosaic.ranges, offsetBytes: 0, sizeBytes: 8 }))];
    return new ReadbackRing(this.device, pieces, (data) => {
      const floats = data.map((bytes) => new Float32Array(bytes));
      const ranges = panes.map(({ pane }, i) => [pane.choice.value, floats[outputs.length + i]] as const);
      this.#onResults({
        outputs: floats.slice(0, outputs.length),
        ranges: new Map(ranges.map(([name, range]) => [name, [range?.[0] ?? 0, range?.[1] ?? 0] as const])),
      });
    });
  }
}

/** The first input that takes a picture, and how it lies. */
function findImageInput(model: Model, axes: ReadonlyMap<string, Axes>) {
  const found = findPictureInput(model.inputs.map((input) => ({ ...input, ...model.value(input.name), axes: axes.get(input.name) })));
  return found && { ...found.input, view: found.view };
}
