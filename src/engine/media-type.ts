// Which kind of picture or video bytes are, of those that a browser may know.

const beginnings: readonly (readonly [offset: number, text: string, type: string])[] = [
  [0, "\u0089PNG", "image/png"],
  [0, "\u00ff\u00d8\u00ff", "image/jpeg"],
  [0, "GIF8", "image/gif"],
  [8, "WEBP", "image/webp"],
  [4, "ftypavif", "image/avif"],
  [4, "ftyp", "video/mp4"],
  [0, "\u001a\u0045\u00df\u00a3", "video/webm"],
];

/** By the first twelve bytes; `undefined` for what is neither. */
export function mediaTypeOf(bytes: Uint8Array): string | undefined {
  const text = String.fromCharCode(...bytes.subarray(0, 12));
  return beginnings.find(([offset, beginning]) => text.startsWith(beginning, offset))?.[2];
}
