// The weights of a network that learns as mosaics, straight from where they lie on the GPU. Loaded when somebody looks at them.
import type { Device } from "../../engine/gpu/device.ts";
import type { Model } from "../../engine/model.ts";
import { workgroupCount } from "../../engine/ops/dispatch.ts";
import type { Parameter } from "../../engine/parameters.ts";
import { denseStrides, type Shape, sameShape, sizeOf } from "../../engine/shapes.ts";
import { readModel } from "../../engine/source.ts";
import { type Tensor, toGpuWords } from "../../engine/tensor.ts";
import type { Trainer } from "../../engine/trainer.ts";
import shader from "../../shaders/weight-tiles.wgsl";
import { comparePairs, legendOf, readPair } from "../compare/pairs.ts";
import { ComputeStep } from "../compute-step.ts";
import type { MapPoint } from "../mosaic/maps.ts";
import { readElement } from "../read-element.ts";
import type { MapSource, Statistics } from "../statistics/channel-statistics.ts";
import type { Viewer } from "../viewer.ts";
import { inCommonRange } from "../views/common-range.ts";
import { differenceLook } from "../views/compared-view.ts";
import { drawMosaic } from "../views/mosaic-view.ts";
import type { Drawn, DrawnWeights, View, ViewContext, WeightsPart } from "../views/view.ts";
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
  /** Whether it learns no more. */
  readonly isOver: boolean;
  /** The same of a second network that learns beside it. */
  readonly second?: Drawable | undefined;
}

const drawables = new WeakMap<object, Drawable>();
/** What is drawn now, for who reads an element: of the network, and of the second one where both are drawn. */
const shown = new WeakMap<object, Map<string, readonly MapSource[]>>();

/** What shall be drawn of a network that learns. */
export interface Wanted {
  readonly part: WeightsPart | "maps";
  readonly tiles: readonly WeightTiles[];
  /** What their change is from, an .onnx file; else the weights of now. */
  readonly since: Uint8Array | undefined;
}

/** Shapes of parameters by their names. @param trainer where only those that learn count */
export function changeableIn(list: readonly Parameter[], trainer: Pick<Trainer, "parameters"> | undefined): ReadonlyMap<string, Shape> {
  const all = list.map(({ name, shape }) => [name, shape] as const);
  return new Map(trainer ? all.filter(([name]) => trainer.parameters.includes(name)) : all);
}

/** Which gradients are kept of a trainer, and how many steps it had taken when it was asked for them: they come with the next. */
const keptSince = new WeakMap<Trainer, { readonly names: string; readonly steps: number }>();

/** Where it lies. Gradients are kept where these are drawn, and else none. */
export async function drawableOf(model: Model, trainer: Trainer, { part, tiles, since }: Wanted): Promise<Drawable> {
  const { network } = await model.changeable();
  const names = part === "gradient" ? [...new Set(tiles.map(({ weight }) => weight))].sort() : [];
  await trainer.keepGradients(names);
  const known = keptSince.get(trainer);
  const kept = known?.names === names.join() ? known : { names: names.join(), steps: trainer.steps };
  keptSince.set(trainer, kept);
  const before = part === "change" ? (await readModel(since ?? (await model.toOnnx()))).initializers : undefined;
  return {
    lying(weight, isGradient) {
      if (isGradient && (trainer.isDisposed || trainer.steps === kept.steps))
        throw new Error("The gradient comes with the next step. Where learning is paused, choose “One step”.");
      if (isGradient) return lyingDense(weight, trainer.gradient(weight));
      const buffer = network.parameters.bufferOf(weight);
      if (!buffer) throw new Error(`'${weight}' is not on the GPU.`);
      return { buffer, offset: 0 };
    },
    before: (weight) => before?.get(weight),
    get isOver() {
      return trainer.isDisposed;
    },
  };
}

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
  const gathered: GatheredWeights[] = [];
  const gather = async ({ lying, before }: Drawable) => {
    const then = draws.part === "change" ? before(tiles.weight) : undefined;
    if (draws.part === "change" && !then) throw new Error(`It is not known what '${tiles.weight}' was before.`);
    const now = lying(tiles.weight, draws.part === "gradient");
    const one = await GatheredWeights.make(device, view.value, tiles, { now, before: then });
    gathered.push(one);
    return one.source;
  };
  const disposeAll = () => {
    for (const one of gathered) one.dispose();
  };
  try {
    const source = await gather(drawable);
    const { second } = drawable;
    const other = draws.isBoth && second?.isOver === false ? await gather(second) : undefined;
    const drawn = await drawSources(context, view, source, other);
    const sources = shown.get(model) ?? new Map<string, readonly MapSource[]>();
    shown.set(model, sources);
    const [key, all] = [keyOf(draws), other ? [source, other] : [source]];
    sources.set(key, all);
    return {
      layout: drawn.layout,
      ...(drawn.legend && { legend: drawn.legend }),
      ...(drawn.ranges && { ranges: drawn.ranges }),
      isCompared: other !== undefined,
      // What ranges are made of is computed in this order.
      statistics: [...gathered, ...drawn.statistics],
      finishRanges: (pass) => drawn.finishRanges(pass),
      encodePixels: (pass, target) => drawn.encodePixels(pass, target),
      draw: (encoder, target) => drawn.draw(encoder, target),
      dispose() {
        if (sources.get(key) === all) sources.delete(key);
        drawn.dispose();
        disposeAll();
      },
    };
  } catch (error) {
    disposeAll();
    throw error;
  }
}

/** In the colours of their signs; with those of a second network in two colours, as how far from 0 they are. */
async function drawSources(context: ViewContext, view: View, source: MapSource, other: MapSource | undefined): Promise<Drawn> {
  const look = { ...context, appearance: differenceLook(context.appearance) };
  if (!other) return drawMosaic(look, view, source, { isSigned: true });
  const pair = readPair(context.appearance.pair);
  const compare = { source: other, colors: comparePairs[pair], legend: legendOf(pair) };
  const mosaic = await drawMosaic(look, view, source, { isSigned: true, compare });
  return context.appearance.isCommonRange ? inCommonRange(look, view, mosaic, [source, other], [0, 1]) : mosaic;
}

/** Elements of a mosaic of weights that is shown, then those of the second network. @throws Error where it is not */
export async function probeWeights(
  { device, model }: Viewer,
  draws: DrawnWeights,
  points: readonly MapPoint[],
): Promise<readonly number[]> {
  const sources = shown.get(model)?.get(keyOf(draws));
  if (!sources) throw new Error(`The weights of '${draws.tiles.value}' are not shown.`);
  const buffers = sources.map(({ buffer }) => buffer);
  return device.holding(buffers, () =>
    Promise.all(sources.flatMap((source) => points.map((point) => readElement(device, draws.tiles.value, source, point)))),
  );
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
