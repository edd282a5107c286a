// Pools over one to three spatial axes, global pools, and the gradients of both kinds of pool.
// https://onnx.ai/onnx/operators/onnx__MaxPool.html
import type { AttributeReader } from "../../engine/graph/attributes.ts";
import { type Shape, sizeOf } from "../../engine/shapes.ts";
import { type NdArray, ndArray } from "../array.ts";
import type { Call, Evaluate, Operators } from "../operator.ts";
import { type AxisWindow, readWindows } from "../window.ts";

/** One window over a plane. */
interface PoolWindow {
  /** Places of its elements in the plane, row-major; what lies outside is left out. */
  readonly taps: readonly number[];
  /** How many elements it has with those in the padding, but without those that `ceil_mode` adds behind the padding. */
  readonly withPads: number;
}

/** The windows of a plane in the order of the outputs. */
function windowsOf(axes: readonly AxisWindow[]): readonly PoolWindow[] {
  let windows: readonly PoolWindow[] = [{ taps: [0], withPads: 1 }];
  for (const axis of axes) {
    const own = Array.from({ length: axis.count }, (_, o) => alongAxis(axis, o));
    windows = windows.flatMap(({ taps, withPads }) =>
      own.map((one) => ({
        taps: taps.flatMap((before) => one.taps.map((place) => before * axis.extent + place)),
        withPads: withPads * one.withPads,
      })),
    );
  }
  return windows;
}

function alongAxis({ extent, size, stride, dilation, begin, end }: AxisWindow, output: number): PoolWindow {
  const places = Array.from({ length: size }, (_, k) => output * stride - begin + k * dilation);
  return {
    taps: places.filter((place) => place >= 0 && place < extent),
    withPads: places.filter((place) => place >= -begin && place < extent + end).length,
  };
}

interface Pool {
  readonly windows: readonly PoolWindow[];
  /** Elements of a plane, and how many planes there are. */
  readonly plane: number;
  readonly planes: number;
  /** The shape of the output. */
  readonly shape: Shape;
}

/** The windows that a node with these attributes puts over an input of this shape. */
export function readPool(attributes: AttributeReader, inputShape: Shape): Pool {
  const [batch = 1, channels = 1, ...spatial] = inputShape;
  const axes = readWindows(attributes, spatial, attributes.numbers("kernel_shape", []));
  const shape = [batch, channels, ...axes.map(({ count }) => count)];
  return { windows: windowsOf(axes), plane: sizeOf(spatial), planes: batch * channels, shape };
}

/** One number for each window of each plane. */
function pooled({ windows, plane, planes, shape }: Pool, x: NdArray, f: (window: PoolWindow, start: number) => number): NdArray {
  const y = new Float64Array(sizeOf(shape));
  for (let p = 0; p < planes; p++)
    for (let o = 0; o < windows.length; o++) y[p * windows.length + o] = f(windows[o] as PoolWindow, p * plane);
  return ndArray(x.dtype, shape, y);
}

/** The place of the largest element; of equal ones the first. */
function largestOf(data: Float64Array, start: number, taps: readonly number[]): number {
  let best = taps[0] as number;
  for (const tap of taps) if ((data[start + tap] as number) > (data[start + best] as number)) best = tap;
  return start + best;
}

/** The second output numbers the maxima through the whole input. */
const maxPool: Evaluate = (call) => {
  const x = call.input(0);
  if (call.attributes.flag("storage_order", false)) call.unsupported("column-major indices are not part of the float64 reference.");
  const pool = readPool(call.attributes, x.shape);
  const places = pooled(pool, x, ({ taps }, start) => largestOf(x.data, start, taps));
  const values = ndArray(
    x.dtype,
    places.shape,
    places.data.map((place) => x.data[place] as number),
  );
  return [values, { ...places, dtype: "int64" }];
};

const divisorOf = ({ attributes }: Call, { taps, withPads }: PoolWindow): number =>
  attributes.flag("count_include_pad", false) ? withPads : taps.length;

const averagePool: Evaluate = (call) => {
  const x = call.input(0);
  const sum = (taps: readonly number[], start: number): number => taps.reduce((total, tap) => total + (x.data[start + tap] as number), 0);
  return pooled(readPool(call.attributes, x.shape), x, (window, start) => sum(window.taps, start) / divisorOf(call, window));
};

const lpPool: Evaluate = (call) => {
  const x = call.input(0);
  const p = call.attributes.number("p", 2);
  const sum = (taps: readonly number[], start: number): number =>
    taps.reduce((total, tap) => total + Math.abs(x.data[start + tap] as number) ** p, 0);
  return pooled(readPool(call.attributes, x.shape), x, ({ taps }, start) => sum(taps, start) ** (1 / p));
};

/** Each output hands its gradient to the elements of its window: MaxPool's to the one that input 1 names, AveragePool's to all alike. */
const poolGradient: Evaluate = (call) => {
  const [dy, indices] = [call.input(0), call.inputs[1]];
  const shape = call.attributes.numbers("input_shape", []);
  const dx = new Float64Array(sizeOf(shape));
  const give = (place: number, amount: number): void => {
    dx[place] = (dx[place] as number) + amount;
  };
  if (indices) dy.data.forEach((amount, o) => give(indices.data[o] as number, amount));
  else averageShares(call, readPool(call.attributes, shape), (output, place, share) => give(place, share * (dy.data[output] as number)));
  return ndArray(dy.dtype, shape, dx);
};

function averageShares(call: Call, { windows, plane, planes }: Pool, visit: (output: number, place: number, share: number) => void): void {
  for (let p = 0; p < planes; p++)
    for (const [o, window] of windows.entries())
      for (const tap of window.taps) visit(p * windows.length + o, p * plane + tap, 1 / divisorOf(call, window));
}

/** One number for each plane. */
const global =
  (f: (plane: Float64Array, call: Call) => number): Evaluate =>
  (call) => {
    const x = call.input(0);
    const [batch = 1, channels = 1, ...spatial] = x.shape;
    const size = sizeOf(spatial);
    const y = Float64Array.from({ length: batch * channels }, (_, p) => f(x.data.subarray(p * size, (p + 1) * size), call));
    return ndArray(x.dtype, [batch, channels, ...spatial.map(() => 1)], y);
  };

export const pooling: Operators = {
  MaxPool: maxPool,
  AveragePool: averagePool,
  LpPool: lpPool,
  PoolGradient: poolGradient,
  GlobalMaxPool: global((plane) => plane.reduce((a, b) => Math.max(a, b))),
  GlobalAveragePool: global((plane) => plane.reduce((a, b) => a + b, 0) / plane.length),
  GlobalLpPool: global((plane, { attributes }) => {
    const p = attributes.number("p", 2);
    return plane.reduce((total, value) => total + Math.abs(value) ** p, 0) ** (1 / p);
  }),
};
