// Pictures of one's own that come in a .zip archive: its pictures take its place. On the page, before the engine gets them.
import { isPicturePath } from "../../data-sets/picture-list.ts";
import { loadPart, ModelError } from "../../engine/errors.ts";
import type { ConvCam } from "../element.ts";
import { isListName } from "./own-pictures.ts";
import type { OwnPicture } from "./request.ts";

const isArchive = ({ file }: OwnPicture) => /\.zip$/i.test(file.name);

/** What was in each: whoever begins anew learns from the same. */
const known = new WeakMap<File, Promise<readonly OwnPicture[] | undefined>>();

/** Is told the share of an archive that is unpacked, and says whether it is still wanted. */
type GoesOn = (share: number) => boolean;

/** Tells how far it is, and goes on while the element learns from the same files. */
export function stillAsked(element: ConvCam, tell: (text: string) => void): GoesOn {
  const { trainFiles } = element;
  return (share) => {
    tell(`Unpacking your pictures: ${Math.round(100 * share)} %`);
    return element.trainFiles === trainFiles && element.hasAttribute("train");
  };
}

/**
 * @returns undefined where they were no longer wanted
 * @throws ModelError for an archive that cannot be read
 */
export async function unpacked(files: readonly OwnPicture[], goesOn: GoesOn = () => true): Promise<readonly OwnPicture[] | undefined> {
  const all: OwnPicture[] = [];
  for (const one of files) {
    const found = isArchive(one) ? await contentOf(one.file, goesOn) : [one];
    if (!found) return undefined;
    all.push(...found);
  }
  return all;
}

async function contentOf(archive: File, goesOn: GoesOn) {
  for (;;) {
    const others = known.get(archive);
    const reading = others ?? unpack(archive, goesOn);
    known.set(archive, reading);
    let content: readonly OwnPicture[] | undefined;
    try {
      content = await reading;
    } finally {
      if (!content && known.get(archive) === reading) known.delete(archive);
    }
    // Whoever began to unpack it may want it no more while another still does.
    if (content || !others) return content;
  }
}

async function unpack(archive: File, goesOn: GoesOn): Promise<readonly OwnPicture[] | undefined> {
  const { unzipped } = await loadPart("that opens .zip archives", () => import("../../data-sets/unzip.ts"));
  const bytes = new Uint8Array(await archive.arrayBuffer());
  try {
    const files = await unzipped(bytes, (path) => isPicturePath(path) || isListName(path), goesOn);
    return (
      files &&
      Array.from(files, ([path, content]) => ({
        path,
        file: new File([content], path.split("/").at(-1) as string, { lastModified: archive.lastModified }),
      }))
    );
  } catch (error) {
    throw new ModelError(`'${archive.name}': ${(error as Error).message}`);
  }
}
