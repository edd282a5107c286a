// One explanation on its canvas: the picture as the explanation's network gets it, with heat over it. Bound to where values lie now.
import { type Explanation, isActivationMap, resultOf } from "../../engine/explanation.ts";
import type { Device } from "../../engine/gpu/device.ts";
import type { Axes } from "../../engine/shapes.ts";
import { imageView } from "../image-view.ts";
import { type MapView, viewAsMaps } from "../mosaic/layout.ts";
import type { MosaicRenderer } from "../mosaic/renderer.ts";
import type { Preparation } from "../preparation.ts";
import { ReadbackRing } from "../readback-ring.ts";
import { preparePicture } from "../views/picture-view.ts";
import type { Drawn, ViewCanvas } from "../views/view.ts";
import { ClassChoice, type ScoresPlace } from "./class-choice.ts";
import { HeatMap, type HeatPipelines } from "./heat-map.ts";
import { HeatOverlay, type OverlayLook } from "./heat-overlay.ts";

/** What every explanation on a device is drawn with. */
export interface ExplainTools {
  readonly device: Device;
  readonly renderer: MosaicRenderer;
  readonly choice: GPUComputePipeline;
  readonly heat: HeatPipelines;
  readonly overlay: GPURenderPipeline;
}

/** The input that takes the picture. */
export interface PictureInput {
  readonly name: string;
  readonly axes: Axes | undefined;
  /** What the axes of another value are, where it may lie otherwise than NCHW. */
  axesOf(value: string): Axes | undefined;
}

export interface PlacedExplanation {
  readonly explanation: Explanation;
  readonly input: PictureInput;
  readonly preparation: Preparation;
  /** Undefined where no output is known to hold scores of classes. */
  readonly scores: ScoresPlace | undefined;
  readonly canvas: ViewCanvas;
  /** Device pixels that there are. */
  readonly width: number;
  readonly height: number;
}

/** The frame that numbers are of. */
export interface ExplainTag {
  readonly id: number;
  readonly pictureId: number;
  /** Runs of the explanation, and how many it takes. */
  readonly done: number;
  readonly total: number;
}

/** Chosen class and extent, as the shaders write them. */
export type OnNumbers = (numbers: { readonly chosen: ArrayBuffer; readonly extent: ArrayBuffer }, tag: ExplainTag) => void;

export class ExplainedPicture {
  readonly choice: ClassChoice;
  readonly ring: ReadbackRing<ExplainTag>;
  readonly #heat: HeatMap;
  readonly #overlay: HeatOverlay;
  readonly #picture: Drawn;
  readonly #context: GPUCanvasContext;
  readonly #tools: ExplainTools;

  /** @throws Error that says why there is nothing to draw */
  static async create(tools: ExplainTools, placed: PlacedExplanation, onNumbers: OnNumbers): Promise<ExplainedPicture> {
    const { explanation, input, preparation, width, height } = placed;
    const image = explanation.input(input.name);
    const view = imageView(image.shape, image.strides, input.axes);
    const id = input.name;
    const maps = viewAsMaps(image.shape, image.strides, image.offset, 0, input.axes) as MapView;
    const picture = await preparePicture(
      {
        renderer: tools.renderer,
        preparation,
        imageView: view,
        source: async () => ({ buffer: image.buffer, dtype: image.dtype, view: maps }),
      },
      { id, kind: "picture", value: id, width, height },
    );
    return new ExplainedPicture(tools, placed, picture, onNumbers);
  }

  private constructor(tools: ExplainTools, placed: PlacedExplanation, picture: Drawn, onNumbers: OnNumbers) {
    const { device, renderer } = tools;
    const { explanation, scores, canvas } = placed;
    const { buffer, dtype } = explanation.value();
    const { width, height } = picture.layout;
    this.#tools = tools;
    this.#picture = picture;
    this.choice = new ClassChoice(device, tools.choice, explanation.seed(), scores);
    const isMap = resultOf(explanation.method) === "map";
    this.#heat = new HeatMap(device, tools.heat, { buffer, dtype, view: heatView(placed) }, isMap, this.choice.chosen);
    const interpolates = isActivationMap(explanation.method);
    this.#overlay = new HeatOverlay(device, tools.overlay, this.#heat, { width, height, interpolates });
    const [chosen, extent] = [this.choice.chosen, this.#heat.extent].map((piece) => ({
      buffer: piece,
      offsetBytes: 0,
      sizeBytes: piece.size,
    })) as [Piece, Piece];
    this.ring = new ReadbackRing(device, [chosen, extent], ([first, second], tag) =>
      onNumbers({ chosen: first as ArrayBuffer, extent: second as ArrayBuffer }, tag),
    );
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    this.#context = canvas.getContext("webgpu") as GPUCanvasContext;
    this.#context.configure({ device: device.gpu, format: renderer.format, usage: renderer.targetUsage, alphaMode: "premultiplied" });
  }

  /** Pixels of the canvas. */
  get size(): { readonly width: number; readonly height: number } {
    return this.#picture.layout;
  }

  look(look: OverlayLook): void {
    this.#overlay.look(look);
  }

  /** Chooses the class of the frame; before the explanation runs. */
  encodeChoice(encoder: GPUCommandEncoder): void {
    const pass = encoder.beginComputePass({ label: "choose class" });
    this.choice.encode(pass);
    pass.end();
  }

  /** Computes the heat after the explanation has run. @param elapsedMs see {@link HeatMap.tick} */
  encodeHeat(encoder: GPUCommandEncoder, elapsedMs: number | undefined): void {
    this.#heat.tick(elapsedMs);
    const pass = encoder.beginComputePass({ label: "heat" });
    this.#heat.encode(pass);
    pass.end();
  }

  /** Draws the picture and the heat as they are now. */
  draw(encoder: GPUCommandEncoder): void {
    const target = this.#context.getCurrentTexture().createView({ label: "explanation" });
    if (this.#tools.renderer.usesCompute) {
      const pass = encoder.beginComputePass({ label: "explained picture" });
      this.#picture.encodePixels(pass, target);
      pass.end();
    } else this.#picture.draw(encoder, target);
    this.#overlay.draw(encoder, target);
  }

  dispose(): void {
    this.ring.dispose();
    this.#overlay.dispose();
    this.#heat.dispose();
    this.choice.dispose();
    this.#picture.dispose();
  }
}

type Piece = ConstructorParameters<typeof ReadbackRing>[1][number];

/** Where the heat's rows and columns lie in the explanation. @throws Error where it has none */
function heatView({ explanation, input }: Pick<PlacedExplanation, "explanation" | "input">): MapView {
  const { shape, strides, offset } = explanation.value();
  const { layer } = explanation;
  const hasOwnAxes = resultOf(explanation.method) === "elements";
  const image = hasOwnAxes && layer === input.name ? imageView(shape, strides, input.axes) : undefined;
  if (image) return { ...image, offset };
  const view = viewAsMaps(shape, strides, offset, 0, hasOwnAxes ? input.axesOf(layer) : undefined);
  if (!view || shape.length > 4 || view.height * view.width < 2)
    throw new Error(
      `explain-layer '${layer}': a value of ${shape.join(" × ")} has no rows and columns to lay over the picture. Name one that has, or none for the usual one.`,
    );
  return view;
}
