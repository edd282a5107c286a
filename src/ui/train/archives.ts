// Pictures of one's own that come in a .zip archive: its pictures take its place. On the page, before the engine gets them.
import { loadPart, ModelError } from "../../engine/errors.ts";
import { isListName, isPictureName } from "./own-pictures.ts";
import type { OwnPicture } from "./request.ts";

const isArchive = ({ file }: OwnPicture) => /\.zip$/i.test(file.name);

/** What was in each: whoever begins anew learns from the same. */
const known = new WeakMap<File, Promise<readonly OwnPicture[]>>();

/** @throws ModelError for an archive that cannot be read */
export async function unpacked(files: readonly OwnPicture[]): Promise<readonly OwnPicture[]> {
  const all = files.map((one) => {
    if (!isArchive(one)) return [one];
    const content = known.get(one.file) ?? unpack(one.file);
    known.set(one.file, content);
    content.catch(() => known.delete(one.file));
    return content;
  });
  return (await Promise.all(all)).flat();
}

async function unpack(archive: File): Promise<readonly OwnPicture[]> {
  const { unzipped } = await loadPart("that opens .zip archives", () => import("../../data-sets/unzip.ts"));
  const bytes = new Uint8Array(await archive.arrayBuffer());
  try {
    return Array.from(
      unzipped(bytes, (path) => isPictureName(path) || isListName(path)),
      ([path, content]) => ({
        path,
        file: new File([content], path.split("/").at(-1) as string, { lastModified: archive.lastModified }),
      }),
    );
  } catch (error) {
    throw new ModelError(`'${archive.name}': ${(error as Error).message}`);
  }
}
