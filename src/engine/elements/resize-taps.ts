// Which input elements a resized axis reads, and how much each of them counts.
// https://onnx.ai/onnx/operators/onnx__Resize.html
import { normalizeAxis } from "../shapes.ts";
import type { Facts } from "./facts.ts";

export interface ResizedAxis {
  readonly from: number;
  readonly to: number;
  readonly scale: number;
}

export interface ResizeTap {
  readonly place: number;
  readonly weight: number;
}

interface Filter {
  readonly mode: string;
  readonly place: (output: number, axis: ResizedAxis) => number;
  readonly round: (x: number, scale: number) => number;
  readonly cubic: number;
  readonly excludesOutside: boolean;
  readonly antialias: boolean;
}

/** Where an output's coordinate lies in the input. */
const transformations: Readonly<Record<string, Filter["place"]>> = {
  half_pixel: (o, { scale }) => (o + 0.5) / scale - 0.5,
  half_pixel_symmetric: (o, { from, to, scale }) => (from / 2) * (1 - to / (scale * from)) + (o + 0.5) / scale - 0.5,
  pytorch_half_pixel: (o, { to, scale }) => (to > 1 ? (o + 0.5) / scale - 0.5 : 0),
  align_corners: (o, { from, to }) => (to > 1 ? (o * (from - 1)) / (to - 1) : 0),
  asymmetric: (o, { scale }) => o / scale,
};

/** `plain` is what Upsample and the first Resize meant. */
const roundings: Readonly<Record<string, Filter["round"]>> = {
  round_prefer_floor: (x) => Math.ceil(x - 0.5),
  round_prefer_ceil: (x) => Math.floor(x + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
  plain: (x, scale) => (scale < 1 ? Math.ceil(x) : Math.floor(x)),
};

function readFilter({ attributes, opset, unsupported }: Facts): Filter {
  const named = (name: string, fallback: string): string => (opset < 11 ? fallback : attributes.string(name, fallback));
  const transformation = named("coordinate_transformation_mode", opset < 11 ? "asymmetric" : "half_pixel");
  const rounding = named("nearest_mode", opset < 11 ? "plain" : "round_prefer_floor");
  return {
    mode: attributes.string("mode", "nearest").replace("bilinear", "linear"),
    place: transformations[transformation] ?? unsupported(`with ${transformation}`),
    round: roundings[rounding] ?? unsupported(`with ${rounding}`),
    cubic: attributes.number("cubic_coeff_a", -0.75),
    excludesOutside: attributes.flag("exclude_outside", false),
    antialias: attributes.flag("antialias", false),
  };
}

/** The taps of one output coordinate along an axis of a node. Those that do not count are left out. */
export function resizeTaps(facts: Facts, axis: number, output: number): readonly ResizeTap[] {
  const resized = resizedAxis(facts, axis);
  const filter = readFilter(facts);
  if (resized.from === resized.to && resized.scale === 1) return [{ place: output, weight: 1 }];
  const last = resized.from - 1;
  const clamp = (place: number): number => Math.min(Math.max(place, 0), last);
  const x = filter.place(output, resized);
  if (filter.mode === "nearest") return [{ place: clamp(filter.round(x, resized.scale)), weight: 1 }];
  const shrink = filter.antialias ? Math.min(resized.scale, 1) : 1;
  const radius = (filter.mode === "cubic" ? 2 : 1) / shrink;
  const weights = new Map<number, number>();
  for (let place = Math.ceil(x - radius); place <= x + radius; place++) {
    if (filter.excludesOutside && (place < 0 || place > last)) continue;
    // Beyond the edge it reads the edge.
    weights.set(clamp(place), (weights.get(clamp(place)) ?? 0) + weightAt((place - x) * shrink, filter));
  }
  const total = [...weights.values()].reduce((a, b) => a + b, 0);
  return Array.from(weights, ([place, weight]) => ({ place, weight: weight / total })).filter(({ weight }) => weight !== 0);
}

/** The weight of an element at a distance, in elements. */
function weightAt(distance: number, { mode, cubic: a }: Filter): number {
  const d = Math.abs(distance);
  if (mode === "linear") return Math.max(0, 1 - d);
  if (d <= 1) return (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
  return d < 2 ? a * d ** 3 - 5 * a * d ** 2 + 8 * a * d - 4 * a : 0;
}

/** How one axis is resized: by a scale or to a size, of all axes or of the named ones. */
function resizedAxis(facts: Facts, axis: number): ResizedAxis {
  const { attributes, opset, output } = facts;
  const shape = facts.shape(0);
  const [from, to] = [shape[axis] as number, output.shape[axis] as number];
  const axes = attributes.numbers("axes", [...shape.keys()]).map((one) => normalizeAxis(one, shape.length));
  const i = axes.indexOf(axis);
  if (i < 0) return { from, to, scale: 1 };
  const scale = filled(facts.list("scales", opset < 11 ? 1 : 2))?.[i];
  if (scale !== undefined) return { from, to, scale };
  const sizes = filled(facts.list("sizes", 3)) ?? [];
  const ratios = axes.map((one, k) => (sizes[k] as number) / (shape[one] as number));
  const policy = attributes.string("keep_aspect_ratio_policy", "stretch");
  if (policy === "stretch") return { from, to, scale: ratios[i] as number };
  return { from, to, scale: policy === "not_larger" ? Math.min(...ratios) : Math.max(...ratios) };
}

/** An empty tensor stands for an omitted one. */
function filled(values: readonly number[] | undefined): readonly number[] | undefined {
  return values?.length ? values : undefined;
}
