// What can be asked about what is on the GPU, and what is answered. A new question is one line in each of the two types and one function in answers.ts.
import type { Axes } from "../../engine/shapes.ts";
import type { BoxesAnswer, BoxesQuery } from "../boxes/request.ts";
import type { AnswersOfElement, QuestionOfElement } from "../elements/index.ts";
import type { Scores } from "../explain/one-number.ts";
import type { FrameWish, PictureWish } from "../export/request.ts";
import type { NetworkHints } from "../hints/answer.ts";
import type { Kernels, KernelsQuery } from "../kernels/request.ts";
import type { MapPoint } from "../mosaic/maps.ts";
import type { NetworkFacts } from "../overview/facts.ts";
import type { Grown, GrowQuery, PatternsTaken } from "../patterns/request.ts";
import type { Silence } from "../statistics/count-silence.ts";
import type { Effects, EffectsQuery } from "../statistics/effects.ts";
import type { Histogram } from "../statistics/histogram.ts";
import type { LayerNumbers } from "../statistics/layer-numbers.ts";
import type { LookQuery } from "../statistics/look.ts";
import type { ChannelSummary } from "../statistics/read-statistics.ts";
import type { StrongestQuery, StrongPlace } from "../statistics/strongest.ts";
import type { TrainAnswers, TrainQuery, TrainRequest } from "../train/request.ts";
import type { ComparedPart, DrawnWeights } from "../views/view.ts";
import type { TakenValue } from "./read-value.ts";

/** A value; or of it and what it is compared with, by name or by network, the second, or second minus first. */
export interface ComparedValue {
  readonly value: string;
  readonly compare?: string | undefined;
  readonly shows?: ComparedPart | undefined;
  readonly axes?: Axes | undefined;
}

export type Query =
  /** The elements under points of a value, and of `compare` or of the network compared with. */
  | {
      readonly kind: "probe";
      readonly value: string;
      readonly compare?: string | undefined;
      readonly axes?: Axes | undefined;
      /** Of a mosaic of weights that is shown, in place of the value. */
      readonly draws?: DrawnWeights | undefined;
      readonly points: readonly MapPoint[];
    }
  /** Mean, deviation, extremes, share of zeros and count of NaN of every channel. */
  | ({ readonly kind: "statistics" } & ComparedValue)
  /**
   * How one element is computed, and which parts of earlier values it depends on; these parts alone; which element looks at a place of an earlier
   * value; how much each pixel of the picture moves one.
   */
  | QuestionOfElement
  /** What the network's file says, or lets guess, of the pictures that it takes and of its classes. */
  | { readonly kind: "hints" }
  /** What a detection network has found in the picture that is shown. */
  | BoxesQuery
  /** What the network is made of: nodes, shapes, parameters, multiply-adds, kernels. */
  | { readonly kind: "network" }
  /** How many scores of the network can be explained. */
  | { readonly kind: "scores" }
  /** Statistics of every channel, a histogram of the value or of one channel, and how many elements of each channel are saturated. */
  | ({ readonly kind: "layer"; readonly channel?: number | undefined } & ComparedValue)
  /** What each channel of a value does for the score of a class. */
  | EffectsQuery
  /** Where a channel fires most, and what of the picture it sees there. */
  | StrongestQuery
  /** How the elements of a value, or of one of its channels, are spread. */
  | ({ readonly kind: "histogram"; readonly channel?: number | undefined } & ComparedValue)
  /** How many channels of each of these values are silent for the picture that is shown; undefined for those that are not kept. */
  | { readonly kind: "silence"; readonly values: readonly string[] }
  /** The kernels of a layer, as the network computes with them now. */
  | KernelsQuery
  /** How long each node takes, as the network is planned now. */
  | { readonly kind: "times" }
  /** All elements of a value; one that is not kept is computed for it, beside the network. */
  | ({ readonly kind: "value" } & ComparedValue)
  /**
   * What is drawn of some values, or of all, as a PNG: one as it is, several, or a sheet that is wanted, with their names and shapes. Values that
   * are not shown are computed for it, a few at a time.
   */
  | ({ readonly kind: "picture" } & PictureWish)
  /** What all views show now, with their names: a frame of a video. */
  | ({ readonly kind: "frame" } & FrameWish)
  /** The picture with the heat of the explanation over it, as a PNG. */
  | { readonly kind: "explanation" }
  /** The patterns that grow, to keep. */
  | { readonly kind: "patterns" };

/** How long a network takes, in milliseconds. */
export interface NodeTimes {
  /** The GPU's own clock, or, where it has none, the time from submitting until the work is done. */
  readonly clock: "gpu" | "wall";
  /** One run of the whole network. */
  readonly totalMs: number;
  /** By the name of the node; of nodes that were fused, the last one's. */
  readonly nodes: ReadonlyMap<string, number>;
}

export interface Answers extends AnswersOfElement {
  readonly probe: readonly number[];
  readonly statistics: readonly ChannelSummary[];
  readonly hints: NetworkHints;
  readonly boxes: BoxesAnswer;
  readonly network: NetworkFacts;
  readonly scores: Scores | undefined;
  readonly layer: LayerNumbers;
  readonly effects: Effects;
  readonly strongest: readonly StrongPlace[];
  readonly histogram: Histogram;
  readonly silence: readonly (Silence | undefined)[];
  readonly kernels: Kernels;
  readonly times: NodeTimes;
  readonly value: TakenValue;
  readonly picture: Blob;
  readonly frame: ImageBitmap;
  readonly explanation: Blob;
  readonly patterns: PatternsTaken;
}

/** Nobody asks questions of a kind any more: what was prepared for them goes. */
export interface ReleaseQuery {
  readonly kind: "release";
  readonly of: "effects";
}

/** With what an element asks for itself. */
export type ElementQuery = Query | GrowQuery | LookQuery | TrainQuery | ReleaseQuery;

export interface ElementAnswers extends Answers {
  readonly grow: Grown | undefined;
  readonly look: StrongPlace | undefined;
  readonly train: TrainAnswers[TrainRequest["do"]];
  readonly release: undefined;
}
