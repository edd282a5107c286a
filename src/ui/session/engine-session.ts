// A session on the thread that it is made on: owns the graphs, the device and the viewer. Needs no page.
import { type Device, requestDevice } from "../../engine/gpu/device.ts";
import type { Graph } from "../../engine/graph/graph.ts";
import { entryOf } from "../../engine/records.ts";
import { type LoadProgress, type ModelSource, readModel } from "../../engine/source.ts";
import { inspectWithShapes } from "../input-shapes.ts";
import { type DrawableLayer, defaultLayers, drawableLayers, type LayerChoice, parseLayerChoices } from "../layers.ts";
import type { MapPoint } from "../mosaic/layout.ts";
import { type Appearance, type Pane, Viewer } from "../viewer.ts";
import {
  aborted,
  type FrameReport,
  type FrameRequest,
  type Networks,
  type PaneRequest,
  type Placement,
  type Refusal,
  type Session,
  type SessionListener,
  type View,
  type ViewRequest,
} from "./session.ts";

/** A network that takes longer to come leaves time to get the GPU ready. One that is there at once is to have all of the compiler. */
const patienceMs = 100;

export class EngineSession implements Session {
  readonly #listener: SessionListener;
  #graph: Graph | undefined;
  #compared: Graph | undefined;
  #device: Device | undefined;
  #opening: Promise<Device> | undefined;
  #viewer: Viewer | undefined;
  #choices: readonly LayerChoice[] = [];
  #panes: readonly Pane[] = [];
  #isDisposed = false;

  constructor(listener: SessionListener) {
    this.#listener = listener;
  }

  get viewer(): Viewer | undefined {
    return this.#viewer;
  }

  async load({ src, compare }: Networks): Promise<void> {
    this.#close();
    this.#graph = undefined;
    this.#compared = undefined;
    if (src === undefined) return;
    const read = async (source: ModelSource) => this.#alive(await readModel(source, { onProgress: this.#onProgress }));
    const timer = setTimeout(() => void this.#prepare(), patienceMs);
    try {
      this.#graph = await read(src);
      if (compare !== undefined) this.#compared = await read(compare);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Gets the GPU ready for whatever network comes. If that fails, building the view will say so. */
  async #prepare(): Promise<void> {
    await this.#openDevice()
      .then((device) => Viewer.prepare(device))
      .catch(() => {});
  }

  async build({ layers, inputShape, preparation, precision }: ViewRequest): Promise<View | Refusal | undefined> {
    this.#close();
    const graph = this.#graph;
    if (!graph) return undefined;
    const shapeOptions = { given: inputShape, option: "input-shape" };
    const { summary, obstacles, axes, inputShapes } = await inspectWithShapes(graph, shapeOptions);
    if (obstacles.length > 0) return { obstacles, layers: summary.layers };
    const device = await this.#openDevice();
    const inputs = graph.inputs.map(({ name, shape }) => ({
      name,
      shape: entryOf(inputShapes, name) ?? (shape as readonly number[]),
      axes: axes.get(name),
    }));
    const drawable = drawableLayers(inputs, summary.layers);
    const choices = chooseLayers(drawable, layers);
    const compared = this.#compared;
    const options = { graph, compared, layers: choices, inputShapes, axes, preparation, precision, onProgress: this.#onProgress };
    const viewer = await Viewer.create(device, options, (detail) => this.#listener({ event: "results", detail }));
    if (this.#device !== device) {
      viewer.dispose();
      throw aborted();
    }
    this.#viewer = viewer;
    const byName = new Map(drawable.map((layer) => [layer.value, layer]));
    const panes = choices.flatMap((choice) => {
      const channels = viewer.viewOf(choice.value, viewer.model, choice.axes)?.channels;
      const { operator = "", shape = [] } = byName.get(choice.value) ?? {};
      return channels === undefined ? [] : [{ choice, operator, shape, channels }];
    });
    this.#choices = panes.map(({ choice }) => choice);
    return {
      layers: drawable,
      shown: choices.map(({ value }) => value),
      panes,
      hasImageInput: viewer.imageInputName !== undefined,
      adapter: device.info,
    };
  }

  async place(requests: readonly PaneRequest[], appearance: Appearance): Promise<readonly (Placement | undefined)[]> {
    const viewer = this.#viewer;
    if (!viewer) throw aborted();
    const panes = this.#choices.flatMap((choice, i) => {
      const { width = 0, canvas = this.#panes[i]?.canvas } = requests[i] ?? {};
      return canvas ? [{ choice, canvas, width, isVisible: this.#panes[i]?.isVisible ?? false }] : [];
    });
    this.#panes = panes;
    await viewer.setPanes(panes, appearance);
    return panes.map(({ canvas }) => {
      const mosaic = viewer.mosaicOn(canvas);
      return mosaic && { layout: mosaic.layout, colorMap: mosaic.colorMap };
    });
  }

  async frame({ visible, ...request }: FrameRequest): Promise<FrameReport> {
    const viewer = this.#viewer;
    if (!viewer) throw aborted();
    this.#panes.forEach((pane, i) => {
      pane.isVisible = visible.includes(i);
    });
    const started = performance.now();
    const done = viewer.frame(request);
    const { areResultsCurrent } = viewer;
    // Only a lost device is never done.
    await done.catch(() => {
      throw aborted();
    });
    return { ms: performance.now() - started, gpuBytes: viewer.device.allocatedBytes, areResultsCurrent };
  }

  async probe(choice: LayerChoice, point: MapPoint): Promise<readonly number[]> {
    const viewer = this.#viewer;
    if (!viewer) throw aborted();
    const { value, compare = value, axes } = choice;
    const reads = [viewer.probe(value, point, viewer.model, axes)];
    if (viewer.compared || compare !== value) reads.push(viewer.probe(compare, point, viewer.compared ?? viewer.model, axes));
    return Promise.all(reads);
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    this.#close();
    this.#device?.dispose();
    this.#device = undefined;
    this.#opening = undefined;
  }

  #openDevice(): Promise<Device> {
    this.#opening ??= this.#requestDevice().catch((error) => {
      // Another time there may be a GPU.
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async #requestDevice(): Promise<Device> {
    const device = await requestDevice();
    if (this.#isDisposed) {
      device.dispose();
      throw aborted();
    }
    this.#device = device;
    device.lost.then(({ message }) => {
      if (this.#device !== device) return;
      this.#close();
      device.dispose();
      this.#device = undefined;
      this.#opening = undefined;
      this.#listener({ event: "lost", detail: message });
    });
    return device;
  }

  #alive<T>(result: T): T {
    if (this.#isDisposed) throw aborted();
    return result;
  }

  #close(): void {
    this.#viewer?.dispose();
    this.#viewer = undefined;
    this.#choices = [];
    this.#panes = [];
  }

  readonly #onProgress = (detail: LoadProgress): void => {
    if (!this.#isDisposed) this.#listener({ event: "progress", detail });
  };
}

/** The layers that the attribute names, or a choice of ours. */
function chooseLayers(layers: readonly DrawableLayer[], text: string): readonly LayerChoice[] {
  const known = new Set(layers.map(({ value }) => value));
  if (text === "all") return [...known].map((value) => ({ value }));
  const { choices, unknown } = parseLayerChoices(text, known);
  if (unknown.length > 0 && choices.length === 0) {
    const some = [...known].slice(0, 12).join(", ");
    throw new Error(`layers: this network has no value '${unknown[0]}'. It has ${some}${known.size > 12 ? ", …" : ""}.`);
  }
  return choices.length > 0 ? choices : defaultLayers(layers).map((value) => ({ value }));
}
