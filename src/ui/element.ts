// <conv-cam>: an ONNX network, its input and the feature maps of its layers, live. It behaves like a media element: attributes say what to
// show, events tell what happens, and everything is released when it leaves the page.
import "../webgpu-names.ts";
import type { ModelSource } from "../engine/source.ts";
import { type AttributeName, attributes, isFlag, readAttribute } from "./attributes.ts";
import type { ValueGate } from "./change-gates.ts";
import elementStyles from "./element.css?inline";
import type { LabelsSource } from "./labels.ts";
import type { DrawableLayer } from "./layers.ts";
import { Player } from "./player.ts";
import type { Preparation } from "./preparation.ts";
import type { Answers, Query } from "./session/queries.ts";
import type { FrameSource, SourceLike } from "./sources.ts";
import { applyState, type ConvCamState, differs, isSource, propertyOf, readState, setAttribute } from "./state.ts";
import { adoptStyles } from "./style-sheet.ts";
import { stages } from "./update-cycle.ts";
import type { Viewer } from "./viewer.ts";

export type { ConvCamEvents } from "./events.ts";

/** A worker has no elements; nor has Node. */
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

export class ConvCam extends Base {
  static readonly observedAttributes = Object.keys(attributes);

  readonly #player: Player;
  #modelSource: ModelSource | undefined;
  #compareSource: ModelSource | undefined;
  #inputSource: SourceLike | undefined;
  #preparation: Preparation = {};
  #gates: readonly ValueGate[] = [];
  #parameters: ModelSource | undefined;
  #trainFiles: readonly File[] | undefined;

  /**
   * The method that explains the network's score of a class, as heat over the picture, such as "grad-cam"; undefined for none. The
   * second network of a comparison has no part in it.
   */
  declare explain: string | undefined;
  /** The class that is explained: its index or its name; undefined for the top one of each frame. */
  declare explainClass: string | number | undefined;
  /** Another class, by index or name: what is explained is why the one and not the other. Undefined for none. */
  declare explainAgainst: string | number | undefined;
  /** The layer that is explained by; "all" for one picture by each convolution layer, undefined for the method's usual one. */
  declare explainLayer: string | undefined;
  /**
   * The layer whose channels patterns grow for, in place of its maps; empty for the classes, undefined for none. The attributes pattern-channels,
   * pattern-preset, pattern-seed, pattern-steps and pattern-size say more of them.
   */
  declare patterns: string | undefined;
  /** How far into the network one looks: "overview", "layer", "channel" or "pixel"; undefined for the layers alone. */
  declare view: string | undefined;
  /** Which layers are shown: names with commas, or "all". */
  declare layers: string | undefined;
  declare controls: boolean;
  declare worker: boolean;
  declare poster: string | undefined;
  /** "lazy": nothing is fetched until the element is near the window. */
  declare loading: string | undefined;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    adoptStyles(root, elementStyles);
    this.#player = new Player(this, root);
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
    this.#player.invalidate("model");
  }

  /** A second network of the same layers, drawn into the same tiles in another colour. */
  get compare(): ModelSource | undefined {
    return this.#compareSource;
  }
  set compare(source: ModelSource | undefined) {
    this.#compareSource = source;
    this.#player.invalidate("model");
  }

  /** What the network looks at. After drawing on a canvas that is the source, call {@link refresh}. */
  get input(): SourceLike | undefined {
    return this.#inputSource;
  }
  set input(source: SourceLike | undefined) {
    this.#inputSource = source;
    this.#player.invalidate("input");
  }

  /** Names of the classes, by index. Takes a list, or the address of a text file with one name per line, as the attribute does. */
  get labels(): readonly string[] {
    return this.#player.labels.names;
  }
  set labels(labels: LabelsSource | undefined) {
    this.#player.labels.source = labels;
    this.#player.invalidate("labels");
  }

  /** How pictures become the network's input; the attributes mean, std, scale, channels, fit and resize come before it. */
  get preparation(): Preparation {
    return this.#preparation;
  }
  set preparation(preparation: Preparation) {
    this.#preparation = preparation;
    this.#player.invalidate("scene");
  }

  /** Channels that are silenced or changed in the network, such as `[{ value: "conv_1", channel: 3, scale: 0 }]`; at once, nothing loads. */
  get gates(): readonly ValueGate[] {
    return this.#gates;
  }
  set gates(gates: readonly ValueGate[]) {
    if (!Array.isArray(gates) || !gates.every((gate) => typeof gate?.value === "string"))
      throw new Error('gates: expected a list such as [{"value":"conv_1","channel":3,"scale":0}].');
    this.#gates = gates;
    this.#player.invalidate("scene");
  }

  /** The seed of random weights that the network computes with instead of its own, as before training; undefined for its own. Nothing loads. */
  get blank(): number | undefined {
    return readAttribute(this, "blank");
  }
  set blank(seed: number | undefined) {
    setAttribute(this, "blank", seed);
  }

  /** Another file of the same network, such as another checkpoint, whose weights take the place of its own; only that file is read. */
  get parameters(): ModelSource | undefined {
    return this.#parameters;
  }
  set parameters(source: ModelSource | undefined) {
    this.#parameters = source;
    this.#player.changeWeights();
  }

  /** Files of one's own that the attribute `checkpoints` may call by their names. */
  declare checkpointFiles: readonly File[] | undefined;

  /** Pictures of one's own to learn from where the attribute `train` is empty: the folder that each lies in is its class. */
  get trainFiles(): readonly File[] | undefined {
    return this.#trainFiles;
  }
  set trainFiles(files: readonly File[] | undefined) {
    this.#trainFiles = files;
    this.#player.invalidate("parts");
  }

  /** Everything that is shown, as data for JSON. Files and bytes are left out, and so are `parameters` that were refused. */
  get state(): ConvCamState {
    const { labels, weights } = this.#player;
    return readState(this, labels.source, weights.parameters);
  }
  set state(state: ConvCamState) {
    applyState(this, this.state, state);
  }

  get paused(): boolean {
    return this.hasAttribute("paused");
  }
  set paused(paused: boolean) {
    this.toggleAttribute("paused", paused);
  }

  /** The picture, video or canvas that the network looks at, once it is open; or the array that it is given. */
  get picture(): FrameSource["image"] | undefined {
    return this.#player.source?.image;
  }

  /** The GPU viewer, for reading values and drawing on one's own; undefined until `load`, and always in a worker. */
  get viewer(): Viewer | undefined {
    return this.#player.session?.viewer;
  }

  /** Every value that can be drawn. */
  get availableLayers(): readonly DrawableLayer[] {
    return this.#player.layers;
  }

  /** Resolves when everything set so far is shown, or has failed. With `loading="lazy"` that is nothing while the element is far from the window. */
  get updateComplete(): Promise<void> {
    return this.#player.complete;
  }

  /**
   * Asks about the network, or a value of it, such as `{ kind: "statistics", value }`: {@link Query} has every kind. On the page and in a worker.
   *
   * @throws Error where no network is loaded, ModelError where what is asked about is not there or not kept, DeviceError where the GPU fails,
   *   and an AbortError where another network comes meanwhile
   */
  async ask<Kind extends Query["kind"]>(query: Extract<Query, { kind: Kind }>): Promise<Answers[Kind]> {
    const { session } = this.#player;
    if (!session) throw new Error("No network is loaded yet: wait for `load`.");
    return session.ask(query);
  }

  /** Takes the source's pixels anew: call it after drawing on a canvas. */
  refresh(): void {
    this.#player.wantFrame("image");
  }

  pause(): void {
    this.paused = true;
  }

  play(): void {
    this.paused = false;
  }

  /** Computes one frame while paused. */
  async step(): Promise<void> {
    await this.#player.source?.step?.();
    this.#player.wantFrame("image", "run");
  }

  connectedCallback(): void {
    this.#player.setConnected(true);
    this.#player.invalidate(...stages);
  }

  disconnectedCallback(): void {
    this.#player.setConnected(false);
    // An element that is moved is disconnected only for a moment.
    queueMicrotask(() => {
      if (!this.isConnected) this.dispose();
    });
  }

  /** Releases the GPU, the camera and every buffer. Connecting the element again starts anew. */
  dispose(): void {
    this.#player.dispose();
  }

  attributeChangedCallback(name: AttributeName, before: string | null, value: string | null): void {
    if (isSource(name)) {
      const source = attributes[name].read(value);
      // With the text that it has already, an attribute comes after the property that was set meanwhile.
      if (before !== value || differs(this.state[name], source)) Object.assign(this, { [name]: source });
      return;
    }
    if (before === value) return;
    if (name === "worker") {
      if (before !== null && value !== null) return;
      this.#player.closeSession();
    }
    if (name === "blank") this.#player.changeWeights();
    if (name === "poster") this.#player.poster.source = value;
    if (name === "paused") this.#player.emit(value === null ? "play" : "pause", {});
    this.#player.invalidate(attributes[name].stage);
  }
}

// Every attribute that has no property of its own gets one: its text, or whether it is there.
for (const name of ConvCam.observedAttributes as AttributeName[]) {
  const property = propertyOf(name);
  if (property in ConvCam.prototype) continue;
  Object.defineProperty(ConvCam.prototype, property, {
    get(this: ConvCam) {
      return isFlag(name) ? this.hasAttribute(name) : (this.getAttribute(name) ?? undefined);
    },
    set(this: ConvCam, value: string | number | boolean | undefined) {
      setAttribute(this, name, value === false ? undefined : value === true ? "" : value);
    },
  });
}

if (globalThis.customElements && !customElements.get("conv-cam")) customElements.define("conv-cam", ConvCam);

declare global {
  interface HTMLElementTagNameMap {
    "conv-cam": ConvCam;
  }
}
