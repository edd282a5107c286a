// Operators that look values up at computed places: grids, regions, deformed windows, and windows laid back.
// https://onnx.ai/onnx/operators/onnx__GridSample.html
import { denseStrides, sizeOf } from "../../engine/shapes.ts";
import { type NdArray, ndArray } from "../array.ts";
import type { Call, Evaluate, Operators } from "../operator.ts";

/** Every place of a shape, row by row. */
function* places(shape: readonly number[]): Generator<readonly number[]> {
  const strides = denseStrides(shape);
  for (let i = 0; i < sizeOf(shape); i++) yield shape.map((extent, a) => Math.floor(i / (strides[a] as number)) % extent);
}

/** An element, and 0 outside. */
function at({ shape, data }: NdArray, place: readonly number[]): number {
  if (place.some((one, a) => !(one >= 0 && one < (shape[a] as number)))) return 0;
  return data[place.reduce((sum, one, a) => sum * (shape[a] as number) + one, 0)] as number;
}

function roundHalfEven(x: number): number {
  const whole = Math.floor(x);
  return x - whole === 0.5 ? whole + (whole % 2 === 0 ? 0 : 1) : Math.round(x);
}

/** By turns from one end to the other. */
function reflect(x: number, low: number, high: number): number {
  if (high <= low) return low;
  let place = x;
  while (place < low || place > high) place = place < low ? 2 * low - place : 2 * high - place;
  return place;
}

const cubicFactors = (t: number): readonly number[] =>
  [-1, 0, 1, 2].map((k) => {
    const d = Math.abs(t - k);
    return d <= 1 ? 1.25 * d ** 3 - 2.25 * d ** 2 + 1 : -0.75 * d ** 3 + 3.75 * d ** 2 - 6 * d + 3;
  });

const gridSample: Evaluate = ({ attributes, input }) => {
  const [x, grid] = [input(0), input(1)];
  const mode = attributes.string("mode", "linear").replace(/^bi/, "");
  const padding = attributes.string("padding_mode", "zeros");
  const isAligned = attributes.flag("align_corners", false);
  const [n, channels, ...spatial] = x.shape as [number, number, ...number[]];
  const axes = spatial.length;
  const points = grid.shape.slice(1, -1);
  const [low, high] = [spatial.map(() => (isAligned ? 0 : -0.5)), spatial.map((extent) => (isAligned ? extent - 1 : extent - 0.5))];
  const element = (plane: readonly number[], tap: readonly number[]) => {
    if (padding === "zeros") return at(x, [...plane, ...tap]);
    const inside = tap.map((one, a) =>
      padding === "border"
        ? Math.min(Math.max(one, 0), (spatial[a] as number) - 1)
        : Math.trunc(reflect(one, low[a] as number, high[a] as number)),
    );
    return at(x, [...plane, ...inside]);
  };
  const data: number[] = [];
  for (const plane of places([n, channels]))
    for (const point of places(points)) {
      const own = spatial.map((extent, a) => {
        const g = at(grid, [plane[0] as number, ...point, axes - 1 - a]);
        const exact = isAligned ? ((g + 1) / 2) * (extent - 1) : ((g + 1) * extent - 1) / 2;
        const place = mode === "nearest" ? roundHalfEven(exact) : exact;
        if (padding === "border") return Math.min(Math.max(place, 0), extent - 1);
        return padding === "reflection" ? reflect(place, low[a] as number, high[a] as number) : place;
      });
      const first = own.map((one) => Math.floor(one) - (mode === "cubic" ? 1 : 0));
      const factors = own.map((one) => {
        const t = one - Math.floor(one);
        return mode === "nearest" ? [1] : mode === "linear" ? [1 - t, t] : cubicFactors(t);
      });
      let sum = 0;
      for (const tap of places(factors.map(({ length }) => length))) {
        const factor = tap.reduce((product, k, a) => product * (factors[a]?.[k] as number), 1);
        sum +=
          factor *
          element(
            plane,
            tap.map((k, a) => (first[a] as number) + k),
          );
      }
      data.push(sum);
    }
  return ndArray(x.dtype, [n, channels, ...points], Float64Array.from(data));
};

const affineGrid: Evaluate = ({ attributes, input }) => {
  const theta = input(0);
  const [n = 0, , ...spatial] = input(1).data;
  const isAligned = attributes.flag("align_corners", false);
  const axes = spatial.length;
  const data: number[] = [];
  for (const place of places([n, ...spatial, axes])) {
    const [batch = 0, ...point] = place.slice(0, -1);
    const row = place.at(-1) as number;
    const coordinates = point.map((i, a) => {
      const extent = spatial[a] as number;
      if (!isAligned) return (2 * i + 1) / extent - 1;
      return extent === 1 ? 0 : (2 * i) / (extent - 1) - 1;
    });
    const whole = [...coordinates.toReversed(), 1];
    data.push(whole.reduce((sum, one, k) => sum + one * at(theta, [batch, row, k]), 0));
  }
  return ndArray(theta.dtype, [n, ...spatial, axes], Float64Array.from(data));
};

/** Between the elements around a place of the last two axes. */
function corners(x: NdArray, plane: readonly number[], y: number, column: number): readonly number[] {
  const [top, left] = [Math.floor(y), Math.floor(column)];
  const [v, h] = [y - top, column - left];
  return [
    (1 - v) * (1 - h) * at(x, [...plane, top, left]),
    (1 - v) * h * at(x, [...plane, top, left + 1]),
    v * (1 - h) * at(x, [...plane, top + 1, left]),
    v * h * at(x, [...plane, top + 1, left + 1]),
  ];
}

const total = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

const roiAlign: Evaluate = ({ attributes, input, opset }) => {
  const [x, regions, batch] = [input(0), input(1), input(2)];
  const [height, width] = x.shape.slice(2) as [number, number];
  const isHalf = opset >= 16 && attributes.string("coordinate_transformation_mode", "half_pixel") === "half_pixel";
  const [rows, columns] = [attributes.number("output_height", 1), attributes.number("output_width", 1)];
  const given = attributes.number("sampling_ratio", 0);
  const isMax = attributes.string("mode", "avg") === "max";
  const shape = [regions.shape[0] as number, x.shape[1] as number, rows, columns];
  const data: number[] = [];
  for (const [region = 0, channel = 0, row = 0, column = 0] of places(shape)) {
    const [x1, y1, x2, y2] = [0, 1, 2, 3].map(
      (k) => at(regions, [region, k]) * attributes.number("spatial_scale", 1) - (isHalf ? 0.5 : 0),
    ) as [number, number, number, number];
    const [h, w] = [y2 - y1, x2 - x1].map((size) => (isHalf ? size : Math.max(size, 1))) as [number, number];
    const [down, across] = [given || Math.ceil(h / rows), given || Math.ceil(w / columns)];
    const samples: (readonly number[])[] = [];
    for (let i = 0; i < down; i++)
      for (let j = 0; j < across; j++) {
        const y = y1 + (h / rows) * (row + (i + 0.5) / down);
        const place = x1 + (w / columns) * (column + (j + 0.5) / across);
        const isInside = y >= -1 && y <= height && place >= -1 && place <= width;
        const within = [Math.min(Math.max(y, 0), height - 1), Math.min(Math.max(place, 0), width - 1)] as const;
        samples.push(isInside ? corners(x, [batch.data[region] as number, channel], ...within) : [0]);
      }
    data.push(isMax ? Math.max(...samples.flat()) : total(samples.flat()) / Math.max(1, samples.length));
  }
  return ndArray(x.dtype, shape, Float64Array.from(data));
};

/** A list with one number for each of two axes. */
const pair = ({ attributes }: Call, name: string, fallback: number) => attributes.numbers(name, [fallback, fallback]) as [number, number];

const deformConv: Evaluate = (call) => {
  const [x, weight, offset] = [call.input(0), call.input(1), call.input(2)];
  const [bias, mask] = [call.inputs[3], call.inputs[4]];
  const [maps = 0, depth = 0, kh = 0, kw = 0] = weight.shape;
  const channels = x.shape[1] as number;
  const group = call.attributes.number("group", 1);
  const offsetGroup = call.attributes.number("offset_group", 1);
  const [strides, dilations] = [pair(call, "strides", 1), pair(call, "dilations", 1)];
  const [top, left] = call.attributes.numbers("pads", [0, 0, 0, 0]) as [number, number];
  const shape = [x.shape[0] as number, maps, ...offset.shape.slice(2)];
  const data: number[] = [];
  for (const [n = 0, map = 0, row = 0, column = 0] of places(shape)) {
    let sum = bias ? at(bias, [map]) : 0;
    for (const [c = 0, i = 0, j = 0] of places([depth, kh, kw])) {
      const channel = Math.floor(map / (maps / group)) * depth + c;
      const tap = (Math.floor(channel / (channels / offsetGroup)) * kh + i) * kw + j;
      const y = row * strides[0] - top + i * dilations[0] + at(offset, [n, 2 * tap, row, column]);
      const place = column * strides[1] - left + j * dilations[1] + at(offset, [n, 2 * tap + 1, row, column]);
      const share = mask ? at(mask, [n, tap, row, column]) : 1;
      sum += at(weight, [map, c, i, j]) * share * total(corners(x, [n, channel], y, place));
    }
    data.push(sum);
  }
  return ndArray(x.dtype, shape, Float64Array.from(data));
};

const maxUnpool: Evaluate = ({ attributes, input, inputs }) => {
  const [x, indices] = [input(0), input(1)];
  const [n, channels, ...spatial] = x.shape as [number, number, ...number[]];
  const kernel = attributes.numbers("kernel_shape", []);
  const strides = attributes.numbers(
    "strides",
    spatial.map(() => 1),
  );
  const pads = attributes.numbers(
    "pads",
    spatial.flatMap(() => [0, 0]),
  );
  const inferred = spatial.map((extent, a) => {
    const around = (pads[a] as number) + (pads[spatial.length + a] as number);
    return (extent - 1) * (strides[a] as number) + (kernel[a] as number) - around;
  });
  const shape = inputs[2] ? Array.from(inputs[2].data) : [n, channels, ...inferred];
  const data = new Float64Array(sizeOf(shape));
  indices.data.forEach((place, i) => {
    data[place] = x.data[i] as number;
  });
  return ndArray(x.dtype, shape, data);
};

const col2Im: Evaluate = ({ attributes, input }) => {
  const x = input(0);
  const [image, block] = [Array.from(input(1).data), Array.from(input(2).data)];
  const strides = attributes.numbers(
    "strides",
    image.map(() => 1),
  );
  const dilations = attributes.numbers(
    "dilations",
    image.map(() => 1),
  );
  const pads = attributes.numbers(
    "pads",
    image.flatMap(() => [0, 0]),
  );
  const counts = image.map((extent, a) => {
    const reach = ((block[a] as number) - 1) * (dilations[a] as number) + 1;
    return Math.floor((extent + (pads[a] as number) + (pads[image.length + a] as number) - reach) / (strides[a] as number)) + 1;
  });
  const shape = [x.shape[0] as number, (x.shape[1] as number) / sizeOf(block), ...image];
  const data = new Float64Array(sizeOf(shape));
  let from = 0;
  for (const place of places([...shape.slice(0, 2), ...block, ...counts])) {
    const value = x.data[from++] as number;
    const target = image.map((_, a) => {
      const [tap, window] = [place[2 + a] as number, place[2 + image.length + a] as number];
      return window * (strides[a] as number) + tap * (dilations[a] as number) - (pads[a] as number);
    });
    if (target.some((one, a) => one < 0 || one >= (image[a] as number))) continue;
    const to = [...place.slice(0, 2), ...target].reduce((sum, one, a) => sum * (shape[a] as number) + one, 0);
    data[to] = (data[to] as number) + value;
  }
  return ndArray(x.dtype, shape, data);
};

export const sampling: Operators = {
  GridSample: gridSample,
  AffineGrid: affineGrid,
  RoiAlign: roiAlign,
  DeformConv: deformConv,
  MaxUnpool: maxUnpool,
  Col2Im: col2Im,
};
