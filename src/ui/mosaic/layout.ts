// Where the tiles of a mosaic lie, in pixels, and which element of the value a pixel shows. Pure.
import { ModelError } from "../../engine/errors.ts";
import { chooseColumns } from "./maps.ts";

export interface MosaicLayout {
  readonly channels: number;
  readonly mapHeight: number;
  readonly mapWidth: number;
  readonly columns: number;
  readonly rows: number;
  /** Pixels of one tile. */
  readonly tileWidth: number;
  readonly tileHeight: number;
  /** Pixels between tiles; none around them. */
  readonly gap: number;
  /** Pixels of the whole mosaic. */
  readonly width: number;
  readonly height: number;
  /** Set where a texture could not hold the mosaic that was wanted, so that this one is smaller. */
  readonly isReduced?: true;
}

export interface LayoutOptions {
  readonly channels: number;
  readonly mapHeight: number;
  readonly mapWidth: number;
  /** Pixels available; the mosaic is at most this wide unless one pixel per tile is still too much. */
  readonly width: number;
  /** Pixels available downwards; unlimited where absent. */
  readonly height?: number | undefined;
  /** Tiles per row; see {@link chooseColumns} where absent. */
  readonly columns?: number | undefined;
  readonly gap?: number | undefined;
  /** Pixels that a texture may have in each direction; unlimited where absent. */
  readonly largest?: number | undefined;
}

/** Height to width of a tile whose map's own would not be seen. */
const longestTile = 8;
/**
 * Places one tile per channel. Tiles keep the map's aspect ratio. Maps are magnified by a whole factor, so that every
 * element is the same square; where even factor 1 is too wide, tiles shrink below the map and each pixel shows a mean.
 */
export function layoutMosaic(options: LayoutOptions): MosaicLayout {
  const { channels, mapHeight, mapWidth, gap = 0 } = options;
  const columns = Math.max(1, Math.min(channels, options.columns ?? chooseColumns(options)));
  const { rows, tileWidth, tileHeight } = fitTiles(options, columns);
  const layout = arrange({ channels, mapHeight, mapWidth, columns, rows, tileWidth, tileHeight, gap });
  const { largest = Infinity } = options;
  return layout.width <= largest && layout.height <= largest ? layout : reduce(layout, largest);
}

type Tiles = Omit<MosaicLayout, "width" | "height" | "isReduced">;

function arrange(tiles: Tiles): MosaicLayout {
  const { columns, rows, tileWidth, tileHeight, gap } = tiles;
  return { ...tiles, width: columns * tileWidth + (columns - 1) * gap, height: rows * tileHeight + (rows - 1) * gap };
}

/**
 * Makes a mosaic fit into a texture: more columns where rows are too many, then narrower gaps, then smaller tiles. What is left keeps
 * at least one pixel per tile; the map's aspect ratio goes where even that is too much.
 */
function reduce(layout: MosaicLayout, largest: number): MosaicLayout {
  const { channels } = layout;
  const columns = Math.max(Math.min(layout.columns, largest), Math.ceil(channels / largest));
  const rows = Math.ceil(channels / columns);
  if (columns > largest)
    throw new ModelError(`${channels} channels are more than the ${largest * largest} pixels of the largest picture that this GPU draws.`);
  const room = (count: number) => (count > 1 ? Math.floor((largest - count) / (count - 1)) : Infinity);
  const gap = Math.min(layout.gap, room(columns), room(rows));
  const tile = (count: number, wanted: number) => Math.min(wanted, Math.floor((largest - (count - 1) * gap) / count));
  const share = Math.min(tile(columns, layout.tileWidth) / layout.tileWidth, tile(rows, layout.tileHeight) / layout.tileHeight);
  const tileWidth = Math.max(1, Math.floor(layout.tileWidth * share));
  const tileHeight = Math.max(1, Math.floor(layout.tileHeight * share));
  return { ...arrange({ ...layout, columns, rows, gap, tileWidth, tileHeight }), isReduced: true };
}

/** The largest tiles with which so many columns fit. */
function fitTiles({ channels, mapHeight, mapWidth, width, height = Infinity, gap = 0 }: LayoutOptions, columns: number) {
  const rows = Math.ceil(channels / columns);
  const roomX = (width - (columns - 1) * gap) / columns / mapWidth;
  const roomY = (height - (rows - 1) * gap) / rows / mapHeight;
  const room = Math.min(roomX, roomY);
  const scale = room >= 1 ? Math.floor(room) : room;
  // Not even a pixel wide within the room: a map of so many rows gives its aspect ratio up.
  if (scale * mapWidth < 1 && mapHeight > longestTile * mapWidth && roomY >= 0) {
    const tileHeight = Math.max(1, Math.min(mapHeight, Math.floor(mapHeight * roomY)));
    return { rows, tileWidth: Math.max(1, Math.min(Math.floor(mapWidth * roomX), Math.ceil(tileHeight / longestTile))), tileHeight };
  }
  const tileWidth = Math.max(1, Math.floor(mapWidth * scale + 1e-9));
  return { rows, tileWidth, tileHeight: Math.max(1, Math.round((mapHeight * tileWidth) / mapWidth)) };
}
