// Files that a visitor drops or chooses: sorts them into those of the network, with the folders they come in, and the picture or video.

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
  return files;
}

async function collect(entry: FileSystemEntry, files: File[]): Promise<void> {
  if (files.length > mostFiles)
    throw new Error(`This folder holds more than ${mostFiles} files. Drop the model's own folder, or its files.`);
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    const path = entry.fullPath.replace(/^\//, "");
    files.push(path === file.name ? file : new File([file], path, { type: file.type }));
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

export interface SortedFiles {
  /** The network and the files with its weights. */
  readonly network: readonly File[];
  readonly pictures: readonly File[];
}

/** Files of a type that the browser knows as picture or video are the input. All others go to the network's reader, which says what they are. */
export function sortFiles(files: readonly File[]): SortedFiles {
  const isPicture = ({ type }: File) => /^(image|video)\//.test(type);
  const visible = files.filter(({ name }) => !name.split("/").at(-1)?.startsWith("."));
  return { network: visible.filter((file) => !isPicture(file)), pictures: visible.filter(isPicture) };
}
