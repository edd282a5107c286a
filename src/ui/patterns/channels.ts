// Lists of channels as people write them. Pure.

/**
 * Reads numbers and ranges, such as `0-63` or `3,7-9`.
 *
 * @returns undefined where it is no such list
 */
export function readChannels(text: string): readonly number[] | undefined {
  const parts = text.split(",").map((part) => {
    const [, from = "", to = from] = /^(\d+)(?:-(\d+))?$/.exec(part.trim()) ?? [];
    const count = Number(to) - Number(from) + 1;
    return from !== "" && count >= 1 && count <= 4096 ? Array.from({ length: count }, (_, i) => Number(from) + i) : undefined;
  });
  return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
}
