// What is asked and told about patterns that grow. All of it can be cloned, so that the engine may live in a worker.
import type { PatternRequest } from "../../engine/patterns.ts";
import type { MosaicLayout } from "../mosaic/layout.ts";
import type { Preparation } from "../preparation.ts";
import type { ViewCanvas } from "../views/view.ts";

/** What an element asks for; the engine chooses what is absent. */
export type PatternWish = Pick<PatternRequest, "layer" | "channels" | "preset" | "seed" | "steps" | "size">;

export type PatternPreset = NonNullable<PatternRequest["preset"]>;

/** Device pixels that there are for the tiles. */
interface Room {
  readonly width: number;
  readonly height: number;
}

export type GrowRequest =
  /** Ends the patterns before and prepares others, with their first step. Each has a canvas of its own. */
  | ({
      readonly do: "begin";
      /** Another one with every request: steps are asked for by it. */
      readonly id: number;
      readonly wish: PatternWish;
      /** How colours become the network's input. */
      readonly preparation: Preparation;
    } & Room)
  /** Takes so many steps, or none, and draws. */
  | ({ readonly do: "grow"; readonly id: number; readonly count: number } & Room)
  /** Ends them and gives their bytes back. */
  | { readonly do: "end" };

export interface GrowQuery {
  readonly kind: "grow";
  readonly request: GrowRequest;
  readonly canvas?: ViewCanvas | undefined;
}

/** Patterns as they are drawn now. */
export interface Grown {
  readonly layer: string;
  readonly channels: readonly number[];
  /** Steps that are done, and how many they are meant to take. */
  readonly done: number;
  readonly steps: number;
  /** How strongly the network answers to each, before the last of those steps. */
  readonly answers: readonly number[];
  readonly layout: MosaicLayout;
  /** From the submit to the end of the GPU's work. */
  readonly ms: number;
}

/** Patterns to keep. */
export interface PatternsTaken extends Pick<Grown, "layer" | "channels" | "done" | "steps" | "answers"> {
  /** All side by side, as a PNG. */
  readonly picture: Blob;
}
