// <conv-cam>: an ONNX network, what it looks at, and the feature maps of its layers, live. Behaves like a media element:
// attributes say what to show, events tell what happens, and everything is released when it leaves the page.
import "../webgpu-names.ts";
import { DeviceError, UnsupportedError } from "../engine/errors.ts";
import type { AdapterInfo } from "../engine/gpu/device.ts";
import { isPrecision, precisions } from "../engine/precision.ts";
import type { ModelSource } from "../engine/source.ts";
import type { ClassBars, ClassScore } from "./class-bars.ts";
import elementStyles from "./element.css?inline";
import type { VisibleImage } from "./image-input.ts";
import type { DrawableLayer } from "./layers.ts";
import { type ColorMap, type ComparePair, colorMaps, comparePairs } from "./mosaic/color-map.ts";
import type { MapPoint } from "./mosaic/layout.ts";
import { parseNormalization } from "./mosaic/normalization.ts";
import { make, Panel } from "./panel.ts";
import { type Preparation, parseNumbers } from "./preparation.ts";
import { describeProblem } from "./problem.ts";
import { EngineSession } from "./session/engine-session.ts";
import { aborted, type FrameReport, type PaneDescription, type Session, type SessionEvent } from "./session/session.ts";
import { type FrameSource, openSource, type SourceLike } from "./sources.ts";
import type { Appearance, Results, Viewer } from "./viewer.ts";

/** The order in which they are brought up to date. */
const stages = ["labels", "input", "model", "viewer", "panes", "play", "frame"] as const;

type Stage = (typeof stages)[number];

/** What each attribute makes necessary: fetching networks, building the viewer, or laying the mosaics out again. */
const attributeLevels = {
  worker: "model",
  src: "model",
  compare: "model",
  input: "input",
  layers: "viewer",
  "input-shape": "viewer",
  mean: "viewer",
  std: "viewer",
  scale: "viewer",
  channels: "viewer",
  fit: "viewer",
  resize: "viewer",
  precision: "viewer",
  normalize: "panes",
  colormap: "panes",
  "compare-colors": "panes",
  columns: "panes",
  gap: "panes",
  labels: "labels",
  paused: "play",
} as const satisfies Readonly<Record<string, Stage>>;

/** What must follow each stage. */
const consequences: Readonly<Record<Stage, readonly Stage[]>> = {
  labels: [],
  input: ["play", "frame"],
  model: ["viewer", "panes", "frame"],
  viewer: ["panes", "frame"],
  panes: ["frame"],
  play: ["frame"],
  frame: [],
};

export interface FrameStats {
  /** From the submit to the end of the GPU's work, the last frame. */
  readonly ms: number;
  /** Frames of the last second; 0 for a picture that does not move. */
  readonly fps: number;
  /** Bytes in GPU buffers. */
  readonly gpuBytes: number;
}

/** Detail of the events `progress`, `input`, `load`, `error`, `results`, `frame` and `probe`. */
export interface ConvCamEvents {
  progress: { readonly stage: "download" | "compile"; readonly done: number; readonly total: number };
  /** The source is open; see {@link ConvCam.picture}. */
  input: Record<string, never>;
  load: {
    readonly layers: readonly DrawableLayer[];
    readonly shown: readonly string[];
    readonly adapter: AdapterInfo;
    /** Whether the engine runs in a worker; not where the browser has none that can draw. */
    readonly isInWorker: boolean;
  };
  error: { readonly error: Error };
  results: { readonly outputs: readonly Float32Array[]; readonly top: readonly ClassScore[] };
  frame: FrameStats;
  probe: { readonly value: string; readonly point: MapPoint; readonly values: readonly number[] };
}

const framesAhead = 2;
const maxRecoveries = 3;

/** A worker has no elements; nor has Node. */
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

export class ConvCam extends Base {
  static readonly observedAttributes = Object.keys(attributeLevels);

  readonly #grid = make("div", "grid");
  readonly #message = make("div", "message");
  /** Undefined where it could not be loaded. */
  #barsPart: Promise<typeof import("./bars.ts") | undefined> | undefined;
  #bars: ClassBars | undefined;
  readonly #due = new Set<Stage>();
  #update: Promise<void> | undefined;
  #modelSource: ModelSource | undefined;
  #compareSource: ModelSource | undefined;
  #inputSource: SourceLike | undefined;
  #labels: readonly string[] = [];
  #preparation: Preparation = {};
  #session: Session | undefined;
  /** Whether networks are built, so that frames can be drawn. */
  #isBuilt = false;
  #layers: readonly DrawableLayer[] = [];
  #framesInFlight = 0;
  #panels: readonly Panel[] = [];
  #source: FrameSource | undefined;
  #frameRequest = 0;
  #needsImage = false;
  #needsRun = false;
  #needsDraw = false;
  #lastFrameMs: number | undefined;
  #frameTimes: number[] = [];
  #recoveries = 0;
  #isProbing = false;
  readonly #resizes = new ResizeObserver(() => this.#onResize());
  #laidOutWidth = 0;
  readonly #visibility = new IntersectionObserver((entries) => this.#onVisibility(entries), { rootMargin: "64px" });

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    const sheet = document.createElement("style");
    sheet.textContent = elementStyles;
    root.append(sheet, this.#message, this.#grid);
  }

  /**
   * The network: its address, bytes, or a file; a list of files or addresses where its weights lie beside it. The `src` attribute does
   * the same for an address, or for several as JSON: `["net.onnx", "net.onnx.data"]`.
   */
  get src(): ModelSource | undefined {
    return this.#modelSource;
  }
  set src(source: ModelSource | undefined) {
    this.#modelSource = source;
    this.#invalidate("model");
  }

  /** A second network of the same layers, drawn into the same tiles in another colour. */
  get compare(): ModelSource | undefined {
    return this.#compareSource;
  }
  set compare(source: ModelSource | undefined) {
    this.#compareSource = source;
    this.#invalidate("model");
  }

  /** What the network looks at. After drawing on a canvas that is the source, call {@link refresh}. */
  get input(): SourceLike | undefined {
    return this.#inputSource;
  }
  set input(source: SourceLike | undefined) {
    this.#inputSource = source;
    this.#invalidate("input");
  }

  get labels(): readonly string[] {
    return this.#labels;
  }
  set labels(labels: readonly string[]) {
    this.#labels = labels;
  }

  /** How pictures become the network's input; the attributes mean, std, scale, channels, fit and resize come before it. */
  get preparation(): Preparation {
    return this.#preparation;
  }
  set preparation(preparation: Preparation) {
    this.#preparation = preparation;
    this.#invalidate("viewer");
  }

  get paused(): boolean {
    return this.hasAttribute("paused");
  }
  set paused(paused: boolean) {
    this.toggleAttribute("paused", paused);
  }

  /** The picture, video or canvas that the network looks at, once it is open. */
  get picture(): VisibleImage | undefined {
    return this.#source?.image;
  }

  /** The GPU viewer, for reading values and drawing on one's own; undefined until `load`, and always in a worker. */
  get viewer(): Viewer | undefined {
    return this.#session?.viewer;
  }

  /** Every value that can be drawn. */
  get availableLayers(): readonly DrawableLayer[] {
    return this.#layers;
  }

  /** Resolves when everything set so far is shown, or has failed. */
  get updateComplete(): Promise<void> {
    return this.#update ?? Promise.resolve();
  }

  /** Takes the source's pixels anew: call it after drawing on a canvas. */
  refresh(): void {
    this.#needsImage = true;
    this.#requestFrame();
  }

  pause(): void {
    this.paused = true;
  }

  play(): void {
    this.paused = false;
  }

  /** Computes one frame while paused. */
  async step(): Promise<void> {
    await this.#source?.step?.();
    this.#needsImage = true;
    this.#needsRun = true;
    this.#requestFrame();
  }

  connectedCallback(): void {
    this.#resizes.observe(this.#grid);
    this.#invalidate(...stages);
  }

  disconnectedCallback(): void {
    this.#resizes.disconnect();
    cancelAnimationFrame(this.#frameRequest);
    this.#frameRequest = 0;
    // Moving an element disconnects it for a moment only.
    queueMicrotask(() => {
      if (!this.isConnected) this.dispose();
    });
  }

  /** Releases the GPU, the camera and every buffer. Connecting the element again starts anew. */
  dispose(): void {
    this.#closeSession();
    this.#source?.dispose();
    this.#source = undefined;
  }

  attributeChangedCallback(name: keyof typeof attributeLevels, before: string | null, value: string | null): void {
    if (before === value) return;
    if (name === "worker") {
      if (before !== null && value !== null) return;
      this.#closeSession();
    }
    if (name === "src") this.#modelSource = parseSource(value);
    if (name === "compare") this.#compareSource = parseSource(value);
    if (name === "input") this.#inputSource = value ?? undefined;
    this.#invalidate(attributeLevels[name]);
  }

  #invalidate(...due: readonly Stage[]): void {
    for (const stage of due) {
      this.#due.add(stage);
      for (const next of consequences[stage]) this.#due.add(next);
    }
    if (this.isConnected) this.#update ??= this.#bringUpToDate();
  }

  /** One stage after the other, until nothing is due. Attributes set in one go cost one round. */
  async #bringUpToDate(): Promise<void> {
    await Promise.resolve();
    const work: Readonly<Record<Stage, () => unknown>> = {
      labels: () => this.#loadLabels(),
      input: () => this.#openInput(),
      model: () => this.#loadNetworks(),
      viewer: () => this.#buildView(),
      panes: () => this.#layOut(),
      play: () => this.#source?.setPlaying?.(!this.paused),
      frame: () => this.#requestFrame(),
    };
    for (;;) {
      const stage = stages.find((one) => this.#due.has(one));
      if (!stage || !this.isConnected) break;
      this.#due.delete(stage);
      this.#message.querySelector(`[data-stage="${stage}"]`)?.remove();
      try {
        await work[stage]();
      } catch (error) {
        // What a dispose overtook has nothing to tell, and what follows may be wanted anew.
        if ((error as Error).name === "AbortError") continue;
        this.#fail(error as Error, stage);
        for (const next of consequences[stage]) this.#due.delete(next);
      }
    }
    this.#update = undefined;
  }

  async #loadLabels(): Promise<void> {
    const url = this.getAttribute("labels");
    if (!url) return;
    const response = await fetch(url);
    if (!response.ok) throw new Error(`labels '${url}': the server answered ${response.status}.`);
    this.#labels = (await response.text()).trim().split(/\r?\n/);
  }

  async #openInput(): Promise<void> {
    this.#source?.dispose();
    this.#source = undefined;
    if (this.#inputSource !== undefined) {
      const source = await openSource(this.#inputSource);
      source.ended?.then((error) => source === this.#source && this.#loseSource(error));
      this.#source = source;
    }
    this.#needsImage = true;
    this.#needsRun = true;
    this.#emit("input", {});
  }

  async #loadNetworks(): Promise<void> {
    this.#closePanels();
    if (this.#modelSource === undefined) {
      await this.#session?.load({ src: undefined, compare: undefined });
      return;
    }
    this.#showProgress("Loading the network", 0, 0);
    const session = await this.#openSession();
    await session.load({ src: this.#modelSource, compare: this.#compareSource });
  }

  /** In a worker where that is wanted and possible, else here. */
  async #openSession(): Promise<Session> {
    if (this.#session) return this.#session;
    const listener = (event: SessionEvent) => this.#onSession(event);
    let session: Session | undefined;
    const wantsWorker = this.hasAttribute("worker");
    if (wantsWorker) {
      const remote = await import("./session/remote-session.ts").catch(() => undefined);
      session = await remote?.openRemoteSession(listener);
    }
    session ??= new EngineSession(listener);
    if (!this.isConnected || this.hasAttribute("worker") !== wantsWorker) {
      void session.dispose();
      throw aborted();
    }
    this.#session = session;
    return session;
  }

  #onSession({ event, detail }: SessionEvent): void {
    if (event === "progress") this.#onProgress(detail);
    else if (event === "results") void this.#onResults(detail);
    else this.#recover(detail);
  }

  async #buildView(): Promise<void> {
    this.#closePanels();
    const session = this.#session;
    if (!session) return;
    this.#showProgress("Starting the GPU", 0, 0);
    const precision = this.getAttribute("precision") ?? "float32";
    if (!isPrecision(precision)) throw new Error(`precision '${precision}': expected ${precisions.join(" or ")}.`);
    const view = await session.build({
      layers: this.getAttribute("layers") ?? "",
      inputShape: this.getAttribute("input-shape") ?? undefined,
      preparation: this.#readPreparation(),
      precision,
    });
    this.#message.replaceChildren();
    if (!view) return;
    if ("obstacles" in view) {
      const error = new UnsupportedError(view.obstacles);
      this.#message.replaceChildren(describeProblem(error, view.layers));
      throw error;
    }
    this.#isBuilt = true;
    this.#buildPanels(view.panes);
    if (!view.hasImageInput)
      this.#message.append(make("p", "note", "None of this network's inputs has the shape of a picture, so it computes from zeros."));
    this.#needsImage = true;
    this.#needsRun = true;
    const { layers, shown, adapter } = view;
    this.#layers = layers;
    this.#emit("load", { layers, shown, adapter, isInWorker: !(session instanceof EngineSession) });
  }

  /** Builds everything again on a new device; a GPU that is lost time and again is left alone. */
  #recover(reason: string): void {
    this.#closePanels();
    if (++this.#recoveries > maxRecoveries) {
      this.#fail(
        new DeviceError(
          `The GPU was lost ${this.#recoveries} times: ${reason} Reload the page to try again, perhaps with a smaller network.`,
        ),
      );
      return;
    }
    this.#showProgress("The GPU was lost. Starting again", 0, 0);
    this.#invalidate("viewer");
  }

  #buildPanels(panes: readonly PaneDescription[]): void {
    this.#panels = panes.map(
      (pane) =>
        new Panel({
          ...pane,
          onProbe: (panel, point) => void this.#probe(panel, point),
          onResize: () => this.#invalidate("panes"),
        }),
    );
    this.#grid.replaceChildren(...this.#panels.map(({ element }) => element));
    for (const { element } of this.#panels) this.#visibility.observe(element);
  }

  async #layOut(): Promise<void> {
    const session = this.#session;
    if (!session || !this.#isBuilt) return;
    const panels = this.#panels;
    const appearance = this.#readAppearance();
    this.#laidOutWidth = this.#grid.clientWidth;
    const panes = panels.map(({ canvas, mosaicWidth }) => ({ canvas, width: Math.floor(mosaicWidth * devicePixelRatio) }));
    const placements = await session.place(panes, appearance);
    for (const [i, panel] of panels.entries()) {
      const placement = placements[i];
      const isCompared = this.#compareSource !== undefined || panel.choice.compare;
      if (placement) panel.show(placement.layout, placement.colorMap, appearance.normalization, isCompared ? appearance.pair : undefined);
    }
    this.#needsDraw = true;
  }

  #readAppearance(): Appearance {
    const colorMap = this.getAttribute("colormap") ?? "auto";
    if (colorMap !== "auto" && !colorMaps.includes(colorMap as ColorMap))
      throw new Error(`colormap '${colorMap}': expected auto, ${colorMaps.join(", ")}.`);
    const pair = this.getAttribute("compare-colors") ?? "magenta-green";
    if (!(pair in comparePairs)) throw new Error(`compare-colors '${pair}': expected ${Object.keys(comparePairs).join(" or ")}.`);
    const columns = Number(this.getAttribute("columns"));
    return {
      normalization: parseNormalization(this.getAttribute("normalize") ?? "layer"),
      colorMap: colorMap as ColorMap | "auto",
      pair: pair as ComparePair,
      columns: columns >= 1 ? Math.floor(columns) : undefined,
      gap: Math.max(0, Math.round(Number(this.getAttribute("gap") ?? 1))),
    };
  }

  #readPreparation(): Preparation {
    const numbers = (name: string) => {
      const text = this.getAttribute(name);
      return text === null ? undefined : parseNumbers(text, name);
    };
    const attributes = {
      mean: numbers("mean"),
      std: numbers("std"),
      scale: numbers("scale")?.[0],
      channels: this.getAttribute("channels") ?? undefined,
      fit: this.getAttribute("fit") ?? undefined,
      resize: this.getAttribute("resize") ?? undefined,
    };
    const given = Object.entries(attributes).filter(([, value]) => value !== undefined);
    return { ...this.#preparation, ...(Object.fromEntries(given) as Preparation) };
  }

  #requestFrame(): void {
    if (this.#frameRequest === 0 && this.isConnected) this.#frameRequest = requestAnimationFrame((now) => this.#onFrame(now));
  }

  /** Draws when there is something new; goes on by itself only for what moves by itself. */
  #onFrame(now: number): void {
    this.#frameRequest = 0;
    if (!this.#isBuilt) return;
    const source = this.#source;
    if (source?.isLive && !this.paused) this.#requestFrame();
    if (this.#framesInFlight < framesAhead) {
      const mayTake = this.#needsRun || !this.paused;
      const takes = mayTake && source?.isReady() && (source.takeFrame() || this.#needsImage);
      if (takes || this.#needsRun || this.#needsDraw) this.#draw(now, takes ? source : undefined);
    }
  }

  #draw(now: number, source: FrameSource | undefined): void {
    const session = this.#session as Session;
    const panels = this.#panels;
    const isMoving = source?.isLive === true && !this.paused;
    // The first frame after a pause has no past to smooth over.
    const elapsedMs = isMoving && this.#lastFrameMs !== undefined ? now - this.#lastFrameMs : undefined;
    this.#lastFrameMs = isMoving ? now : undefined;
    if (source) this.#needsImage = false;
    const runs = this.#needsRun || source !== undefined;
    this.#needsRun = false;
    this.#needsDraw = false;
    this.#framesInFlight++;
    const visible = [...panels.keys()].filter((i) => panels[i]?.isVisible);
    session
      .frame({ image: source?.image, runs, elapsedMs, visible })
      .finally(() => {
        this.#framesInFlight--;
      })
      .then(
        (report) => panels === this.#panels && this.#onFrameDone(report, isMoving),
        (error) => panels === this.#panels && this.#onFrameFailed(error),
      );
  }

  #onFrameDone({ ms, gpuBytes, areResultsCurrent }: FrameReport, isLive: boolean): void {
    const now = performance.now();
    this.#frameTimes = isLive ? [...this.#frameTimes.filter((time) => now - time < 1000), now] : [];
    this.#emit("frame", { ms, fps: this.#frameTimes.length, gpuBytes });
    if (!areResultsCurrent) this.#needsDraw = true;
    if (this.#needsImage || this.#needsRun || this.#needsDraw) this.#requestFrame();
    if (this.#isProbing) for (const panel of this.#panels) panel.refreshProbe();
  }

  /** A picture that cannot be read, as one of another origin, is let go; something live may do better the next time. */
  #onFrameFailed({ name, message }: Error): void {
    if (name === "AbortError" || (this.#source?.isLive && name !== "SecurityError")) return;
    this.#loseSource(new Error(`This picture cannot be read: ${message}`));
  }

  #loseSource(error: Error): void {
    this.#source?.dispose();
    this.#source = undefined;
    this.#fail(error, "input");
  }

  async #onResults({ outputs, ranges }: Results): Promise<void> {
    for (const panel of this.#panels) {
      const range = ranges.get(panel.choice.value);
      if (range && panel.isVisible) panel.showRange(range);
    }
    const [scores] = outputs;
    if (!scores) return;
    const panels = this.#panels;
    this.#barsPart ??= import("./bars.ts").catch((error) => void this.#fail(error));
    const part = await this.#barsPart;
    if (!part || panels !== this.#panels) return;
    const { placeBars, toProbabilities, topClasses } = part;
    this.#bars ??= placeBars(this.#grid);
    const { element } = this.#bars;
    element.hidden = this.getAttribute("bars") === "none";
    if (!element.hidden) this.#bars.update(scores, this.#labels);
    this.#emit("results", { outputs, top: topClasses(toProbabilities(scores), this.#labels, 5) });
  }

  async #probe(panel: Panel, point: MapPoint | undefined): Promise<void> {
    this.#isProbing = point !== undefined;
    if (!this.#isBuilt || !point) return;
    const { choice } = panel;
    // A device that is lost meanwhile has no value to tell.
    const values = await this.#session?.probe(choice, point).catch(() => undefined);
    if (!values) return;
    panel.showProbe(point, values);
    this.#emit("probe", { value: choice.value, point, values });
  }

  #onVisibility(entries: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      const panel = this.#panels.find(({ element }) => element === target);
      if (!panel || panel.isVisible === isIntersecting) continue;
      panel.isVisible = isIntersecting;
      this.#needsDraw ||= isIntersecting;
    }
    if (this.#needsDraw) this.#requestFrame();
  }

  #onResize(): void {
    if (this.#isBuilt && this.#grid.clientWidth !== this.#laidOutWidth) this.#invalidate("panes");
  }

  #onProgress(progress: ConvCamEvents["progress"]): void {
    const { stage, done, total } = progress;
    const amount = stage === "download" && done > 0 ? ` · ${(done / 1e6).toFixed(1)} MB` : "";
    this.#showProgress(stage === "download" ? `Loading the network${amount}` : "Compiling shaders", done, total);
    this.#emit("progress", progress);
  }

  #showProgress(text: string, done: number, total: number): void {
    let status = this.#message.querySelector(".status");
    if (!status) {
      status = make("div", "status");
      status.role = "status";
      status.append(make("span", "text"), make("progress", "progress"));
      this.#message.replaceChildren(status);
    }
    const [label, bar] = status.children as unknown as [HTMLElement, HTMLProgressElement];
    if (label.textContent !== `${text}…`) label.textContent = `${text}…`;
    if (total > 0) Object.assign(bar, { max: total, value: done });
    else bar.removeAttribute("value");
    bar.ariaLabel = text;
  }

  /** Tells the page, and shows it here unless the page prevents that; a network that runs stays where it is. */
  #fail(error: Error, stage?: Stage): void {
    const isShown = this.#emit("error", { error }) && !this.#message.querySelector(".problem");
    this.#message.querySelector(".status")?.remove();
    if (!isShown) return;
    const problem = describeProblem(error);
    if (stage) problem.dataset["stage"] = stage;
    this.#message.prepend(problem);
  }

  #closePanels(): void {
    this.#isBuilt = false;
    this.#visibility.disconnect();
    this.#panels = [];
    this.#grid.replaceChildren();
    if (this.#bars) this.#bars.element.hidden = true;
    this.#message.replaceChildren();
    this.#lastFrameMs = undefined;
  }

  #closeSession(): void {
    this.#closePanels();
    void this.#session?.dispose();
    this.#session = undefined;
  }

  /** @returns false where a listener prevented the default */
  #emit<Name extends keyof ConvCamEvents>(type: Name, detail: ConvCamEvents[Name]): boolean {
    return this.dispatchEvent(new CustomEvent(type, { detail, cancelable: true }));
  }
}

/** Addresses may hold spaces and commas, so a list of them is JSON. */
function parseSource(text: string | null): ModelSource | undefined {
  if (!text?.trimStart().startsWith("[")) return text ?? undefined;
  try {
    return JSON.parse(text) as readonly string[];
  } catch {
    return text;
  }
}

if (globalThis.customElements && !customElements.get("conv-cam")) customElements.define("conv-cam", ConvCam);

declare global {
  interface HTMLElementTagNameMap {
    "conv-cam": ConvCam;
  }
}
