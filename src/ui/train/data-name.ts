// What the pictures are called that a network learns from, for the names of files. Pure.
import { nameOf } from "../compare/names.ts";
import type { TrainWish } from "./request.ts";

/** The name of a stored set, of a .zip, or of the folder in which all pictures are; undefined where they have none. */
export function dataName(wish: Pick<TrainWish, "data" | "files"> | undefined): string | undefined {
  if (!wish) return undefined;
  const { data, files } = wish;
  if (data !== "") return nameOf(data)?.replace(/\.[a-z0-9]+$/i, "");
  const folders = files.map(({ path }) => path.replace(/^\//, "").split("/"));
  const [first = []] = folders;
  const [name = ""] = first;
  if (first.length === 1) return /\.zip$/i.test(name) && files.length === 1 ? name.slice(0, -4) : undefined;
  return folders.every(([one]) => one === name) ? name : undefined;
}
