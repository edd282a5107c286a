// Resize and Upsample, one axis after the other: each output coordinate is a weighted sum of inputs.
// https://onnx.ai/onnx/operators/onnx__Resize.html
import { normalizeAxis, sizeOf } from "../../engine/shapes.ts";
import { type NdArray, ndArray } from "../array.ts";
import type { Call, Evaluate, Operators } from "../operator.ts";

interface Axis {
  readonly from: number;
  readonly to: number;
  readonly scale: number;
}

interface Filter {
  readonly mode: string;
  readonly transformation: string;
  readonly nearest: string;
  readonly cubic: number;
  readonly excludesOutside: boolean;
  readonly antialias: boolean;
}

/** Where an output coordinate lies in the input. */
const transformations: Readonly<Record<string, (i: number, axis: Axis) => number>> = {
  half_pixel: (i, { scale }) => (i + 0.5) / scale - 0.5,
  half_pixel_symmetric: (i, { from, to, scale }) => (from / 2) * (1 - to / (scale * from)) + (i + 0.5) / scale - 0.5,
  pytorch_half_pixel: (i, { to, scale }) => (to > 1 ? (i + 0.5) / scale - 0.5 : 0),
  align_corners: (i, { from, to }) => (to > 1 ? (i * (from - 1)) / (to - 1) : 0),
  asymmetric: (i, { scale }) => i / scale,
};

/** `plain` is what opset 10 meant. */
const roundings: Readonly<Record<string, (x: number, scale: number) => number>> = {
  round_prefer_floor: (x) => Math.ceil(x - 0.5),
  round_prefer_ceil: (x) => Math.floor(x + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
  plain: (x, scale) => (scale < 1 ? Math.ceil(x) : Math.floor(x)),
};

function readFilter({ attributes, opset }: Call): Filter {
  const mode = attributes.string("mode", "nearest").replace("bilinear", "linear");
  if (opset < 11) return { mode, transformation: "asymmetric", nearest: "plain", cubic: -0.75, excludesOutside: false, antialias: false };
  return {
    mode,
    transformation: attributes.string("coordinate_transformation_mode", "half_pixel"),
    nearest: attributes.string("nearest_mode", "round_prefer_floor"),
    cubic: attributes.number("cubic_coeff_a", -0.75),
    excludesOutside: attributes.flag("exclude_outside", false),
    antialias: attributes.flag("antialias", false),
  };
}

/** How far from 0 a tap may lie, and its weight there. */
function weightAt(distance: number, { mode, cubic: a }: Filter): number {
  const d = Math.abs(distance);
  if (mode === "linear") return Math.max(0, 1 - d);
  if (d <= 1) return (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
  return d < 2 ? a * d ** 3 - 5 * a * d ** 2 + 8 * a * d - 4 * a : 0;
}

type Taps = readonly (readonly [place: number, weight: number])[];

/** What one output coordinate reads. Beyond the edge it reads the edge. */
function tapsOf(i: number, axis: Axis, filter: Filter, call: Call): Taps {
  const { transformation, nearest, mode, excludesOutside, antialias } = filter;
  const transform = transformations[transformation] ?? call.unsupported(`${transformation} is not part of the float64 reference.`);
  const x = transform(i, axis);
  const last = axis.from - 1;
  const clamp = (place: number): number => Math.min(Math.max(place, 0), last);
  if (mode === "nearest") {
    const round = roundings[nearest] ?? call.unsupported(`nearest_mode '${nearest}' is not known.`);
    return [[clamp(round(x, axis.scale)), 1]];
  }
  const shrink = antialias ? Math.min(axis.scale, 1) : 1;
  const radius = (mode === "cubic" ? 2 : 1) / shrink;
  const taps: [number, number][] = [];
  for (let place = Math.ceil(x - radius); place <= x + radius; place++) {
    if (excludesOutside && (place < 0 || place > last)) continue;
    taps.push([clamp(place), weightAt((place - x) * shrink, filter)]);
  }
  const total = taps.reduce((sum, [, weight]) => sum + weight, 0);
  return taps.map(([place, weight]) => [place, weight / total]);
}

function alongAxis(x: NdArray, axis: number, taps: readonly Taps[]): NdArray {
  const extent = x.shape[axis] as number;
  const inner = sizeOf(x.shape.slice(axis + 1));
  const outer = sizeOf(x.shape.slice(0, axis));
  const shape = x.shape.with(axis, taps.length);
  const data = new Float64Array(sizeOf(shape));
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < taps.length; i++)
      for (const [place, weight] of taps[i] as Taps) {
        const [from, to] = [(o * extent + place) * inner, (o * taps.length + i) * inner];
        for (let k = 0; k < inner; k++) data[to + k] = (data[to + k] as number) + weight * (x.data[from + k] as number);
      }
  return ndArray(x.dtype, shape, data);
}

/** Scales are float32 in the file, so that 0.6 · 5 may come out just below 3. */
const scaled = (from: number, scale: number): number => Math.floor(Math.fround(from * scale));

/** What becomes of each axis; only of the named ones, if there are names. */
function readAxes(call: Call, shape: readonly number[]): readonly Axis[] {
  const { attributes, inputs, opset } = call;
  const given = (index: number): readonly number[] | undefined => {
    const values = inputs[index]?.data;
    return values?.length ? Array.from(values) : undefined;
  };
  const scales = given(opset < 11 ? 1 : 2);
  const sizes = opset < 11 ? undefined : given(3);
  const axes = attributes.numbers("axes", [...shape.keys()]).map((axis) => normalizeAxis(axis, shape.length));
  const ratios = axes.map((axis, i) => (sizes?.[i] ?? 0) / (shape[axis] as number));
  const policy = attributes.string("keep_aspect_ratio_policy", "stretch");
  return shape.map((from, axis) => {
    const i = axes.indexOf(axis);
    if (i < 0) return { from, to: from, scale: 1 };
    const scale = scales?.[i];
    if (scale !== undefined) return { from, to: scaled(from, scale), scale };
    if (policy === "stretch") return { from, to: sizes?.[i] as number, scale: ratios[i] as number };
    const shared = policy === "not_larger" ? Math.min(...ratios) : Math.max(...ratios);
    return { from, to: Math.floor(shared * from + 0.5), scale: shared };
  });
}

const resize: Evaluate = (call) => {
  const filter = readFilter(call);
  let x = call.input(0);
  for (const [axis, one] of readAxes(call, x.shape).entries()) {
    if (one.from === one.to && one.scale === 1) continue;
    x = alongAxis(
      x,
      axis,
      Array.from({ length: one.to }, (_, i) => tapsOf(i, one, filter, call)),
    );
  }
  return x;
};

export const resizing: Operators = { Resize: resize, Upsample: resize };
