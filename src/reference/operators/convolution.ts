// Conv and ConvTranspose over one to three spatial axes.
// https://onnx.ai/onnx/operators/onnx__Conv.html
import { ndArray } from "../array.ts";
import type { Call, Evaluate, Operators } from "../operator.ts";
import { type AxisWindow, asThree, readWindows, type Windows } from "../window.ts";

/** One tap of a filter: which plane is read, which is written, and the weight. */
interface Tap {
  readonly from: number;
  readonly to: number;
  readonly weight: number;
  /** Places in the kernel, one per spatial axis. */
  readonly at: readonly [number, number, number];
}

/** The outputs o of an axis for which tap k reads inside the input: from `first` up to but not `last`. */
function reach({ extent, stride, dilation, begin, count }: AxisWindow, k: number): readonly [first: number, last: number] {
  const shift = k * dilation - begin;
  const first = Math.max(0, Math.ceil(-shift / stride));
  const last = Math.min(count, Math.floor((extent - 1 - shift) / stride) + 1);
  return [first, last];
}

/** Visits the rows that a tap reads: `small` is a place of the strided side, `large` of the other, where steps are `stride` apart. */
function forEachRow(
  [depth, rows, columns]: Windows,
  { at }: Tap,
  visit: (small: number, large: number, length: number, stride: number) => void,
): void {
  const [[d0, d1], [r0, r1], [c0, c1]] = [reach(depth, at[0]), reach(rows, at[1]), reach(columns, at[2])];
  for (let d = d0; d < d1; d++) {
    const z = d * depth.stride + at[0] * depth.dilation - depth.begin;
    for (let r = r0; r < r1; r++) {
      const y = r * rows.stride + at[1] * rows.dilation - rows.begin;
      const x = c0 * columns.stride + at[2] * columns.dilation - columns.begin;
      const small = (d * rows.count + r) * columns.count + c0;
      const large = (z * rows.extent + y) * columns.extent + x;
      visit(small, large, c1 - c0, columns.stride);
    }
  }
}

function forEachPlace([depth, rows, columns]: Windows, visit: (at: Tap["at"], index: number) => void): void {
  let index = 0;
  for (let d = 0; d < depth.size; d++) for (let r = 0; r < rows.size; r++) for (let c = 0; c < columns.size; c++) visit([d, r, c], index++);
}

const area = (windows: Windows, side: "extent" | "count" | "size"): number => windows.reduce((size, axis) => size * axis[side], 1);

/** y[n, m, o] = b[m] + Σ w[m, c, k] · x[n, c, o · stride − begin + k · dilation] */
const conv: Evaluate = (call) => {
  const [x, w] = [call.input(0), call.input(1)];
  const [batch = 1, channels = 1, ...spatial] = x.shape;
  const [filters = 1, perGroup = 1, ...kernel] = w.shape;
  const given = readWindows(call.attributes, spatial, kernel);
  const windows = asThree(given);
  const [xPlane, yPlane, taps] = [area(windows, "extent"), area(windows, "count"), area(windows, "size")];
  const filtersPerGroup = filters / call.attributes.number("group", 1);
  const y = new Float64Array(batch * filters * yPlane);
  const bias = call.inputs[2]?.data;
  for (let n = 0; n < batch; n++)
    for (let m = 0; m < filters; m++) {
      const to = (n * filters + m) * yPlane;
      if (bias) y.fill(bias[m] as number, to, to + yPlane);
      const firstChannel = Math.floor(m / filtersPerGroup) * perGroup;
      for (let c = 0; c < perGroup; c++) {
        const from = (n * channels + firstChannel + c) * xPlane;
        forEachPlace(windows, (at, k) => {
          const weight = w.data[(m * perGroup + c) * taps + k] as number;
          addRows(windows, { from, to, weight, at }, x.data, y);
        });
      }
    }
  return ndArray(x.dtype, [batch, filters, ...given.map(({ count }) => count)], y);
};

/** y += weight · x, where x lies on the larger side. */
function addRows(windows: Windows, tap: Tap, x: Float64Array, y: Float64Array): void {
  const { from, to, weight } = tap;
  forEachRow(windows, tap, (small, large, length, stride) => {
    const [first, source] = [to + small, from + large];
    for (let i = 0; i < length; i++) y[first + i] = (y[first + i] as number) + weight * (x[source + i * stride] as number);
  });
}

/** The output's extents, and as windows the way back: from the output, which is the larger side, to the input. */
function readTransposed(call: Call, spatial: readonly number[], kernel: readonly number[]): readonly AxisWindow[] {
  const { attributes } = call;
  const ones = kernel.map(() => 1);
  const strides = attributes.numbers("strides", ones);
  const dilations = attributes.numbers("dilations", ones);
  const pads = attributes.numbers(
    "pads",
    [...kernel, ...kernel].map(() => 0),
  );
  const outputPadding = attributes.numbers(
    "output_padding",
    kernel.map(() => 0),
  );
  const outputShape = attributes.numbers("output_shape")?.slice(-kernel.length);
  const autoPad = attributes.string("auto_pad", "NOTSET");
  return spatial.map((count, axis) => {
    const [size, stride, dilation] = [kernel[axis] as number, strides[axis] as number, dilations[axis] as number];
    const full = (count - 1) * stride + (size - 1) * dilation + 1 + (outputPadding[axis] as number);
    let [begin, end] = autoPad === "NOTSET" ? [pads[axis] as number, pads[kernel.length + axis] as number] : [0, 0];
    // What the output has beyond the last window is the bias alone.
    const target = outputShape?.[axis] ?? (autoPad.startsWith("SAME") ? count * stride : undefined);
    if (target !== undefined) {
      const total = Math.max(0, full - target);
      begin = autoPad === "SAME_UPPER" ? Math.floor(total / 2) : Math.ceil(total / 2);
      end = total - begin;
    }
    const extent = target ?? full - begin - end;
    return { extent, size, stride, dilation, begin, end, count };
  });
}

/** y[n, m, o · stride − begin + k · dilation] += w[c, m, k] · x[n, c, o] */
const convTranspose: Evaluate = (call) => {
  const [x, w] = [call.input(0), call.input(1)];
  const [batch = 1, channels = 1, ...spatial] = x.shape;
  const [, perGroup = 1, ...kernel] = w.shape;
  const given = readTransposed(call, spatial, kernel);
  const windows = asThree(given);
  const [xPlane, yPlane, taps] = [area(windows, "count"), area(windows, "extent"), area(windows, "size")];
  const group = call.attributes.number("group", 1);
  const filters = perGroup * group;
  const y = new Float64Array(batch * filters * yPlane);
  const bias = call.inputs[2]?.data;
  for (let n = 0; n < batch; n++) {
    for (let m = 0; bias && m < filters; m++) y.fill(bias[m] as number, (n * filters + m) * yPlane, (n * filters + m + 1) * yPlane);
    for (let c = 0; c < channels; c++) {
      const firstFilter = Math.floor(c / (channels / group)) * perGroup;
      for (let m = 0; m < perGroup; m++) {
        const to = (n * filters + firstFilter + m) * yPlane;
        forEachPlace(windows, (at, k) => {
          const weight = w.data[(c * perGroup + m) * taps + k] as number;
          spreadRows(windows, { from: (n * channels + c) * xPlane, to, weight, at }, x.data, y);
        });
      }
    }
  }
  return ndArray(x.dtype, [batch, filters, ...given.map(({ extent }) => extent)], y);
};

/** y += weight · x, where y lies on the larger side. */
function spreadRows(windows: Windows, tap: Tap, x: Float64Array, y: Float64Array): void {
  const { from, to, weight } = tap;
  forEachRow(windows, tap, (small, large, length, stride) => {
    const [first, source] = [to + large, from + small];
    for (let i = 0; i < length; i++) {
      const place = first + i * stride;
      y[place] = (y[place] as number) + weight * (x[source + i] as number);
    }
  });
}

export const convolution: Operators = { Conv: conv, ConvTranspose: convTranspose };
