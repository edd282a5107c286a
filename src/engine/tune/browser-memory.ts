// Remembers choices in IndexedDB. Where a browser refuses it (private windows, sandboxed frames) nothing is remembered.
import { type Choices, isChoices, type TuningMemory } from "./memory.ts";

const databaseName = "convcam";
const storeName = "tuning";

/** Some browsers open a database never, without an error: loading a model does not wait for that. */
const patienceMs = 1000;

export function browserMemory(factory: IDBFactory): TuningMemory {
  return {
    load: (key) => inStore(factory, "readonly", async (store) => chosen(await settled(store.get(key)))),
    // One transaction: what another page writes meanwhile is not lost.
    save: (key, choices) =>
      inStore(factory, "readwrite", async (store) => {
        const kept = chosen(await settled(store.get(key)));
        await settled(store.put({ ...kept, ...choices }, key));
      }),
  };
}

function chosen(value: unknown): Choices | undefined {
  return isChoices(value) ? value : undefined;
}

/** Undefined where anything goes wrong. */
async function inStore<T>(
  factory: IDBFactory,
  mode: IDBTransactionMode,
  use: (store: IDBObjectStore) => Promise<T>,
): Promise<T | undefined> {
  try {
    const database = await open(factory);
    try {
      return await use(database.transaction(storeName, mode).objectStore(storeName));
    } finally {
      database.close();
    }
  } catch {
    return undefined;
  }
}

function open(factory: IDBFactory): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = factory.open(databaseName, 1);
    const timer = setTimeout(() => {
      // One that opens late and stays open would block whoever upgrades or deletes it.
      request.onsuccess = () => request.result.close();
      reject(new Error("IndexedDB does not answer"));
    }, patienceMs);
    request.onupgradeneeded = () => request.result.createObjectStore(storeName);
    request.onsuccess = () => {
      clearTimeout(timer);
      resolve(request.result);
    };
    request.onerror = () => {
      clearTimeout(timer);
      reject(request.error);
    };
  });
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
