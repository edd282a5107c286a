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
  const opened = await answer(opening);
  try {
    const transaction = opened.transaction(store, mode);
    const request = act(transaction.objectStore(store));
    await committed(transaction);
    return request.result;
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
