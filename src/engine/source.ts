// Where a model comes from: bytes, a File, a URL with progress, or several files. Turns any of them into a Graph.
import { ModelError, UnsupportedError } from "./errors.ts";
import type { Graph } from "./graph/graph.ts";
import { importModel } from "./onnx/import.ts";

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
  return importModel(await bytesOf(single, options), { readExternal, externalAdvice });
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
  return importModel(await bytesOf(model, options), { readExternal: options.readExternal ?? readExternal });
}

function isAddress(source: ModelSource): source is string | URL {
  return typeof source === "string" || source instanceof URL;
}

async function bytesOf(source: Exclude<ModelSource, readonly FilePart[]>, options: ReadOptions): Promise<Uint8Array> {
  if (isAddress(source)) return download(source, options);
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (!source?.stream) throw new ModelError(`A network is an address, bytes, a file or a list of these, not ${source}.`);
  return collect(source.stream(), source.size, options, (why) => new ModelError(`The file could not be read: ${why}.`));
}

/** Files beside an address, by their paths. */
function readNeighbours(source: string | URL, options: ReadOptions): (path: string) => Promise<Uint8Array> {
  return (path) =>
    download(new URL(path.split("/").map(encodeURIComponent).join("/"), new URL(source, globalThis.location?.href)), options);
}

async function download(url: string | URL, options: ReadOptions): Promise<Uint8Array> {
  const { signal } = options;
  const refusal = (why: string) => new ModelError(`'${url}' could not be downloaded: ${why}.`);
  let response: Response;
  try {
    response = await fetch(url, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    const advice = !globalThis.location ? "Outside a page give a whole address, or bytes" : "Check the address and the connection";
    throw refusal(`${(error as Error).message}. ${advice}`);
  }
  if (!response.ok) throw refusal(`the server answered ${response.status} ${response.statusText}`);
  // A compressed body's length says nothing about the bytes that come out of it.
  const total = response.headers.has("content-encoding") ? 0 : Number(response.headers.get("content-length"));
  return response.body ? collect(response.body, total, options, refusal) : new Uint8Array();
}

/** No more is set aside for what a server only announces. */
const mostAnnounced = 2e9;

/** The bytes of a stream, in one piece that is filled as they come: files may be as large as half the memory. */
async function collect(
  stream: ReadableStream<Uint8Array>,
  total: number,
  { onProgress, signal }: ReadOptions,
  refusal: (why: string) => Error,
): Promise<Uint8Array> {
  let bytes = new Uint8Array(Math.min(total, mostAnnounced));
  let done = 0;
  const reader = stream.getReader();
  for (;;) {
    const { value, done: isEnd } = await reader.read().catch((error: Error) => {
      signal?.throwIfAborted();
      const came = (total ? [done, total] : [done]).map((bytes) => Math.round(bytes / 1e3)).join(" of ");
      throw refusal(`${came} kB came, then ${error.message}. Try again`);
    });
    signal?.throwIfAborted();
    if (isEnd) return done < bytes.length ? bytes.slice(0, done) : bytes;
    const end = done + value.byteLength;
    if (end > bytes.length) {
      const grown = new Uint8Array(2 * end);
      grown.set(bytes);
      bytes = grown;
    }
    bytes.set(value, done);
    done = end;
    onProgress?.({ stage: "download", done, total });
  }
}
