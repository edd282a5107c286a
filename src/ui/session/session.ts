// What the element's page side asks of its engine side, and what it is told. All of it can be cloned, so that the engine side
// may live in a worker; only canvases and pictures must be handed over, which remote-session.ts does.
import type { AdapterInfo } from "../../engine/gpu/device.ts";
import type { Precision } from "../../engine/precision.ts";
import type { LoadProgress, ModelSource } from "../../engine/source.ts";
import type { LayerSummary } from "../../engine/summary.ts";
import type { ImageLike } from "../image-input.ts";
import type { DrawableLayer, LayerChoice } from "../layers.ts";
import type { ColorMap } from "../mosaic/color-map.ts";
import type { MapPoint, MosaicLayout } from "../mosaic/layout.ts";
import type { Preparation } from "../preparation.ts";
import type { Appearance, PaneCanvas, Results, Viewer } from "../viewer.ts";

/** One element's networks, from their files to the pixels of their mosaics. Calls that change something never overlap. */
export interface Session {
  /** The GPU side itself, where it runs on this thread. */
  readonly viewer?: Viewer | undefined;
  /** Reads the networks; what the ones before held goes back. */
  load(networks: Networks): Promise<void>;
  /** Plans and compiles the networks. undefined where none is loaded. */
  build(request: ViewRequest): Promise<View | Refusal | undefined>;
  /** Lays the mosaics out, one canvas for each of {@link View.panes}; undefined for what cannot be drawn. */
  place(panes: readonly PaneRequest[], appearance: Appearance): Promise<readonly (Placement | undefined)[]>;
  /** Draws one frame and resolves when the GPU is done with it. */
  frame(request: FrameRequest): Promise<FrameReport>;
  /** The values under a point: one, or those of both networks. */
  probe(choice: LayerChoice, point: MapPoint): Promise<readonly number[]>;
  /** Returns every byte. What is under way rejects with an AbortError. */
  dispose(): Promise<void>;
}

export type SessionEvent =
  | { readonly event: "progress"; readonly detail: LoadProgress }
  | { readonly event: "results"; readonly detail: Results }
  /** The device is gone, and the viewer with it; {@link Session.build} starts on another. */
  | { readonly event: "lost"; readonly detail: string };

export type SessionListener = (event: SessionEvent) => void;

export interface Networks {
  readonly src: ModelSource | undefined;
  /** The second network of a comparison. */
  readonly compare: ModelSource | undefined;
}

export interface ViewRequest {
  /** The `layers` attribute. */
  readonly layers: string;
  /** The `input-shape` attribute. */
  readonly inputShape?: string | undefined;
  readonly preparation: Preparation;
  readonly precision: Precision;
}

export interface View {
  readonly layers: readonly DrawableLayer[];
  readonly shown: readonly string[];
  readonly panes: readonly PaneDescription[];
  readonly hasImageInput: boolean;
  readonly adapter: AdapterInfo;
}

/** Why a network cannot run, and what it is made of. */
export interface Refusal {
  readonly obstacles: readonly string[];
  readonly layers: readonly LayerSummary[];
}

export interface PaneDescription {
  readonly choice: LayerChoice;
  readonly operator: string;
  readonly shape: readonly number[];
  readonly channels: number;
}

export interface PaneRequest {
  /** Once after each build is enough: absent is the same as before. */
  readonly canvas?: PaneCanvas | undefined;
  /** Device pixels. */
  readonly width: number;
}

export interface Placement {
  readonly layout: MosaicLayout;
  readonly colorMap: ColorMap;
}

export interface FrameRequest {
  /** The picture, where it changed. */
  readonly image?: ImageLike | undefined;
  /** Whether the networks compute anew. */
  readonly runs: boolean;
  /** Since the frame before, for the smoothing of ranges. */
  readonly elapsedMs?: number | undefined;
  /** Which panes are drawn, by index. */
  readonly visible: readonly number[];
}

export interface FrameReport {
  /** From the submit to the end of the GPU's work. */
  readonly ms: number;
  /** Bytes in GPU buffers. */
  readonly gpuBytes: number;
  /** Whether the numbers of this frame are on their way. */
  readonly areResultsCurrent: boolean;
}

/** For what a dispose overtook. */
export function aborted(): DOMException {
  return new DOMException("The session was disposed of.", "AbortError");
}
