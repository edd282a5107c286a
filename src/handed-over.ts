// Hands files from one page of the site to another, through the browser's own database: no address can hold them.

const database = "convcam";
const store = "handed-over";

/** Keeps files under a key until others are kept there. @throws Error where the browser keeps none, as in some private windows */
export async function handOver(key: string, files: readonly Blob[]): Promise<void> {
  await inStore("readwrite", (objects) => answer(objects.put(files, key)));
}

/** Keys of which the latest stay. */
export interface Latest {
  /** Under which their list is kept. */
  readonly list: string;
  readonly most: number;
  /** The oldest, where there is no list yet: it may have been kept alone. */
  readonly oldest: string;
}

/**
 * The same, and drops what is under the oldest of such keys where they are too many.
 *
 * @throws Error where the browser keeps none. Where the disk has no room for these files, a later call finds that of the oldest others
 */
export async function handOverLatest(key: string, files: readonly Blob[], latest: Latest): Promise<void> {
  const { list, most } = latest;
  try {
    await inStore("readwrite", async (objects) => {
      const keys = [key, ...(await othersThan(key, objects, latest))];
      await answer(objects.put(files, key));
      await answer(objects.put(keys.slice(0, most), list));
      for (const gone of keys.slice(most)) await answer(objects.delete(gone));
    });
  } catch (error) {
    if ((error as Error).name === "QuotaExceededError") await makeRoom(sizeOf(files), key, latest);
    throw error;
  }
}

/** Drops as many of the oldest as take so many bytes, and none where all together take fewer. Browsers free the room some seconds later. */
async function makeRoom(size: number, key: string, latest: Latest): Promise<void> {
  await inStore("readwrite", async (objects) => {
    const others = await othersThan(key, objects, latest);
    let [kept, freed] = [others.length, 0];
    while (kept > 0 && freed < size)
      freed += sizeOf((await answer<readonly Blob[] | undefined>(objects.get(others[--kept] as string))) ?? []);
    if (freed < size) return;
    for (const gone of others.slice(kept)) await answer(objects.delete(gone));
  });
}

/** The latest first. */
async function othersThan(key: string, objects: IDBObjectStore, { list, oldest }: Latest): Promise<readonly string[]> {
  const keys = (await answer<readonly string[] | undefined>(objects.get(list))) ?? [oldest];
  return keys.filter((one) => one !== key);
}

function sizeOf(files: readonly Blob[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}

/** @returns undefined where none are kept */
export async function takeOver(key: string): Promise<readonly File[] | undefined> {
  return inStore("readonly", (objects) => answer<readonly File[] | undefined>(objects.get(key)));
}

/** @param act asks for nothing after a pause in which no request is under way: the transaction ends then */
async function inStore<Result>(mode: IDBTransactionMode, act: (objects: IDBObjectStore) => Promise<Result>): Promise<Result> {
  const opening = indexedDB.open(database, 1);
  opening.addEventListener("upgradeneeded", () => opening.result.createObjectStore(store));
  const opened = await answer(opening);
  try {
    const transaction = opened.transaction(store, mode);
    const [result] = await Promise.all([act(transaction.objectStore(store)), committed(transaction)]);
    return result;
  } finally {
    opened.close();
  }
}

/** What a request was answered may still come to nothing: a disk that is full ends the transaction later. */
function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.addEventListener("complete", () => resolve());
    transaction.addEventListener("abort", () => reject(transaction.error ?? new Error("The browser keeps no files.")));
  });
}

function answer<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });
}
