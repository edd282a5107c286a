// The names of a network's classes, as its file's metadata holds them. Loaded where files are written.
import { ModelError } from "../errors.ts";

/**
 * The metadata with names of classes, in the order of the scores; without any, or an empty list, what the metadata says stays.
 *
 * @throws ModelError for what is no list of names
 */
export function withClassNames(metadata: ReadonlyMap<string, string>, classes: readonly string[] = []): ReadonlyMap<string, string> {
  if (!Array.isArray(classes) || classes.some((name) => typeof name !== "string"))
    throw new ModelError(`classes: got ${String(classes)}, expected a list of names.`);
  return classes.length > 0 ? new Map(metadata).set("names", JSON.stringify(Object.fromEntries(classes.entries()))) : metadata;
}
