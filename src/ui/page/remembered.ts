// What somebody chose for a network of their own, kept in the browser under a number made of the file's name and size.
import type { Preparation } from "../preparation.ts";
import { isPreparation } from "./address.ts";

/** A place for texts, as `localStorage` is. */
export type Memory = Pick<Storage, "getItem" | "setItem" | "removeItem">;

interface NamedFile {
  readonly name: string;
  readonly size: number;
}

/**
 * The same for the same files in any order; names are not kept in clear. Pure.
 *
 * @param what is kept under it
 */
export function keyOf(files: readonly NamedFile[], what: "preparation" | "names" = "preparation"): string {
  const text = files.map(({ name, size }) => `${name}\n${size}`).sort();
  // FNV-1a, twice from different starts: 64 bits.
  const hash = (start: number) => {
    let state = start;
    for (const letter of text.join("\n\n")) state = Math.imul(state ^ (letter.codePointAt(0) as number), 16777619) >>> 0;
    return state.toString(16).padStart(8, "0");
  };
  return `convcam:${what}:${hash(2166136261)}${hash(84696351)}`;
}

/** @returns undefined where nothing is kept, or the browser lets nobody look */
export function recall(key: string, memory = localMemory()): Preparation | undefined {
  try {
    const value: unknown = JSON.parse(recallText(key, memory) ?? "null");
    return isPreparation(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** @returns whether it is kept; not where the browser keeps nothing for this page */
export function remember(key: string, preparation: Preparation | undefined, memory = localMemory()): boolean {
  return rememberText(key, preparation && JSON.stringify(preparation), memory);
}

/** As {@link recall}. */
export function recallText(key: string, memory = localMemory()): string | undefined {
  try {
    return memory?.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

/** As {@link remember}. */
export function rememberText(key: string, text: string | undefined, memory = localMemory()): boolean {
  try {
    if (text === undefined) memory?.removeItem(key);
    else memory?.setItem(key, text);
    return memory !== undefined;
  } catch {
    return false;
  }
}

/** Where a page may keep nothing, asking for the place already throws. */
function localMemory(): Memory | undefined {
  try {
    return globalThis.localStorage;
  } catch {
    return undefined;
  }
}
