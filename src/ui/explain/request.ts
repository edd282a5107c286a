// What is asked and told about an explanation over the picture. All of it can be cloned, so that the engine may live in a worker.
import type { ExplanationMethod } from "../../engine/explanation.ts";
import type { ColorMap } from "../mosaic/color-map.ts";
import type { ViewCanvas } from "../views/view.ts";
import type { HeatKind } from "./heat-map.ts";
import type { Tile } from "./tiles.ts";

/** The canvas that an explanation is drawn on among the visible views. */
export const explanationId = "explanation";

/** How far into a map with 0 in its middle heat of both sides goes: its ends are nearly black, as many pictures are. */
export const strongestOfBoth = 0.75;

/** In place of a layer: all convolution layers. */
export const allLayers = "all";

export interface ExplainRequest {
  /** Another one with every request: numbers bear that of the request that they answer. */
  readonly id: number;
  readonly method: ExplanationMethod;
  /** The engine's choice where absent; {@link allLayers} for one picture by each convolution layer. */
  readonly layer?: string | undefined;
  /** By its index; the top one of each frame where absent. */
  readonly class?: number | undefined;
  /** Another class, by its index: then what is explained is how much higher the first one's score is. */
  readonly against?: number | undefined;
  readonly colorMap: ColorMap | "auto";
  /** Of the heat, from 0 to 1. */
  readonly opacity: number;
  /** Whether heat is drawn without the picture. */
  readonly isAlone: boolean;
  /** Device pixels that there are. */
  readonly width: number;
  readonly height: number;
  /** Device pixels to a CSS pixel. */
  readonly pixelRatio: number;
  /** Needed in the first request of a session only. */
  readonly canvas?: ViewCanvas | undefined;
}

/** What is drawn from now on. */
export interface Explained {
  /** The values that the explanation is of, by depth. */
  readonly layers: readonly string[];
  /** How many there are, where not all of them are drawn. */
  readonly layerCount: number;
  /** Where the picture of each lies on the canvas. */
  readonly tiles: readonly Tile[];
  readonly kind: HeatKind;
  /** Whether it is of the picture that the network gets, and not of a layer. */
  readonly isOfPicture: boolean;
  /** Whether the network tells the classes' probabilities. What is explained is the scores that a last Softmax makes them from. */
  readonly isProbability: boolean;
  /** What a network's answer is called that is one number, and so no class. */
  readonly number: string | undefined;
  readonly colorMap: ColorMap;
  /** Whether a picture has to be given again; else it is only drawn otherwise. */
  readonly needsRun: boolean;
  /** Pixels of the canvas. */
  readonly width: number;
  readonly height: number;
}

export interface ExplainedSize {
  /** How large the explanation is where heat is full. */
  readonly full: number;
  /** How many of its elements are not finite. */
  readonly nonFiniteCount: number;
}

/** The numbers of one frame, a few frames late. */
export interface ExplainedNumbers {
  /** As the request had it. */
  readonly id: number;
  /** As the frame's request had it. */
  readonly pictureId: number;
  readonly class: number;
  /** What the network answers for the class; undefined where no output is known to hold scores of classes. */
  readonly score: number | undefined;
  /** Likewise for the class that it is compared with; undefined where there is none. */
  readonly againstScore: number | undefined;
  /** Of each layer. */
  readonly layers: readonly ExplainedSize[];
  /** How many runs of the explanation were done, and how many it takes. */
  readonly done: number;
  readonly total: number;
}
