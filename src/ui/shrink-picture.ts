// Shrinks a large picture beside the page's own thread, which copies every pixel for each upload.

/**
 * @param whole the decoded picture, which is closed
 * @param largestSide of the result, in pixels
 */
export function shrinkPicture(blob: Blob, whole: ImageBitmap, largestSide: number): Promise<ImageBitmap> {
  const share = largestSide / Math.max(whole.width, whole.height);
  const shrunk = (side: number) => Math.max(1, Math.round(side * share));
  const options = { resizeWidth: shrunk(whole.width), resizeHeight: shrunk(whole.height), resizeQuality: "high" } as const;
  whole.close();
  return createImageBitmap(blob, options);
}
