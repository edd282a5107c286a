// What a bench run reports: one row per case and engine, as JSON and on the page.

import type { Precision } from "../engine/precision.ts";
import type { MosaicTimes } from "./mosaics.ts";

export const peerNames = ["ort-webgpu", "ort-wasm-1", "ort-wasm-n", "tfjs-webgpu", "tfjs-webgl", "tfjs-wasm", "jax-js"] as const;

export type PeerName = (typeof peerNames)[number];

/** Convcam in float32, which all others are compared with, and with weights and values in 16 bits. */
export const ownNames = ["convcam", "convcam-float16"] as const;

export type OwnName = (typeof ownNames)[number];
export type EngineName = OwnName | PeerName;

export const engineNames: readonly EngineName[] = [...ownNames, ...peerNames];

export function isOwn(engine: EngineName): engine is OwnName {
  return ownNames.includes(engine as OwnName);
}

/** Convcam's name for each precision. */
export function ownNameOf(precision: Precision): OwnName {
  return precision === "float32" ? "convcam" : "convcam-float16";
}

/** Those that compute on the GPU, which "never slower than any GPU peer" speaks of. */
export const gpuPeers: readonly PeerName[] = ["ort-webgpu", "tfjs-webgpu", "tfjs-webgl", "jax-js"];

/**
 * A model of the visitor's own is a network. A gradient is a network or a layer forward, and the gradient of its input. Training is a step of a network,
 * or the gradient of a layer's weights.
 */
export type CaseKind = "network" | "layer" | "gradient" | "training";

/** Times are milliseconds, sizes bytes; null is what an engine does not tell, or never reached. */
export interface BenchResult {
  readonly case: string;
  readonly kind: CaseKind;
  readonly engine: EngineName;
  /** From the bytes of the model to a session that can run. Loading the engine itself is not in it. */
  readonly createMs: number | null;
  readonly firstRunMs: number | null;
  /** From the first run until what the engine compiles in the background is in use; steady runs begin after it. */
  readonly settleMs?: number;
  /** One run: input uploaded, computed, output read back. */
  readonly medianMs: number | null;
  readonly p95Ms: number | null;
  /** Of a gradient or training: the forward run alone, by turns with the whole. */
  readonly forwardMs?: number;
  /** On the GPU's own clock, the network in one pass. */
  readonly gpuMs: number | null;
  /** CPU time to encode and submit a frame. */
  readonly encodeMs: number | null;
  readonly gpuBytes: number | null;
  /** The engine's code, compressed with gzip. */
  readonly downloadBytes: number | null;
  /**
   * Largest difference from the reference, as a part of the reference's largest element; of a gradient, its distance as a part of its length. Of training,
   * outputs are the losses of the first steps.
   */
  readonly maxError: number | null;
  /** Which build ran, or why there are no numbers. "" where there is nothing to say. */
  readonly note: string;
  /** Which build of the engine it was, where there are several. */
  readonly build?: string;
  /** Steady runs behind the median. */
  readonly sampleCount?: number;
  readonly layers?: readonly LayerTime[];
  /** What drawing costs, where it was asked for. */
  readonly mosaics?: MosaicTimes;
}

/** One dispatch of Convcam's. */
export interface LayerTime {
  readonly name: string;
  readonly kernel: string;
  readonly gpuMs: number;
  /** Multiply-accumulates. */
  readonly macs: number;
  /** Read and written at least once. */
  readonly bytes: number;
}

/** What the device does at best, measured by kernels that do nothing else. */
export interface Ceilings {
  /** Floating-point operations per second. */
  readonly flops: number;
  /** Bytes read plus bytes written per second. */
  readonly bytesPerSecond: number;
}

export interface BenchReport {
  readonly adapter: string;
  readonly browser: string;
  readonly commit: string;
  readonly conditions: string;
  readonly results: readonly BenchResult[];
  readonly ceilings?: Ceilings;
}

/** A row for an engine that gave no number. */
export function emptyResult(
  { name, kind }: { readonly name: string; readonly kind: CaseKind },
  engine: EngineName,
  note: string,
): BenchResult {
  const times = { createMs: null, firstRunMs: null, medianMs: null, p95Ms: null, gpuMs: null, encodeMs: null };
  return { case: name, kind, engine, ...times, gpuBytes: null, downloadBytes: null, maxError: null, note };
}

/** The build that ran, by engine; of several, the one that ran first. */
export function buildsOf(results: readonly BenchResult[]): Record<string, string> {
  return Object.fromEntries(results.flatMap(({ engine, build }) => (build ? [[engine, build] as const] : [])).reverse());
}

export function withDownloads(results: readonly BenchResult[], sizes: Readonly<Record<string, number | null>>): readonly BenchResult[] {
  return results.map((result) => ({ ...result, downloadBytes: sizes[result.engine] ?? null }));
}

/** Names the case, and the precision where it is not the usual one. */
export function ownCase({ case: name, engine }: BenchResult): string {
  return engine === "convcam" ? name : `${name}, float16`;
}

/** Three significant digits. */
export function formatMs(ms: number | null): string {
  if (ms === null) return "–";
  return ms >= 100 ? ms.toFixed(0) : ms >= 10 ? ms.toFixed(1) : ms >= 1 ? ms.toFixed(2) : ms.toFixed(3);
}
