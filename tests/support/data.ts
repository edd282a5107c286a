// Files of the shared data folder, which is not part of the repository. Tests use them, if they exist, besides their own cases.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

const folder = process.env["CONVCAM_DATA"] ?? resolve(import.meta.dirname, "../../../shared/data");

/** The bytes of a file, or undefined where it is not there. */
export function readData(path: string): Uint8Array | undefined {
  const file = resolve(folder, path);
  return existsSync(file) ? readFileSync(file) : undefined;
}

/** Names of a folder's files with this ending; none if there is no such folder. */
export function dataFiles(path: string, ending: string): readonly string[] {
  const place = resolve(folder, path);
  return existsSync(place) ? readdirSync(place).filter((name) => name.endsWith(ending)) : [];
}

/** Paths of all files below a folder with this ending, sorted; none if there is no such folder. */
export function everyDataFile(path: string, ending: string): readonly string[] {
  const place = resolve(folder, path);
  if (!existsSync(place)) return [];
  const found = readdirSync(place, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(ending));
  return found.sort().map((name) => `${path}/${name}`);
}
