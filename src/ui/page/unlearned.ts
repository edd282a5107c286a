// What is told beside one's pictures: what is missing before they can be learned, and how many a network does not learn from yet, or still does. Pure.

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

/**
 * What is told after a change of classes or pictures.
 *
 * @param isRefused whether somebody wanted to learn these, and something was missing: it is told until nothing is
 */
export function toldOf(
  { lack, files }: { readonly lack: string | undefined; readonly files: readonly File[] },
  learned: ReadonlySet<File>,
  isRefused: boolean,
): string {
  return (isRefused && lack) || unlearnedText(files, learned);
}
