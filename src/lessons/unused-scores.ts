// What is told of a network that has more scores than there are classes: what it learns, and how often it answers with one
// that is of none. Pure.
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

/** What an answer is called whose score is of no class. */
export const otherAnswers = "none of them";

/**
 * Rows by right class, columns by the answer, with one more for {@link otherAnswers} where there are any.
 *
 * @param confusion by scores, of which the first are of classes
 */
export function answersByClass(confusion: readonly (readonly number[])[], classCount: number): readonly (readonly number[])[] {
  const rows = confusion.slice(0, classCount);
  const others = rows.map((row) => row.slice(classCount).reduce((sum, count) => sum + count, 0));
  const hasOthers = others.some((count) => count > 0);
  return rows.map((row, i) => [...row.slice(0, classCount), ...(hasOthers ? [others[i] as number] : [])]);
}
