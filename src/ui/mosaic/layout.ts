// Where the tiles of a mosaic lie, in pixels, and which element of the value a pixel shows. Pure.
import { ModelError } from "../../engine/errors.ts";
import type { Axes } from "../../engine/shapes.ts";

/** How a value's channels, rows and columns lie in its buffer, in elements. */
export interface MapView {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly offset: number;
  readonly channelStride: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

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

/** A pixel's element. */
export interface MapPoint {
  readonly channel: number;
  readonly y: number;
  readonly x: number;
}

/** Up to this many dense units are drawn as one row of cells. */
const longestStrip = 16;
/** Height to width of a tile whose map's own would not be seen. */
const longestTile = 8;
/** Of a mosaic, width to height. */
const wantedAspect = 1.5;

/**
 * The channels, height and width of a value. Without `axes`: [N, C, H, W] as it is, [N, C, L] as maps of one row, [N, C] and [C]
 * as one cell per unit. Depth is stacked downwards, and of more axes some are rows and some columns, where their strides allow it.
 *
 * @param batch which n is drawn
 * @param axes what the axes are, where that is known: "nhwc" has its channels last, "nhw" has one map
 * @returns undefined where the value has no such view (a tensor of rank 5 with gaps)
 */
export function viewAsMaps(shape: readonly number[], strides: readonly number[], offset = 0, batch = 0, axes?: Axes): MapView | undefined {
  const { channel, rows, columns } = placeAxes(shape, axes);
  const at = (axis: number | undefined) => ({ extent: shape[axis ?? -1] ?? 1, stride: strides[axis ?? -1] ?? 0 });
  const { extent: channels, stride: channelStride } = at(channel);
  const batchAxis = shape.findIndex((_, axis) => axis !== channel && !rows.includes(axis) && !columns.includes(axis));
  /** Axes as one; without a stride where there are gaps. */
  const merge = (some: readonly number[], usual: number) => {
    let [count, step]: [number, number | undefined] = [1, usual];
    for (const { extent, stride } of some.map(at).toReversed()) {
      if (count === 1) step = stride;
      else if (extent > 1 && stride !== count * (step as number)) return { count, step: undefined };
      count *= extent;
    }
    return { count, step };
  };
  const { count: width, step: columnStride } = merge(columns, 1);
  const { count: height, step: rowStride } = merge(rows, width * (columnStride ?? 0));
  if (columnStride === undefined || rowStride === undefined) return undefined;
  return { channels, height, width, offset: offset + batch * at(batchAxis).stride, channelStride, rowStride, columnStride };
}

interface PlacedAxes {
  readonly channel: number | undefined;
  /** From the outermost. */
  readonly rows: readonly number[];
  readonly columns: readonly number[];
}

/** The axis of channels, and those of a map. Axes that are not known in full are taken as NCHW. */
export function placeAxes(shape: readonly number[], axes?: Axes): PlacedAxes {
  const rank = shape.length;
  if (axes?.length === rank && shape.every((extent, axis) => axes[axis] !== "_" || extent === 1)) {
    const image = ["d", "h", "w"].map((letter) => axes.indexOf(letter)).filter((axis) => axis >= 0);
    // A value with rows and without columns is one column.
    if (image.length > 0 && !axes.includes("w")) image.push(rank);
    const channel = axes.indexOf("c");
    return { channel: channel < 0 ? undefined : channel, rows: image.slice(0, -1), columns: image.slice(-1) };
  }
  const channel = rank > 1 ? 1 : 0;
  const image = shape.map((_, axis) => axis).slice(channel + 1);
  const first = image.length > 3 ? firstOfColumns(shape, image) : image.length - 1;
  return { channel, rows: image.slice(0, Math.max(0, first)), columns: image.slice(Math.max(0, first)) };
}

/** Where axes of a map that nobody has names for, as rows and columns in blocks, are parted: so that it is as square as they allow. */
function firstOfColumns(shape: readonly number[], image: readonly number[]): number {
  const extentOf = (axes: readonly number[]) => axes.reduce((product, axis) => product * (shape[axis] as number), 1);
  const lengthOf = (first: number) => Math.abs(Math.log2(extentOf(image.slice(0, first)) / extentOf(image.slice(first))));
  return image.map((_, i) => i).reduce((best, first) => (lengthOf(first) <= lengthOf(best) ? first : best));
}

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

/**
 * Tiles per row. The same whatever the room, so that a value looks alike everywhere: a count that divides the channels evenly, with a
 * mosaic somewhat wider than high, such as 8 × 4 of 32 and 8 × 8 of 64; few dense units are a strip.
 */
export function chooseColumns({ channels, mapHeight, mapWidth }: Pick<LayoutOptions, "channels" | "mapHeight" | "mapWidth">): number {
  const isDense = mapHeight === 1 && mapWidth === 1;
  if (isDense && channels <= longestStrip) return channels;
  let best = 1;
  let leastCost = Infinity;
  const square = Math.sqrt((channels * mapHeight) / mapWidth);
  const first = Math.max(1, Math.min(channels, Math.floor(square / 8)));
  for (let columns = first; columns <= Math.min(channels, Math.ceil(square * 8)); columns++) {
    const rows = Math.ceil(channels / columns);
    const emptyShare = (rows * columns) / channels - 1;
    const aspect = (columns * mapWidth) / (rows * mapHeight);
    // A mosaic of three times the aspect wanted, or a third, is as bad as one that does not fill its last row, and 3% of it empty.
    const cost = 0.15 * Math.abs(Math.log2(aspect / wantedAspect)) + 0.5 * emptyShare + (emptyShare > 0 ? 0.22 : 0);
    if (cost >= leastCost) continue;
    best = columns;
    leastCost = cost;
  }
  return best;
}
