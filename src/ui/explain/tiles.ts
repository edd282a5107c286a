// How many pictures go side by side, and where each lies: one, or one for each layer with its name below. Pure.

/** A picture's place on its canvas, in pixels. */
export interface Tile {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

export interface TileSpacing {
  /** Kept below each picture. */
  readonly captionHeight: number;
  readonly gap: number;
  /** The least that a picture is wide; as many as that allows are in a row before the canvas grows higher than the room. */
  readonly leastWidth: number;
}

interface TileOptions extends TileSpacing {
  readonly count: number;
  /** Of one picture: its height by its width. */
  readonly aspect: number;
  /** The room for all of them. */
  readonly room: Size;
}

/** CSS pixels that are kept below each of several pictures for its name. */
export const captionHeight = 22;

/** CSS pixels between pictures, and those that one is wide at least. */
const [usualGap, usualWidth] = [8, 88];

/** Device pixels of what does not depend on the pictures. @param pixelRatio device pixels to a CSS pixel */
export function spacingAt(pixelRatio: number): TileSpacing {
  const pixels = (length: number) => Math.round(length * pixelRatio);
  return { captionHeight: pixels(captionHeight), gap: pixels(usualGap), leastWidth: pixels(usualWidth) };
}

/** So few columns that all pictures fit into the room. @returns the columns and the room for one picture */
export function chooseTiles({ count, aspect, room, captionHeight, gap, leastWidth }: TileOptions): Size & { readonly columns: number } {
  const mostColumns = Math.max(1, Math.min(count, Math.floor((room.width + gap) / (leastWidth + gap))));
  for (let columns = 1; ; columns++) {
    const rows = Math.ceil(count / columns);
    const width = Math.floor((room.width - gap * (columns - 1)) / columns);
    const height = Math.floor((room.height - gap * (rows - 1)) / rows) - captionHeight;
    if (columns < mostColumns && width * aspect > height) continue;
    // One that is much higher than wide takes no more than a square, unless there is room.
    return { columns, width: Math.max(1, width), height: Math.max(1, height, count > 1 ? width : 0) };
  }
}

/** Places pictures of one size row by row. */
export function placeTiles(
  { width, height }: Size,
  { count, columns, captionHeight, gap }: Pick<TileOptions, "count" | "captionHeight" | "gap"> & { readonly columns: number },
): Size & { readonly tiles: readonly Tile[] } {
  const rows = Math.ceil(count / columns);
  const tiles = Array.from({ length: count }, (_, i) => ({
    x: (i % columns) * (width + gap),
    y: Math.floor(i / columns) * (height + captionHeight + gap),
    width,
    height,
  }));
  return { width: columns * (width + gap) - gap, height: rows * (height + captionHeight + gap) - gap, tiles };
}

/** So many of a list at most, the first and the last among them, evenly. */
export function thinned<T>(list: readonly T[], most: number): readonly T[] {
  if (list.length <= most) return list;
  return Array.from({ length: most }, (_, i) => list[Math.round((i * (list.length - 1)) / (most - 1))] as T);
}
