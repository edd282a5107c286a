// Between the places of maps, which are channel, row and column, and the indices of the value that they show. Pure.
import type { Axes } from "../../engine/shapes.ts";
import { type MapPoint, placeAxes } from "../mosaic/maps.ts";

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
  const { channel: channelAxis, rows, columns } = placeAxes(shape, axes);
  const index = shape.map(() => 0);
  if (channelAxis !== undefined && channelAxis < index.length) index[channelAxis] = channel;
  for (const [some, at] of [
    [rows, y],
    [columns, x],
  ] as const) {
    let rest = at;
    for (const axis of some.filter((one) => one < index.length).toReversed()) {
      const extent = shape[axis] as number;
      index[axis] = rest % extent;
      rest = Math.floor(rest / extent);
    }
  }
  return index;
}

/** Where a box of a value lies on its maps; of what is stacked downwards, all between. */
export function mapBoxOf({ shape, axes }: Shaped, begin: readonly number[], end: readonly number[]): MapBox {
  const { channel, rows, columns } = placeAxes(shape, axes);
  const flat = (some: readonly number[], indices: readonly number[]) =>
    some.reduce((sum, axis) => sum * (shape[axis] ?? 1) + (indices[axis] ?? 0), 0);
  const last = end.map((one) => one - 1);
  const spanOf = (some: readonly number[]): Span => [flat(some, begin), flat(some, last) + 1];
  return { channels: spanOf(channel === undefined ? [] : [channel]), y: spanOf(rows), x: spanOf(columns) };
}
