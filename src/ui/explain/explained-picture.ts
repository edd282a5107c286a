// An explanation on its canvas: the picture as the explanation's network gets it, with heat over it, for each of its layers. Bound to where values
// lie now.
import { type Explanation, type ExplanationMethod, isActivationMap, resultOf } from "../../engine/explanation.ts";
import type { Device } from "../../engine/gpu/device.ts";
import type { Axes } from "../../engine/shapes.ts";
import { imageView } from "../image-view.ts";
import { type MapView, viewAsMaps } from "../mosaic/maps.ts";
import type { MosaicRenderer } from "../mosaic/renderer.ts";
import type { Preparation } from "../preparation.ts";
import { ReadbackRing } from "../readback-ring.ts";
import { preparePicture } from "../views/picture-view.ts";
import type { Drawn, ViewCanvas } from "../views/view.ts";
import { ClassChoice, type ScoresPlace } from "./class-choice.ts";
import { type HeatKind, HeatMap, type HeatPipelines } from "./heat-map.ts";
import { HeatOverlay, type OverlayLook } from "./heat-overlay.ts";
import type { ExplainRequest } from "./request.ts";
import { chooseTiles, placeTiles, spacingAt, type TileSpacing } from "./tiles.ts";

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
  /** Whether it is of the difference between two scores. */
  readonly isDifference: boolean;
  readonly canvas: ViewCanvas;
  /** Device pixels that there are, and how many there are to a CSS pixel. */
  readonly width: number;
  readonly height: number;
  readonly pixelRatio: number;
}

/** The frame that numbers are of. */
export interface ExplainTag {
  /** What it was drawn for. */
  readonly request: ExplainRequest;
  readonly pictureId: number;
  /** Runs of the explanation, and how many it takes. */
  readonly done: number;
  readonly total: number;
}

/** Chosen class, and extents layer by layer, as the shaders write them. */
export type OnNumbers = (numbers: { readonly chosen: ArrayBuffer; readonly extents: readonly ArrayBuffer[] }, tag: ExplainTag) => void;

/** What adds up to a score, or is for it or against it place by place. */
const contributions: readonly ExplanationMethod[] = ["gradient-x-input", "integrated-gradients"];

/** What is drawn in each tile. */
interface Pictures {
  readonly picture: Drawn;
  /** Where the heat of each layer lies. */
  readonly views: readonly MapView[];
  /** Tiles in a row. */
  readonly columns: number;
}

export class ExplainedPicture {
  readonly choice: ClassChoice;
  readonly ring: ReadbackRing<ExplainTag>;
  readonly kind: HeatKind;
  readonly place: ReturnType<typeof placeTiles>;
  readonly #heats: readonly { readonly map: HeatMap; readonly overlay: HeatOverlay }[];
  readonly #picture: Drawn;
  /** The picture, to be copied into each tile. */
  readonly #copy: GPUTexture;
  readonly #copyView: GPUTextureView;
  readonly #context: GPUCanvasContext;
  readonly #tools: ExplainTools;

  /** @throws Error that says why there is nothing to draw */
  static async create(tools: ExplainTools, placed: PlacedExplanation, onNumbers: OnNumbers): Promise<ExplainedPicture> {
    const { explanation, input, preparation } = placed;
    // Before anything is made that would have to be given back.
    const views = explanation.layers.map((layer) => heatView(placed, layer));
    const image = explanation.input(input.name);
    const view = imageView(image.shape, image.strides, input.axes);
    const id = input.name;
    const maps = viewAsMaps(image.shape, image.strides, image.offset, 0, input.axes) as MapView;
    const { columns, ...room } = tilesOf(placed, view ? view.height / view.width : 1);
    const picture = await preparePicture(
      {
        renderer: tools.renderer,
        preparation,
        imageView: view,
        source: async () => ({ buffer: image.buffer, dtype: image.dtype, view: maps }),
      },
      { id, kind: "picture", value: id, ...room },
    );
    return new ExplainedPicture(tools, placed, { picture, views, columns }, onNumbers);
  }

  private constructor(tools: ExplainTools, placed: PlacedExplanation, { picture, views, columns }: Pictures, onNumbers: OnNumbers) {
    const { device, renderer } = tools;
    const { explanation, scores, canvas } = placed;
    const { method, layers } = explanation;
    const { layout: size } = picture;
    this.#tools = tools;
    this.#picture = picture;
    this.#copy = device.gpu.createTexture({
      label: "explained picture",
      size: [size.width, size.height],
      format: renderer.format,
      usage: renderer.targetUsage | GPUTextureUsage.COPY_SRC,
    });
    this.#copyView = this.#copy.createView();
    this.choice = new ClassChoice(device, tools.choice, explanation.seed(), scores);
    this.kind = kindOf(method, placed.isDifference);
    this.place = placeTiles(size, { count: layers.length, columns, ...spacingOf(placed) });
    const look = { interpolates: isActivationMap(method), hasBothSides: this.kind.sides === "both" };
    this.#heats = this.place.tiles.map((tile, i) => {
      const { buffer, dtype } = explanation.value(layers[i]);
      const map = new HeatMap(device, tools.heat, { buffer, dtype, view: views[i] as MapView }, this.kind, this.choice.chosen);
      return { map, overlay: new HeatOverlay(device, tools.overlay, map, { ...tile, ...look }) };
    });
    const pieces = [this.choice.chosen, ...this.#heats.map(({ map }) => map.extent)];
    this.ring = new ReadbackRing(
      device,
      pieces.map((buffer) => ({ buffer, offsetBytes: 0, sizeBytes: buffer.size })),
      ([chosen, ...extents], tag) => onNumbers({ chosen: chosen as ArrayBuffer, extents }, tag),
    );
    const { width, height } = this.place;
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    this.#context = canvas.getContext("webgpu") as GPUCanvasContext;
    this.#context.configure({
      device: device.gpu,
      format: renderer.format,
      usage: renderer.targetUsage | GPUTextureUsage.COPY_DST,
      alphaMode: "premultiplied",
    });
  }

  look(look: OverlayLook): void {
    for (const { overlay } of this.#heats) overlay.look(look);
  }

  /** Chooses the class of the frame; before the explanation runs. */
  encodeChoice(encoder: GPUCommandEncoder): void {
    const pass = encoder.beginComputePass({ label: "choose class" });
    this.choice.encode(pass);
    pass.end();
  }

  /** Computes the heat after the explanation has run. @param elapsedMs see {@link HeatMap.tick} */
  encodeHeat(encoder: GPUCommandEncoder, elapsedMs: number | undefined): void {
    const pass = encoder.beginComputePass({ label: "heat" });
    for (const { map } of this.#heats) {
      map.tick(elapsedMs);
      map.encode(pass);
    }
    pass.end();
  }

  /**
   * Draws the picture and the heat as they are now, tile by tile.
   *
   * @param texture of the same size and format, by default the canvas's
   */
  draw(encoder: GPUCommandEncoder, texture: GPUTexture = this.#context.getCurrentTexture()): void {
    if (this.#tools.renderer.usesCompute) {
      const pass = encoder.beginComputePass({ label: "explained picture" });
      this.#picture.encodePixels(pass, this.#copyView);
      pass.end();
    } else this.#picture.draw(encoder, this.#copyView);
    for (const { x, y, width, height } of this.place.tiles)
      encoder.copyTextureToTexture({ texture: this.#copy }, { texture, origin: [x, y] }, [width, height]);
    const view = texture.createView({ label: "explanation" });
    const pass = encoder.beginRenderPass({ label: "heat", colorAttachments: [{ view, loadOp: "load", storeOp: "store" }] });
    for (const { overlay } of this.#heats) overlay.draw(pass);
    pass.end();
  }

  dispose(): void {
    this.ring.dispose();
    for (const { map, overlay } of this.#heats) {
      overlay.dispose();
      map.dispose();
    }
    this.choice.dispose();
    this.#copy.destroy();
    this.#picture.dispose();
  }
}

/** The room for one picture, and how many are in a row. */
function tilesOf(placed: PlacedExplanation, aspect: number) {
  const { explanation, width, height } = placed;
  return chooseTiles({ count: explanation.layers.length, aspect, room: { width, height }, ...spacingOf(placed) });
}

/** One picture alone has no name below. */
function spacingOf({ explanation, pixelRatio }: PlacedExplanation): TileSpacing {
  const spacing = spacingAt(pixelRatio);
  return explanation.layers.length > 1 ? spacing : { ...spacing, captionHeight: 0 };
}

/** How far from 0 a gradient is says how much the score depends on an element. What is for a class has a side where two are compared. */
function kindOf(method: ExplanationMethod, isDifference: boolean): HeatKind {
  const isMap = resultOf(method) === "map";
  if (isDifference && (isMap || contributions.includes(method))) return { isMap, sides: "both" };
  return { isMap, sides: isMap ? "above" : "size" };
}

/** Where the heat's rows and columns lie in the explanation. @throws Error where it has none */
function heatView({ explanation, input }: Pick<PlacedExplanation, "explanation" | "input">, layer: string): MapView {
  const { shape, strides, offset } = explanation.value(layer);
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
