// Finds nodes and blocks by what people type: "all convs", a name, an operator, a shape such as 64x56x56, "silent". Pure.
import { type Item, isBlock } from "./blocks.ts";
import type { LayerNames } from "./layer-names.ts";

/** What is known besides what the network is made of. */
export interface SearchedBesides {
  readonly names?: LayerNames | undefined;
  /** Whether it has channels that are silent now. */
  readonly isSilent?: ((item: Item) => boolean) | undefined;
}

/** Whether channels have to be counted for what is typed. */
export function asksForSilence(text: string): boolean {
  return /^\s*(all\s+)?silent\b/i.test(text);
}

/** Every item and what is in it, the outer before the inner. */
export function everyItem(items: readonly Item[]): readonly Item[] {
  return items.flatMap((item) => (isBlock(item) ? [item, ...everyItem(item.members)] : [item]));
}

/** @returns ids, those that fit best first, others in the order of the network; none for an empty text */
export function searchItems(items: readonly Item[], text: string, { names, isSilent }: SearchedBesides = {}): readonly string[] {
  const query = readQuery(text);
  if (query.words.length === 0) return [];
  const isOfSilence = isSilent !== undefined && asksForSilence(text);
  const found = everyItem(items).flatMap((item) => {
    const rank = isOfSilence && isSilent(item) ? 1 : Math.min(rankOf(item, query, names), rankOfShape(item, query.extents));
    return rank < noMatch ? [{ id: item.id, rank }] : [];
  });
  return found.toSorted((a, b) => a.rank - b.rank).map(({ id }) => id);
}

interface Query {
  readonly text: string;
  readonly words: readonly string[];
  /** Where it may be a shape. */
  readonly extents: readonly number[] | undefined;
}

const noMatch = Number.POSITIVE_INFINITY;

function readQuery(text: string): Query {
  const plain = plainText(text)
    .replace(/^all\s+/, "")
    .replace(/\b([a-z]{3,})s$/, (word, stem) => (/(ss|us|is)$/.test(word) ? word : stem))
    .trim();
  const extents = /^\[?\d+(\s*[x,]\s*\d+)*\]?$/.test(plain) ? plain.match(/\d+/g)?.map(Number) : undefined;
  return { text: plain, words: plain.split(/\s+/).filter((word) => word !== ""), extents };
}

/** As it is compared: 64×56² is 64x56x56. */
function plainText(text: string): string {
  return text
    .toLowerCase()
    .replaceAll("×", "x")
    .replace(/(\d+)²/g, "$1x$1")
    .trim();
}

function rankOf(item: Item, { text, words }: Query, given: LayerNames | undefined): number {
  const title = plainText(item.title);
  const own = isBlock(item) ? [item.name, item.value] : [item.id, ...item.names, ...item.values];
  const names = [...own, ...own.flatMap((name) => given?.get(name) ?? [])].map(plainText);
  const operators = isBlock(item) ? [plainText(item.kind)] : item.operators.map(plainText);
  if (names.includes(text) || title === text) return 1;
  if (startsWord(title, text, /^/) || operators[0] === text) return 2;
  if (startsWord(title, text, /\s/) || operators.includes(text)) return 3;
  if (names.some((name) => startsWord(name, text, /[/._\s-]/))) return 4;
  const all = [title, ...names, ...operators];
  if (all.some((own) => own.includes(text))) return 5;
  return words.length > 1 && words.every((word) => all.some((own) => own.includes(word))) ? 6 : noMatch;
}

/** Whether a text has `start` at its beginning or behind a separator. */
function startsWord(text: string, start: string, separator: RegExp): boolean {
  if (text.startsWith(start)) return true;
  for (let at = text.indexOf(start); at > 0; at = text.indexOf(start, at + 1)) if (separator.test(text.charAt(at - 1))) return true;
  return false;
}

/** The batch may be left out. One number alone is the channels first, then any extent. */
function rankOfShape({ shape, axes }: Item, extents: readonly number[] | undefined): number {
  if (!shape || !extents) return noMatch;
  const channels = shape[axes ? axes.indexOf("c") : 1];
  if (extents.length === 1) return channels === extents[0] ? 2 : shape.slice(1).includes(extents[0] as number) ? 3 : noMatch;
  const starts = shape.flatMap((_, start) => (extents.every((extent, i) => shape[start + i] === extent) ? [start] : []));
  if (starts.length === 0) return noMatch;
  return starts.includes(shape.length - extents.length) && extents.length >= shape.length - 1 ? 1 : 2;
}
