// Where a model comes from: bytes, a File, a URL with progress, or several files. Turns any of them into a Graph.
import { ModelError, UnsupportedError } from "./errors.ts";
import type { Graph } from "./graph/graph.ts";
import { type ImportOptions, importModel } from "./onnx/import.ts";

/** A file of a model that consists of several. */
export type FilePart = Blob | string | URL;

/** A list holds the model and the files with its weights, in any order: what PyTorch and others write for large models. */
export type ModelSource = Uint8Array | ArrayBuffer | FilePart | readonly FilePart[];

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

/** Decodes and imports a model; no GPU is needed. What is refused of a file or an address bears its name. */
export function readModel(source: ModelSource, options: ReadOptions = {}): Promise<Graph> {
  return naming(source, () => readSource(source, options));
}

/** Does something with a source. What is refused of a file or an address bears its name, for there may be several. */
export async function naming<T>(source: unknown, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const name = source instanceof URL ? source.href : source instanceof File ? source.name : source;
    const isRefusal = error instanceof ModelError || error instanceof UnsupportedError;
    if (!isRefusal || typeof name !== "string" || name.startsWith("data:") || error.message.includes(`'${name}'`)) throw error;
    if (error instanceof ModelError) throw new ModelError(`'${name}': ${error.message}`);
    throw new UnsupportedError(error.reasons.map((reason) => `'${name}': ${reason}`));
  }
}

async function readSource(source: ModelSource, options: ReadOptions): Promise<Graph> {
  if (Array.isArray(source)) return readParts(source, options);
  const single = source as Exclude<ModelSource, readonly FilePart[]>;
  const { readExternal = isAddress(single) ? readNeighbours(single, options) : undefined } = options;
  const externalAdvice = single instanceof Blob ? "drop or choose both files together" : undefined;
  return importBytes(bytesOf(single, options), { readExternal, externalAdvice });
}

async function readParts(parts: readonly FilePart[], options: ReadOptions): Promise<Graph> {
  const { findBeside, findModel } = await import("./several-files.ts");
  const model = await findModel(parts);
  if (parts.length === 1) return readModel(model, options);
  const readExternal = async (path: string): Promise<Uint8Array> => {
    const part = findBeside(path, model, parts);
    if (part !== undefined) return bytesOf(part, options);
    return readNeighbours(model as string | URL, options)(path);
  };
  return importBytes(bytesOf(model, options), { readExternal: options.readExternal ?? readExternal });
}

async function importBytes(coming: Promise<Uint8Array>, options: ImportOptions): Promise<Graph> {
  return importModel(await coming, options);
}

function isAddress(source: ModelSource): source is string | URL {
  return typeof source === "string" || source instanceof URL;
}

async function bytesOf(source: Exclude<ModelSource, readonly FilePart[]>, options: ReadOptions): Promise<Uint8Array> {
  if (isAddress(source)) return download(source, options);
  if (source instanceof Uint8Array) return source;
  if (!(source instanceof ArrayBuffer) && typeof source?.arrayBuffer !== "function")
    throw new ModelError(`A network is given as its address, bytes, a file, or a list of these, not as ${source}.`);
  return new Uint8Array(source instanceof ArrayBuffer ? source : await source.arrayBuffer());
}

/** Files beside an address, by their paths. */
function readNeighbours(source: string | URL, options: ReadOptions): (path: string) => Promise<Uint8Array> {
  return (path) => download(neighbour(source, path), options);
}

function neighbour(source: string | URL, path: string): URL {
  const base = new URL(source, typeof location === "undefined" ? undefined : location.href);
  return new URL(path.split("/").map(encodeURIComponent).join("/"), base);
}

async function download(url: string | URL, { onProgress, signal }: ReadOptions): Promise<Uint8Array> {
  const refusal = (why: string) => new ModelError(`'${url}' could not be downloaded: ${why}.`);
  let response: Response;
  try {
    response = await fetch(url, signal ? { signal } : {});
  } catch (error) {
    if (signal?.aborted) throw error;
    const advice =
      typeof location === "undefined" ? "Outside a page give a whole address, or a file's bytes" : "Check the address and the connection";
    throw refusal(`${(error as Error).message}. ${advice}`);
  }
  if (!response.ok) throw refusal(`the server answered ${response.status} ${response.statusText}`);
  // A compressed body's length says nothing about the bytes that come out of it.
  const isEncoded = response.headers.has("content-encoding");
  const total = isEncoded ? 0 : Number(response.headers.get("content-length") ?? 0);
  const chunks: Uint8Array[] = [];
  let done = 0;
  const reader = response.body?.getReader();
  if (!reader) return new Uint8Array(await response.arrayBuffer());
  for (;;) {
    const { value, done: isEnd } = await reader.read().catch((error: Error) => {
      if (signal?.aborted) throw error;
      const came = (total ? [done, total] : [done]).map((bytes) => Math.round(bytes / 1e3)).join(" of ");
      throw refusal(`${came} kB came, then ${error.message}. Reload the page to try again`);
    });
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
