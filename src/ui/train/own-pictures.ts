// Pictures of one's own as a data set: the folder that each lies in is its class, and some of each class are held back. Pure.
import { ModelError } from "../../engine/errors.ts";
import type { OwnPicture } from "./request.ts";

export interface LabelledPicture extends OwnPicture {
  readonly label: number;
}

export const isPictureName = (path: string) => /\.(png|jpe?g|webp|gif|bmp|avif)$/i.test(path);

/**
 * @param files with paths such as `cats/one.png`
 * @throws ModelError where there are not two classes
 */
export function labelsOf(files: readonly OwnPicture[]): {
  readonly classes: readonly string[];
  readonly pictures: readonly LabelledPicture[];
} {
  const pictures = files.filter(({ path }) => isPictureName(path) && path.includes("/"));
  const classOf = ({ path }: OwnPicture) => path.split("/").at(-2) as string;
  const classes = [...new Set(pictures.map(classOf))].sort();
  if (classes.length < 2)
    throw new ModelError(
      `expected a folder of pictures for each of at least two classes; there ${classes.length === 0 ? "is none" : `is one, '${classes[0]}'`}.`,
    );
  return { classes, pictures: pictures.map((one) => ({ ...one, label: classes.indexOf(classOf(one)) })) };
}

/** The same for the same pictures, whoever has read their list anew. */
export function identityOf(files: readonly OwnPicture[]): readonly unknown[] {
  return files.map(({ path, file }) => [path, file.size, file.lastModified]);
}

/** One of how many is held back. */
const heldBackOf = 5;

/**
 * Holds back one of five of each class, at least one where a class has several. The same seed holds back the same.
 *
 * @throws ModelError for a class of which no picture could be read
 */
export function divide<T extends { readonly label: number }>(
  all: readonly T[],
  classes: readonly string[],
  seed: number,
): { readonly train: readonly T[]; readonly test: readonly T[] } {
  const train: T[] = [];
  const test: T[] = [];
  for (const [label, name] of classes.entries()) {
    const own = all.filter((one) => one.label === label);
    if (own.length === 0) throw new ModelError(`no picture of '${name}' could be read.`);
    const count = own.length < 2 ? 0 : Math.max(1, Math.floor(own.length / heldBackOf));
    const first = (((seed % own.length) + own.length) % own.length) | 0;
    const turned = [...own.slice(first), ...own.slice(0, first)];
    // Evenly among them: pictures that follow each other are often alike.
    const every = count === 0 ? 0 : own.length / count;
    const held = new Set(Array.from({ length: count }, (_, i) => Math.floor(i * every)));
    turned.forEach((one, i) => {
      (held.has(i) ? test : train).push(one);
    });
  }
  // Where every class has one picture, how good it is shows on those.
  return { train, test: test.length > 0 ? test : train };
}
