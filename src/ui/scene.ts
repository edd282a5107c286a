// The views of a scene on their canvases. Compares scenes: which views are prepared anew, which stay, and which cannot be drawn and why.
import type { Device } from "../engine/gpu/device.ts";
import type { Model } from "../engine/model.ts";
import type { Axes } from "../engine/shapes.ts";
import type { ValueGate } from "./change-gates.ts";
import type { Weights } from "./change-weights.ts";
import type { ImageView } from "./image-view.ts";
import type { MosaicLayout } from "./mosaic/layout.ts";
import { viewAsMaps } from "./mosaic/maps.ts";
import type { LegendColors } from "./mosaic/palette.ts";
import { encodeRanges, type MosaicRenderer, type MosaicSource } from "./mosaic/renderer.ts";
import { nonnegativeValues } from "./mosaic/signedness.ts";
import type { Preparation } from "./preparation.ts";
import { ChannelStatistics, type Statistics } from "./statistics/channel-statistics.ts";
import { type Appearance, type Drawn, type View, type ViewCanvas, type ViewContext, viewKinds } from "./views/view.ts";

/** The result of preparing a view. */
export type ViewOutcome =
  | { readonly id: string; readonly layout: MosaicLayout; readonly legend: LegendColors | undefined; readonly isCompared: boolean }
  /** Why it is not drawn; the others are. */
  | { readonly id: string; readonly problem: string };

/** Everything that is shown of the networks. */
export interface Scene {
  readonly views: readonly View[];
  readonly appearance: Appearance;
  readonly preparation: Preparation;
  readonly gates?: readonly ValueGate[];
  readonly weights?: Weights;
}

export interface SceneOutcome {
  /** Whether values have to be computed anew. */
  readonly needsRun: boolean;
  /** In the order of the scene's. */
  readonly views: readonly ViewOutcome[];
  /** Whether weights are known to be random that are not the file's own. */
  readonly isBlank?: boolean | undefined;
  /** Whether the weights asked for were refused, so that those before hold. */
  readonly areWeightsRefused: boolean;
  /** What is wrong with a gate, with weights or with the second network, if something is. */
  readonly problem?: string | undefined;
}

export interface SceneContext {
  readonly model: Model;
  readonly compared: Model | undefined;
  readonly appearance: Appearance;
  readonly preparation: Preparation;
  readonly imageView: ImageView | undefined;
  /** What the axes of values are that may lie otherwise than NCHW. */
  readonly axes: ReadonlyMap<string, Axes>;
  /** Inputs that hold no negative numbers. */
  readonly unsignedInputs: readonly string[];
}

interface Placed {
  readonly view: View;
  readonly key: string;
  readonly canvas: ViewCanvas;
  readonly context: GPUCanvasContext;
  readonly drawn: Drawn;
}

/** Whether they are other weights than the network's own. */
export function isOther({ blank, parameters }: Weights): boolean {
  return blank !== undefined || parameters !== undefined;
}

/** Every value that a view reads, once. */
export function observedBy(views: readonly View[]): string[] {
  const valuesOf = ({ value, compare, cells = [], reads = [], draws }: View) => [
    draws ? undefined : value,
    compare,
    ...cells.map((cell) => cell.value),
    ...reads,
  ];
  return [...new Set(views.flatMap(valuesOf).filter((value) => value !== undefined))].sort();
}

/** How a value lies as maps. @throws Error that says why it has none */
export function mapsOf(model: Model, value: string, axes: Axes | undefined): MosaicSource {
  const { buffer, dtype, shape, strides, offset } = model.value(value);
  const view = viewAsMaps(shape, strides, offset, 0, axes);
  if (!view) throw new Error(`A value of shape ${shape.join(" × ")} that lies with gaps cannot be drawn as maps.`);
  return { buffer, dtype, view };
}

export class SceneOfViews {
  readonly #device: Device;
  readonly #renderer: MosaicRenderer;
  /** Shared by the views of a value; `made` is set once they are there. */
  readonly #statistics = new Map<string, { readonly making: Promise<ChannelStatistics>; made?: ChannelStatistics }>();
  #placed: readonly Placed[] = [];
  /** Those that hold textures, which a canvas keeps as long as it is configured. */
  #configured = new Set<GPUCanvasContext>();
  #isDisposed = false;

  constructor(device: Device, renderer: MosaicRenderer) {
    this.#device = device;
    this.#renderer = renderer;
  }

  /** Those that can be drawn, in order. */
  get drawn(): readonly (View & { readonly drawn: Drawn })[] {
    return this.#placed.map(({ view, drawn }) => ({ ...view, drawn }));
  }

  /** Drops all views, because values have moved. Canvases stay. */
  clear(): void {
    for (const { drawn } of this.#placed) drawn.dispose();
    this.#placed = [];
    this.#dropStatistics();
  }

  /** Prepares the views that are new or changed, then replaces all at once. */
  async show(views: readonly View[], context: SceneContext): Promise<ViewOutcome[]> {
    const before = new Map(this.#placed.map((placed) => [placed.key, placed]));
    const viewContext = this.#contextFor(context);
    const results = await Promise.all(
      views.map(async (view): Promise<Placed | Error> => {
        const { canvas } = view;
        const key = keyOf(view, context);
        const same = before.get(key);
        if (same && same.canvas === canvas) return same;
        try {
          const target = canvas?.getContext("webgpu");
          if (!canvas || !target) throw new Error("There is no canvas that WebGPU can draw on.");
          const drawn = await viewKinds[view.kind](viewContext, view);
          return { view, key, canvas, context: target, drawn };
        } catch (error) {
          return error as Error;
        }
      }),
    );
    const placed = results.filter((result): result is Placed => !(result instanceof Error));
    if (this.#isDisposed) {
      for (const { drawn } of placed) drawn.dispose();
      return [];
    }
    this.#changeTo(placed);
    return results.map((result, i) => {
      const { id } = views[i] as View;
      if (result instanceof Error) return { id, problem: result.message };
      const { layout, legend, isCompared = false } = result.drawn;
      return { id, layout, legend, isCompared };
    });
  }

  /** The ranges of what is visible, and its pixels where a compute shader writes them. */
  encode(pass: GPUComputePassEncoder, visible: ReadonlySet<string>): (encoder: GPUCommandEncoder) => void {
    const shown = this.#placed.filter(({ view }) => visible.has(view.id));
    const targets = shown.map(({ context, drawn }) => ({ drawn, target: context.getCurrentTexture().createView() }));
    encodeRanges(
      pass,
      shown.map(({ drawn }) => drawn),
    );
    if (this.#renderer.usesCompute) for (const { drawn, target } of targets) drawn.encodePixels(pass, target);
    return (encoder) => {
      if (!this.#renderer.usesCompute) for (const { drawn, target } of targets) drawn.draw(encoder, target);
    };
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const context of this.#configured) context.unconfigure();
    this.#configured.clear();
    this.clear();
  }

  #changeTo(placed: readonly Placed[]): void {
    const kept = new Set(placed);
    for (const old of this.#placed) if (!kept.has(old)) old.drawn.dispose();
    const known = new Set(this.#placed);
    for (const { canvas, context, drawn } of placed.filter((one) => !known.has(one))) {
      const { width, height } = drawn.layout;
      if (canvas.width !== width) canvas.width = width;
      if (canvas.height !== height) canvas.height = height;
      const { format, targetUsage: usage } = this.#renderer;
      context.configure({ device: this.#device.gpu, format, usage, alphaMode: "premultiplied" });
    }
    const contexts = new Set(placed.map(({ context }) => context));
    for (const context of this.#configured) if (!contexts.has(context)) context.unconfigure();
    this.#configured = contexts;
    this.#placed = placed;
    this.#dropStatistics();
  }

  /** Disposes of statistics that no view reads any more, unless views are being prepared. */
  #dropStatistics(): void {
    const used = new Set<Statistics>(this.#placed.flatMap(({ drawn }) => drawn.statistics));
    for (const [name, { made }] of this.#statistics) {
      if (made && used.has(made)) continue;
      this.#statistics.delete(name);
      made?.dispose();
    }
  }

  #contextFor({ model, compared, appearance, preparation, imageView, unsignedInputs, axes }: SceneContext): ViewContext {
    const source = async (value: string, which: Model, said: Axes | undefined): Promise<MosaicSource> => {
      const lies = said ?? axes.get(value);
      const maps = mapsOf(which, value, lies);
      const name = `${which === model ? "own" : "other"} ${lies} ${value}`;
      return { ...maps, statistics: await this.#statisticsOf(name, value, maps) };
    };
    const unsigned = new Map<Model, ReadonlySet<string>>();
    return {
      model,
      renderer: this.#renderer,
      appearance,
      preparation,
      imageView,
      source: ({ value, axes: said }) => source(value, model, said),
      comparedSource: async ({ value, compare, axes: said }) => {
        if (compare === undefined && !compared) return undefined;
        return source(compare ?? value, compared ?? model, said).catch(() => undefined);
      },
      canBeNegative({ value, compare = value }, which) {
        const [of, name] = which === "first" ? [model, value] : [compared ?? model, compare];
        const known = unsigned.get(of) ?? nonnegativeValues(of, { unsignedInputs });
        unsigned.set(of, known);
        return !known.has(name);
      },
    };
  }

  #statisticsOf(name: string, label: string, source: MosaicSource): Promise<ChannelStatistics> {
    const known = this.#statistics.get(name);
    if (known) return known.making;
    const making = ChannelStatistics.create(this.#device, label, source);
    const entry: { making: Promise<ChannelStatistics>; made?: ChannelStatistics } = { making };
    this.#statistics.set(name, entry);
    return making.then((made) => {
      // Disposed of meanwhile: nobody else would release it.
      if (this.#isDisposed) made.dispose();
      else entry.made = made;
      return made;
    });
  }
}

/** Two views with the same key look the same, as long as values stay where they are. */
function keyOf({ canvas: _, reads: __, ...view }: View, { appearance, preparation, unsignedInputs }: SceneContext): string {
  return JSON.stringify([view, appearance, view.kind === "picture" ? preparation : unsignedInputs]);
}
