// The types of manifest.json: which networks there are, and how to prepare what they read.
import data from "./manifest.json" with { type: "json" };

/** (pixel · scale − mean) / std, pixel in 0..255; one mean and std per channel, in the order of `channels`. */
export interface ManifestInput {
  readonly name: string;
  readonly shape: readonly number[];
  readonly layout: "NCHW";
  readonly channels: "rgb" | "bgr" | "gray";
  readonly scale: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

interface Entry {
  readonly name: string;
  readonly title: string;
  readonly input: ManifestInput;
  /** Path beside the manifest of a text file with one label per line; null where we have none to give. */
  readonly labels: string | null;
  /** A layer worth looking at first. */
  readonly layer: string;
  readonly parameterCount: number;
  readonly source: string;
  readonly licence: string;
}

/** A network whose weights are drawn from a seed: a key of `networks` in index.ts. */
export interface BuiltEntry extends Entry {
  readonly builder: string;
}

/** A network stored beside the manifest. */
export interface StoredEntry extends Entry {
  readonly file: string;
  /** The builder of the same architecture. */
  readonly network: string;
  /** What it gets right of what is held back: of MNIST's 10,000 test digits, or 600 shapes; of a driver, the share of time in the lane. */
  readonly testAccuracy: number;
  readonly bytes: number;
  readonly sha256: string;
}

export type ManifestEntry = BuiltEntry | StoredEntry;

export const manifest = data.networks as readonly ManifestEntry[];

export function isStored(entry: ManifestEntry): entry is StoredEntry {
  return "file" in entry;
}
