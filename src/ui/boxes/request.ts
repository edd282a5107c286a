// What is asked about the boxes that a detection network answers with, and what comes back. Types alone, and the usual threshold.
import type { Preparation } from "../preparation.ts";

export interface BoxesQuery {
  readonly kind: "boxes";
  /** The least score of a box, from 0 to 1. Default 0.5. */
  readonly threshold?: number | undefined;
  /** How pictures are prepared, where the picture is wanted, too, with the arithmetic on its colours undone. */
  readonly preparation?: Preparation | undefined;
}

/** A box with its class. The sides are in shares of the picture that the network gets, from 0 to 1 inside of it. */
export interface FoundBox {
  readonly class: number;
  readonly score: number;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface FoundBoxes {
  /** By score, the highest first. */
  readonly boxes: readonly FoundBox[];
  /** The picture that the network gets. */
  readonly width: number;
  readonly height: number;
  /** RGBA, row by row, where it was asked for. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer> | undefined;
}

/** The boxes, or a sentence that says why there are none to be told. */
export type BoxesAnswer = FoundBoxes | { readonly reason: string };

export const usualThreshold = 0.5;
