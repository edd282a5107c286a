// How many of one's pictures a network does not learn from yet, or still does, in a sentence. Pure.

/** @param learned those that it learns from; empty where nothing learns yet */
export function unlearnedText(pictures: readonly File[], learned: ReadonlySet<File>): string {
  if (learned.size === 0) return "";
  const added = pictures.filter((one) => !learned.has(one)).length;
  const gone = learned.size - (pictures.length - added);
  const parts = [
    ...(added > 0 ? [`${added === 1 ? "1 new picture is" : `${added} new pictures are`} not learned yet`] : []),
    ...(gone > 0 ? [`${gone === 1 ? "1 that is no longer here is" : `${gone} that are no longer here are`} still learned`] : []),
  ];
  return parts.length > 0 ? `${parts.join(", and ")}: choose “Learn these”.` : "";
}
