// What elements, and parts of maps, are called. Pure.
import type { Axes } from "../../engine/shapes.ts";
import { type MapPoint, placeAxes } from "../mosaic/maps.ts";

interface Shaped {
  readonly shape: readonly number[];
  readonly axes?: Axes | undefined;
}

/** "y 4, x 6"; of maps of one row "x 6", of deep ones "depth 1, y 4, x 6", of units nothing. */
export function describePlace({ shape, axes }: Shaped, { y, x }: Pick<MapPoint, "y" | "x">): string {
  const { rows, columns } = placeAxes(shape, axes);
  const extentOf = (some: readonly number[]) => some.reduce((product, axis) => product * (shape[axis] ?? 1), 1);
  if (extentOf([...rows, ...columns]) === 1) return "";
  if (rows.length === 0) return `x ${x}`;
  const last = shape[rows.at(-1) as number] ?? 1;
  return rows.length === 2 ? `depth ${Math.floor(y / last)}, y ${y % last}, x ${x}` : `y ${y}, x ${x}`;
}

/** "channel 8, y 4, x 6", or "unit 20". */
export function describeElement(layer: Shaped, point: MapPoint): string {
  const place = describePlace(layer, point);
  if (place === "") return `unit ${point.channel}`;
  return placeAxes(layer.shape, layer.axes).channel === undefined ? place : `channel ${point.channel}, ${place}`;
}

/** "rows 4 to 6", or "row 4". */
export function describeSpan(what: string, [first, end]: readonly [number, number]): string {
  return end - first === 1 ? `${what} ${first}` : `${what}s ${first} to ${end - 1}`;
}
