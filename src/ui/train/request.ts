// What is asked and told about a network that learns. All of it can be cloned, so that the engine may live in a worker.

import type { PixelsOfPicture } from "../../data-sets/resized.ts";
import type { TrainingOptions } from "../../engine/trainer.ts";
import type { Preparation } from "../preparation.ts";
import type { WeightsPart } from "../views/view.ts";
import type { Schedule } from "./schedule.ts";
import type { WeightTiles } from "./weight-tiles.ts";

/** A picture, with the folder that it lies in before its name: that is its class. */
export interface OwnPicture {
  readonly path: string;
  readonly file: File;
}

/** What is another about the second network, where that learns, too. */
export interface RivalWish {
  readonly optimizer: TrainWish["optimizer"] | undefined;
  readonly rate: number | undefined;
  /** The seed of the weights that it begins with; those of its file where absent. */
  readonly blank: number | undefined;
}

/** What an element asks for. */
export interface TrainWish {
  /** The address of a file of labelled pictures; `shapes` or `road`, which are drawn without end; empty for `files`. */
  readonly data: string;
  readonly files: readonly OwnPicture[];
  readonly optimizer: Extract<TrainingOptions["optimizer"], string>;
  readonly batch: number;
  readonly seed: number;
  /** Parameters whose names match stay as they are. */
  readonly freeze: string | undefined;
  readonly rival?: RivalWish | undefined;
}

/** Whether `train` says where the pictures lie: what is drawn without end, and one's own, have no address. */
export const isAddress = (data: string): boolean => !["", "shapes", "road"].includes(data);

/** All that a training goes on with as if it had not stopped: .onnx files that hold the optimiser's moments, too. */
export interface Checkpoints {
  readonly own: Uint8Array<ArrayBuffer>;
  /** Of the second network, where that learns, too. */
  readonly rival?: Uint8Array<ArrayBuffer> | undefined;
}

/** Weights as they were after so many steps. */
export interface Kept {
  readonly steps: number;
  /** An .onnx file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Those of the second network, where that learns, too. */
  readonly rival?: Uint8Array<ArrayBuffer> | undefined;
  /** Absent where it is to be looked at alone. */
  readonly checkpoints?: Checkpoints | undefined;
}

export type TrainRequest =
  /** Ends what learned before, and prepares a step. */
  | {
      readonly do: "begin";
      /** Another one with every request: all else is asked for by it. */
      readonly id: number;
      readonly wish: TrainWish;
      readonly preparation: Preparation;
      /** Goes on from there. */
      readonly from?: Kept | undefined;
    }
  | {
      readonly do: "step";
      readonly id: number;
      readonly count: number;
      readonly rate: number;
      /** How the rate goes on; it stays where absent. */
      readonly schedule?: Schedule | undefined;
    }
  /** How good it is on pictures that it does not learn from. */
  | { readonly do: "evaluate"; readonly id: number }
  | { readonly do: "keep"; readonly id: number /** Whether it is to go on from there. */; readonly isToGoOn: boolean }
  /** One of the pictures held back, or where none is, of those learned from, by its number; they begin anew after the last. */
  | { readonly do: "picture"; readonly id: number; readonly index: number }
  /** Computes with weights that were kept. */
  | { readonly do: "look"; readonly id: number; readonly kept: Kept /** Whether it is to go on with them. */; readonly isToGoOn?: boolean }
  /** Weights that are drawn, by the values of layers, and what those were that a change is from; else those of now. For maps none. */
  | {
      readonly do: "draw";
      readonly id: number;
      readonly part: WeightsPart | "maps";
      readonly values: readonly string[];
      readonly since: Pick<Kept, "bytes" | "rival"> | undefined;
    }
  /** Somebody has pressed something: whoever learns rests for a moment. */
  | { readonly do: "rest" }
  | { readonly do: "end" /** The weights from then on. */; readonly from?: Kept | undefined };

export interface TrainQuery {
  readonly kind: "train";
  readonly request: TrainRequest;
}

export interface Begun {
  /** Whether it tells classes, or drives. */
  readonly kind: "classes" | "driving";
  /** Names of the classes, if so. */
  readonly classes: readonly string[];
  /** Scores of the network, if so. */
  readonly scores?: number | undefined;
  /** Pictures that it learns from; undefined where there are always more. */
  readonly count: number | undefined;
  /** Pictures that are held back; where there are none, nobody asks how good it is. */
  readonly heldBack: number;
  /** Pictures that could not be read. */
  readonly leftOut: number;
  /** The first few of them, each with what is wrong where more is known than that it cannot be read. */
  readonly unread?: readonly string[] | undefined;
  /** Where nothing else is said. */
  readonly rate: number;
  /** Steps that were taken before. */
  readonly steps: number;
  /** Parameters that learn. */
  readonly parameters: readonly string[];
  /** Whether it goes on as if it had not stopped; else the optimiser remembers nothing of the steps before. */
  readonly isRestored: boolean;
}

export interface Stepped {
  readonly steps: number;
  /** Of each of the steps asked for, before the parameters took it. */
  readonly losses: readonly number[];
  /** Of the second network, where that learns, too. */
  readonly rivalLosses: readonly number[];
  /** From the first batch, which is prepared then, to the last loss, without rests. */
  readonly ms: number;
}

export type ExamplePicture = PixelsOfPicture;

/** A picture that it takes for another class than it is of. */
export interface Mistake extends ExamplePicture {
  readonly right: number;
  readonly answer: number;
  /** How sure it is of its answer, 0…1. */
  readonly share: number;
}

export interface Evaluated {
  readonly steps: number;
  readonly loss: number;
  /** The share of pictures that it is right on, or of the time that it keeps the lane. */
  readonly accuracy: number;
  /** Row by right class, column by the answer; empty where there are no classes. */
  readonly confusion: readonly (readonly number[])[];
  /** Those that it is most sure of. */
  readonly mistakes: readonly Mistake[];
  /** How long it took, without rests. */
  readonly ms: number;
  /** How good the second network is, where that learns, too. */
  readonly rival?: { readonly loss: number; readonly accuracy: number } | undefined;
}

/** What is answered to each request. */
export interface TrainAnswers {
  readonly begin: Begun;
  readonly step: Stepped;
  readonly evaluate: Evaluated;
  readonly keep: Kept;
  readonly picture: ExamplePicture;
  readonly look: undefined;
  /** Of those values that have weights to draw. */
  readonly draw: readonly WeightTiles[];
  readonly rest: undefined;
  readonly end: undefined;
}
