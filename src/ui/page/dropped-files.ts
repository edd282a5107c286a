// Files that a visitor drops or chooses: which are the network's, with the folders they come in, and which one is to be looked at.

/** A folder with more files than this is hardly a model's. */
const mostFiles = 1000;

/** Every file that was dropped, those in folders too, under their paths from the dropped folder on. Call it while the event is heard. */
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
  // It gives a hundred at a time, and none when all were given.
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

/** What the browser knows as a picture or video is one; all else belongs to a network, or the network's reader says what it is. */
export function sortFiles(files: readonly File[]): SortedFiles {
  const isPicture = ({ type }: File) => /^(image|video)\//.test(type);
  const visible = files.filter(({ name }) => !name.split("/").at(-1)?.startsWith("."));
  return { network: visible.filter((file) => !isPicture(file)), pictures: visible.filter(isPicture) };
}
