// The files in a .zip archive. Loaded when somebody gives one.
import { unzipSync } from "fflate";
import { ModelError } from "../engine/errors.ts";

/** Of all that is unpacked of an archive. */
const mostBytes = 2 ** 30;

/**
 * The files of an archive by their paths in it. What a system keeps for itself is left out.
 *
 * @param isWanted which of them are unpacked
 * @throws ModelError for what is no archive, is damaged, or takes more than 1 GiB unpacked
 */
export function unzipped(bytes: Uint8Array, isWanted: (path: string) => boolean): ReadonlyMap<string, Uint8Array<ArrayBuffer>> {
  let size = 0;
  try {
    const files = unzipSync(bytes, {
      filter({ name, size: stored, originalSize }) {
        const path = pathOf(name);
        if (/(^|\/)(__MACOSX\/|\.)/.test(path) || !isWanted(path)) return false;
        // What is only stored is copied as long as it is, whatever its entry says that it was.
        size += Math.max(stored, originalSize);
        if (size > mostBytes) throw new ModelError("unpacked, it takes more than 1 GiB.");
        return true;
      },
    });
    return new Map(Object.entries(files).map(([name, content]) => [pathOf(name), content as Uint8Array<ArrayBuffer>]));
  } catch (error) {
    if (error instanceof ModelError) throw error;
    throw new ModelError(`it is no .zip archive, or a damaged one: ${(error as Error).message}.`);
  }
}

/** Some programs write backslashes, or a `./` before all. */
function pathOf(name: string): string {
  return name.replaceAll("\\", "/").replace(/^(\.\/)+/, "");
}
