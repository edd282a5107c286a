// Conv and ConvTranspose over one to three spatial axes.
// https://onnx.ai/onnx/operators/onnx__Conv.html
import { ndArray } from "../array.ts";
import type { Call, Evaluate, Operators } from "../operator.ts";
import { type AxisWindow, asThree, readWindows, type Windows } from "../window.ts";

/** The outputs o of an axis for which tap k reads inside the input: from `first` up to but not `last`. */
function reach({ extent, stride, dilation, begin, count }: AxisWindow, k: number): readonly [first: number, last: number] {
  const shift = k * dilation - begin;
  const first = Math.max(0, Math.ceil(-shift / stride));
  const last = Math.min(count, Math.floor((extent - 1 - shift) / stride) + 1);
  return [first, last];
}

/** A run of outputs for which a tap reads inside the input. Its elements are 1 apart in the output and a stride apart in the input. */
interface Row {
  readonly output: number;
  readonly input: number;
  readonly length: number;
}

/** One map within all of a value. */
interface Plane {
  readonly data: Float64Array;
  readonly start: number;
}

/** The rows of each tap of the kernel, within one plane. Rows that continue each other are one. */
function rowsOfTaps([depth, rows, columns]: Windows): readonly (readonly Row[])[] {
  const taps: Row[][] = [];
  for (let kd = 0; kd < depth.size; kd++)
    for (let kr = 0; kr < rows.size; kr++)
      for (let kc = 0; kc < columns.size; kc++) {
        const found: Row[] = [];
        const [[d0, d1], [r0, r1], [c0, c1]] = [reach(depth, kd), reach(rows, kr), reach(columns, kc)];
        for (let d = d0; d < d1; d++)
          for (let r = r0; r < r1; r++) {
            const z = d * depth.stride + kd * depth.dilation - depth.begin;
            const y = r * rows.stride + kr * rows.dilation - rows.begin;
            const x = c0 * columns.stride + kc * columns.dilation - columns.begin;
            const output = (d * rows.count + r) * columns.count + c0;
            append(found, { output, input: (z * rows.extent + y) * columns.extent + x, length: Math.max(0, c1 - c0) }, columns.stride);
          }
        taps.push(found);
      }
  return taps;
}

function append(rows: Row[], row: Row, stride: number): void {
  const last = rows.at(-1);
  const continues = last && last.output + last.length === row.output && last.input + last.length * stride === row.input;
  if (continues) rows[rows.length - 1] = { ...last, length: last.length + row.length };
  else rows.push(row);
}

const area = (windows: Windows, side: "extent" | "count"): number => windows.reduce((size, axis) => size * axis[side], 1);

/** y[n, m, o] = b[m] + Σ w[m, c, k] · x[n, c, o · stride − begin + k · dilation] */
const conv: Evaluate = (call) => {
  const [x, w] = [call.input(0), call.input(1)];
  const [batch = 1, channels = 1, ...spatial] = x.shape;
  const [filters = 1, perGroup = 1, ...kernel] = w.shape;
  const given = readWindows(call.attributes, spatial, kernel);
  const windows = asThree(given);
  const [xPlane, yPlane] = [area(windows, "extent"), area(windows, "count")];
  const [rows, stride] = [rowsOfTaps(windows), windows[2].stride];
  const filtersPerGroup = filters / call.attributes.number("group", 1);
  const y = new Float64Array(batch * filters * yPlane);
  const bias = call.inputs[2]?.data;
  for (let n = 0; n < batch; n++)
    for (let m = 0; m < filters; m++) {
      const to = { data: y, start: (n * filters + m) * yPlane };
      if (bias) y.fill(bias[m] as number, to.start, to.start + yPlane);
      const firstChannel = Math.floor(m / filtersPerGroup) * perGroup;
      for (let c = 0; c < perGroup; c++) {
        const from = { data: x.data, start: (n * channels + firstChannel + c) * xPlane };
        rows.forEach((ofTap, k) => {
          addRows(ofTap, stride, w.data[(m * perGroup + c) * rows.length + k] as number, from, to);
        });
      }
    }
  return ndArray(x.dtype, [batch, filters, ...given.map(({ count }) => count)], y);
};

/** y += weight · x, where steps of x are a stride apart. */
function addRows(rows: readonly Row[], stride: number, weight: number, from: Plane, to: Plane): void {
  const [x, y] = [from.data, to.data];
  for (const { output, input, length } of rows) {
    const [first, source] = [to.start + output, from.start + input];
    for (let i = 0; i < length; i++) y[first + i] = (y[first + i] as number) + weight * (x[source + i * stride] as number);
  }
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
  const [xPlane, yPlane] = [area(windows, "count"), area(windows, "extent")];
  const [rows, stride] = [rowsOfTaps(windows), windows[2].stride];
  const group = call.attributes.number("group", 1);
  const filters = perGroup * group;
  const y = new Float64Array(batch * filters * yPlane);
  const bias = call.inputs[2]?.data;
  for (let n = 0; n < batch; n++) {
    for (let m = 0; bias && m < filters; m++) y.fill(bias[m] as number, (n * filters + m) * yPlane, (n * filters + m + 1) * yPlane);
    for (let c = 0; c < channels; c++) {
      const firstFilter = Math.floor(c / (channels / group)) * perGroup;
      for (let m = 0; m < perGroup; m++) {
        const from = { data: x.data, start: (n * channels + c) * xPlane };
        const to = { data: y, start: (n * filters + firstFilter + m) * yPlane };
        rows.forEach((ofTap, k) => {
          spreadRows(ofTap, stride, w.data[(c * perGroup + m) * rows.length + k] as number, from, to);
        });
      }
    }
  }
  return ndArray(x.dtype, [batch, filters, ...given.map(({ extent }) => extent)], y);
};

/** y += weight · x, where steps of y are a stride apart. */
function spreadRows(rows: readonly Row[], stride: number, weight: number, from: Plane, to: Plane): void {
  const [x, y] = [from.data, to.data];
  for (const { output, input, length } of rows) {
    const [first, source] = [to.start + input, from.start + output];
    for (let i = 0; i < length; i++) y[first + i * stride] = (y[first + i * stride] as number) + weight * (x[source + i] as number);
  }
}

/** dw[m, c, k] = Σ dy[n, m, o] · x[n, c, o · stride − begin + k · dilation], of a Conv with the same attributes. */
const convWeightGradient: Evaluate = (call) => {
  const [dy, x] = [call.input(0), call.input(1)];
  const [batch = 1, channels = 1, ...spatial] = x.shape;
  const filters = dy.shape[1] ?? 1;
  const kernel = call.attributes.numbers("kernel_shape") ?? [];
  const windows = asThree(readWindows(call.attributes, spatial, kernel));
  const [xPlane, yPlane] = [area(windows, "extent"), area(windows, "count")];
  const [rows, stride] = [rowsOfTaps(windows), windows[2].stride];
  const group = call.attributes.number("group", 1);
  const perGroup = channels / group;
  const dw = new Float64Array(filters * perGroup * rows.length);
  for (let n = 0; n < batch; n++)
    for (let m = 0; m < filters; m++) {
      const firstChannel = Math.floor(m / (filters / group)) * perGroup;
      for (let c = 0; c < perGroup; c++) {
        const narrow = { data: dy.data, start: (n * filters + m) * yPlane };
        const wide = { data: x.data, start: (n * channels + firstChannel + c) * xPlane };
        rows.forEach((ofTap, k) => {
          const at = (m * perGroup + c) * rows.length + k;
          dw[at] = (dw[at] as number) + sumProducts(ofTap, stride, wide, narrow);
        });
      }
    }
  return ndArray(x.dtype, [filters, perGroup, ...kernel], dw);
};

/** Σ x · y, where steps of x are a stride apart. */
function sumProducts(rows: readonly Row[], stride: number, { data: x, start: xStart }: Plane, { data: y, start: yStart }: Plane): number {
  let sum = 0;
  for (const { output, input, length } of rows)
    for (let i = 0; i < length; i++) sum += (x[xStart + input + i * stride] as number) * (y[yStart + output + i] as number);
  return sum;
}

/** The gradient of a bias: each channel of dy, added up. */
const convBiasGradient: Evaluate = (call) => {
  const dy = call.input(0);
  const [, channels = 1, ...places] = dy.shape;
  const plane = places.reduce((a, b) => a * b, 1);
  const sums = new Float64Array(channels);
  dy.data.forEach((value, i) => {
    const channel = Math.floor(i / plane) % channels;
    sums[channel] = (sums[channel] as number) + value;
  });
  return ndArray(dy.dtype, [channels], sums);
};

export const convolution: Operators = {
  Conv: conv,
  ConvTranspose: convTranspose,
  ConvWeightGradient: convWeightGradient,
  ConvBiasGradient: convBiasGradient,
};
