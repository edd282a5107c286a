// A training that goes on another day: its first weights, all that it goes on with, and its curves, in the browser's own database. Where that keeps
// nothing, neither does this.
import { handOverLatest, takeOver } from "../../handed-over.ts";
import { History, type Score } from "./history.ts";
import type { Kept, TrainWish } from "./request.ts";

interface Told {
  readonly name: string;
  readonly key: string;
  readonly losses: readonly number[];
  readonly scores: readonly Score[];
  readonly steps: readonly number[];
  readonly at: number;
  /** Learning rate of the next steps; absent where nobody has kept one. */
  readonly rate?: number;
  /** Version of the checkpoint that is the last of the files; absent where there is none. */
  readonly checkpoint?: number;
}

/** Another one with each change of what a checkpoint holds: of others the weights go on alone. */
const checkpointVersion = 1;

export interface StoredRun {
  readonly history: History;
  readonly rate: number | undefined;
  /** When it was kept: milliseconds since 1970. */
  readonly at: number;
}

/** A run of another day that is kept, and can be gone on with. */
export class Offer {
  run: StoredRun | undefined;

  /** How many steps it had taken; 0 where there is none. */
  get steps(): number {
    return this.run?.history.steps ?? 0;
  }

  /** Somebody goes on with it, or another one is kept in its place. */
  end(): void {
    this.run = undefined;
  }
}

/** Runs with different settings that are kept under one name: with one more the oldest goes. */
const mostRuns = 6;

const keyOf = (name: string, key: string) => `training ${name} ${key}`;
/** Where older versions have kept one run, of whatever key. */
const olderKeyOf = (name: string) => `training ${name}`;

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

/** What is stored of a run. */
export interface Storable {
  /** What it depends on: of anything else it is not told. */
  readonly key: string;
  readonly history: History;
  /** Where it goes on. */
  readonly latest: Kept;
  readonly rate: number;
}

/** Each key has a place of its own, so that no run overwrites one with other settings. @returns whether the browser keeps it */
export async function storeRun(name: string, { key, history, latest, rate }: Storable): Promise<boolean> {
  const { losses, scores } = history;
  const kept = [history.kept[0] ?? latest, latest];
  const checkpoint = latest.checkpoints?.own;
  const told: Told = {
    ...{ name: history.name, key, losses, scores, steps: kept.map(({ steps }) => steps), at: Date.now(), rate },
    ...(checkpoint && { checkpoint: checkpointVersion }),
  };
  const files = [...kept.map(({ bytes }) => bytes), ...(checkpoint ? [checkpoint] : [])];
  const blobs = [new Blob([JSON.stringify(told)]), ...files.map((bytes) => new Blob([bytes]))];
  return handOverLatest(keyOf(name, key), blobs, { list: `trainings ${name}`, most: mostRuns, oldest: olderKeyOf(name) }).then(
    () => true,
    () => false,
  );
}

/** @returns undefined where none is kept */
export async function storedRun(name: string, key: string): Promise<StoredRun | undefined> {
  try {
    const [head, ...files] = (await takeOver(keyOf(name, key))) ?? (await takeOver(olderKeyOf(name))) ?? [];
    const told = head && (JSON.parse(await head.text()) as Told);
    if (!told || told.key !== key) return undefined;
    const history = new History(told.name);
    history.note(told.losses);
    history.scores.push(...told.scores);
    const [first, last, own] = await Promise.all(files.map(async (file) => new Uint8Array(await file.arrayBuffer())));
    const [before = 0, steps = 0] = told.steps;
    if (!first || !last || steps === 0) return undefined;
    history.keep({ steps: before, bytes: first });
    history.keep({ steps, bytes: last, checkpoints: own && told.checkpoint === checkpointVersion ? { own } : undefined });
    history.cut({ steps, bytes: last });
    return { history, rate: told.rate, at: told.at };
  } catch {
    return undefined;
  }
}
