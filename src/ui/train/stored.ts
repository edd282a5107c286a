// A training that goes on another day: its first and last weights and its curves, in the browser's own database. Where that keeps nothing, neither does this.
import { handOver, takeOver } from "../../handed-over.ts";
import { History, type Score } from "./history.ts";
import type { TrainWish } from "./request.ts";

interface Told {
  readonly name: string;
  readonly key: string;
  readonly losses: readonly number[];
  readonly scores: readonly Score[];
  readonly steps: readonly number[];
  readonly at: number;
}

export interface StoredRun {
  readonly history: History;
  /** When it was kept: milliseconds since 1970. */
  readonly at: number;
}

const keyOf = (name: string) => `training ${name}`;

/** Under which name it is kept; null for none. Of two that learn, none is. */
export function storeNameOf(element: Element, { rival }: Pick<TrainWish, "rival">): string | null {
  return rival ? null : element.getAttribute("train-store");
}

/** All that what was learned depends on, but for this visit. */
export function storeKeyOf({ source, key }: { readonly source: unknown; readonly key: string }): string {
  return JSON.stringify([sourceKey(source), ...(JSON.parse(key) as unknown[])]);
}

/** The same for the same network on another day. */
function sourceKey(source: unknown): unknown {
  if (source instanceof File) return [source.name, source.size];
  if (!(source instanceof Uint8Array)) return typeof source === "string" ? source : "";
  // FNV-1a: networks of one's own are told apart.
  let hash = 0x811c9dc5;
  for (const byte of source) hash = Math.imul(hash ^ byte, 0x01000193);
  return [source.length, hash];
}

/** @param key what it depends on: of anything else it is not told */
export async function storeRun(name: string, key: string, history: History): Promise<void> {
  const kept = [history.kept[0], history.latest].flatMap((one) => one ?? []);
  const { losses, scores } = history;
  const told: Told = { name: history.name, key, losses, scores, steps: kept.map(({ steps }) => steps), at: Date.now() };
  await handOver(keyOf(name), [new Blob([JSON.stringify(told)]), ...kept.map(({ bytes }) => new Blob([bytes]))]).catch(() => undefined);
}

/** @returns undefined where none is kept, or one of something else */
export async function storedRun(name: string, key: string): Promise<StoredRun | undefined> {
  try {
    const [head, ...files] = (await takeOver(keyOf(name))) ?? [];
    const told = head && (JSON.parse(await head.text()) as Told);
    if (!told || told.key !== key) return undefined;
    const history = new History(told.name);
    history.note(told.losses);
    history.scores.push(...told.scores);
    for (const [i, file] of files.entries()) history.keep({ steps: told.steps[i] ?? 0, bytes: new Uint8Array(await file.arrayBuffer()) });
    if (!history.latest || history.latest.steps === 0) return undefined;
    history.cut(history.latest);
    return { history, at: told.at };
  } catch {
    return undefined;
  }
}
