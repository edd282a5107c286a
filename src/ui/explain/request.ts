// What is asked and told about an explanation over the picture. All of it can be cloned, so that the engine may live in a worker.
import type { ExplanationMethod } from "../../engine/explanation.ts";
import type { ColorMap } from "../mosaic/color-map.ts";
import type { ViewCanvas } from "../views/view.ts";

/** The canvas that an explanation is drawn on among the visible views. */
export const explanationId = "explanation";

export interface ExplainRequest {
  /** Another one with every request: numbers bear that of the request that they answer. */
  readonly id: number;
  readonly method: ExplanationMethod;
  /** The engine's choice where absent. */
  readonly layer?: string | undefined;
  /** By its index; the top one of each frame where absent. */
  readonly class?: number | undefined;
  readonly colorMap: ColorMap | "auto";
  /** Of the heat, from 0 to 1. */
  readonly opacity: number;
  /** Device pixels that there are. */
  readonly width: number;
  readonly height: number;
  /** Needed in the first request of a session only. */
  readonly canvas?: ViewCanvas | undefined;
}

/** What is drawn from now on. */
export interface Explained {
  /** The value that the explanation is of. */
  readonly layer: string;
  /** Whether it is a map of what speaks for the class, and not one number for each element. */
  readonly isMap: boolean;
  readonly colorMap: ColorMap;
  /** Whether a picture has to be given again; else it is only drawn otherwise. */
  readonly needsRun: boolean;
  /** Pixels of the canvas. */
  readonly width: number;
  readonly height: number;
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
  /** How large the explanation is where heat is full. */
  readonly full: number;
  /** How many of its elements are not finite. */
  readonly nonFiniteCount: number;
  /** How many runs of the explanation were done, and how many it takes. */
  readonly done: number;
  readonly total: number;
}
