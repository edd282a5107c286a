// The weights of a network that learns as mosaics, straight from where they lie on the GPU. Loaded when somebody looks at them.
import type { Device } from "../../engine/gpu/device.ts";
import { workgroupCount } from "../../engine/ops/dispatch.ts";
import { denseStrides, sameShape, sizeOf } from "../../engine/shapes.ts";
import { type Tensor, toGpuWords } from "../../engine/tensor.ts";
import shader from "../../shaders/weight-tiles.wgsl";
import { ComputeStep } from "../compute-step.ts";
import type { MapPoint } from "../mosaic/maps.ts";
import { readElement } from "../read-element.ts";
import type { MapSource, Statistics } from "../statistics/channel-statistics.ts";
import type { Viewer } from "../viewer.ts";
import { differenceLook } from "../views/compared-view.ts";
import { drawMosaic } from "../views/mosaic-view.ts";
import type { Drawn, DrawnWeights, View, ViewContext } from "../views/view.ts";
import type { WeightTiles } from "./weight-tiles.ts";

/** Weights, or gradients of them, where they lie. */
interface Lying {
  readonly buffer: GPUBuffer;
  /** In elements. */
  readonly offset: number;
}

/** What of a network can be drawn, from one request on. */
export interface Drawable {
  /** @throws Error that says why they do not lie anywhere */
  lying(weight: string, isGradient: boolean): Lying;
  /** What weights were before, for their change. */
  before(weight: string): Tensor | undefined;
}

const drawables = new WeakMap<object, Drawable>();
/** What is drawn now, for who reads an element. */
const shown = new WeakMap<object, Map<string, MapSource>>();

/** Says what can be drawn of a model from now on. */
export function setDrawable(model: object, drawable: Drawable | undefined): void {
  if (drawable) drawables.set(model, drawable);
  else drawables.delete(model);
}

/** @throws Error that says why there is nothing to draw */
export async function drawWeights(context: ViewContext, view: View, draws: DrawnWeights): Promise<Drawn> {
  const { model = {}, renderer } = context;
  const { device } = renderer;
  const drawable = drawables.get(model);
  const { tiles } = draws;
  if (!drawable) throw new Error("Weights can be drawn when it learns.");
  const before = draws.part === "change" ? drawable.before(tiles.weight) : undefined;
  if (draws.part === "change" && !before) throw new Error(`It is not known what '${tiles.weight}' was before.`);
  const gathered = await GatheredWeights.make(device, view.value, tiles, {
    now: drawable.lying(tiles.weight, draws.part === "gradient"),
    before,
  });
  const look = { ...context, appearance: differenceLook(context.appearance) };
  const mosaic = await drawMosaic(look, view, gathered.source, { isSigned: true }).catch((error: Error) => {
    gathered.dispose();
    throw error;
  });
  const sources = shown.get(model) ?? new Map<string, MapSource>();
  shown.set(model, sources);
  const key = keyOf(draws);
  sources.set(key, gathered.source);
  return {
    layout: mosaic.layout,
    legend: mosaic.legend,
    ranges: mosaic.ranges,
    // What ranges are made of is computed in this order.
    statistics: [gathered, ...mosaic.statistics],
    finishRanges: (pass) => mosaic.finishRanges(pass),
    encodePixels: (pass, target) => mosaic.encodePixels(pass, target),
    draw: (encoder, target) => mosaic.draw(encoder, target),
    dispose() {
      if (sources.get(key) === gathered.source) sources.delete(key);
      mosaic.dispose();
      gathered.dispose();
    },
  };
}

/** Elements of a mosaic of weights that is shown. @throws Error where it is not */
export async function probeWeights(
  { device, model }: Viewer,
  draws: DrawnWeights,
  points: readonly MapPoint[],
): Promise<readonly number[]> {
  const source = shown.get(model)?.get(keyOf(draws));
  if (!source) throw new Error(`The weights of '${draws.tiles.value}' are not shown.`);
  return device.holding([source.buffer], () => Promise.all(points.map((point) => readElement(device, draws.tiles.value, source, point))));
}

function keyOf({ part, tiles }: DrawnWeights): string {
  return `${part} ${tiles.value}`;
}

const workgroupSize = 64;

/** Weights tile by tile, as a value of its own, gathered anew with each frame that shows it. */
export class GatheredWeights implements Statistics {
  readonly source: MapSource;
  readonly #device: Device;
  readonly #step: ComputeStep;
  readonly #buffers: readonly GPUBuffer[];

  /** @param before what is taken off, of the shape of the weights */
  static async make(
    device: Device,
    label: string,
    tiles: WeightTiles,
    { now, before }: { readonly now: Lying; readonly before: Tensor | undefined },
  ): Promise<GatheredWeights> {
    const pipeline = await device.pipeline(shader);
    return device.checked(label, () => new GatheredWeights(device, label, tiles, { now, before, pipeline }));
  }

  private constructor(
    device: Device,
    label: string,
    tiles: WeightTiles,
    { now, before, pipeline }: { readonly now: Lying; readonly before: Tensor | undefined; readonly pipeline: GPUComputePipeline },
  ) {
    const { outputs, tileRows, tileColumns, inputs, rows, columns, across, gap, outputStride, inputStride, step } = tiles;
    const area = tileRows * tileColumns;
    const count = outputs * area;
    const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
    const buffer = device.createBuffer(`${label} tiles`, count * 4, STORAGE | COPY_SRC);
    const then = before && device.createBuffer(`${label} before`, sizeOf(before.shape) * 4, STORAGE | COPY_DST);
    if (before && then) device.gpu.queue.writeBuffer(then, 0, toGpuWords(before) as Float32Array<ArrayBuffer>);
    this.#device = device;
    this.#buffers = then ? [buffer, then] : [buffer];
    const view = { channels: outputs, height: tileRows, width: tileColumns, offset: 0, channelStride: area, rowStride: tileColumns };
    this.source = { buffer, dtype: "float32", view: { ...view, columnStride: 1 } };
    this.#step = new ComputeStep(device, label, {
      shader,
      pipeline,
      params: {
        ...{ offset: now.offset, outputStride, inputStride, step, inputs, rows, columns, across, gap, tileWidth: tileColumns, area, count },
        ...{ isMean: tiles.isMean ? 1 : 0, isChange: then ? 1 : 0 },
      },
      buffers: { weights: now.buffer, before: then ?? now.buffer, tiles: buffer },
      workgroups: workgroupCount(count, workgroupSize),
    });
  }

  encode(pass: GPUComputePassEncoder): void {
    this.#step.encode(pass);
  }

  dispose(): void {
    this.#step.dispose();
    for (const buffer of this.#buffers) this.#device.destroyBuffer(buffer);
  }
}

/** @throws Error for a value that lies with gaps */
export function lyingDense(
  name: string,
  { buffer, offset, strides, shape }: Lying & { readonly strides: readonly number[]; readonly shape: readonly number[] },
): Lying {
  if (!sameShape(strides, denseStrides(shape))) throw new Error(`The gradient of '${name}' lies with gaps.`);
  return { buffer, offset };
}
