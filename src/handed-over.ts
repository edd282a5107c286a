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

/** The same, and drops what is under the oldest of such keys where they are too many. */
export async function handOverLatest(key: string, files: readonly Blob[], { list, most, oldest }: Latest): Promise<void> {
  await inStore("readwrite", async (objects) => {
    const before = ((await answer(objects.get(list))) ?? [oldest]) as readonly string[];
    const keys = [key, ...before.filter((one) => one !== key)];
    await answer(objects.put(files, key));
    await answer(objects.put(keys.slice(0, most), list));
    for (const gone of keys.slice(most)) await answer(objects.delete(gone));
  });
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
