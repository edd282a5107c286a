// Where in a network somebody looks: at all of it, at a layer, at one of its channels, or at one element. A click goes one level in, Escape one
// level out, and attributes hold the place. Pure, but for reading and writing these.
import { denseStrides } from "../../engine/shapes.ts";
import type { DrawableLayer } from "../layers.ts";
import { type MapPoint, type MapView, viewAsMaps } from "../mosaic/maps.ts";

/** From the outermost in. */
export const viewNames = ["overview", "layer", "channel", "pixel"] as const;

export type ViewName = (typeof viewNames)[number];

export interface Place {
  readonly view: ViewName;
  /** The layer looked at, or the last one that was. */
  readonly layer: DrawableLayer;
  /** How its channels lie. */
  readonly maps: MapView;
  readonly channel: number;
  readonly y: number;
  readonly x: number;
}

/** The attributes that hold a place. */
const placeAttributes = ["view", "layer", "channel", "pixel"] as const;

/**
 * The place that attributes say. What is not said is the end of the first layer that computes something, its first channel, and the middle of its map.
 *
 * @param first the value of the first layer, where the graph has told it
 * @throws Error that says what is accepted
 */
export function readPlace(element: Pick<Element, "getAttribute">, layers: readonly DrawableLayer[], first?: string): Place {
  const read = (name: (typeof placeAttributes)[number]) => element.getAttribute(name)?.trim() ?? "";
  const view = (read("view") || "overview") as ViewName;
  if (!viewNames.includes(view)) throw new Error(`view '${view}': expected ${viewNames.join(", ")}.`);
  const layer = findLayer(read("layer") || (first ?? ""), layers);
  const maps = mapsOfLayer(layer);
  const channel = readIndex("channel", read("channel"), maps.channels, layer.value);
  const [y, x] = readPixel(read("pixel"), maps, layer.value);
  return { view, layer, maps, channel, y, x };
}

function findLayer(name: string, layers: readonly DrawableLayer[]): DrawableLayer {
  if (name === "") {
    const computed = layers.filter(({ operator }) => operator !== "Input");
    const first = computed.find(({ isInsideLayer, isView }) => !isInsideLayer && !isView) ?? computed[0] ?? layers[0];
    if (!first) throw new Error("This network has no values to look at.");
    return first;
  }
  const layer = layers.find(({ value }) => value === name);
  if (layer) return layer;
  const some = layers.slice(0, 12).map(({ value }) => value);
  throw new Error(
    `layer: this network has no value '${name}'. It has ${some.join(", ")}${layers.length > some.length ? " and others" : ""}.`,
  );
}

/** @throws Error where the value has no maps */
export function mapsOfLayer({ value, shape, axes }: DrawableLayer): MapView {
  const maps = viewAsMaps(shape, denseStrides(shape), 0, 0, axes);
  if (!maps) throw new Error(`'${value}' cannot be drawn as maps.`);
  return maps;
}

function readIndex(what: string, text: string, count: number, value: string): number {
  if (text === "") return 0;
  const index = Number(text);
  if (Number.isInteger(index) && index >= 0 && index < count) return index;
  throw new Error(`${what} '${text}': '${value}' has ${count}, counted from 0.`);
}

function readPixel(text: string, { height, width }: MapView, value: string): readonly [number, number] {
  if (text === "") return [Math.floor(height / 2), Math.floor(width / 2)];
  const [y = Number.NaN, x = Number.NaN, ...rest] = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  const isInside = [y, x].every(Number.isInteger) && rest.length === 0 && y >= 0 && y < height && x >= 0 && x < width;
  if (isInside) return [y, x];
  throw new Error(`pixel '${text}': expected a row and a column of '${value}', from 0,0 to ${height - 1},${width - 1}.`);
}

/** One level further in, to what somebody has pointed at. A dense layer has no maps: its channels are its elements. */
export function inward(place: Place, layer: DrawableLayer, { channel, y, x }: MapPoint): Place {
  const maps = mapsOfLayer(layer);
  const isDense = maps.height * maps.width === 1;
  const deeper = { overview: "layer", layer: isDense ? "pixel" : "channel", channel: "pixel", pixel: "pixel" } as const;
  return { view: deeper[place.view], layer, maps, channel, y, x };
}

/** A layer, or one of its channels, wherever one is. */
export function placeOfChannel(place: Place, layer: DrawableLayer, channel: number | undefined): Place {
  const maps = mapsOfLayer(layer);
  const [y, x] = [Math.floor(maps.height / 2), Math.floor(maps.width / 2)];
  return { ...place, view: channel === undefined ? "layer" : "channel", layer, maps, channel: channel ?? 0, y, x };
}

/** One level further out. */
export function outward(place: Place): Place {
  const isDense = place.maps.height * place.maps.width === 1;
  const shallower = { overview: "overview", layer: "overview", channel: "layer", pixel: isDense ? "layer" : "channel" } as const;
  return { ...place, view: shallower[place.view] };
}

/** What attributes say of a place. Of what is deeper than the view, nothing. */
export function attributesOf({
  view,
  layer,
  channel,
  y,
  x,
}: Place): Readonly<Record<(typeof placeAttributes)[number], string | undefined>> {
  const depth = viewNames.indexOf(view);
  return {
    view,
    layer: depth > 0 ? layer.value : undefined,
    channel: depth > 1 ? `${channel}` : undefined,
    pixel: depth > 2 ? `${y},${x}` : undefined,
  };
}
