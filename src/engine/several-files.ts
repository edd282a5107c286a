// A model in several files: which one is the model, and which of the others hold its weights. Loaded where somebody gives a list.
import { ModelError } from "./errors.ts";
import type { FilePart } from "./source.ts";

/** The path or name of a file, as far as it is known. */
function pathOf(part: FilePart): string {
  if (typeof part === "string" || part instanceof URL) return decodeURI(String(part).replace(/[?#].*$/, ""));
  // A File of a chosen folder has its path in it; other blobs have no name at all.
  const { webkitRelativePath = "", name = "" } = part as Partial<File>;
  return webkitRelativePath || name;
}

function nameOf(part: FilePart): string {
  return pathOf(part).split("/").at(-1) ?? "";
}

/**
 * The model among the files: the only one called .onnx, else the only one that begins as ONNX does. Of addresses none of which is
 * called .onnx, the first.
 *
 * @throws ModelError where none is, or more than one
 */
export async function findModel(parts: readonly FilePart[]): Promise<FilePart> {
  const [only] = parts;
  if (!only) throw new ModelError("No file was given. Give the .onnx file, and those with its weights beside it.");
  if (parts.length === 1) return only;
  const named = parts.filter((part) => /\.onnx$/i.test(nameOf(part)));
  const found = named.length > 0 ? named : await filter(parts, beginsAsOnnx);
  const [model] = found;
  if (model && found.length === 1) return model;
  if (parts.every((part) => !(part instanceof Blob)) && !model) return only;
  throw new ModelError(
    found.length === 0
      ? `None of ${list(parts)} is an .onnx file. Open the .onnx file together with those that hold its weights.`
      : `${list(found)} are ${found.length} models. Open one at a time, with the files that hold its weights.`,
  );
}

/** A model's first field is its version, a small number. */
async function beginsAsOnnx(part: FilePart): Promise<boolean> {
  if (!(part instanceof Blob)) return false;
  const [tag, version = 0] = new Uint8Array(await part.slice(0, 2).arrayBuffer());
  return tag === 8 && version > 0 && version < 32;
}

async function filter<T>(items: readonly T[], accepts: (item: T) => Promise<boolean>): Promise<T[]> {
  const accepted = await Promise.all(items.map(accepts));
  return items.filter((_, i) => accepted[i]);
}

/**
 * The file that a model means by a path relative to its own folder: the one of that path, else the only one of that name. Addresses
 * may have another name, as bundlers give them: of two, the other one is meant.
 *
 * @throws ModelError that names what is missing
 */
export function findBeside(path: string, model: FilePart, parts: readonly FilePart[]): FilePart | undefined {
  const others = parts.filter((part) => part !== model);
  const folder = pathOf(model).replace(/[^/]*$/, "");
  const exact = others.find((part) => pathOf(part) === folder + path);
  if (exact) return exact;
  const name = path.split("/").at(-1);
  const same = others.filter((part) => nameOf(part) === name);
  if (same.length === 1) return same[0];
  const [other] = others;
  const isAddress = !(model instanceof Blob);
  if (isAddress) return others.length === 1 && !(other instanceof Blob) ? other : undefined;
  throw new ModelError(
    `The model keeps its weights in '${path}', which is ${same.length > 1 ? "there more than once" : "missing"} among ${list(parts)}. Drop or choose all of the model's files together.`,
  );
}

function list(parts: readonly FilePart[]): string {
  const names = parts.slice(0, 4).map((part) => `'${nameOf(part).slice(0, 80) || "a file without a name"}'`);
  return `${names.join(", ")}${parts.length > 4 ? ` and ${parts.length - 4} others` : ""}`;
}
