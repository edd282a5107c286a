// Between the places of maps, which are channel, row and column, and the indices of the value that they show. Pure.
import type { Axes } from "../../engine/shapes.ts";
import { type MapPoint, placeAxes } from "../mosaic/layout.ts";

/** A value's shape, and what its axes are where that is known. */
export interface Shaped {
  readonly shape: readonly number[];
  readonly axes?: Axes | undefined;
}

/** From a first up to but not a last one. */
export type Span = readonly [begin: number, end: number];

/** A part of a value's maps: the same rows and columns of some channels. */
export interface MapBox {
  readonly channels: Span;
  readonly y: Span;
  readonly x: Span;
}

/** The index of a place, in the value's own axes; of the first of a batch. */
export function indexAt({ shape, axes }: Shaped, { channel, y, x }: MapPoint): number[] {
  const { channel: channelAxis, image } = placeAxes(shape, axes);
  const index = shape.map(() => 0);
  if (channelAxis !== undefined && channelAxis < index.length) index[channelAxis] = channel;
  const columns = image.at(-1);
  if (columns !== undefined && columns < index.length) index[columns] = x;
  let rest = y;
  for (const axis of image.slice(0, -1).toReversed()) {
    const extent = shape[axis] as number;
    index[axis] = rest % extent;
    rest = Math.floor(rest / extent);
  }
  return index;
}

/** Where a box of a value lies on its maps; of what is stacked downwards, all between. */
export function mapBoxOf({ shape, axes }: Shaped, begin: readonly number[], end: readonly number[]): MapBox {
  const { channel, image } = placeAxes(shape, axes);
  const spanOf = (axis: number | undefined): Span => [begin[axis ?? -1] ?? 0, end[axis ?? -1] ?? 1];
  const rows = image.slice(0, -1);
  const flat = (indices: readonly number[]) => rows.reduce((sum, axis) => sum * (shape[axis] as number) + (indices[axis] as number), 0);
  const last = flat(end.map((one) => one - 1));
  return { channels: spanOf(channel), y: rows.length > 0 ? [flat(begin), last + 1] : [0, 1], x: spanOf(image.at(-1)) };
}
