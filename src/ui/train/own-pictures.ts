// Pictures of one's own as a data set: the folder that each lies in is its class, or what a list among them says. Pure, but for reading the list.
import { isPicturePath, readPictureList } from "../../data-sets/picture-list.ts";
import { ModelError } from "../../engine/errors.ts";
import type { OwnPicture } from "./request.ts";

export interface LabelledPicture extends OwnPicture {
  readonly label: number;
  /** Whether it is held back, where a list says so. */
  readonly isTest: boolean | undefined;
}

export const isListName = (path: string) => /\.csv$/i.test(path);

export interface LabelledPictures {
  readonly classes: readonly string[];
  readonly pictures: readonly LabelledPicture[];
  /** How many a list names that are not there, or that make no sense in it. */
  readonly leftOut: number;
  /** Each of them, with what is wrong. */
  readonly unread: readonly string[];
  readonly isListed: boolean;
}

/**
 * @throws ModelError where there are not two classes, or several lists, and for a list that makes no sense
 */
export async function readLabels(files: readonly OwnPicture[]): Promise<LabelledPictures> {
  const [list, other] = files.filter(({ path }) => isListName(path));
  if (other) throw new ModelError(`there are several lists, '${list?.path}' and '${other.path}'; expected one .csv.`);
  if (!list) return { ...labelsOf(files), leftOut: 0, unread: [], isListed: false };
  try {
    return labelsOfList(files, list.path, await list.file.text());
  } catch (error) {
    throw error instanceof ModelError ? new ModelError(`'${list.path}': ${error.message}`) : error;
  }
}

function labelsOfList(files: readonly OwnPicture[], place: string, text: string): LabelledPictures {
  const { pictures, classes, columns, leftOut } = readPictureList(text);
  if (columns.length > 0)
    throw new ModelError(
      `it has numbers (${columns.join(", ")}). Here classes are learned; convcam train --data csv:FILE learns numbers, too.`,
    );
  const folder = place.slice(0, place.lastIndexOf("/") + 1);
  const all = new Map(files.map((one) => [one.path, one]));
  // Who drops pictures alone, or a folder above, gives other paths than the list has. A name that several have tells nothing.
  const byName = onlyOnes(files, ({ path }) => nameOf(path));
  const listed = onlyOnes(pictures, ({ path }) => nameOf(path));
  const within = (path: string) => {
    const ending = files.filter((one) => one.path.endsWith(`/${path}`));
    return ending.length === 1 ? ending[0] : undefined;
  };
  const unread = [...leftOut];
  const found = pictures.flatMap(({ path, label, isTest }) => {
    const name = nameOf(path);
    const one = all.get(folder + path) ?? all.get(path) ?? (listed.has(name) ? byName.get(name) : within(path));
    if (!one) unread.push(`'${path}' is not here`);
    return one ? [{ ...one, label, isTest }] : [];
  });
  if (found.length === 0)
    throw new ModelError(`none of its pictures is here, such as ${pictures[0]?.path}. Choose the folder that holds both.`);
  return { classes, pictures: found, leftOut: unread.length, unread, isListed: true };
}

const nameOf = (path: string) => path.split("/").at(-1) as string;

/** By their keys, those whose key nothing else has. */
function onlyOnes<T>(list: readonly T[], keyOf: (one: T) => string): ReadonlyMap<string, T> {
  const byKey = new Map<string, T | undefined>();
  for (const one of list) byKey.set(keyOf(one), byKey.has(keyOf(one)) ? undefined : one);
  return new Map([...byKey].flatMap(([key, one]) => (one ? [[key, one] as const] : [])));
}

/**
 * @param files with paths such as `cats/one.png`
 * @throws ModelError where there are not two classes
 */
export function labelsOf(files: readonly OwnPicture[]): {
  readonly classes: readonly string[];
  readonly pictures: readonly LabelledPicture[];
} {
  const pictures = files.filter(({ path }) => isPicturePath(path) && path.includes("/"));
  const classOf = ({ path }: OwnPicture) => path.split("/").at(-2) as string;
  const classes = [...new Set(pictures.map(classOf))].sort();
  if (classes.length < 2)
    throw new ModelError(
      `expected a folder of pictures for each of at least two classes; there ${classes.length === 0 ? "is none" : `is one, '${classes[0]}'`}.`,
    );
  return { classes, pictures: pictures.map((one) => ({ ...one, label: classes.indexOf(classOf(one)), isTest: undefined })) };
}

/** The same for the same pictures, whoever has read their list anew. */
export function identityOf(files: readonly OwnPicture[]): readonly unknown[] {
  return files.map(({ path, file }) => [path, file.size, file.lastModified]);
}
