// The files in a .zip archive, a few at a time, so that a page goes on drawing and answering. Loaded when somebody gives one.
import { type UnzipFileFilter, unzipSync } from "fflate";
import { ModelError } from "../engine/errors.ts";
import { unstopped } from "./unstopped.ts";

/** Of all that is unpacked of an archive. */
const mostBytes = 2 ** 30;
/** Of what is unpacked at once: a few hundredths of a second. A file that takes more is unpacked alone. */
const roundBytes = 2 ** 21;

/**
 * The files of an archive by their paths in it. What a system keeps for itself is left out.
 *
 * @param isWanted which of them are unpacked
 * @param goesOn is asked between two rounds, and told the share that is unpacked: whether it goes on
 * @returns undefined where it does not
 * @throws ModelError for what is no archive, is damaged, or takes more than 1 GiB unpacked
 */
export async function unzipped(
  bytes: Uint8Array,
  isWanted: (path: string) => boolean,
  goesOn: (share: number) => boolean = () => true,
): Promise<ReadonlyMap<string, Uint8Array<ArrayBuffer>> | undefined> {
  const sizes = sizesOf(bytes, isWanted);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (let [first, done] = [0, 0]; first < sizes.length; ) {
    let [end, sum] = [first, 0];
    do sum += sizes[end++] as number;
    while (end < sizes.length && sum + (sizes[end] as number) <= roundBytes);
    let entry = -1;
    const found = read(bytes, (file) => isWanted(pathOf(file.name)) && ++entry >= first && entry < end);
    for (const [name, content] of Object.entries(found)) files.set(pathOf(name), content as Uint8Array<ArrayBuffer>);
    [first, done] = [end, done + sum];
    await new Promise((resolve) => setTimeout(resolve));
    if (!goesOn(done / Math.max(1, total))) return undefined;
  }
  return files;
}

/** Of what is wanted, one after the other. */
function sizesOf(bytes: Uint8Array, isWanted: (path: string) => boolean): readonly number[] {
  const sizes: number[] = [];
  let total = 0;
  read(bytes, ({ name, size, originalSize }) => {
    if (!isWanted(pathOf(name))) return false;
    // What is only stored is copied as long as it is, whatever its entry says that it was.
    const most = Math.max(size, originalSize);
    sizes.push(most);
    total += most;
    if (total > mostBytes) throw new ModelError("unpacked, it takes more than 1 GiB.");
    return false;
  });
  return sizes;
}

function read(bytes: Uint8Array, filter: UnzipFileFilter) {
  const isOwn = ({ name }: Parameters<UnzipFileFilter>[0]) => !/(^|\/)(__MACOSX\/|\.)/.test(pathOf(name));
  try {
    return unzipSync(bytes, { filter: (file) => isOwn(file) && filter(file) });
  } catch (error) {
    if (error instanceof ModelError) throw error;
    throw new ModelError(`it is no .zip archive, or a damaged one: ${unstopped(error)}.`);
  }
}

/** Some programs write backslashes, or a `./` before all. */
function pathOf(name: string): string {
  return name.replaceAll("\\", "/").replace(/^(\.\/)+/, "");
}
