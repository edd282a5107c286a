// Where a model comes from: bytes, a File, or a URL with progress. Turns any of them into a Graph.
import { ModelError } from "./errors.ts";
import type { Graph } from "./graph/graph.ts";
import { importModel } from "./onnx/import.ts";

export type ModelSource = Uint8Array | ArrayBuffer | Blob | string | URL;

export interface LoadProgress {
  /** "download" counts bytes, "compile" counts pipelines. */
  readonly stage: "download" | "compile";
  readonly done: number;
  /** 0 where the server did not say. */
  readonly total: number;
}

export interface ReadOptions {
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
  /** Reads an external data file, by its path relative to the model. A model from a URL reads its neighbours by itself. */
  readonly readExternal?: ((path: string) => Promise<Uint8Array>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Decodes and imports a model; no GPU is needed. */
export async function readModel(source: ModelSource, options: ReadOptions = {}): Promise<Graph> {
  const isUrl = typeof source === "string" || source instanceof URL;
  const bytes = isUrl ? await download(source, options) : await bytesOf(source);
  const readExternal = options.readExternal ?? (isUrl ? (path: string) => download(neighbour(source, path), options) : undefined);
  return importModel(bytes, readExternal ? { readExternal } : {});
}

async function bytesOf(source: Exclude<ModelSource, string | URL>): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  return new Uint8Array(source instanceof ArrayBuffer ? source : await source.arrayBuffer());
}

function neighbour(source: string | URL, path: string): URL {
  const base = new URL(source, typeof location === "undefined" ? undefined : location.href);
  return new URL(path.split("/").map(encodeURIComponent).join("/"), base);
}

async function download(url: string | URL, { onProgress, signal }: ReadOptions): Promise<Uint8Array> {
  let response: Response;
  try {
    response = await fetch(url, signal ? { signal } : {});
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ModelError(`'${url}' could not be downloaded: ${(error as Error).message}. Check the address and the connection.`);
  }
  if (!response.ok)
    throw new ModelError(`'${url}' could not be downloaded: the server answered ${response.status} ${response.statusText}.`);
  // A compressed body's length says nothing about the bytes that come out of it.
  const isEncoded = response.headers.has("content-encoding");
  const total = isEncoded ? 0 : Number(response.headers.get("content-length") ?? 0);
  const chunks: Uint8Array[] = [];
  let done = 0;
  const reader = response.body?.getReader();
  if (!reader) return new Uint8Array(await response.arrayBuffer());
  for (;;) {
    const { value, done: isEnd } = await reader.read();
    if (isEnd) break;
    chunks.push(value);
    done += value.byteLength;
    onProgress?.({ stage: "download", done, total });
  }
  const bytes = new Uint8Array(done);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}
