// The work of each stage of an element: opens its input, loads its networks, shows their views, and reports results.
import { DeviceError, ModelError, UnsupportedError } from "../engine/errors.ts";
import { Answering } from "./answering.ts";
import { readAttribute } from "./attributes.ts";
import { Connection } from "./connection.ts";
import type { ConvCam } from "./element.ts";
import type { ConvCamEvents } from "./events.ts";
import type { ExplainedNumbers } from "./explain/request.ts";
import { FrameLoop, type FrameStats, type News } from "./frame-loop.ts";
import { Gallery } from "./gallery.ts";
import { InputInUse } from "./input-in-use.ts";
import type { Labels } from "./labels.ts";
import { type DrawableLayer, noLayers, noteOf } from "./layers.ts";
import { Losses, mostLosses } from "./losses.ts";
import { make } from "./make.ts";
import { Nearness } from "./nearness.ts";
import { Parts } from "./parts.ts";
import { Poster } from "./poster.ts";
import type { ProbeRequest } from "./probe.ts";
import type { Results } from "./results.ts";
import type { Description, NetworkName, Session, SessionEvent, Shown } from "./session/session.ts";
import type { FrameSource } from "./sources.ts";
import { Status } from "./status.ts";
import { type Stage, UpdateCycle } from "./update-cycle.ts";
import { wantedLayers, wantedLook } from "./wanted-scene.ts";
import { WeightsInUse } from "./weights-in-use.ts";

export class Player {
  readonly weights: WeightsInUse;
  readonly poster = new Poster();
  /** Another number after each change of the first network's gates or weights, whoever has changed them. */
  networkId = 0;
  /** Whether there is something to draw. */
  isShown = false;
  /** Whether what is loaded cannot be drawn: this browser, or Convcam, cannot run it. */
  isStill = false;
  readonly #element: ConvCam;
  readonly #gallery: Gallery;
  readonly #answering: Answering;
  readonly #status = new Status();
  readonly #connection = new Connection((event) => this.#onSession(event));
  readonly #loop: FrameLoop;
  readonly #cycle: UpdateCycle;
  readonly #parts: Parts;
  readonly #input: InputInUse;
  readonly #near: Nearness;
  #description: Description | undefined;
  /** The list of layers that was told last. */
  #toldLayers: string | undefined;
  readonly #losses = new Losses();
  /** Whether the weights shown are random, where they are not the file's own. */
  #isBlank: boolean | undefined;

  constructor(element: ConvCam, root: ShadowRoot) {
    this.#element = element;
    this.weights = new WeightsInUse(element);
    this.#gallery = new Gallery({
      onResize: () => this.invalidate("scene"),
      onReveal: () => this.wantFrame("draw"),
      onProbe: (request) => void this.#probe(request),
      onPick: (value, point) => this.#parts.instrument?.pick(value, point),
    });
    this.#answering = new Answering(
      { emit: (type, detail) => this.emit(type, detail), onFail: (error) => this.#fail(error, "answer") },
      element,
      this.#status.element,
    );
    this.#loop = new FrameLoop(this.#frameHost());
    this.#cycle = new UpdateCycle(this.#updateHost());
    this.#parts = new Parts(this, element, this.#gallery);
    this.#near = new Nearness(element, () => this.invalidate("play"));
    this.#input = new InputInUse(element, {
      onClose: () => {
        // A fault of the picture before would take away the answer to the next one.
        this.#loop.restart();
        this.#forgetAnswer();
      },
      onFail: (error, stage) => this.#fail(error, stage),
    });
    const caption = make("slot", "caption");
    caption.name = "caption";
    root.append(this.poster.element, this.#status.element, this.#gallery.element, caption);
  }

  get session(): Session | undefined {
    return this.#connection.session;
  }

  get labels(): Labels {
    return this.#answering.labels;
  }

  get source(): FrameSource | undefined {
    return this.#input.source;
  }

  get layers(): readonly DrawableLayer[] {
    return this.#description?.layers ?? noLayers;
  }

  get complete(): Promise<void> {
    return this.#cycle.complete.then(() => this.#parts.complete).then(() => (this.#cycle.isIdle ? undefined : this.complete));
  }

  invalidate(...stages: readonly Stage[]): void {
    // What is shown is of the network before: nothing of it is asked for, or told, any more.
    if (stages.includes("model")) this.isShown = false;
    this.#cycle.invalidate(...stages);
  }

  changeWeights(): void {
    this.weights.change();
    this.#cycle.invalidate("scene");
  }

  /** Asks for a frame that brings these up to date. */
  wantFrame(...news: readonly News[]): void {
    this.#loop.note(...news);
    this.#loop.request();
  }

  setConnected(isConnected: boolean): void {
    if (isConnected) {
      this.#gallery.connect();
      this.#near.watch();
    } else {
      this.#near.stop();
      this.#gallery.disconnect();
      this.#loop.stop();
    }
  }

  closeSession(): void {
    this.#closePanels();
    this.#connection.close();
  }

  dispose(): void {
    this.#cycle.abort();
    this.closeSession();
    this.#input.close();
  }

  #updateHost() {
    const element = this.#element;
    const player = this;
    return {
      get isAwake() {
        return element.isConnected && !player.#near.isAwaited;
      },
      work: {
        labels: () => this.#answering.loadLabels().finally(() => this.invalidate("parts")),
        answer: () => this.#answering.relabel(),
        input: (signal: AbortSignal) => this.#openInput(signal),
        model: (signal: AbortSignal) => this.#loadNetworks(signal),
        scene: () => this.#showScene(),
        play: () => this.source?.setPlaying?.(!element.paused),
        frame: () => this.#loop.request(),
        parts: () => this.#parts.update(),
      },
      onDue: (stage: Stage) => this.#status.clear(stage),
      onFail: (error: Error, stage: Stage) => this.#fail(error, stage),
    };
  }

  #frameHost() {
    const player = this;
    return {
      element: this.#element,
      get source() {
        return player.source;
      },
      get draw() {
        return player.isShown ? player.#draw : undefined;
      },
      onFrame: (stats: FrameStats) => {
        this.#status.clear("frame");
        this.poster.isShown = false;
        this.#gallery.element.classList.toggle("old", this.#input.isLacking);
        this.emit("frame", stats);
        this.#gallery.refreshProbes();
        this.#parts.instrument?.refresh();
      },
      onFail: (error: Error) => this.#input.onFrameFailed(error),
    };
  }

  readonly #draw = (request: Omit<Parameters<Session["frame"]>[0], "visible" | "pictureId">) => {
    const session = this.session as Session;
    const visible = [...this.#gallery.visible, ...this.#parts.drawnIn(request)];
    return session.frame({ ...request, image: this.#parts.retouched(request.image), visible, pictureId: this.#answering.pictureId });
  };

  async #openInput(signal: AbortSignal): Promise<void> {
    await this.#input.open(signal);
    this.#loop.note("image", "run");
    this.emit("input", {});
  }

  async #loadNetworks(signal: AbortSignal): Promise<void> {
    this.#closePanels();
    const { src, compare } = this.#element;
    if (src === undefined) {
      await this.session?.load({ src, compare });
      // Only now: until then a worker may have told of a download that was on its way.
      this.#status.endProgress();
      return;
    }
    this.#status.showProgress("Loading the network");
    // Fetched while the network is. Whoever needs it hears of it if that fails.
    this.#gallery.prepare().catch(() => undefined);
    const session = await this.#connection.open(this.#element.hasAttribute("worker"));
    signal.throwIfAborted();
    const loaded = await session.load({ src, compare, inputShape: readAttribute(this.#element, "input-shape") });
    signal.throwIfAborted();
    if (loaded && "obstacles" in loaded) this.#fail(new UnsupportedError(loaded.obstacles), "model", loaded.layers);
    else this.#description = loaded;
    if (this.#description?.problem) this.#fail(new Error(`compare: ${this.#description.problem}`), "model");
  }

  #onSession({ event, detail }: SessionEvent): void {
    if (event === "progress") this.#onProgress(detail);
    else if (event === "results") void this.#onResults(detail);
    else if (event === "explained") this.#onExplained(detail);
    else if (event === "changed") this.#onChanged(detail);
    else if (event === "moved") this.invalidate("scene");
    else if (event === "fault") this.#fail(new DeviceError(detail), "scene");
    else this.#recover(detail);
  }

  #onChanged(which: NetworkName): void {
    if (which === "src") this.networkId++;
    this.wantFrame("run");
    this.invalidate("parts");
  }

  async #showScene(): Promise<void> {
    const [session, description] = [this.session, this.#description];
    if (!session || !description) return;
    await this.#gallery.prepare();
    await this.#parts.prepare();
    const wanted = wantedLayers(this.#element, description, this.#parts.instrument?.choices);
    const look = wantedLook(this.#element);
    this.#gallery.update(this.#parts.arrange(wanted.choices), description.layers, description.imageInput);
    if (!this.isShown) this.#status.showProgress("Starting the GPU");
    const weights = this.weights.wanted;
    const views = this.#gallery.measure();
    const shown = await session.show({ ...look, views, weights });
    this.#status.endProgress();
    if (!shown || this.#cycle.isDue("model")) return;
    this.weights.settle(weights, shown);
    this.#gallery.show(shown.views, look.appearance);
    this.isShown = true;
    this.isStill = false;
    if (this.#isBlank !== shown.isBlank) this.#forgetAnswer();
    this.#isBlank = shown.isBlank;
    this.#loop.note("draw");
    // Frames under way have nothing of what this scene has brought.
    if (shown.needsRun) this.#loop.restart("image", "run");
    this.#describe(shown, description, wanted);
    if (shown.problem) this.#fail(new ModelError(shown.problem), "scene");
  }

  /** Emits `load` where other layers are named than before. */
  #describe(shown: Shown, { layers, imageInput }: Description, { text, named, unknown }: ReturnType<typeof wantedLayers>): void {
    const note = noteOf(unknown, imageInput);
    if (note) this.#status.showNote(note, "scene");
    if (!shown.isLoaded && text === this.#toldLayers) return;
    this.#toldLayers = text;
    this.emit("load", { layers, shown: named, adapter: shown.adapter, isInWorker: this.#connection.isInWorker });
  }

  /** Shows everything again on a new device; a GPU that is lost time and again is left alone. */
  #recover(reason: string): void {
    this.isShown = false;
    this.#parts.hide();
    this.#loop.restart();
    const count = this.#losses.note();
    if (count > mostLosses) {
      this.#closePanels();
      this.#fail(new DeviceError(`The GPU was lost ${count} times: ${reason} Reload the page.`), "scene");
      return;
    }
    this.#status.showProgress("The GPU was lost. Starting again");
    this.invalidate("scene");
  }

  #onExplained(numbers: ExplainedNumbers): void {
    if (!this.isShown || this.#input.isLacking || numbers.pictureId !== this.#answering.pictureId) return;
    this.#parts.why?.show(numbers);
  }

  async #onResults(results: Results): Promise<void> {
    this.#gallery.showRanges(results.ranges);
    const isTrained = this.#parts.hasLearned || (this.#isBlank ?? this.#description?.isBlank) !== true;
    if (this.isShown && !this.#input.isLacking) await this.#answering.show(results, isTrained);
  }

  async #probe({ value, point, question, answer }: ProbeRequest): Promise<void> {
    this.#parts.instrument?.hover(value, point);
    // A device that is lost meanwhile has no value to tell.
    const values = this.isShown && (await this.session?.ask(question).catch(() => undefined));
    if (!values) return;
    answer(values);
    this.emit("probe", { value, point, values });
  }

  #onProgress(progress: ConvCamEvents["progress"]): void {
    // Progress is not shown while mosaics are, so that they do not move.
    if (!this.isShown) this.#status.showLoading(progress);
    this.emit("progress", progress);
  }

  /** Tells the page, and shows it here unless the page prevents that; a network that runs stays where it is. */
  #fail(error: Error, stage: Stage, layers: Parameters<Status["showProblem"]>[2] = []): void {
    this.#status.endProgress();
    if (stage === "model" || error instanceof DeviceError) this.#forgetAnswer();
    const isWithoutGpu = stage === "scene" && error instanceof DeviceError && !this.isShown;
    if (stage === "input") this.#forgetAnswer("There is no picture to explain.");
    if (stage === "input") this.#gallery.element.classList.add("old");
    if (this.emit("error", { error, part: stage === "model" ? "network" : stage })) this.#status.showProblem(error, stage, layers);
    if (isWithoutGpu || layers.length > 0) this.isStill = true;
    if (isWithoutGpu) void this.#parts.showStill();
  }

  #forgetAnswer(reason?: string): void {
    this.#parts.why?.forget(reason);
    this.#answering.forget();
  }

  #closePanels(): void {
    this.isShown = false;
    this.isStill = false;
    this.poster.isShown = true;
    this.#description = undefined;
    this.#toldLayers = undefined;
    this.#parts.hide();
    this.#gallery.clear();
    this.#forgetAnswer();
    this.#loop.restart();
  }

  /** @returns false where a listener prevented the default */
  emit<Name extends keyof ConvCamEvents>(type: Name, detail: ConvCamEvents[Name]): boolean {
    return this.#element.dispatchEvent(new CustomEvent(type, { detail, cancelable: true }));
  }
}
