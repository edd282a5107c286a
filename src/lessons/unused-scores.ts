// What is told of a network that has more scores than there are classes. Pure.
import { oneOrMany } from "./one-or-many.ts";

interface Told {
  readonly classes: readonly string[];
  /** Undefined where it has none for each picture. */
  readonly scores?: number | undefined;
}

/** @returns empty where each score is of a class */
export function unusedScores({ classes, scores = 0 }: Told): string {
  if (scores <= classes.length) return "";
  return `the network has ${scores} scores, the pictures are of ${oneOrMany(classes.length, "class", "classes")}: it learns never to answer with the others.`;
}
