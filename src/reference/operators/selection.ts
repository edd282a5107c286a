// Operators that choose elements by their size, or by places that are a value.
// https://onnx.ai/onnx/operators/onnx__TopK.html
import { denseStrides, normalizeAxis, sizeOf } from "../../engine/shapes.ts";
import { map, type NdArray, ndArray } from "../array.ts";
import type { Evaluate, Operators } from "../operator.ts";
import { axesFrom, mapRows } from "../rows.ts";

const fromFront = (place: number, extent: number): number => (place < 0 ? place + extent : place);

/** The k largest along an axis, or the smallest, in their order; of equal ones the first. */
const topK: Evaluate = ({ attributes, input, inputs }) => {
  const x = input(0);
  const axis = normalizeAxis(attributes.number("axis", -1), x.shape.length);
  const k = inputs[1]?.data[0] ?? attributes.number("k");
  const sign = attributes.flag("largest", true) ? -1 : 1;
  const order = mapRows(x, [axis], (row) => {
    const places = Float64Array.from(row, (_, i) => i);
    return places.sort((a, b) => sign * ((row[a] as number) - (row[b] as number)) || a - b);
  });
  const first = take(order.data, x.shape, axis, k);
  const places = ndArray("int64", x.shape.with(axis, k), first);
  return [gatherElements(x, axis, places), places];
};

/** The first `count` along an axis. */
function take(data: Float64Array, shape: readonly number[], axis: number, count: number): Float64Array {
  const inner = sizeOf(shape.slice(axis + 1));
  const extent = shape[axis] as number;
  return data.filter((_, i) => Math.floor(i / inner) % extent < count);
}

/** Each element is the one at a place along an axis, and at its own place along all others. */
function gatherElements({ data, shape, dtype }: NdArray, axis: number, places: NdArray): NdArray {
  const [from, own] = [denseStrides(shape), denseStrides(places.shape)];
  const result = places.data.map((place, i) => {
    const at = places.shape.map((extent, a) => Math.floor(i / (own[a] as number)) % extent);
    at[axis] = fromFront(place, shape[axis] as number);
    return data[at.reduce((sum, one, a) => sum + one * (from[a] as number), 0)] as number;
  });
  return ndArray(dtype, places.shape, result);
}

/** The last axis of the places is an index into the axes behind the batch; what is behind that index is copied whole. */
const gatherNd: Evaluate = ({ attributes, input }) => {
  const [x, places] = [input(0), input(1)];
  const batch = attributes.number("batch_dims", 0);
  const depth = places.shape.at(-1) as number;
  const inner = sizeOf(x.shape.slice(batch + depth));
  const strides = denseStrides(x.shape).slice(batch, batch + depth);
  const outer = places.data.length / depth;
  const perBatch = outer / sizeOf(x.shape.slice(0, batch));
  const batchSize = sizeOf(x.shape.slice(batch));
  const data = new Float64Array(outer * inner);
  for (let o = 0; o < outer; o++) {
    const index = Array.from(places.data.subarray(o * depth, (o + 1) * depth), (place, a) =>
      fromFront(place, x.shape[batch + a] as number),
    );
    const start = index.reduce((sum, one, a) => sum + one * (strides[a] as number), Math.floor(o / perBatch) * batchSize);
    data.set(x.data.subarray(start, start + inner), o * inner);
  }
  return ndArray(x.dtype, [...places.shape.slice(0, -1), ...x.shape.slice(batch + depth)], data);
};

/** 1 for the first of the largest, else 0. Before opset 13 a row has all axes from `axis` on. */
const hardmax: Evaluate = ({ attributes, input, opset }) => {
  const x = input(0);
  const axis = normalizeAxis(attributes.number("axis", opset >= 13 ? -1 : 1), x.shape.length);
  return mapRows(x, opset >= 13 ? [axis] : axesFrom(axis, x.shape.length), (row) => {
    const best = row.indexOf(row.reduce((a, b) => Math.max(a, b)));
    return row.map((_, i) => Number(i === best));
  });
};

const shrink: Evaluate = ({ attributes, input }) => {
  const [bias, lambda] = [attributes.number("bias", 0), attributes.number("lambd", 0.5)];
  return map(input(0), (x) => (x < -lambda ? x + bias : x > lambda ? x - bias : 0));
};

export const selection: Operators = {
  TopK: topK,
  GatherElements: ({ attributes, input }) =>
    gatherElements(input(0), normalizeAxis(attributes.number("axis", 0), input(0).shape.length), input(1)),
  GatherND: gatherNd,
  Hardmax: hardmax,
  Shrink: shrink,
};
