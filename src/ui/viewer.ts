// The GPU side of the element: one or two networks, their picture and the views of their values. One encoder, one compute pass and one
// submit per frame.

import { loadPart } from "../engine/errors.ts";
import type { Device } from "../engine/gpu/device.ts";
import type { Model } from "../engine/model.ts";
import type { Axes } from "../engine/shapes.ts";
import { prepareKernels } from "../engine/startup.ts";
import type { Explainer } from "./explain/explainer.ts";
import type { Explained, ExplainedNumbers, ExplainRequest } from "./explain/request.ts";
import { findImageInput, ImageInput } from "./image-input.ts";
import type { MapPoint, MapView } from "./mosaic/maps.ts";
import { MosaicRenderer, type MosaicSource } from "./mosaic/renderer.ts";
import type { PatternCanvas } from "./patterns/pattern-canvas.ts";
import type { ImageLike } from "./picture-size.ts";
import type { Preparation } from "./preparation.ts";
import type { ReadbackRing } from "./readback-ring.ts";
import { type Results, type ResultsTag, resultsRing } from "./results.ts";
import { mapsOf, observedBy, type Scene, type SceneContext, SceneOfViews, type SceneOutcome } from "./scene.ts";
import { aborted, type NetworkName } from "./session/session.ts";
import type { Standbys } from "./standby.ts";
import { loadOnDemand, type NetworkOptions, ViewedNetworks } from "./viewed-networks.ts";
import type { Drawn, ViewCanvas } from "./views/view.ts";

export interface ViewerOptions extends NetworkOptions {
  /** What the axes of values are that may lie otherwise than NCHW. */
  readonly axes?: ReadonlyMap<string, Axes> | undefined;
  /** The output of both networks that holds class scores. */
  readonly classScores: string | undefined;
  /** Called when values have moved without a scene that made them: frames wait until one is shown. */
  readonly onMove?: (() => void) | undefined;
  /** Called when a network's gates or weights have changed, whoever has changed them; of a scene's changes once, when it is shown. */
  readonly onChange?: ((which: NetworkName) => void) | undefined;
}

/** An array that the networks take. */
export interface FedArray {
  /** Writes it into their inputs, and into those of the explanation. */
  feed(explainer: Explainer | undefined): void;
}

export interface ViewerFrame {
  /** The picture, where it changed, or an array in its place. */
  readonly image?: ImageLike | FedArray | undefined;
  /** Whether the networks compute anew, or only the views are drawn again. */
  readonly runs?: boolean;
  /** Since the frame before, for the smoothing of ranges; without it they take their value at once. */
  readonly elapsedMs?: number | undefined;
  /** Ids of the views that are drawn; all where absent. */
  readonly visible?: readonly string[] | undefined;
  /** Changes with the source of pictures. */
  readonly pictureId?: number;
}

export class Viewer {
  readonly device: Device;
  /** Name of the input that takes the picture; undefined where no input looks like one. */
  readonly imageInputName: string | undefined;
  /** What explains the first network's answer; undefined until that is first asked for. */
  explainer: Explainer | undefined;
  /** Patterns of the first network, which grow on a canvas of their own, apart from frames. */
  patterns: PatternCanvas | undefined;
  /** What answers to questions have prepared for the next ones, by what it is for. */
  readonly kept: Standbys = new Map();
  readonly #networks: ViewedNetworks;
  readonly #image: ImageInput | undefined;
  readonly renderer: MosaicRenderer;
  readonly #views: SceneOfViews;
  /** What the axes of values are that may lie otherwise than NCHW. */
  readonly axes: ReadonlyMap<string, Axes>;
  /** The output that holds scores of classes, where one is known to. */
  readonly classScores: string | undefined;
  readonly #onResults: (results: Results) => void;
  readonly #listeners: Pick<ViewerOptions, "onMove" | "onChange">;
  /** The networks that have changed, until somebody is told. */
  readonly #changed = new Set<NetworkName>();
  #isChangingScene = false;
  /** Whether a scene was shown: one that failed has asked nobody for a picture. */
  #hasShown = false;
  #preparation: Preparation | undefined;
  #ring: ReadbackRing<ResultsTag> | undefined;
  #framesInFlight = 0;
  #areResultsCurrent = true;
  /** Of the picture in the network's input; undefined before the first. */
  #pictureId: number | undefined;
  #isDisposed = false;

  /** Compiles what is the same for any network, while the network downloads. */
  static async prepare(device: Device): Promise<void> {
    await Promise.all([prepareViews(device), prepareKernels(device)]);
  }

  /** @param onResults called now and then, never more than once a frame */
  static async create(device: Device, options: ViewerOptions, onResults: (results: Results) => void): Promise<Viewer> {
    // Beside the network's own pipelines. If this fails, so will whoever needs the result.
    void prepareViews(device).catch(() => {});
    const networks = await ViewedNetworks.load(device, options);
    try {
      const image = findImageInput(networks.model, options.axes) && (await ImageInput.create(device, []));
      return new Viewer(device, networks, image, options, onResults);
    } catch (error) {
      networks.dispose();
      throw error;
    }
  }

  private constructor(
    device: Device,
    networks: ViewedNetworks,
    image: ImageInput | undefined,
    { classScores, axes = new Map(), ...listeners }: ViewerOptions,
    onResults: (results: Results) => void,
  ) {
    this.device = device;
    this.#networks = networks;
    this.axes = axes;
    this.imageInputName = findImageInput(networks.model, axes)?.name;
    this.#image = image;
    this.classScores = classScores;
    this.#onResults = onResults;
    this.#listeners = listeners;
    networks.listen({ onMove: () => this.#tellMove(), onChange: (which) => this.#tellChanges(which) });
    this.renderer = new MosaicRenderer(device, navigator.gpu.getPreferredCanvasFormat());
    this.#views = new SceneOfViews(device, this.renderer);
  }

  get model(): Model {
    return this.#networks.model;
  }

  get compared(): Model | undefined {
    return this.#networks.compared;
  }

  /** Frames handed to the GPU that it has not finished. */
  get framesInFlight(): number {
    return this.#framesInFlight;
  }

  /** Whether the numbers of the last frame are on their way; the next frame catches up where they are not. */
  get areResultsCurrent(): boolean {
    return this.#areResultsCurrent && this.explainer?.isCurrent !== false;
  }

  /**
   * A layer as maps; undefined where it cannot be drawn: it is a constant, or has no rows and columns.
   *
   * @param axes what somebody says of its axes
   */
  viewOf(value: string, model = this.model, axes?: Axes): MapView | undefined {
    try {
      return this.sourceOf(value, model, axes).view;
    } catch {
      return undefined;
    }
  }

  /** A value as maps where it lies. @throws Error that says why it has none */
  sourceOf(value: string, model = this.model, axes = this.axes.get(value)): MosaicSource {
    return mapsOf(model, value, axes);
  }

  /** What is drawn, in order. */
  get drawings(): SceneOfViews["drawn"] {
    return this.#views.drawn;
  }

  /** What is drawn on a canvas. */
  mosaicOn(canvas: ViewCanvas): Drawn | undefined {
    return this.#views.drawn.find((one) => one.canvas === canvas)?.drawn;
  }

  /**
   * Changes to a scene. What it shares with the one before stays: no network is loaded, and only values that were not kept yet are
   * planned for. Calls must not overlap; frames may go on meanwhile.
   *
   * @returns whether values have to be computed anew, and what became of each view
   */
  async show(scene: Scene): Promise<SceneOutcome> {
    this.#isChangingScene = true;
    const outcome = await this.#show(scene).finally(() => {
      this.#isChangingScene = false;
      this.#tellChanges();
    });
    // Of a move that came too late for this scene. After a failure nobody is told: the same scene would be shown, and fail, for ever.
    this.#tellMove();
    return outcome;
  }

  async #show(scene: Scene): Promise<SceneOutcome> {
    const networks = this.#networks;
    const image = findImageInput(this.model, this.axes);
    const { mean, std, scale } = scene.preparation;
    if (image && (mean ?? std ?? scale) !== undefined) (await loadOnDemand()).checkPreparation(scene.preparation, image.view.channels);
    const changed = await networks.change(scene).finally(() => {
      if (networks.isMoving) this.#views.clear();
    });
    const { moves } = networks;
    const isPrepared = !networks.isMoving && JSON.stringify(scene.preparation) === JSON.stringify(this.#preparation);
    if (!isPrepared) this.#prepareImage(scene.preparation);
    const views = await this.#views.show(scene.views, this.#sceneContext(scene));
    // What went wrong is told when it is asked for again, which follows.
    await this.explainer?.rebind().catch(() => this.explainer?.stop());
    if (this.#isDisposed) throw aborted();
    this.#ring?.dispose();
    this.#ring = resultsRing(this.device, networks.models, this.#views.drawn, this.classScores, this.#onResults);
    networks.endMove(moves);
    const problem = changed.problem ?? (await this.#compare(scene.views));
    const isFirst = !this.#hasShown;
    this.#hasShown = true;
    return { ...changed, needsRun: changed.needsRun || !isPrepared || isFirst, views, problem };
  }

  /**
   * Explains the first network's score of a class over the picture from the next frame on, or, without a request, no longer. The picture has
   * to be given again then. Frames, and calls of {@link show}, may go on meanwhile.
   *
   * @throws Error that says why there is no such explanation; then none is drawn
   */
  async explain(request: ExplainRequest | undefined, onNumbers: (numbers: ExplainedNumbers) => void): Promise<Explained | undefined> {
    if (!request) return void this.explainer?.stop();
    const { Explainer } = await loadPart("for explanations", () => import("./explain/explainer.ts"));
    if (this.#isDisposed) throw aborted();
    this.explainer ??= new Explainer({
      viewer: this,
      renderer: this.renderer,
      axes: this.axes,
      classScores: this.classScores,
      preparation: () => this.#preparation as Preparation,
      onTargets: () => this.#prepareImage(this.#preparation as Preparation),
      onNumbers,
    });
    return this.explainer.change(request);
  }

  /** Draws one frame. @returns when the GPU is done with it */
  frame(request: ViewerFrame): Promise<void> {
    if (this.#networks.isMoving || this.#isDisposed) return Promise.reject(aborted());
    const { gpu } = this.device;
    const submitted = this.device.checked("Drawing", () => this.#submit(request));
    this.#ring?.collect(submitted);
    this.explainer?.collect(submitted);
    this.#framesInFlight++;
    const done = Promise.all([submitted, gpu.queue.onSubmittedWorkDone()]);
    return done.finally(() => this.#framesInFlight--).then(() => {});
  }

  /** One element of a value, from the GPU. */
  async probe(value: string, point: MapPoint, model = this.model, axes?: Axes): Promise<number> {
    const { readElement } = await loadOnDemand();
    return readElement(this.device, value, this.sourceOf(value, model, axes), point);
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#ring?.dispose();
    this.explainer?.dispose();
    this.patterns?.dispose();
    for (const one of this.kept.values()) one.dispose();
    this.#views.dispose();
    this.#image?.dispose();
    this.renderer.dispose();
    this.#networks.dispose();
  }

  /** Whoever has had the networks planned anew may not know of the scene. */
  #tellMove(): void {
    if (this.#networks.isMoving && !this.#isChangingScene && !this.#isDisposed) this.#listeners.onMove?.();
  }

  #tellChanges(...changed: readonly NetworkName[]): void {
    for (const which of changed) this.#changed.add(which);
    if (this.#isChangingScene || this.#isDisposed) return;
    for (const which of this.#changed) this.#listeners.onChange?.(which);
    this.#changed.clear();
  }

  /** What is wrong with the second network, if something is. */
  async #compare(views: Scene["views"]): Promise<string | undefined> {
    const { model, compared } = this;
    if (!compared) return this.#networks.problem;
    const { describeUnshared } = await loadOnDemand();
    return describeUnshared(observedBy(views.filter(({ kind }) => kind === "mosaic")), model.graph, compared.graph);
  }

  #sceneContext({ appearance, preparation }: Scene): SceneContext {
    const image = findImageInput(this.model, this.axes);
    const isUnsigned = image && this.#image?.canWriteNegative(preparation, image) === false;
    return {
      model: this.model,
      compared: this.compared,
      appearance,
      preparation,
      imageView: image?.view,
      axes: this.axes,
      unsignedInputs: isUnsigned ? [image.name] : [],
    };
  }

  /** Sets the networks' inputs, where they lie now, as targets of the picture. */
  #prepareImage(preparation: Preparation): void {
    this.#preparation = preparation;
    const own = this.#networks.models.flatMap((model) => {
      const input = findImageInput(model, this.axes);
      return input ? [{ ...input, preparation }] : [];
    });
    this.#image?.aim([...own, ...(this.explainer?.targets ?? [])]);
  }

  #submit(request: ViewerFrame): void {
    const { image, runs = true, elapsedMs, visible, pictureId } = request;
    const isFed = image && "feed" in image;
    if (isFed) image.feed(this.explainer);
    else if (image) this.#image?.upload(image);
    if (image && (isFed || this.#image)) this.#pictureId = pictureId;
    this.renderer.tick(elapsedMs);
    const { gpu } = this.device;
    const encoder = gpu.createCommandEncoder({ label: "frame" });
    const pass = encoder.beginComputePass({ label: "frame" });
    if (image && !isFed) this.#image?.encode(pass);
    if (runs || image) {
      this.model.encode(pass);
      this.compared?.encode(pass);
    }
    const drawn = new Set(visible ?? this.#views.drawn.map(({ id }) => id));
    const draw = this.#views.encode(pass, drawn);
    pass.end();
    draw(encoder);
    const ofPicture = this.#pictureId === undefined || this.#pictureId === pictureId;
    this.#areResultsCurrent = this.#ring?.encode(encoder, { pictureId: pictureId ?? 0, ofPicture, drawn }) ?? true;
    gpu.queue.submit([encoder.finish()]);
    this.explainer?.frame(request, ofPicture);
  }
}

/** Compiles the pipelines of pictures and mosaics. */
async function prepareViews(device: Device): Promise<void> {
  const renderer = new MosaicRenderer(device, navigator.gpu.getPreferredCanvasFormat());
  await Promise.all([ImageInput.prepare(device), renderer.prepare()]).finally(() => renderer.dispose());
}
