// Tensor data kept in files beside the model. Loaded only for a model that has some. No path may leave the model's folder.
import { ModelError } from "../errors.ts";
import type { TensorProto } from "./proto.ts";

/** Reads a file whose path, with forward slashes, is relative to the model's folder. */
export type ReadExternal = (path: string) => Promise<Uint8Array>;

/**
 * The bytes of an external tensor, a view of its file.
 *
 * @param where names the tensor in errors
 * @param expectedBytes what its type and shape take; used where the file states no length
 */
export type ExternalBytes = (tensor: TensorProto, where: string, expectedBytes: number) => Uint8Array;

/**
 * Reads every file that these external tensors refer to, each once.
 *
 * @param advice what to do without `readExternal`, as the end of a sentence
 * @throws ModelError for a path that leaves the model's folder, or without `readExternal`
 */
export async function readExternalFiles(
  tensors: readonly TensorProto[],
  readExternal: ReadExternal | undefined,
  advice = "give readExternal to read it, or save the model as one file",
): Promise<ExternalBytes> {
  const paths = [...new Set(tensors.map(pathOf))];
  if (!readExternal) {
    const names = paths.slice(0, 3).map((path) => `'${path}'`);
    throw new ModelError(`The model keeps its weights in ${names.join(", ")}${paths.length > 3 ? ", …" : ""} beside it: ${advice}.`);
  }
  const files = new Map(await Promise.all(paths.map(async (path) => [path, await readExternal(path)] as const)));
  return (tensor, where, expectedBytes) => bytesOf(tensor, files, where, expectedBytes);
}

function bytesOf(tensor: TensorProto, files: ReadonlyMap<string, Uint8Array>, where: string, expectedBytes: number): Uint8Array {
  const path = pathOf(tensor);
  const file = files.get(path) as Uint8Array;
  const offset = byteCount(tensor, "offset", where) ?? 0;
  const length = byteCount(tensor, "length", where) ?? expectedBytes;
  if (offset + length > file.byteLength)
    throw new ModelError(`${where}: bytes ${offset} to ${offset + length} of '${path}' were asked for, but it has ${file.byteLength}.`);
  return file.subarray(offset, offset + length);
}

function entry(tensor: TensorProto, key: string): string | undefined {
  return tensor.externalData?.find((e) => e.key === key)?.value ?? undefined;
}

function byteCount(tensor: TensorProto, key: string, where: string): number | undefined {
  const text = entry(tensor, key);
  if (text === undefined) return undefined;
  const count = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(count))
    throw new ModelError(`${where}: external data ${key} '${text}' is not a byte count.`);
  return count;
}

function pathOf(tensor: TensorProto): string {
  const location = entry(tensor, "location");
  if (!location) throw new ModelError(`tensor '${tensor.name}': external data without a location.`);
  const path = location.replace(/^(\.\/)+/, "");
  const refusal = refusalOf(path);
  if (refusal)
    throw new ModelError(
      `tensor '${tensor.name}': external data location '${location}' ${refusal}. Only files in the model's folder are read.`,
    );
  return path;
}

/** Why a path is refused, whether a file system or a URL parser will resolve it; `undefined` if it is safe for both. */
function refusalOf(path: string): string | undefined {
  if (path.startsWith("/")) return "is absolute";
  if (path.includes("\\")) return "has a backslash";
  if (/^[a-z][a-z0-9+.-]*:/i.test(path)) return "has a drive letter or URL scheme";
  // URL parsers drop tabs and newlines wherever they are, and spaces at either end.
  if (/\p{Cc}/u.test(path) || path !== path.trim()) return "has control characters or surrounding space";
  // URL parsers read %2e as a dot; Windows ignores dots and spaces at the end of a name.
  const leaves = (segment: string) => /^[.\s]*$/.test(segment.replace(/%2e/gi, "."));
  if (path.split("/").some(leaves)) return "has an empty or dots-only part";
  return undefined;
}
