// The calls and events between an element on the page and its engine. All of their data can be cloned, so that the engine may live in a
// worker. Only canvases and pictures must be transferred, which remote-session.ts does.
import type { AdapterInfo } from "../../engine/gpu/device.ts";
import type { Precision } from "../../engine/precision.ts";
import type { LoadProgress, ModelSource } from "../../engine/source.ts";
import type { LayerSummary } from "../../engine/summary.ts";
import type { Explained, ExplainedNumbers, ExplainRequest } from "../explain/request.ts";
import type { DrawableLayer } from "../layers.ts";
import type { ArrayImage, ImageLike } from "../picture-size.ts";
import type { Results } from "../results.ts";
import type { Scene, SceneOutcome } from "../scene.ts";
import type { Viewer } from "../viewer.ts";
import type { ElementAnswers, ElementQuery } from "./queries.ts";

/** One element's networks, from their files to the pixels of their views. Calls that change something never overlap. */
export interface Session {
  /** The GPU side itself, where it runs on this thread. */
  readonly viewer?: Viewer | undefined;
  /** Reads the networks and disposes of those before. `undefined` where none is wanted. */
  load(networks: Networks): Promise<Description | Refusal | undefined>;
  /** Changes to a scene, doing only what differs from the one before. `undefined` where no network is loaded. */
  show(scene: SceneRequest): Promise<Shown | undefined>;
  /**
   * Draws an explanation beside the views from the next frame on, or without a request no longer. `undefined` where nothing is shown. May
   * overlap with other calls, but not with itself.
   */
  explain(request: ExplainRequest | undefined): Promise<Explained | undefined>;
  /** Draws one frame and resolves when the GPU is done with it. */
  frame(request: FrameRequest): Promise<FrameReport>;
  /** Answers a question about what is on the GPU, or grows patterns, which are drawn apart from frames. */
  ask<Kind extends ElementQuery["kind"]>(query: Extract<ElementQuery, { kind: Kind }>): Promise<ElementAnswers[Kind]>;
  /** Whether nothing can be done with it any more, as with a worker that has failed. */
  readonly hasFailed?: boolean;
  /** Returns every byte. What is under way rejects with an AbortError. */
  dispose(): Promise<void>;
}

export type SessionEvent =
  | { readonly event: "progress"; readonly detail: LoadProgress }
  | { readonly event: "results"; readonly detail: Results }
  | { readonly event: "explained"; readonly detail: ExplainedNumbers }
  /** Somebody has changed a network's gates or weights: what is shown was computed with those before. */
  | { readonly event: "changed"; readonly detail: NetworkName }
  /** Somebody has had the networks planned anew: no frames are drawn until {@link Session.show}. */
  | { readonly event: "moved"; readonly detail?: undefined }
  /** The GPU refused a command of unknown origin: what is shown may be wrong. */
  | { readonly event: "fault"; readonly detail: string }
  /** The device is gone, and the viewer with it; {@link Session.show} starts on another. */
  | { readonly event: "lost"; readonly detail: string };

export type SessionListener = (event: SessionEvent) => void;

export interface Networks {
  readonly src: ModelSource | undefined;
  /** The second network of a comparison. */
  readonly compare: ModelSource | undefined;
  /** Extents that the files leave open, as text. */
  readonly inputShape?: string | undefined;
}

export type NetworkName = "src" | "compare";

/** What can be shown of a loaded network. */
export interface Description {
  readonly layers: readonly DrawableLayer[];
  /** The values that are shown where nobody chose any. */
  readonly defaults: readonly string[];
  /** The input that takes the picture. */
  readonly imageInput: string | undefined;
  /** Whether its weights are known to be random. */
  readonly isBlank: boolean;
  /** Why there is no second network to show beside it, where one is wanted that cannot be read. */
  readonly problem: string | undefined;
}

/** Why a network cannot run, and what it is made of. */
export interface Refusal {
  readonly obstacles: readonly string[];
  readonly layers: readonly LayerSummary[];
}

export interface SceneRequest extends Scene {
  readonly precision: Precision;
}

export interface Shown extends SceneOutcome {
  readonly adapter: AdapterInfo;
  /** Whether the networks were loaded onto the GPU for this scene. */
  readonly isLoaded: boolean;
}

export interface FrameRequest {
  /** The picture, where it changed. */
  readonly image?: ImageLike | ArrayImage | undefined;
  /** Whether the networks compute anew. */
  readonly runs: boolean;
  /** Since the frame before, for the smoothing of ranges. */
  readonly elapsedMs?: number | undefined;
  /** Ids of the views that are drawn. */
  readonly visible: readonly string[];
  /** Changes with the source of pictures; results bear that of their frame. */
  readonly pictureId: number;
}

export interface FrameReport {
  /** From the submit to the end of the GPU's work. */
  readonly ms: number;
  /** Bytes in GPU buffers, of all elements that share the device. */
  readonly gpuBytes: number;
  /** Whether the numbers of this frame are on their way. */
  readonly areResultsCurrent: boolean;
}

/** For what a dispose overtook. */
export function aborted(): DOMException {
  return new DOMException("The session was disposed of.", "AbortError");
}
