// Arrays of the float64 reference: every element is a double, whatever its type in the file. A bool is 0 or 1.
import { broadcastShapes, broadcastStrides, denseStrides, type Shape, sameShape, sizeOf } from "../engine/shapes.ts";
import { type DataType, Tensor } from "../engine/tensor.ts";

export interface NdArray {
  /** The type in the file. It says how whole numbers divide and what a Cast does, not how an element is held. */
  readonly dtype: DataType;
  readonly shape: Shape;
  /** Dense and row-major. */
  readonly data: Float64Array;
}

export function ndArray(dtype: DataType, shape: Shape, data: Float64Array): NdArray {
  if (data.length !== sizeOf(shape)) throw new Error(`shape [${shape}] holds ${sizeOf(shape)} elements, got ${data.length}`);
  return { dtype, shape, data };
}

export function vector(values: readonly number[]): NdArray {
  return ndArray("int64", [values.length], Float64Array.from(values));
}

export function fromTensor(tensor: Tensor): NdArray {
  const { dtype, shape, data } = tensor;
  const isPlain = dtype !== "float16" && dtype !== "bfloat16" && !(data instanceof BigInt64Array) && !(data instanceof BigUint64Array);
  return ndArray(dtype, shape, isPlain ? new Float64Array(data as Float32Array) : Float64Array.from(tensor.toNumbers()));
}

/** Rounded to the array's type. */
export function toTensor({ dtype, shape, data }: NdArray): Tensor {
  return Tensor.from(dtype, shape, data);
}

/** Copies elements that lie apart: element (i, j, …) is at start + i · strides[0] + j · strides[1] + … */
export function copyStrided(data: Float64Array, start: number, strides: readonly number[], shape: Shape): Float64Array {
  const result = new Float64Array(sizeOf(shape));
  const rank = shape.length;
  const [columns, step] = [shape[rank - 1] ?? 1, strides[rank - 1] ?? 0];
  const place = new Array<number>(rank).fill(0);
  let from = start;
  for (let to = 0; to < result.length; to += columns) {
    for (let column = 0; column < columns; column++) result[to + column] = data[from + column * step] as number;
    for (let axis = rank - 2; axis >= 0; axis--) {
      const stride = strides[axis] as number;
      place[axis] = (place[axis] as number) + 1;
      from += stride;
      if ((place[axis] as number) < (shape[axis] as number)) break;
      from -= (place[axis] as number) * stride;
      place[axis] = 0;
    }
  }
  return result;
}

/** The elements, repeated to a shape that they broadcast to. */
export function repeatTo({ shape, data }: NdArray, target: Shape): Float64Array {
  if (sameShape(shape, target)) return data;
  return copyStrided(data, 0, broadcastStrides(shape, denseStrides(shape), target), target);
}

/** f of each element. */
export function map(x: NdArray, f: (value: number) => number, dtype = x.dtype): NdArray {
  const data = new Float64Array(x.data.length);
  for (let i = 0; i < data.length; i++) data[i] = f(x.data[i] as number);
  return ndArray(dtype, x.shape, data);
}

/** f of each pair of elements, after broadcasting. */
export function zip(a: NdArray, b: NdArray, f: (a: number, b: number) => number, dtype = a.dtype): NdArray {
  const shape = broadcastShapes(a.shape, b.shape);
  const [left, right] = [repeatTo(a, shape), repeatTo(b, shape)];
  const data = new Float64Array(sizeOf(shape));
  for (let i = 0; i < data.length; i++) data[i] = f(left[i] as number, right[i] as number);
  return ndArray(dtype, shape, data);
}

export function transpose({ dtype, shape, data }: NdArray, perm: readonly number[]): NdArray {
  const strides = denseStrides(shape);
  const to = perm.map((axis) => shape[axis] as number);
  return ndArray(
    dtype,
    to,
    copyStrided(
      data,
      0,
      perm.map((axis) => strides[axis] as number),
      to,
    ),
  );
}

export function reshape({ dtype, data }: NdArray, shape: Shape): NdArray {
  return ndArray(dtype, shape, data);
}
