/// <reference types="vite/client" />
// The networks that the page offers: stored ones by address, built ones from a worker, each with its input's preparation.
import { isStored, type ManifestEntry, manifest, type StoredEntry } from "../../../models/manifest.ts";
import type { PictureInput } from "../hints/presets.ts";
import type { Preparation } from "../preparation.ts";

const fileUrls = import.meta.glob<string>("../../../models/*.onnx", { query: "?url", import: "default", eager: true });
/** ImageNet's names are loaded where they are needed. */
const labelTexts = import.meta.glob<string>(["../../../models/labels/*.txt", "!../../../models/labels/imagenet.txt"], {
  query: "?raw",
  import: "default",
  eager: true,
});

export const networks = manifest;

export function findNetwork(name: string): ManifestEntry | undefined {
  return networks.find((network) => network.name === name);
}

/** A stored network's address, which tells its name behind the #, or the bytes of a built one. */
export async function openNetwork(entry: ManifestEntry): Promise<string | Uint8Array> {
  if (!isStored(entry)) return buildInWorker(entry.builder);
  return addressOf(entry);
}

/** Its file is called otherwise in a built page. */
function addressOf({ file, name }: StoredEntry): string {
  const url = fileUrls[`../../../models/${file}`];
  if (!url) throw new Error(`${file} is missing from models/.`);
  return `${url}#${name}`;
}

/** The stored networks of the same architecture, from blank to trained, by addresses that tell their names; none where there are no others. */
export function checkpointsOf(entry: ManifestEntry | undefined): readonly string[] {
  if (!entry || !isStored(entry)) return [];
  const family = networks.filter(isStored).filter(({ network }) => network === entry.network);
  const sorted = family.toSorted((one, other) => one.testAccuracy - other.testAccuracy);
  return sorted.length < 2 ? [] : sorted.map(addressOf);
}

export function labelsOf(entry: ManifestEntry): string[] {
  const text = entry.labels ? labelTexts[`../../../models/${entry.labels}`] : undefined;
  return text ? text.trim().split("\n") : [];
}

export function preparationOf({ input }: ManifestEntry): Preparation {
  return { mean: input.mean, std: input.std, scale: input.scale, channels: input.channels };
}

export function pictureInputOf({ input }: ManifestEntry): PictureInput {
  const [, channels = 0, height = 0, width = 0] = input.shape;
  return { channels, height, width, dtype: "float32" };
}

/** Builds a network in a worker: half a gigabyte of random weights takes a while. */
async function buildInWorker(builder: string): Promise<Uint8Array> {
  const worker = new Worker(new URL("./build-worker.ts", import.meta.url), { type: "module" });
  try {
    return await new Promise<Uint8Array>((resolve, reject) => {
      worker.addEventListener("message", ({ data }: MessageEvent<Uint8Array | string>) =>
        typeof data === "string" ? reject(new Error(data)) : resolve(data),
      );
      worker.addEventListener("error", (event) => reject(new Error(event.message || "The network could not be built.")));
      worker.postMessage(builder);
    });
  } finally {
    worker.terminate();
  }
}
