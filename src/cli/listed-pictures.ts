// csv:FILE: pictures that a list names, with their classes or numbers, and which of them are held back.
import { existsSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import { type BytesSet, type NumbersSet, withNumbers } from "../data-sets/data-set.ts";
import { divideListed } from "../data-sets/divide.ts";
import { type ListedPicture, type PictureList, readPictureList } from "../data-sets/picture-list.ts";
import { ModelError } from "../engine/errors.ts";
import { readBytes } from "./model-file.ts";
import { readPictures } from "./read-pictures.ts";
import type { DataOptions, Part } from "./training-data.ts";

const testName = /(?<![a-z])test/i;

/**
 * What is held back is told by a column of the list, or lies in a list beside it (`train.csv` and `test.csv`); else it is one of five of each class, by the seed.
 *
 * @throws ModelError for a list that cannot be read, or makes no sense
 */
export async function readListed(path: string, part: Part, options: DataOptions): Promise<BytesSet | NumbersSet> {
  const twin = (from: RegExp, to: string) => {
    const other = join(dirname(path), basename(path).replace(from, to));
    return other !== path && existsSync(other) ? other : undefined;
  };
  const [trained, tested] = [twin(testName, "train"), twin(/(?<![a-z])train/i, "test")];
  // A list of what is held back alone has the classes of what was trained on.
  const base = trained ? await readList(trained) : undefined;
  const list = await readList(path, base?.classes);
  if (part === "test" && tested) return read(tested, part, await readList(tested, list.classes), options);
  if (trained && part === "train") throw new ModelError(`data '${path}': '${trained}' lies beside it, to train on. Give that one.`);
  const isDivided = !trained && !tested && !(part === "test" && testName.test(basename(path)));
  const pictures = isDivided ? divideListed(list.pictures, list.classes, options.seed ?? 0)[part] : list.pictures;
  return read(path, part, { ...list, pictures, leftOut: options.isRepeated ? [] : list.leftOut }, options);
}

async function readList(path: string, known?: readonly string[]): Promise<PictureList> {
  const bytes = await readBytes(path, "data");
  try {
    return readPictureList(new TextDecoder("utf-8", { fatal: true }).decode(bytes), known);
  } catch (error) {
    throw new ModelError(`data '${path}': ${error instanceof ModelError ? error.message : "this is no text in UTF-8."}`);
  }
}

async function read(path: string, part: Part, list: PictureList, options: DataOptions): Promise<BytesSet | NumbersSet> {
  const { pictures, classes, columns, leftOut } = list;
  for (const one of leftOut) console.error(`convcam: '${path}', ${one}: left out`);
  if (pictures.length === 0)
    throw new ModelError(`data '${path}': none of its pictures is ${part === "test" ? "held back" : "to train on"}.`);
  const place = (one: ListedPicture) => ({ ...one, path: isAbsolute(one.path) ? one.path : join(dirname(path), one.path) });
  const { set, read: found } = await readPictures(path, pictures.map(place), classes, options);
  if (classes.length > 0) return set;
  return withNumbers(
    set,
    columns,
    found.flatMap(({ numbers }) => numbers),
  );
}
