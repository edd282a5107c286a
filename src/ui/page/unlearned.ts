// How many of one's pictures a network does not learn from yet, in a sentence. Pure.

/** @param learned those that it learns from; empty where nothing learns yet */
export function unlearnedText(pictures: readonly File[], learned: ReadonlySet<File>): string {
  const count = pictures.filter((one) => !learned.has(one)).length;
  if (learned.size === 0 || count === 0) return "";
  return `${count === 1 ? "1 new picture is" : `${count} new pictures are`} not learned yet: choose “Learn these”.`;
}
