// Operators that move or repeat elements.
import { broadcastShapes, normalizeAxis, type Shape, sizeOf } from "../../engine/shapes.ts";
import { type NdArray, ndArray, repeatTo, reshape, transpose } from "../array.ts";
import { type Call, type Evaluate, list, type Operators } from "../operator.ts";

/** Along one axis, element i of the result is element `places[i]` of the value, or `fill` where that is −1. */
function take(x: NdArray, axis: number, places: readonly number[], fill = 0): NdArray {
  const extent = x.shape[axis] as number;
  const inner = sizeOf(x.shape.slice(axis + 1));
  const outer = sizeOf(x.shape.slice(0, axis));
  const shape = x.shape.with(axis, places.length);
  const data = new Float64Array(sizeOf(shape)).fill(fill);
  for (let o = 0; o < outer; o++)
    places.forEach((place, i) => {
      if (place < 0) return;
      const from = (o * extent + place) * inner;
      data.set(x.data.subarray(from, from + inner), (o * places.length + i) * inner);
    });
  return ndArray(x.dtype, shape, data);
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);

const concat: Evaluate = ({ attributes, inputs }) => {
  const parts = inputs as readonly NdArray[];
  const [first] = parts as readonly [NdArray];
  const axis = normalizeAxis(attributes.number("axis", 1), first.shape.length);
  const extent = parts.reduce((sum, part) => sum + (part.shape[axis] as number), 0);
  const outer = sizeOf(first.shape.slice(0, axis));
  const data = new Float64Array(sizeOf(first.shape.with(axis, extent)));
  let to = 0;
  for (let o = 0; o < outer; o++)
    for (const part of parts) {
      const length = part.data.length / outer;
      data.set(part.data.subarray(o * length, (o + 1) * length), to);
      to += length;
    }
  return ndArray(first.dtype, first.shape.with(axis, extent), data);
};

/** Even parts, the last one smaller, where no sizes are given. */
const split: Evaluate = (call) => {
  const x = call.input(0);
  const axis = normalizeAxis(call.attributes.number("axis", 0), x.shape.length);
  const extent = x.shape[axis] as number;
  const parts = call.attributes.number("num_outputs", call.outputCount);
  const even = Math.ceil(extent / parts);
  const sizes = list(call, "split", 1) ?? upTo(parts).map((i) => Math.min(even, extent - i * even));
  let start = 0;
  return sizes.map((size) => {
    const from = start;
    start += size;
    return take(
      x,
      axis,
      upTo(size).map((i) => from + i),
    );
  });
};

const slice: Evaluate = (call) => {
  const starts = list(call, "starts", 1) ?? [];
  const ends = list(call, "ends", 2) ?? [];
  const axes = list(call, "axes", 3) ?? upTo(starts.length);
  const steps = list(call, "steps", 4) ?? starts.map(() => 1);
  let x = call.input(0);
  axes.forEach((given, i) => {
    const axis = normalizeAxis(given, x.shape.length);
    const extent = x.shape[axis] as number;
    const step = steps[i] as number;
    const fromFront = (place: number): number => (place < 0 ? place + extent : place);
    // Backwards, the end may lie before the first element.
    const [low, high] = step > 0 ? [0, extent] : [-1, extent - 1];
    const [start, end] = [starts[i] as number, ends[i] as number].map((place) => Math.min(Math.max(fromFront(place), low), high)) as [
      number,
      number,
    ];
    const count = Math.max(0, Math.ceil((end - start) / step));
    x = take(
      x,
      axis,
      upTo(count).map((k) => start + k * step),
    );
  });
  return x;
};

/** Which element a place outside copies; −1 for the fill. */
function padSource(mode: string, place: number, extent: number): number {
  if (place >= 0 && place < extent) return place;
  if (mode === "edge") return place < 0 ? 0 : extent - 1;
  if (mode === "wrap") return ((place % extent) + extent) % extent;
  if (mode !== "reflect") return -1;
  if (extent === 1) return 0;
  const [last, period] = [extent - 1, 2 * (extent - 1)];
  return last - Math.abs(last - (((place % period) + period) % period));
}

const pad: Evaluate = (call) => {
  const mode = call.attributes.string("mode", "constant");
  const pads = (call.attributes.has("paddings") ? call.attributes.numbers("paddings") : list(call, "pads", 1)) ?? [];
  const fill = call.attributes.has("value") ? call.attributes.number("value") : (call.inputs[2]?.data[0] ?? 0);
  let x = call.input(0);
  const axes = call.inputs[3] ? Array.from(call.inputs[3].data) : upTo(x.shape.length);
  axes.forEach((given, i) => {
    const axis = normalizeAxis(given, x.shape.length);
    const extent = x.shape[axis] as number;
    const [begin, end] = [pads[i] as number, pads[axes.length + i] as number];
    if (begin === 0 && end === 0) return;
    const places = upTo(extent + begin + end).map((to) => padSource(mode, to - begin, extent));
    x = take(x, axis, places, fill);
  });
  return x;
};

const expand: Evaluate = (call) => {
  const x = call.input(0);
  const shape: Shape = broadcastShapes(x.shape, Array.from(call.input(1).data));
  return ndArray(x.dtype, shape, repeatTo(x, shape).slice());
};

const tile: Evaluate = (call) => {
  let x = call.input(0);
  call.input(1).data.forEach((times, axis) => {
    const extent = x.shape[axis] as number;
    x = take(
      x,
      axis,
      upTo(extent * times).map((i) => i % extent),
    );
  });
  return x;
};

const gather: Evaluate = ({ attributes, input }) => {
  const [x, indices] = [input(0), input(1)];
  const axis = normalizeAxis(attributes.number("axis", 0), x.shape.length);
  const extent = x.shape[axis] as number;
  const places = Array.from(indices.data, (place) => (place < 0 ? place + extent : place));
  return reshape(take(x, axis, places), [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)]);
};

/** Blocks of channels become blocks of pixels. In DCR the block's place varies slowest among the channels, in CRD fastest. */
const depthToSpace: Evaluate = ({ attributes, input }) => {
  const [n = 1, c = 1, h = 1, w = 1] = input(0).shape;
  const b = attributes.number("blocksize");
  const isDcr = attributes.string("mode", "DCR") === "DCR";
  const depth = c / b ** 2;
  const apart = reshape(input(0), isDcr ? [n, b, b, depth, h, w] : [n, depth, b, b, h, w]);
  return reshape(transpose(apart, isDcr ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3]), [n, depth, h * b, w * b]);
};

const spaceToDepth: Evaluate = ({ attributes, input }) => {
  const [n = 1, c = 1, h = 1, w = 1] = input(0).shape;
  const b = attributes.number("blocksize");
  const apart = reshape(input(0), [n, c, h / b, b, w / b, b]);
  return reshape(transpose(apart, [0, 3, 5, 1, 2, 4]), [n, c * b * b, h / b, w / b]);
};

/** Each diagonal of the matrices in the last two axes, upper or lower triangle. */
const trilu: Evaluate = ({ attributes, input, inputs }) => {
  const x = input(0);
  const [rows = 1, columns = 1] = x.shape.slice(-2);
  const shift = inputs[1]?.data[0] ?? 0;
  const isUpper = attributes.flag("upper", true);
  const data = x.data.map((value, i) => {
    const distance = (i % columns) - (Math.floor(i / columns) % rows) - shift;
    return (isUpper ? distance >= 0 : distance <= 0) ? value : 0;
  });
  return ndArray(x.dtype, x.shape, data);
};

const transposed: Evaluate = ({ attributes, input }: Call) => {
  const rank = input(0).shape.length;
  return transpose(
    input(0),
    attributes.numbers(
      "perm",
      upTo(rank).map((axis) => rank - 1 - axis),
    ),
  );
};

export const movement: Operators = {
  Concat: concat,
  Split: split,
  Slice: slice,
  Pad: pad,
  Expand: expand,
  Tile: tile,
  Gather: gather,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
  Transpose: transposed,
  Trilu: trilu,
};
