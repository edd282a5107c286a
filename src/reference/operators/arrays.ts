// Operators on arrays that few networks have: bits, triangles, one-hot codes, places to write to, running sums, windows, determinants.
// https://onnx.ai/onnx/operators/onnx__ScatterND.html
import { denseStrides, normalizeAxis, sizeOf } from "../../engine/shapes.ts";
import { bytesPerElement, type DataType, dataTypesByCode, isFloat, isSigned, Tensor } from "../../engine/tensor.ts";
import { fromTensor, map, type NdArray, ndArray, toTensor, zip } from "../array.ts";
import type { Call, Evaluate, Operators } from "../operator.ts";
import { mapRows } from "../rows.ts";

/** The nearest whole number that the type has, counted around its end. */
function wrapped(dtype: DataType, value: bigint): number {
  const bits = 8 * bytesPerElement(dtype);
  return Number(isSigned(dtype) ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value));
}

const onBits =
  (f: (a: bigint, b: bigint) => bigint): Evaluate =>
  ({ input }) =>
    zip(input(0), input(1), (a, b) => wrapped(input(0).dtype, f(BigInt(a), BigInt(b))));

const bitShift: Evaluate = (call) => {
  const isLeft = call.attributes.string("direction") === "LEFT";
  return onBits((a, b) => (isLeft ? a << b : a >> b))(call);
};

const isInf: Evaluate = ({ attributes, input }) => {
  const [low, high] = [attributes.flag("detect_negative", true), attributes.flag("detect_positive", true)];
  return map(input(0), (x) => Number((high && x === Number.POSITIVE_INFINITY) || (low && x === Number.NEGATIVE_INFINITY)), "bool");
};

const bitCast: Evaluate = ({ attributes, input }) => {
  const { shape, bytes } = toTensor(input(0));
  return fromTensor(new Tensor(dataTypesByCode[attributes.number("to")] as DataType, shape, bytes));
};

/** Row and column of each element. */
function onMatrices(x: NdArray, f: (element: number, row: number, column: number) => number, dtype = x.dtype): NdArray {
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  return ndArray(
    dtype,
    x.shape,
    x.data.map((element, i) => f(element, Math.floor(i / columns) % rows, i % columns)),
  );
}

const trilu: Evaluate = ({ attributes, input, inputs }) => {
  const k = inputs[1]?.data[0] ?? 0;
  const isUpper = attributes.flag("upper", true);
  return onMatrices(input(0), (x, row, column) => ((isUpper ? row + k <= column : row + k >= column) ? x : 0));
};

const eyeLike: Evaluate = ({ attributes, input }) => {
  const k = attributes.number("k", 0);
  const dtype = dataTypesByCode[attributes.number("dtype", 0)] ?? input(0).dtype;
  return onMatrices(input(0), (_, row, column) => Number(column - row === k), dtype);
};

const oneHot: Evaluate = ({ attributes, input }) => {
  const [places, values] = [input(0), input(2)];
  const depth = input(1).data[0] as number;
  const axis = normalizeAxis(attributes.number("axis", -1), places.shape.length + 1);
  const shape = places.shape.toSpliced(axis, 0, depth);
  const inner = sizeOf(places.shape.slice(axis));
  const data = new Float64Array(sizeOf(shape)).fill(values.data[0] as number);
  places.data.forEach((place, i) => {
    const at = place < 0 ? place + depth : place;
    if (at >= 0 && at < depth) data[(Math.floor(i / inner) * depth + at) * inner + (i % inner)] = values.data[1] as number;
  });
  return ndArray(values.dtype, shape, data);
};

const combinations: Readonly<Record<string, (before: number, update: number) => number>> = {
  none: (_, update) => update,
  add: (before, update) => before + update,
  mul: (before, update) => before * update,
  max: Math.max,
  min: Math.min,
};

/** A copy of the data, and what puts an element into it. */
function target({ attributes, input }: Call) {
  const { dtype, shape, data } = input(0);
  const result = data.slice();
  const combine = combinations[attributes.string("reduction", "none")] as (a: number, b: number) => number;
  const put = (at: number, update: number) => {
    const value = combine(result[at] as number, update);
    result[at] = isFloat(dtype) ? value : wrapped(dtype, BigInt(value));
  };
  return { put, array: ndArray(dtype, shape, result) };
}

const scatterElements: Evaluate = (call) => {
  const [data, indices, updates] = [call.input(0), call.input(1), call.input(2)];
  const axis = normalizeAxis(call.attributes.number("axis", 0), data.shape.length);
  const [from, to] = [denseStrides(indices.shape), denseStrides(data.shape)];
  const { put, array } = target(call);
  indices.data.forEach((index, i) => {
    const place = indices.shape.map((extent, a) => Math.floor(i / (from[a] as number)) % extent);
    place[axis] = index < 0 ? index + (data.shape[axis] as number) : index;
    put(
      place.reduce((sum, one, a) => sum + one * (to[a] as number), 0),
      updates.data[i] as number,
    );
  });
  return array;
};

const scatterNd: Evaluate = (call) => {
  const [data, indices, updates] = [call.input(0), call.input(1), call.input(2)];
  const depth = indices.shape.at(-1) as number;
  const inner = sizeOf(data.shape.slice(depth));
  const strides = denseStrides(data.shape);
  const { put, array } = target(call);
  for (let row = 0; row * depth < indices.data.length; row++) {
    const start = Array.from(indices.data.subarray(row * depth, (row + 1) * depth), (index, a) => {
      return (index < 0 ? index + (data.shape[a] as number) : index) * (strides[a] as number);
    });
    for (let i = 0; i < inner; i++)
      put(
        start.reduce((a, b) => a + b, i),
        updates.data[row * inner + i] as number,
      );
  }
  return array;
};

const tensorScatter: Evaluate = ({ attributes, input, inputs }) => {
  const [cache, update] = [input(0), input(1)];
  const axis = normalizeAxis(attributes.number("axis", -2), cache.shape.length);
  const isCircular = attributes.string("mode", "linear") === "circular";
  const [from, to] = [denseStrides(update.shape), denseStrides(cache.shape)];
  const data = cache.data.slice();
  update.data.forEach((value, i) => {
    const place = update.shape.map((extent, a) => Math.floor(i / (from[a] as number)) % extent);
    const at = (place[axis] as number) + (inputs[2]?.data[place[0] as number] ?? 0);
    place[axis] = isCircular ? at % (cache.shape[axis] as number) : at;
    data[place.reduce((sum, one, a) => sum + one * (to[a] as number), 0)] = value;
  });
  return ndArray(cache.dtype, cache.shape, data);
};

const cumulative =
  (first: number, combine: (total: number, x: number) => number): Evaluate =>
  ({ attributes, input }) => {
    const x = input(0);
    const isExclusive = attributes.flag("exclusive", false);
    const isReverse = attributes.flag("reverse", false);
    const along = (row: Float64Array) => {
      let total = first;
      return row.map((element) => {
        const before = total;
        total = combine(total, element);
        return isExclusive ? before : total;
      });
    };
    const axis = normalizeAxis(input(1).data[0] as number, x.shape.length);
    return mapRows(x, [axis], (row) => (isReverse ? along(row.toReversed()).toReversed() : along(row)));
  };

const centerCropPad: Evaluate = ({ attributes, input }) => {
  const x = input(0);
  const axes = attributes
    .numbers(
      "axes",
      x.shape.map((_, i) => i),
    )
    .map((axis) => normalizeAxis(axis, x.shape.length));
  const shape = x.shape.map((extent, axis) => (axes.includes(axis) ? (input(1).data[axes.indexOf(axis)] as number) : extent));
  const shift = shape.map((extent, axis) => {
    const rest = extent - (x.shape[axis] as number);
    return Math.sign(rest) * Math.floor(Math.abs(rest) / 2);
  });
  const [from, to] = [denseStrides(x.shape), denseStrides(shape)];
  const data = Float64Array.from({ length: sizeOf(shape) }, (_, i) => {
    const place = shape.map((extent, a) => (Math.floor(i / (to[a] as number)) % extent) - (shift[a] as number));
    if (place.some((one, a) => one < 0 || one >= (x.shape[a] as number))) return 0;
    return x.data[place.reduce((sum, one, a) => sum + one * (from[a] as number), 0)] as number;
  });
  return ndArray(x.dtype, shape, data);
};

const reverseSequence: Evaluate = ({ attributes, input }) => {
  const [x, lengths] = [input(0), input(1)];
  const time = attributes.number("time_axis", 0);
  const strides = denseStrides(x.shape);
  const data = x.data.map((_, i) => {
    const place = x.shape.map((extent, a) => Math.floor(i / (strides[a] as number)) % extent);
    const length = lengths.data[place[1 - time] as number] as number;
    const at = place[time] as number;
    return x.data[at < length ? i + (length - 1 - 2 * at) * (strides[time] as number) : i] as number;
  });
  return ndArray(x.dtype, x.shape, data);
};

const window =
  (...factors: number[]): Evaluate =>
  ({ attributes, input }) => {
    const size = input(0).data[0] as number;
    const period = Math.max(1, attributes.flag("periodic", true) ? size : size - 1);
    const data = Float64Array.from({ length: size }, (_, i) =>
      factors.reduce((sum, factor, k) => sum + factor * Math.cos((2 * Math.PI * k * i) / period), 0),
    );
    return ndArray(dataTypesByCode[attributes.number("output_datatype", 1)] as DataType, [size], data);
  };

const melWeightMatrix: Evaluate = ({ attributes, input }) => {
  const [bins, length, rate, low, high] = [0, 1, 2, 3, 4].map((i) => input(i).data[0]) as [number, number, number, number, number];
  const mel = (hertz: number) => 2595 * Math.log10(1 + hertz / 700);
  const edge = (i: number) => {
    const hertz = 700 * (10 ** ((mel(low) + (i * (mel(high) - mel(low))) / (bins + 2)) / 2595) - 1);
    return Math.floor(((length + 1) * hertz) / rate);
  };
  const shape = [Math.floor(length / 2) + 1, bins];
  const data = Float64Array.from({ length: sizeOf(shape) }, (_, i) => {
    const [row, bin] = [Math.floor(i / bins), i % bins];
    const [a, b, c] = [edge(bin), edge(bin + 1), edge(bin + 2)];
    if (row >= b && row < c) return (c - row) / (c - b);
    if (row === b) return 1;
    return row >= a && row < b ? (row - a) / (b - a) : 0;
  });
  return ndArray(dataTypesByCode[attributes.number("output_datatype", 1)] as DataType, shape, data);
};

/** By the first row. */
function determinant(rows: readonly (readonly number[])[]): number {
  if (rows.length === 0) return 1;
  const [first = [], ...others] = rows;
  return first.reduce((sum, x, column) => sum + (-1) ** column * x * determinant(others.map((row) => row.toSpliced(column, 1))), 0);
}

const det: Evaluate = ({ input }) => {
  const { dtype, shape, data } = input(0);
  const size = shape.at(-1) as number;
  const matrix = (i: number) =>
    Array.from({ length: size }, (_, row) => Array.from(data.subarray((i * size + row) * size, (i * size + row + 1) * size)));
  const outer = shape.slice(0, -2);
  return ndArray(
    dtype,
    outer,
    Float64Array.from({ length: sizeOf(outer) }, (_, i) => determinant(matrix(i))),
  );
};

export const arrays: Operators = {
  BitwiseAnd: onBits((a, b) => a & b),
  BitwiseOr: onBits((a, b) => a | b),
  BitwiseXor: onBits((a, b) => a ^ b),
  BitwiseNot: ({ input }) => map(input(0), (x) => wrapped(input(0).dtype, ~BigInt(x))),
  BitShift: bitShift,
  BitCast: bitCast,
  IsNaN: ({ input }) => map(input(0), (x) => Number(Number.isNaN(x)), "bool"),
  IsInf: isInf,
  Trilu: trilu,
  EyeLike: eyeLike,
  OneHot: oneHot,
  Scatter: scatterElements,
  ScatterElements: scatterElements,
  ScatterND: scatterNd,
  TensorScatter: tensorScatter,
  CumSum: cumulative(0, (total, x) => total + x),
  CumProd: cumulative(1, (total, x) => total * x),
  CenterCropPad: centerCropPad,
  ReverseSequence: reverseSequence,
  HannWindow: window(0.5, -0.5),
  HammingWindow: window(25 / 46, -21 / 46),
  BlackmanWindow: window(0.42, -0.5, 0.08),
  MelWeightMatrix: melWeightMatrix,
  Det: det,
};
