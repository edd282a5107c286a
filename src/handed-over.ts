// Hands files from one page of the site to another, through the browser's own database: no address can hold them.

const database = "convcam";
const store = "handed-over";

/** Keeps files under a key until others are kept there. @throws Error where the browser keeps none, as in some private windows */
export async function handOver(key: string, files: readonly Blob[]): Promise<void> {
  await inStore("readwrite", (objects) => objects.put(files, key));
}

/** @returns undefined where none are kept */
export async function takeOver(key: string): Promise<readonly File[] | undefined> {
  return (await inStore("readonly", (objects) => objects.get(key))) as readonly File[] | undefined;
}

async function inStore(mode: IDBTransactionMode, act: (objects: IDBObjectStore) => IDBRequest): Promise<unknown> {
  const opening = indexedDB.open(database, 1);
  opening.addEventListener("upgradeneeded", () => opening.result.createObjectStore(store));
  const opened = (await done(opening)) as IDBDatabase;
  try {
    return await done(act(opened.transaction(store, mode).objectStore(store)));
  } finally {
    opened.close();
  }
}

function done(request: IDBRequest): Promise<unknown> {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error ?? new Error("The browser keeps no files.")));
  });
}
