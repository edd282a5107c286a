// Pictures of one's own that come in a .zip archive: its pictures take its place. On the page, before the engine gets them.
import { loadPart, ModelError } from "../../engine/errors.ts";
import { isPictureName } from "./own-pictures.ts";
import type { OwnPicture } from "./request.ts";

const isArchive = ({ file }: OwnPicture) => /\.zip$/i.test(file.name);

/** @throws ModelError for an archive that cannot be read */
export async function unpacked(files: readonly OwnPicture[]): Promise<readonly OwnPicture[]> {
  if (!files.some(isArchive)) return files;
  const { unzipped } = await loadPart("that opens .zip archives", () => import("../../data-sets/unzip.ts"));
  const all = files.map(async (one) => {
    if (!isArchive(one)) return [one];
    const bytes = new Uint8Array(await one.file.arrayBuffer());
    try {
      return Array.from(unzipped(bytes, isPictureName), ([path, content]) => ({
        path,
        file: new File([content], path.split("/").at(-1) as string),
      }));
    } catch (error) {
      throw new ModelError(`'${one.file.name}': ${(error as Error).message}`);
    }
  });
  return (await Promise.all(all)).flat();
}
