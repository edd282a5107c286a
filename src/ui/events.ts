// What <conv-cam> tells: the details of its events.
import type { AdapterInfo } from "../engine/gpu/device.ts";
import type { ClassScore } from "./class-bars.ts";
import type { ExplainedSize } from "./explain/request.ts";
import type { FrameStats } from "./frame-loop.ts";
import type { DrawableLayer } from "./layers.ts";
import type { MapPoint } from "./mosaic/maps.ts";
import type { Grown } from "./patterns/request.ts";
import type { Stage } from "./update-cycle.ts";

/** Details of the events. */
export interface ConvCamEvents {
  progress: { readonly stage: "download" | "compile"; readonly done: number; readonly total: number };
  /** The source is open; see `picture`. */
  input: Record<string, never>;
  /** A network is on the GPU, or other layers of it are shown. */
  load: {
    readonly layers: readonly DrawableLayer[];
    /** The values that `layers` names, or that are shown where it names none; in a place of the instrument, those that are shown outside of it. */
    readonly shown: readonly string[];
    readonly adapter: AdapterInfo;
    /** Whether the engine runs in a worker; not where the browser has none that can draw. */
    readonly isInWorker: boolean;
  };
  error: {
    readonly error: Error;
    /** What it is of: the sources, what is shown of the network, a frame, or a part that most elements have not. */
    readonly part:
      | "labels"
      | "input"
      | "network"
      | "explain"
      | "patterns"
      | "view"
      | "compare"
      | "train"
      | "boxes"
      | Exclude<Stage, "model">;
  };
  /** The classes that the network answers. */
  results: {
    readonly outputs: readonly Float32Array[];
    readonly top: readonly ClassScore[];
    /** False where the weights are known to be random, so that the answer means nothing. */
    readonly isTrained: boolean;
  };
  /** The last `results` no longer hold, because the network or the picture has changed or is gone. */
  reset: Record<string, never>;
  /** What the explanation over the picture shows, frame by frame, a few frames late. */
  explain: {
    readonly method: string;
    /** The value that it is of, or "all" for several. */
    readonly layer: string;
    /** What is drawn, one for each layer, by depth. */
    readonly layers: readonly ({ readonly layer: string } & ExplainedSize)[];
    /** By its index. */
    readonly class: number;
    readonly label: string;
    /** Whether it is explained because it is the top one. */
    readonly isTop: boolean;
    /** What the network answers for the class; undefined where no output is known to hold scores of classes. */
    readonly score: number | undefined;
    /** The class that it is compared with; undefined where there is none. */
    readonly against: { readonly class: number; readonly label: string; readonly score: number | undefined } | undefined;
    /**
     * How large the explanation is where heat is full: of a map its largest; else what 99% of the elements other than 0 do not exceed. The largest
     * of several.
     */
    readonly full: number;
    /** How many of its elements are not finite, of all layers. */
    readonly nonFiniteCount: number;
    /** How many runs of a method that takes several were done. */
    readonly done: number;
    readonly total: number;
  };
  /** What the patterns are that grow, after their first step and with every frame that has taken some. */
  patterns: Pick<Grown, "layer" | "channels" | "done" | "steps" | "answers">;
  /** The network has learned: with each request for steps, and when it was tried on pictures that are held back. */
  train: {
    readonly steps: number;
    /** Of the last step; undefined before the first. */
    readonly loss: number | undefined;
    /** Share of the pictures held back that it is right on, the last time it was tried; undefined before, and where none is held back. */
    readonly accuracy: number | undefined;
    readonly classes: readonly string[];
  };
  /** Somebody has gone to another place in the network, see the attribute `view`. */
  navigate: {
    readonly view: "overview" | "layer" | "channel" | "pixel";
    readonly layer: string;
    readonly channel: number;
    readonly y: number;
    readonly x: number;
  };
  frame: FrameStats;
  /** `paused` has gone, or come. */
  play: Record<string, never>;
  pause: Record<string, never>;
  probe: { readonly value: string; readonly point: MapPoint; readonly values: readonly number[] };
}
