// A session on the thread that it is made on: owns the graphs and the viewer, and shares a device. Needs no page.
import { loadPart } from "../../engine/errors.ts";
import type { Device } from "../../engine/gpu/device.ts";
import { settled } from "../../engine/gpu/read-back.ts";
import type { Graph } from "../../engine/graph/graph.ts";
import type { Precision } from "../../engine/precision.ts";
import type { LoadProgress, ModelSource } from "../../engine/source.ts";
import { readWithin } from "../compare/within.ts";
import type { Explained, ExplainRequest } from "../explain/request.ts";
import { type DeviceLease, sharedDevice } from "../shared-device.ts";
import type { Viewer } from "../viewer.ts";
import type { View, ViewCanvas } from "../views/view.ts";
import type { Graphs, Inspected, Loaded } from "./describe.ts";
import { Downloads } from "./downloads.ts";
import type { ElementAnswers, ElementQuery } from "./queries.ts";
import {
  aborted,
  type Description,
  type FrameReport,
  type FrameRequest,
  type NetworkName,
  type Networks,
  type Refusal,
  type SceneRequest,
  type Session,
  type SessionListener,
  type Shown,
} from "./session.ts";

/** A download that takes longer leaves time to compile the pipelines of views. A network that is there sooner gets the compiler first. */
const patienceMs = 100;

export class EngineSession implements Session {
  readonly #listener: SessionListener;
  readonly #downloads = new Downloads((progress) => this.#onProgress(progress));
  /** The load that counts; what the ones before come to is let go of. */
  #loading = 0;
  #lastRead: { readonly of: Networks; readonly graphs: Graphs } | undefined;
  /** What the file is made of; its graph is the one of `#loaded`, where it can run. */
  #inspected: Inspected | undefined;
  #loaded: Loaded | undefined;
  #lease: DeviceLease | undefined;
  /** Ends hearing of the device's faults. */
  #endFaults: (() => void) | undefined;
  #opening: Promise<DeviceLease> | undefined;
  #viewer: Viewer | undefined;
  #precision: Precision | undefined;
  /** By the ids of views: a canvas is handed over once. */
  #canvases = new Map<string, ViewCanvas>();
  #explainCanvas: ViewCanvas | undefined;
  #isDisposed = false;
  /** How often its device was lost. */
  #losses = 0;

  constructor(listener: SessionListener) {
    this.#listener = listener;
  }

  get viewer(): Viewer | undefined {
    return this.#viewer;
  }

  load(networks: Networks): Promise<Description | Refusal | undefined> {
    const loading = ++this.#loading;
    this.#downloads.keepOnly(networks.src, networks.compare);
    return this.#unlessDisposed(async () => {
      this.#close();
      this.#inspected = undefined;
      this.#loaded = undefined;
      this.#canvases.clear();
      if (networks.src === undefined) {
        this.#lastRead = undefined;
        return undefined;
      }
      // Fetched while the network is.
      const showing = loadShowing();
      const graphs = await this.#read(networks, networks.src);
      const { description, inspected, loaded } = await (await showing).describe(graphs, networks.inputShape);
      if (loading !== this.#loading) throw aborted();
      this.#inspected = inspected;
      this.#loaded = loaded;
      return description;
    });
  }

  /** Reads the networks. A file is not read again where only the other one, or the shape of the inputs, is another than last time. */
  async #read({ compare, inputShape }: Networks, src: ModelSource): Promise<Graphs> {
    const last = this.#lastRead;
    this.#lastRead = undefined;
    const read = async (source: ModelSource) => this.#alive(await this.#downloads.read(source));
    const isSame = last?.of.src === src && last.of.compare === compare && last.of.inputShape === inputShape;
    // Where the second one could not be read, asking for the same is another try.
    const known = isSame && !last.graphs.problem ? undefined : last;
    const timer = setTimeout(() => void this.#prepare(), patienceMs);
    try {
      const graph = known?.of.src === src ? known.graphs.graph : await read(src);
      const same = known?.of.compare === compare ? known?.graphs.compared : undefined;
      const graphs = { graph, ...(await this.#readSecond(compare, graph, same, read)) };
      this.#lastRead = { of: { src, compare, inputShape }, graphs };
      return graphs;
    } finally {
      clearTimeout(timer);
    }
  }

  /** The second network. Where it cannot be read, the first is shown without it. */
  async #readSecond(
    compare: Networks["compare"],
    first: Graph,
    same: Graph | undefined,
    read: (source: ModelSource) => Promise<Graph>,
  ): Promise<Omit<Graphs, "graph">> {
    const within = readWithin(compare);
    // A twin is of the same file, and branches are of the same network.
    if (within) return within.kind === "blank" ? { compared: first, seed: Number(within.text) } : {};
    if (compare === undefined) return {};
    try {
      return { compared: same ?? (await read(compare)) };
    } catch (error) {
      if ((error as Error).name === "AbortError") throw error;
      return { problem: (this.#alive(error) as Error).message };
    }
  }

  /** Gets the GPU ready for whatever network comes. If that fails, showing one will say so. */
  async #prepare(): Promise<void> {
    await Promise.all([this.#openDevice(), loadShowing()])
      .then(([device, { Viewer }]) => Viewer.prepare(device))
      .catch(() => {});
  }

  show(scene: SceneRequest): Promise<Shown | undefined> {
    return this.#unlessLost(async () => {
      // Handed over once: they are kept, whatever becomes of this scene.
      const views = this.#withCanvases(scene.views);
      const loaded = this.#loaded;
      if (!loaded) return undefined;
      const device = await this.#openDevice();
      const isLoaded = !this.#viewer || this.#precision !== scene.precision;
      const viewer = (!isLoaded && this.#viewer) || (await this.#createViewer(device, loaded, scene));
      return { adapter: device.info, isLoaded, ...(await viewer.show({ ...scene, views })) };
    });
  }

  #withCanvases(views: readonly View[]): View[] {
    const complete = views.map((view) => ({ ...view, canvas: view.canvas ?? this.#canvases.get(view.id) }));
    this.#canvases = new Map(complete.flatMap(({ id, canvas }) => (canvas ? [[id, canvas] as const] : [])));
    return complete;
  }

  async #createViewer(device: Device, loaded: Loaded, { views, precision }: SceneRequest): Promise<Viewer> {
    this.#close();
    const { fetchKinds, observedBy, Viewer } = await loadShowing();
    fetchKinds(views);
    const options = {
      ...{ ...loaded, observe: observedBy(views), precision, onProgress: this.#onProgress },
      onMove: () => this.#listener({ event: "moved" }),
      onChange: (detail: NetworkName) => this.#listener({ event: "changed", detail }),
    };
    const viewer = await Viewer.create(device, options, (detail) => this.#listener({ event: "results", detail }));
    if (this.#lease?.device !== device) {
      viewer.dispose();
      throw aborted();
    }
    this.#viewer = viewer;
    this.#precision = precision;
    return viewer;
  }

  explain(request: ExplainRequest | undefined): Promise<Explained | undefined> {
    return this.#unlessLost(async () => {
      this.#explainCanvas = request?.canvas ?? this.#explainCanvas;
      const complete = request && { ...request, canvas: this.#explainCanvas };
      return this.#viewer?.explain(complete, (detail) => this.#listener({ event: "explained", detail }));
    });
  }

  async frame(request: FrameRequest): Promise<FrameReport> {
    const viewer = this.#viewer;
    if (!viewer) throw aborted();
    const started = performance.now();
    const { image } = request;
    const array = image && "shape" in image && (await loadFeeding()).prepareArray(viewer, image);
    const done = viewer.frame(array ? { ...request, image: array } : request);
    const { areResultsCurrent } = viewer;
    await this.#unlessLost(() => done);
    return { ms: performance.now() - started, gpuBytes: viewer.device.allocatedBytes, areResultsCurrent };
  }

  ask<Kind extends ElementQuery["kind"]>(query: Extract<ElementQuery, { kind: Kind }>): Promise<ElementAnswers[Kind]> {
    return this.#unlessLost(async () => {
      const { answer } = await loadPart("that answers questions", () => import("./answers.ts"));
      const known = { viewer: this.#viewer, inspected: this.#inspected };
      const answered = answer(known, query);
      await answered.catch(() => {});
      // What comes of a network that has gone meanwhile, an error, too, is nobody's.
      if (this.#inspected !== known.inspected || (known.viewer && this.#viewer !== known.viewer)) throw aborted();
      return answered;
    });
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    this.#downloads.keepOnly();
    this.#lastRead = undefined;
    this.#inspected = undefined;
    this.#loaded = undefined;
    this.#closeDevice();
  }

  #openDevice(): Promise<Device> {
    const opening = this.#opening ?? this.#leaseDevice();
    this.#opening = opening;
    // A later call tries again.
    opening.catch(() => {
      if (this.#opening === opening) this.#opening = undefined;
    });
    return opening.then(({ device }) => device);
  }

  async #leaseDevice(): Promise<DeviceLease> {
    const lease = await sharedDevice.lease();
    if (this.#isDisposed) {
      lease.release();
      throw aborted();
    }
    this.#lease = lease;
    this.#endFaults = lease.device.onFault(async ({ message }) => {
      // What a loss of the device brings about is not told apart from it.
      await settled(lease.device);
      if (this.#lease === lease) this.#listener({ event: "fault", detail: message });
    });
    lease.device.lost.then(({ message }) => {
      if (this.#lease !== lease) return;
      this.#losses++;
      this.#closeDevice();
      this.#listener({ event: "lost", detail: message });
    });
    return lease;
  }

  #closeDevice(): void {
    this.#close();
    this.#endFaults?.();
    this.#lease?.release();
    this.#lease = undefined;
    this.#opening = undefined;
  }

  /** After the session was disposed of, any error becomes an AbortError, which is not reported. */
  async #unlessDisposed<T>(work: () => Promise<T>): Promise<T> {
    try {
      return this.#alive(await work());
    } catch (error) {
      throw this.#alive(error);
    }
  }

  /** The same for work on the GPU, after its device was lost: the loss may have brought the error about. */
  #unlessLost<T>(work: () => Promise<T>): Promise<T> {
    const losses = this.#losses;
    return this.#unlessDisposed(async () => {
      try {
        return await work();
      } catch (error) {
        // The work may have opened it.
        if (this.#lease) await settled(this.#lease.device);
        throw this.#losses === losses ? error : aborted();
      }
    });
  }

  #alive<T>(result: T): T {
    if (this.#isDisposed) throw aborted();
    return result;
  }

  #close(): void {
    this.#viewer?.dispose();
    this.#viewer = undefined;
  }

  readonly #onProgress = (detail: LoadProgress): void => {
    if (!this.#isDisposed) this.#listener({ event: "progress", detail });
  };
}

/** @throws Error that says what is missing where the connection is gone */
function loadShowing(): Promise<typeof import("./showing.ts")> {
  const showing = loadPart("that shows networks", () => import("./showing.ts"));
  // Whoever awaits it hears of it; where the network fails first, nobody does.
  showing.catch(() => {});
  return showing;
}

const loadFeeding = () => loadPart("for arrays", () => import("../arrays/feed.ts"));
