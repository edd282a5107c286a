// The kinds of views of a network. A new kind is a file in this folder and a row of the table.

import { loadPart } from "../../engine/errors.ts";
import type { Model } from "../../engine/model.ts";
import type { Axes } from "../../engine/shapes.ts";
import type { ImageView } from "../image-view.ts";
import type { ColorMap } from "../mosaic/color-map.ts";
import type { MosaicLayout } from "../mosaic/layout.ts";
import type { Normalization } from "../mosaic/normalization.ts";
import type { LegendColors } from "../mosaic/palette.ts";
import type { MosaicOptions, MosaicRenderer, MosaicSource } from "../mosaic/renderer.ts";
import type { Preparation } from "../preparation.ts";
import type { Statistics } from "../statistics/channel-statistics.ts";
import type { WeightTiles } from "../train/weight-tiles.ts";
import { prepareMosaic } from "./mosaic-view.ts";

/** A value tile by tile; a network's image input as the picture that it was made from; or small mosaics of many values on one canvas. */
export type ViewKind = "mosaic" | "picture" | "sheet";

/** Where a value is drawn on a sheet, in device pixels. */
export interface SheetCell {
  readonly value: string;
  /** Whether it is the network's image input. */
  readonly isPicture?: boolean;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** On a page, or handed over to a worker. */
export type ViewCanvas = HTMLCanvasElement | OffscreenCanvas;

/** Of two values that are compared: one alone, or second minus first. */
export type ComparedPart = "first" | "second" | "difference";

/** What of a network that learns: its weights, what they have changed by since it began, or the gradient of its last step. */
export type WeightsPart = "weights" | "change" | "gradient";

export interface DrawnWeights {
  readonly part: WeightsPart;
  /** How they are drawn, and which value their layer computes. */
  readonly tiles: WeightTiles;
  /** Whether those of a second network that learns stand in the same tiles. */
  readonly isBoth: boolean;
  /** Another number with each request: what is drawn from may lie elsewhere. */
  readonly request: number;
}

export interface View {
  /** The same from scene to scene, as long as the view shows the same value on the same canvas. */
  readonly id: string;
  readonly kind: ViewKind;
  readonly value: string;
  /** A second value, drawn into the same tiles. */
  readonly compare?: string | undefined;
  /** What is drawn of two values that are compared; both into the same tiles where absent. */
  readonly shows?: ComparedPart | undefined;
  /** Weights that are drawn in place of the value, which then is no value of the network. */
  readonly draws?: DrawnWeights | undefined;
  /** What the value's axes are, where somebody said so. */
  readonly axes?: Axes | undefined;
  /** The channels that are drawn, in this order; all where absent. */
  readonly channels?: readonly number[] | undefined;
  /** What a sheet holds. */
  readonly cells?: readonly SheetCell[] | undefined;
  /** Values that are kept for questions about what is shown. */
  readonly reads?: readonly string[] | undefined;
  /** Whether it is seen without the edges of its elements, or over another view; for pictures to keep. */
  readonly isSmooth?: boolean | undefined;
  readonly isOver?: boolean | undefined;
  /** Device pixels that there are for it; downwards without a limit where absent. */
  readonly width: number;
  readonly height?: number | undefined;
  /** Needed in the first scene with this id only; it is known as long as each scene has the view. */
  readonly canvas?: ViewCanvas | undefined;
}

/** How mosaics look. */
export interface Appearance {
  readonly normalization: Normalization;
  readonly colorMap: ColorMap | "auto";
  /** See {@link MosaicOptions.gamma}. */
  readonly gamma?: number | undefined;
  /** As the attribute `compare-colors`. */
  readonly pair?: string | undefined;
  /** Whether values that are compared have one range over both. */
  readonly isCommonRange?: boolean;
  readonly columns?: number | undefined;
  readonly gap: number;
}

/** What a view draws from. */
export interface ViewContext {
  /** Whose weights may be drawn. */
  readonly model?: Model;
  readonly renderer: MosaicRenderer;
  readonly appearance: Appearance;
  readonly preparation: Preparation;
  /** The view's first value. @throws Error that says why it has no maps */
  source(view: View): Promise<MosaicSource>;
  /** What is drawn into the same tiles: the view's second value, or the same of the network compared with. */
  comparedSource(view: View): Promise<MosaicSource | undefined>;
  /** Whether the view's first value can be, or what it is compared with. */
  canBeNegative(view: Pick<View, "value" | "compare">, which: "first" | "second"): boolean;
  /** Where channels, rows and columns of the image input lie. */
  readonly imageView: ImageView | undefined;
}

/** A view that is ready to be drawn, frame after frame. */
export interface Drawn {
  readonly layout: MosaicLayout;
  /** Absent where colours are those of a picture. */
  readonly legend?: LegendColors;
  /** Whether a second value is drawn into the same tiles. */
  readonly isCompared?: boolean;
  /** Statistics that must be gathered before {@link finishRanges}. */
  readonly statistics: readonly Statistics[];
  /** For the legend, see {@link Mosaic.ranges}. */
  readonly ranges?: readonly GPUBuffer[];
  finishRanges(pass: GPUComputePassEncoder): void;
  /** Where the renderer uses compute. */
  encodePixels(pass: GPUComputePassEncoder, target: GPUTextureView): void;
  /** Where it does not. */
  draw(encoder: GPUCommandEncoder, target: GPUTextureView): void;
  dispose(): void;
}

const loadPicture = () => loadPart("for pictures", () => import("./picture-view.ts"));

/** Begins to fetch what the kinds of views take, while a network is made ready for them. */
export function fetchKinds(views: readonly Pick<View, "kind">[]): void {
  // Whoever needs it hears of it where that fails.
  if (views.some(({ kind }) => kind === "picture")) loadPicture().catch(() => undefined);
}

/** By kind, the function that makes a view ready to be drawn. If it throws, the error concerns that view alone. */
export const viewKinds: Readonly<Record<ViewKind, (context: ViewContext, view: View) => Promise<Drawn>>> = {
  mosaic: prepareMosaic,
  picture: async (context, view) => (await loadPicture()).preparePicture(context, view),
  sheet: async (context, view) => (await loadPart("for the overview", () => import("./sheet-view.ts"))).prepareSheet(context, view),
};
