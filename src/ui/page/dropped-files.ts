// Files that a visitor drops or chooses: sorts them into those of the network, with the folders they come in, and the picture or video.
import { mediaTypeOf } from "../../engine/media-type.ts";

/** A folder with more files than this is hardly a model's. */
const mostFiles = 1000;

/** Every dropped file, those in folders too, with its path from the dropped folder on. It must be called inside the event's listener. */
export async function filesOf(transfer: DataTransfer | null): Promise<readonly File[]> {
  const found = Array.from(transfer?.items ?? [], (item) => item.webkitGetAsEntry() ?? item.getAsFile());
  const files: File[] = [];
  for (const one of found) {
    if (one instanceof File) files.push(one);
    else if (one) await collect(one, files);
  }
  if (found.some(Boolean) && files.length === 0) throw new Error(noFiles);
  return files;
}

async function collect(entry: FileSystemEntry, files: File[]): Promise<void> {
  if (files.length > mostFiles) throw tooMany();
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    files.push(withPath(file, entry.fullPath.replace(/^\//, "")));
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  // `readEntries` answers a hundred entries at a time, and none at the end.
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (entries.length === 0) return;
    for (const one of entries) await collect(one, files);
  }
}

/** The files of a folder that was chosen, with their paths from it on. */
export function filesOfFolder(files: Iterable<File>): readonly File[] {
  const all = Array.from(files, (file) => withPath(file, file.webkitRelativePath));
  if (all.length > mostFiles) throw tooMany();
  if (all.length === 0) throw new Error(noFiles);
  return all;
}

/** The path becomes the name, which a worker is sent as well. */
function withPath(file: File, path: string): File {
  return path === file.name ? file : new File([file], path, { type: file.type });
}

const noFiles = "This folder holds no files. Open the model's own folder, or its files.";

function tooMany(): Error {
  return new Error(`This folder holds more than ${mostFiles} files. Open the model's own folder, or its files.`);
}

/** Their names for a line of text: the first few. */
export function namesOf(files: readonly File[]): string {
  const names = files.slice(0, 4).map(({ name }) => name);
  return `${names.join(", ")}${files.length > 4 ? ` and ${files.length - 4} more` : ""}`;
}

/** For those whose bytes tell nothing. */
const endings: readonly (readonly [ending: RegExp, type: string])[] = [
  [/\.jpe?g$/i, "image/jpeg"],
  [/\.(png|gif|webp|avif|bmp)$/i, "image/png"],
  [/\.(mp4|m4v|mov|webm|ogv)$/i, "video/mp4"],
];

/** Gives pictures and videos a type that came without one, as from some programs: by their bytes, or else by how their names end. */
export function withTypes(files: readonly File[]): Promise<readonly File[]> {
  return Promise.all(
    files.map(async (file) => {
      if (!/^(application\/octet-stream)?$/.test(file.type)) return file;
      const bytes = await file
        .slice(0, 12)
        .arrayBuffer()
        .catch(() => new ArrayBuffer(0));
      const type = mediaTypeOf(new Uint8Array(bytes)) ?? endings.find(([ending]) => ending.test(file.name))?.[1];
      return type ? new File([file], file.name, { type, lastModified: file.lastModified }) : file;
    }),
  );
}

export interface SortedFiles {
  /** The network and the files with its weights. */
  readonly network: readonly File[];
  readonly pictures: readonly File[];
  /** Names of the classes. */
  readonly names: File | undefined;
}

/**
 * Files of a type that the browser knows as picture or video, and NumPy's arrays, are the input. A .txt or .json holds names of classes: in a folder, if it is called so.
 * All others go to the network's reader, which says what they are.
 */
export function sortFiles(files: readonly File[]): SortedFiles {
  const isPicture = ({ name, type }: File) => /^(image|video)\//.test(type) || /\.npy$/i.test(name);
  const visible = files.filter(({ name }) => !name.split("/").at(-1)?.startsWith("."));
  const isText = ({ name }: File) => isNameList(name);
  return {
    network: visible.filter((file) => !isPicture(file) && !isText(file)),
    pictures: visible.filter(isPicture),
    names: visible.find(isText),
  };
}

/** A TensorFlow.js network is called model.json; of folders with many texts only what is called so holds names. */
function isNameList(path: string): boolean {
  const name = path.split("/").at(-1) ?? "";
  if (!/\.(txt|json)$/i.test(name) || /^model\b.*\.json$/i.test(name)) return false;
  return name === path || /label|class|names|synset|categor/i.test(name);
}

/** Checkpoints of one network differ in a few bytes of what the file says of itself. */
const mostOfSeries = 1.01;

/**
 * The networks among files, in the order of their names, each with what may hold its weights.
 *
 * @returns as `isSeries` whether they are taken for checkpoints of one: files of about one size
 */
export function networksAmong(files: readonly File[]): { readonly networks: readonly (readonly File[])[]; readonly isSeries: boolean } {
  const isModel = ({ name }: File) => /\.onnx$/i.test(name);
  const models = files.filter(isModel).sort((one, other) => (one.name < other.name ? -1 : 1));
  const others = files.filter((file) => !isModel(file));
  const sizes = models.map(({ size }) => size);
  const isAlike = Math.max(...sizes) <= mostOfSeries * Math.min(...sizes);
  return { networks: models.map((model) => [model, ...others]), isSeries: models.length > 1 && others.length === 0 && isAlike };
}
