// The GPU side of an element's explanation: beside the networks, it runs and draws with every frame. Made when the first is asked for.
import type { GpuValue } from "../../engine/execution.ts";
import { convolutionMaps, type Explanation, explanationMethods, resultOf, tellsProbabilities } from "../../engine/explanation.ts";
import type { Axes } from "../../engine/shapes.ts";
import type { ImageTarget } from "../image-input.ts";
import { imageView } from "../image-view.ts";
import type { ColorMap } from "../mosaic/color-map.ts";
import type { MosaicRenderer } from "../mosaic/renderer.ts";
import type { Preparation } from "../preparation.ts";
import { scoresOf } from "../results.ts";
import type { Viewer, ViewerFrame } from "../viewer.ts";
import { ClassChoice } from "./class-choice.ts";
import { ExplainedPicture, type ExplainTools, type OnNumbers, type PictureInput } from "./explained-picture.ts";
import { HeatMap } from "./heat-map.ts";
import { HeatOverlay } from "./heat-overlay.ts";
import { oneNumber } from "./one-number.ts";
import { checkAsked } from "./refusals.ts";
import { allLayers, type Explained, type ExplainedNumbers, type ExplainRequest, explanationId } from "./request.ts";
import { thinned } from "./tiles.ts";

/** Layers that are drawn side by side at most. */
const mostLayers = 24;

export interface ExplainerHost {
  readonly viewer: Pick<Viewer, "device" | "model" | "imageInputName">;
  readonly renderer: MosaicRenderer;
  /** What the axes of values are that may lie otherwise than NCHW. */
  readonly axes: ReadonlyMap<string, Axes>;
  /** The output that holds scores of classes. */
  readonly classScores: string | undefined;
  /** How pictures are prepared now. */
  readonly preparation: () => Preparation;
  /** The targets of the picture have changed. */
  readonly onTargets: () => void;
  readonly onNumbers: (numbers: ExplainedNumbers) => void;
}

export class Explainer {
  readonly #host: ExplainerHost;
  #tools: Promise<ExplainTools> | undefined;
  #explanation: Explanation | undefined;
  #request: ExplainRequest | undefined;
  #drawn: ExplainedPicture | undefined;
  /** The request that it draws: until another one is prepared, frames are of the one before. */
  #applied: ExplainRequest | undefined;
  /** What the drawn one is bound to. */
  #binding: readonly unknown[] = [];
  /** Whether the networks have computed since the explanation ran. */
  #isDue = true;
  /** Whether the next heat has nothing to do with the last. */
  #isFresh = true;
  #pictureId: number | undefined;
  /** Of the numbers told last. */
  #class: number | undefined;
  #isCurrent = true;
  #isDisposed = false;

  constructor(host: ExplainerHost) {
    this.#host = host;
  }

  /** The input that takes the picture; undefined where none does. */
  get #input(): PictureInput | undefined {
    const { viewer, axes } = this.#host;
    const { imageInputName: name } = viewer;
    return name === undefined ? undefined : { name, axes: axes.get(name), axesOf: (value) => axes.get(value) };
  }

  /** Where the picture must be written, besides the networks' own inputs. */
  get targets(): readonly ImageTarget[] {
    const { preparation } = this.#host;
    const input = this.#input;
    if (!this.#explanation || !input) return [];
    const value = this.#explanation.input(input.name);
    const view = imageView(value.shape, value.strides, input.axes);
    return view ? [{ ...value, view, preparation: preparation() }] : [];
  }

  /** Where its own copy of one of the network's inputs lies; undefined where nothing is explained. */
  input(name: string): GpuValue | undefined {
    return this.#explanation?.input(name);
  }

  /** Whether all runs of the explanation are done, and the numbers of the last frame on their way. */
  get isCurrent(): boolean {
    return this.#isCurrent;
  }

  /**
   * Prepares what is asked for and draws it from the next frame on. Another class, colour or size plans nothing anew; another method or
   * layer does, and the explanation before ends at once. Calls must not overlap; frames may go on.
   *
   * @throws Error that says why there is no such explanation; then none is drawn
   */
  async change(given: ExplainRequest): Promise<Explained> {
    try {
      const { viewer, classScores } = this.#host;
      const { graph } = viewer.model;
      const number = oneNumber(viewer.model);
      const request = given.class === undefined && number !== undefined ? { ...given, class: 0 } : given;
      if (request.method !== this.#request?.method || request.layer !== this.#request.layer) this.stop();
      checkAsked(request, { graph, classScores });
      const isOther = request.class !== this.#request?.class || request.against !== this.#request?.against;
      this.#request = request;
      this.#explanation ??= await this.#explain(request);
      if (this.#isDisposed) throw new DOMException("The viewer was disposed of.", "AbortError");
      // Which of them is explained is written before each run; this says whether they are there.
      if (isOther) this.#explanation.setTarget(targetOf(request));
      const before = this.#drawn;
      await this.rebind();
      const drawn = this.#drawn as ExplainedPicture;
      this.#isDue ||= isOther;
      this.#isFresh ||= isOther;
      // Frames meanwhile have run for the class before.
      if (isOther) this.#explanation.restart();
      const { layers } = this.#explanation;
      const layerCount = request.layer === allLayers ? this.#allLayers.length : 1;
      const needsRun = isOther || drawn !== before;
      const isProbability = tellsProbabilities(graph);
      const isOfPicture = layers[0] === this.#input?.name;
      return {
        ...{ layers, layerCount, isOfPicture, kind: drawn.kind, isProbability, number },
        colorMap: this.#apply(drawn, request),
        ...drawn.place,
        needsRun,
      };
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  /** Ends the explanation and gives its bytes back. */
  stop(): void {
    const explanation = this.#explanation;
    this.#request = undefined;
    this.#explanation = undefined;
    this.#class = undefined;
    this.#release();
    explanation?.dispose();
    if (explanation && !this.#isDisposed) this.#host.onTargets();
  }

  /** Follows values that have moved, other preparations and sizes. Two calls may overlap, where the networks are planned anew meanwhile. */
  async rebind(): Promise<void> {
    const input = this.#input;
    const tools = this.#explanation && (await this.#prepareTools());
    for (;;) {
      const [explanation, request] = [this.#explanation, this.#request];
      if (!tools || !explanation || !request || !input) return;
      const { placed, binding } = this.#place(explanation, request, input);
      if (this.#drawn && isSame(binding, this.#binding)) return;
      const drawn = await ExplainedPicture.create(tools, placed, this.#onNumbers);
      // Another call was faster, or values have moved since.
      if (this.#explanation !== explanation || !isSame(binding, this.#place(explanation, request, input).binding)) {
        drawn.dispose();
        continue;
      }
      this.#release();
      this.#drawn = drawn;
      this.#binding = binding;
      this.#apply(drawn, this.#request ?? request);
      this.#host.onTargets();
      return;
    }
  }

  /** @returns the colour map that it is drawn in */
  #apply(drawn: ExplainedPicture, request: ExplainRequest): ColorMap {
    const { colorMap: wanted, opacity, isAlone, class: index, against } = request;
    // What has two sides needs a map with a middle.
    const colorMap = drawn.kind.sides === "both" ? "diverging" : wanted === "auto" ? "magma" : wanted;
    drawn.look({ colorMap, opacity, isAlone });
    drawn.choice.want(index, against);
    this.#applied = request;
    return colorMap;
  }

  /** Where everything lies now, and what tells whether that has changed. */
  #place(explanation: Explanation, { canvas, width, height, pixelRatio, against }: ExplainRequest, input: PictureInput) {
    const { viewer, classScores } = this.#host;
    if (!canvas) throw new Error("There is no canvas to draw the explanation on.");
    const preparation = this.#host.preparation();
    const found = scoresOf(viewer.model, classScores);
    const [seed, picture] = [explanation.seed(), explanation.input(input.name)];
    checkScores(found?.count, seed.shape, classScores);
    const scores = found && { ...found, offset: found.offsetBytes / 4 };
    const isDifference = against !== undefined;
    const places = [seed, picture, scores, ...explanation.layers.map((layer) => explanation.value(layer))].map((one) => one?.buffer);
    const room = { width, height, pixelRatio };
    return {
      placed: { explanation, input, preparation, scores, isDifference, canvas, ...room },
      binding: [canvas, isDifference, JSON.stringify([room, preparation]), ...places],
    };
  }

  /** After the networks' own frame was submitted. @param ofPicture whether the networks see a picture of that source */
  frame({ image, runs: isWanted = true, elapsedMs, visible, pictureId = 0 }: ViewerFrame, ofPicture: boolean): void {
    const drawn = this.#drawn;
    const runs = isWanted || image !== undefined;
    const isVisible = visible?.includes(explanationId) !== false;
    this.#isDue ||= runs;
    // Pictures that do not move are explained one by one.
    if (runs && elapsedMs === undefined) this.#explanation?.restart();
    this.#isFresh ||= pictureId !== this.#pictureId || (runs && !isVisible);
    this.#pictureId = pictureId;
    this.#isCurrent = true;
    const [explanation, request] = [this.#explanation, this.#applied];
    if (!drawn || !explanation || !request || !isVisible) return;
    const isDue = this.#isDue || isUnderWay(explanation);
    if (isDue) this.#run(explanation, drawn);
    this.#submit((encoder) => {
      if (isDue) drawn.encodeHeat(encoder, this.#isFresh ? undefined : elapsedMs);
      drawn.draw(encoder);
      if (ofPicture) this.#isCurrent = drawn.ring.encode(encoder, { request, pictureId, ...explanation.progress });
    });
    this.#isCurrent &&= !isUnderWay(explanation);
    if (isDue) this.#isFresh = false;
    this.#isDue = false;
  }

  /**
   * What is drawn of the picture that the networks have computed last, for whoever keeps it; undefined where nothing is. While nobody sees the
   * explanation it does not run with the frames, so it runs now.
   */
  take() {
    const [explanation, drawn, request] = [this.#explanation, this.#drawn, this.#applied];
    if (!explanation || !drawn || !request) return undefined;
    if (this.#isDue) {
      this.#run(explanation, drawn);
      this.#submit((encoder) => drawn.encodeHeat(encoder, undefined));
      this.#isDue = false;
    }
    const of = oneNumber(this.#host.viewer.model) ?? `class ${request.class ?? this.#class ?? "?"}`;
    return { drawn, request, layers: explanation.layers, of };
  }

  /** Chooses the class, and explains it once. */
  #run(explanation: Explanation, drawn: ExplainedPicture): void {
    this.#submit((encoder) => drawn.encodeChoice(encoder));
    // Throws what the GPU refused of an earlier run.
    explanation.value();
    explanation.run();
  }

  #submit(encode: (encoder: GPUCommandEncoder) => void): void {
    const { gpu } = this.#host.viewer.device;
    const encoder = gpu.createCommandEncoder({ label: "explanation" });
    encode(encoder);
    gpu.queue.submit([encoder.finish()]);
  }

  /** Asks for the numbers of the frame. @param submitted rejects where the GPU refused it */
  collect(submitted: Promise<void>): void {
    this.#drawn?.ring.collect(submitted);
  }

  dispose(): void {
    this.#isDisposed = true;
    this.stop();
  }

  /** The values of the convolution layers, by depth. */
  get #allLayers(): readonly string[] {
    return convolutionMaps(this.#host.viewer.model.graph);
  }

  async #explain(request: ExplainRequest): Promise<Explanation> {
    const { method, layer } = request;
    const { model } = this.#host.viewer;
    const input = this.#input;
    const drawable = explanationMethods.filter((one) => resultOf(one) !== "channels");
    if (!drawable.includes(method)) throw new Error(`explain '${method}': expected ${drawable.join(", ")}.`);
    if (!input) throw new Error("No input of this network takes a picture, so there is nothing to lay heat over.");
    const all = thinned(this.#allLayers, mostLayers);
    const layers = layer === allLayers ? { layers: all.length > 0 ? all : ("all" as const) } : { layer };
    // With both sides, so that another class to compare with plans nothing anew.
    const making = model.explain({ method, of: targetOf(request), ...layers, signed: true, live: true });
    const [explanation] = await Promise.all([making, this.#prepareTools()]);
    if (!this.#isDisposed) return explanation;
    explanation.dispose();
    throw new DOMException("The viewer was disposed of.", "AbortError");
  }

  #prepareTools(): Promise<ExplainTools> {
    const { renderer, viewer } = this.#host;
    const { device } = viewer;
    this.#tools ??= Promise.all([
      ClassChoice.pipeline(device),
      HeatMap.pipelines(device),
      HeatOverlay.pipeline(device, renderer.format),
    ]).then(([choice, heat, overlay]) => ({ device, renderer, choice, heat, overlay }));
    return this.#tools;
  }

  #release(): void {
    this.#drawn?.dispose();
    this.#drawn = undefined;
    this.#applied = undefined;
    this.#isDue = true;
    this.#isFresh = true;
  }

  readonly #onNumbers: OnNumbers = ({ chosen, extents }, { request: { id, against }, pictureId, done, total }) => {
    const [index = 0] = new Uint32Array(chosen);
    // Runs for the class before do not count for this one.
    if (this.#class !== undefined && index !== this.#class) this.#explanation?.restart();
    this.#class = index;
    const [, , score, againstScore] = new Float32Array(chosen);
    const hasScores = this.#host.classScores !== undefined;
    this.#host.onNumbers({
      id,
      pictureId,
      class: index,
      score: hasScores ? score : undefined,
      againstScore: hasScores && against !== undefined ? againstScore : undefined,
      layers: extents.map((extent) => {
        const [nanCount = 0, infinityCount = 0, , full = 0] = new Float32Array(extent);
        return { full, nonFiniteCount: nanCount + infinityCount };
      }),
      done,
      total,
    });
  };
}

/** In place of the top class, which is chosen in each frame, stands any other than that which it is compared with. */
function targetOf({ class: index, against }: ExplainRequest) {
  return { class: index ?? (against === 0 ? 1 : 0), against };
}

/** Whether it takes more runs of this picture. */
function isUnderWay({ progress: { done, total } }: Explanation): boolean {
  return done < total;
}

function isSame(binding: readonly unknown[], other: readonly unknown[]): boolean {
  return binding.length === other.length && binding.every((one, i) => one === other[i]);
}

/** @throws Error where the scores that are read are not those that are explained */
function checkScores(count: number | undefined, [batch = 1, classes = batch]: readonly number[], name = ""): void {
  if (count === undefined || count === classes) return;
  throw new Error(
    `The first output of this network, which is what is explained, has ${classes} numbers; its classes are the ${count} of '${name}'. Classes in another output than the first are not explained yet.`,
  );
}
