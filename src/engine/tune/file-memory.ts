// Remembers choices in a JSON file of the user's cache folder. Node only: a page never fetches this.
import { type Choices, isChoices, type TuningMemory } from "./memory.ts";

/** Node's own modules, without an import that bundlers for pages could not resolve. Absent before Node 20.16. */
function builtins() {
  const get = process.getBuiltinModule;
  return get && { files: get("node:fs/promises"), path: get("node:path"), os: get("node:os") };
}

/** The last write of each file. */
const writes = new Map<string | undefined, Promise<void>>();

/** What reads a file and writes it waits for whoever does so already, and finds what that one has added. Never rejects. */
function inTurn(path: string | undefined, write: () => Promise<void>): Promise<void> {
  const turn = (writes.get(path) ?? Promise.resolve()).then(write).catch(() => {});
  writes.set(path, turn);
  return turn;
}

/**
 * A corrupt file counts as empty and is written anew.
 *
 * @param path `tuning.json` in XDG_CACHE_HOME, ~/Library/Caches or LOCALAPPDATA unless given
 */
export function fileMemory(path = defaultPath()): TuningMemory {
  const read = async (): Promise<Record<string, Choices>> => {
    try {
      const table = JSON.parse((await builtins()?.files.readFile(path as string, "utf8")) ?? "{}") as unknown;
      return typeof table === "object" && table ? Object.fromEntries(Object.entries(table).filter(([, value]) => isChoices(value))) : {};
    } catch {
      return {};
    }
  };
  return {
    load: async (key) => (await read())[key],
    save: (key, choices) =>
      inTurn(path, async () => {
        const table = await read();
        await replace(path, `${JSON.stringify({ ...table, [key]: { ...table[key], ...choices } }, undefined, 1)}\n`);
      }),
  };
}

/** The user's cache folder on this system. */
function defaultPath(): string | undefined {
  const { path, os } = builtins() ?? {};
  if (!path || !os) return undefined;
  const { env, platform } = process;
  const caches: Readonly<Record<string, string>> = {
    darwin: path.join(os.homedir(), "Library/Caches"),
    win32: env["LOCALAPPDATA"] || path.join(os.homedir(), "AppData/Local"),
  };
  return path.join(env["XDG_CACHE_HOME"] || caches[platform] || path.join(os.homedir(), ".cache"), "convcam/tuning.json");
}

/** Writes another file and renames it, so that a reader finds the old file or the new one, never half of it. */
async function replace(path: string | undefined, text: string): Promise<void> {
  const { files, path: paths } = builtins() ?? {};
  if (!files || !paths || path === undefined) return;
  await files.mkdir(paths.dirname(path), { recursive: true });
  // Threads of one process have one process id.
  const draft = `${path}.${crypto.randomUUID()}`;
  try {
    await files.writeFile(draft, text);
    await files.rename(draft, path);
  } catch (error) {
    await files.rm(draft, { force: true });
    throw error;
  }
}
