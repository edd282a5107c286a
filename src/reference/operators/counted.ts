// Operators whose results are as many as their inputs' elements say.
// https://onnx.ai/onnx/operators/onnx__NonMaxSuppression.html
import { normalizeAxis } from "../../engine/shapes.ts";
import { type NdArray, ndArray, vector } from "../array.ts";
import type { Call, Evaluate, Operators } from "../operator.ts";

function table(rows: readonly (readonly number[])[], columns: number): NdArray {
  return ndArray("int64", [rows.length, columns], Float64Array.from(rows.flat()));
}

function placesOf(shape: readonly number[]): readonly (readonly number[])[] {
  return shape.reduce<readonly (readonly number[])[]>(
    (places, extent) => places.flatMap((place) => Array.from({ length: extent }, (_, i) => [...place, i])),
    [[]],
  );
}

const nonZero: Evaluate = ({ input }) => {
  const { shape, data } = input(0);
  const places = placesOf(shape.length === 0 ? [1] : shape).filter((_, i) => data[i] !== 0);
  const rank = Math.max(1, shape.length);
  return table(
    Array.from({ length: rank }, (_, axis) => places.map((place) => place[axis] as number)),
    places.length,
  );
};

/** The input as slices along an axis, or as single elements. */
function slicesOf({ attributes, input }: Call): { readonly axis: number | undefined; readonly slices: readonly (readonly number[])[] } {
  const { shape, data } = input(0);
  if (!attributes.has("axis")) return { axis: undefined, slices: Array.from(data, (element) => [element]) };
  const axis = normalizeAxis(attributes.number("axis"), shape.length);
  const slices = Array.from({ length: shape[axis] as number }, (): number[] => []);
  for (const [i, place] of placesOf(shape).entries()) slices[place[axis] as number]?.push(data[i] as number);
  return { axis, slices };
}

/** The inverse of {@link slicesOf}. */
function fromSlices(x: NdArray, axis: number | undefined, slices: readonly (readonly number[])[]): NdArray {
  if (axis === undefined) return ndArray(x.dtype, [slices.length], Float64Array.from(slices.flat()));
  const shape = x.shape.with(axis, slices.length);
  const next = slices.map((slice) => slice.values());
  return ndArray(
    x.dtype,
    shape,
    Float64Array.from(placesOf(shape), (place) => next[place[axis] as number]?.next().value as number),
  );
}

const unique: Evaluate = (call) => {
  const { axis, slices } = slicesOf(call);
  const keys = slices.map((slice) => slice.join());
  const firsts = [...new Set(keys)].map((key) => keys.indexOf(key));
  if (call.attributes.flag("sorted", true))
    firsts.sort((a, b) => {
      const [left, right] = [slices[a] as readonly number[], slices[b] as readonly number[]];
      const i = left.findIndex((element, at) => element !== right[at]);
      return (left[i] as number) - (right[i] as number);
    });
  const kinds = firsts.map((first) => keys[first] as string);
  return [
    fromSlices(
      call.input(0),
      axis,
      firsts.map((first) => slices[first] as readonly number[]),
    ),
    vector(firsts),
    vector(keys.map((key) => kinds.indexOf(key))),
    vector(kinds.map((kind) => keys.filter((key) => key === kind).length)),
  ];
};

const compress: Evaluate = (call) => {
  const { axis, slices } = slicesOf(call);
  const { data } = call.input(1);
  return fromSlices(
    call.input(0),
    axis,
    slices.filter((_, i) => data[i]),
  );
};

/** Left, top, right, bottom. */
function corners([a = 0, b = 0, c = 0, d = 0]: readonly number[], isCentred: boolean): readonly [number, number, number, number] {
  if (isCentred) return [a - c / 2, b - d / 2, a + c / 2, b + d / 2];
  return [Math.min(b, d), Math.min(a, c), Math.max(b, d), Math.max(a, c)];
}

function overlapOf(one: readonly number[], other: readonly number[], isCentred: boolean): number {
  const [first, second] = [corners(one, isCentred), corners(other, isCentred)];
  const area = ([left, top, right, bottom]: readonly [number, number, number, number]) =>
    Math.max(0, right - left) * Math.max(0, bottom - top);
  const shared = area([
    Math.max(first[0], second[0]),
    Math.max(first[1], second[1]),
    Math.min(first[2], second[2]),
    Math.min(first[3], second[3]),
  ]);
  return shared === 0 ? 0 : shared / (area(first) + area(second) - shared);
}

const nonMaxSuppression: Evaluate = ({ attributes, input, inputs }) => {
  const isCentred = attributes.flag("center_point_box", false);
  const [boxes, scores] = [input(0), input(1)];
  const [most = 0, threshold = 0, least = Number.NEGATIVE_INFINITY] = [2, 3, 4].map((i) => inputs[i]?.data[0]);
  const [batches = 0, classes = 0, count = 0] = scores.shape;
  const boxOf = (batch: number, i: number) => Array.from(boxes.data.subarray((batch * count + i) * 4, (batch * count + i + 1) * 4));
  const rows = placesOf([batches, classes]).flatMap(([batch = 0, kind = 0]) => {
    const scoreOf = (i: number) => scores.data[(batch * classes + kind) * count + i] as number;
    let left = Array.from({ length: count }, (_, i) => i).filter((i) => scoreOf(i) > least);
    const chosen: number[] = [];
    while (left.length > 0 && chosen.length < most) {
      const best = left.reduce((a, b) => (scoreOf(b) > scoreOf(a) ? b : a));
      chosen.push(best);
      left = left.filter((i) => i !== best && overlapOf(boxOf(batch, best), boxOf(batch, i), isCentred) <= threshold);
    }
    return chosen.map((i) => [batch, kind, i]);
  });
  return table(rows, 3);
};

/** Each n-gram of the pool at each place, with each number of skips. Each has a weight. */
const tfIdf: Evaluate = ({ attributes, input }) => {
  const { shape, data } = input(0);
  const length = shape.at(-1) ?? 0;
  const [least, most] = [attributes.number("min_gram_length"), attributes.number("max_gram_length")];
  const [starts, pool, places] = ["ngram_counts", "pool_int64s", "ngram_indexes"].map((name) => attributes.numbers(name, [])) as number[][];
  const [mode, weights] = [attributes.string("mode", "TF"), attributes.numbers("weights")];
  const width = 1 + Math.max(...(places ?? []));
  const count = (row: number): number[] => {
    const counts = new Array<number>(width).fill(0);
    let gram = 0;
    for (const [i, start] of (starts ?? []).entries())
      for (let at = start; at < (starts?.[i + 1] ?? pool?.length ?? 0); at += i + 1, gram++)
        for (let step = 1; step <= (i === 0 ? 1 : 1 + attributes.number("max_skip_count")); step++)
          for (let begin = 0; begin + i * step < length; begin++)
            if (
              i + 1 >= least &&
              i + 1 <= most &&
              Array.from({ length: i + 1 }).every((_, k) => data[row * length + begin + k * step] === pool?.[at + k])
            )
              counts[places?.[gram] as number] = (counts[places?.[gram] as number] as number) + 1;
    return counts.map((found, i) =>
      mode === "TF" ? found : (mode === "IDF" ? Math.min(1, found) : found) * (weights?.[places?.indexOf(i) ?? -1] ?? 1),
    );
  };
  const rows = shape.length === 2 ? (shape[0] as number) : 1;
  const values = Array.from({ length: rows }, (_, row) => count(row)).flat();
  return { shape: shape.length === 2 ? [rows, width] : [width], dtype: "float32", data: Float64Array.from(values) };
};

export const counted: Operators = {
  TfIdfVectorizer: tfIdf,
  NonZero: nonZero,
  Unique: unique,
  Compress: compress,
  NonMaxSuppression: nonMaxSuppression,
};
