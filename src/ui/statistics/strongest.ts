// Where a channel fires most: the largest elements of its map that have no larger neighbour, and what of the picture each depends on. Loaded when
// someone asks.
import { receptiveField } from "../../engine/elements/index.ts";
import type { Device } from "../../engine/gpu/device.ts";
import { readBack } from "../../engine/gpu/read-buffer.ts";
import type { TypedGraph } from "../../engine/graph/graph.ts";
import type { FieldOnMaps } from "../elements/fields.ts";
import { indexAt, mapBoxOf } from "../elements/places.ts";
import { numbersOf } from "../gpu-numbers.ts";
import type { Viewer } from "../viewer.ts";
import type { MapSource } from "./channel-statistics.ts";

export interface StrongestQuery {
  readonly kind: "strongest";
  readonly value: string;
  readonly channel: number;
  /** How many places at most. */
  readonly count: number;
}

export interface Peak {
  readonly y: number;
  readonly x: number;
  readonly element: number;
}

export interface StrongPlace extends Peak {
  /** What it depends on of the picture; absent where the network takes none. */
  readonly field?: FieldOnMaps | undefined;
}

/** @returns the strongest first; none of a channel that is the same everywhere */
export async function readStrongest(viewer: Viewer, { value, channel, count }: StrongestQuery): Promise<readonly StrongPlace[]> {
  const { device, model } = viewer;
  const source = viewer.sourceOf(value);
  const map = await readMap(device, source, channel);
  const { height, width } = source.view;
  return peaksOf(map, { height, width }, count).map((peak) => ({
    ...peak,
    field: fieldOf(viewer, model.graph, value, { channel, ...peak }),
  }));
}

/** What of the network's picture an element depends on. */
export function fieldOf(
  { imageInputName, axes }: Pick<Viewer, "imageInputName" | "axes">,
  graph: TypedGraph,
  value: string,
  point: Peak & { readonly channel: number },
): FieldOnMaps | undefined {
  if (imageInputName === undefined || imageInputName === value) return undefined;
  const shapeOf = (name: string) => ({ shape: graph.types.get(name)?.shape ?? [], axes: axes.get(name) });
  const begin = indexAt(shapeOf(value), point);
  const field = receptiveField(graph, value, { begin, end: begin.map((one) => one + 1) }).get(imageInputName);
  return field && { value: imageInputName, isExact: field.isExact, ...mapBoxOf(shapeOf(imageInputName), field.begin, field.end) };
}

/** The map of a channel, row by row, as it is on the GPU now. */
export async function readMap(device: Device, { buffer, dtype, view }: MapSource, channel: number): Promise<Float64Array> {
  const { height, width, offset, channelStride, rowStride, columnStride } = view;
  const start = offset + channel * channelStride;
  const length = (height - 1) * rowStride + (width - 1) * columnStride + 1;
  const words = numbersOf(new Uint32Array(await readBack(device, buffer, length * 4, start * 4)), dtype);
  const at = (i: number) => Math.floor(i / width) * rowStride + (i % width) * columnStride;
  return Float64Array.from({ length: height * width }, (_, i) => words[at(i)] as number);
}

/**
 * Of neighbours that are equal the first counts. What is not finite is no peak. Pure.
 *
 * @returns the largest first, at most so many; none of a map that is the same everywhere
 */
export function peaksOf(
  map: ArrayLike<number>,
  { height, width }: { readonly height: number; readonly width: number },
  count: number,
): Peak[] {
  const at = (y: number, x: number) => (y < 0 || x < 0 || y >= height || x >= width ? -Infinity : (map[y * width + x] as number));
  const isPeak = (y: number, x: number, element: number): boolean => {
    for (let dy = -1; dy <= 1; dy++)
      for (let dx = -1; dx <= 1; dx++) {
        const other = at(y + dy, x + dx);
        const isBefore = dy < 0 || (dy === 0 && dx < 0);
        if (other > element || (isBefore && other === element)) return false;
      }
    return true;
  };
  const peaks: Peak[] = [];
  let least = Infinity;
  for (let i = 0; i < height * width; i++) {
    const [y, x, element] = [Math.floor(i / width), i % width, map[i] as number];
    if (!Number.isFinite(element)) continue;
    least = Math.min(least, element);
    if (isPeak(y, x, element)) peaks.push({ y, x, element });
  }
  return peaks
    .filter(({ element }) => element > least)
    .sort((a, b) => b.element - a.element || a.y - b.y || a.x - b.x)
    .slice(0, count);
}
