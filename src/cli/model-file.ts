// Reads a model from a path. Weights that lie beside it are looked for in its folder, which no path may leave.
import { readFile, realpath, stat } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { ModelError } from "../engine/errors.ts";
import type { Graph } from "../engine/graph/graph.ts";
import { readModel } from "../engine/source.ts";
import { readLabels as labelsIn } from "../ui/hints/labels.ts";

/** @throws ModelError that names the file and its purpose */
export async function readModelFile(path: string, what = "model"): Promise<Graph> {
  const bytes = await readBytes(path, what);
  try {
    return await readModel(bytes, { readExternal: (name) => readBeside(path, name) });
  } catch (error) {
    throw error instanceof ModelError ? new ModelError(`${what} '${path}': ${error.message}`) : error;
  }
}

/** Why a file cannot be read, by the code of the system's error. */
const reasons = {
  ENOENT: "there is no such file",
  EISDIR: "it is a folder",
  ENOTDIR: "a folder of its path is a file",
  EACCES: "nobody gave leave to read it",
  ELOOP: "its links lead in a circle",
};

/** @throws ModelError that names the file and its purpose */
export async function readBytes(path: string, what: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ModelError(`${what} '${path}': ${reasons[code as keyof typeof reasons] ?? message}.`);
  }
}

async function readBeside(model: string, name: string): Promise<Uint8Array> {
  const folder = await realpath(dirname(model));
  const path = join(folder, name);
  // A link may lead out of the folder even where its name does not.
  const target = await realpath(path).catch(() => path);
  if (relative(folder, target).split(sep)[0] === "..") throw new ModelError(`external data '${name}' leads out of the model's folder.`);
  // A pipe or a device beside the model may never end.
  const kind = await stat(target).catch(() => undefined);
  if (kind && !kind.isFile() && !kind.isDirectory()) throw new ModelError(`external data '${name}' is a pipe or a device, not a file.`);
  return readBytes(path, "external data");
}

/**
 * Names of classes, read as the page reads them.
 *
 * @throws ModelError that names the file, and says what is accepted
 */
export async function readLabels(path: string): Promise<readonly string[]> {
  return labelsIn(new TextDecoder().decode(await readBytes(path, "labels")), path);
}
