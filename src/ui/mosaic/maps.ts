// A value as maps, one for each channel: how they lie in its buffer, and how many of them stand in a row. Pure.
import type { Axes } from "../../engine/shapes.ts";
import type { MosaicLayout } from "./layout.ts";

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

/** A pixel's element. */
export interface MapPoint {
  readonly channel: number;
  readonly y: number;
  readonly x: number;
}

/** Up to this many dense units are drawn as one row of cells. */
const longestStrip = 16;
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
 * Tiles per row. The same whatever the room, so that a value looks alike everywhere: a count that divides the channels evenly, with a
 * mosaic somewhat wider than high, such as 8 × 4 of 32 and 8 × 8 of 64; few dense units are a strip.
 */
export function chooseColumns({ channels, mapHeight, mapWidth }: Pick<MosaicLayout, "channels" | "mapHeight" | "mapWidth">): number {
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
