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
