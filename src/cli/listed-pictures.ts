// csv:FILE: pictures that a list names, with their classes or numbers, and which of them are held back.
import { existsSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import type { NetworkClasses } from "../data-sets/class-names.ts";
import { type BytesSet, type NumbersSet, withNumbers } from "../data-sets/data-set.ts";
import { type ListedPicture, type PictureList, readPictureList } from "../data-sets/picture-list.ts";
import { ModelError } from "../engine/errors.ts";
import { readBytes } from "./model-file.ts";
import { type Choice, NoneHeldBack, type Part, readPictures } from "./read-pictures.ts";
import type { DataOptions } from "./training-data.ts";

const testName = /(?<![a-z])test/i;
/** A list of what is held back, also where none to train on lies beside it. */
const heldBackName = /^(test|testing|val|valid|validation)\.csv$/i;

/** The list to train on that belongs to this one by its name, and that of what is held back: this one itself, where the name does not tell. */
export function twinsOf(path: string): readonly [trained: string, tested: string] {
  const named = (from: RegExp, to: string) => join(dirname(path), basename(path).replace(from, to));
  return [named(testName, "train"), named(/(?<![a-z])train/i, "test")];
}

/**
 * What is held back is told by a column of the list, or lies in a list beside it (`train.csv` and `test.csv`); else it is one of five of each class, by the seed.
 *
 * @throws ModelError for a list that cannot be read, or makes no sense
 */
export async function readListed(path: string, part: Part, options: DataOptions): Promise<BytesSet | NumbersSet> {
  const [trained, tested] = twinsOf(path).map((other) => (other !== path && existsSync(other) ? other : undefined));
  // A list of what is held back alone has the classes of what was trained on, and its numbers in that order.
  const { network } = options;
  const base = trained ? await readList(trained, undefined, network) : undefined;
  const list = base ? inOrderOf(base, await readList(path, base.classes), path) : await readList(path, undefined, network);
  if (part === "test" && tested)
    return read(
      tested,
      { part, seed: undefined },
      notLearned(list, inOrderOf(list, await readList(tested, list.classes), tested)),
      options,
    );
  if (part === "train" && (trained || heldBackName.test(basename(path))))
    throw new ModelError(
      `data '${path}': by its name it is a list of what is held back. ${trained ? `'${trained}' lies beside it, to train on: give that one.` : "Give the list to train on."}`,
    );
  const isOfBoth = !trained && !tested && !heldBackName.test(basename(path));
  const saysParts = list.pictures.some(({ isTest }) => isTest !== undefined);
  const held = base ? notLearned(base, list) : list;
  const left =
    part === "train" || (isOfBoth && saysParts)
      ? list.pictures.filter(({ isTest }) => (isTest === true) === (part === "test"))
      : held.pictures;
  const seed = isOfBoth && !saysParts ? (options.seed ?? 0) : undefined;
  return read(path, { part, seed }, { ...list, pictures: left, leftOut: options.isRepeated ? [] : held.leftOut }, options);
}

async function readList(path: string, known?: readonly string[], network?: NetworkClasses): Promise<PictureList> {
  const bytes = await readBytes(path, "data");
  try {
    return readPictureList(new TextDecoder("utf-8", { fatal: true }).decode(bytes), known, network);
  } catch (error) {
    throw new ModelError(`data '${path}': ${error instanceof ModelError ? error.message : "this is no text in UTF-8."}`);
  }
}

/** What is held back, its numbers in the order of the list that is trained on. @throws ModelError where that has others */
function inOrderOf({ columns }: PictureList, list: PictureList, path: string): PictureList {
  const from = columns.map((name) => list.columns.indexOf(name));
  if (from.includes(-1) || columns.length !== list.columns.length)
    throw new ModelError(
      `data '${path}': its numbers are ${list.columns.join(", ")}, those of the list to train on ${columns.join(", ")}.`,
    );
  const pictures = list.pictures.map((one) => ({
    ...one,
    numbers: from.map((i) => one.numbers[i] as number).slice(0, one.numbers.length),
  }));
  return { ...list, columns, pictures };
}

/** What is held back, without what the list to train on has, too, which is told. Both lie in one folder. */
function notLearned({ pictures: learned }: PictureList, list: PictureList): PictureList {
  const lines = new Map(learned.flatMap(({ path, line, isTest }) => (isTest ? [] : [[path, line] as const])));
  const twice = list.pictures.filter(({ path }) => lines.has(path));
  const said = twice.map(({ path, line }) => `line ${line}: '${path}' is learned from, in line ${lines.get(path)} of the list to train on`);
  return { ...list, pictures: list.pictures.filter(({ path }) => !lines.has(path)), leftOut: [...list.leftOut, ...said] };
}

async function read(path: string, choice: Choice, list: PictureList, options: DataOptions): Promise<BytesSet | NumbersSet> {
  const { pictures, classes, columns, leftOut, told } = list;
  if (told && !options.isRepeated) console.error(`convcam: data '${path}': ${told}`);
  for (const one of leftOut) console.error(`convcam: '${path}', ${one}: left out`);
  if (pictures.length === 0 && choice.part === "test")
    throw new NoneHeldBack(`data '${path}': none of its pictures is held back. Add --part train.`);
  if (pictures.length === 0) throw new ModelError(`data '${path}': none of its pictures is to train on.`);
  const place = (one: ListedPicture) => ({ ...one, path: isAbsolute(one.path) ? one.path : join(dirname(path), one.path) });
  const { set, read: found } = await readPictures(path, pictures.map(place), classes, choice, options);
  if (classes.length > 0) return set;
  return withNumbers(
    set,
    columns,
    found.flatMap(({ numbers }) => numbers),
  );
}
