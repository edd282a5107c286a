// Normalizations and softmax.
// https://onnx.ai/onnx/operators/onnx__LayerNormalization.html
import { normalizeAxis } from "../../engine/shapes.ts";
import { type NdArray, ndArray, repeatTo, reshape } from "../array.ts";
import type { Call, Evaluate, Operators } from "../operator.ts";
import { axesFrom, mapRows, placeAlong, reduceRows } from "../rows.ts";

const meanOf = (row: Float64Array): number => row.reduce((total, value) => total + value, 0) / row.length;

function varianceOf(row: Float64Array): number {
  const mean = meanOf(row);
  return row.reduce((total, value) => total + (value - mean) ** 2, 0) / row.length;
}

/** (x − mean) / √(variance + ε), statistics over the row. */
function standardized(row: Float64Array, epsilon: number): Float64Array {
  const [mean, deviation] = [meanOf(row), Math.sqrt(varianceOf(row) + epsilon)];
  return row.map((value) => (value - mean) / deviation);
}

const epsilonOf = ({ attributes }: Call): number => attributes.number("epsilon", 1e-5);

/** y = x · scale + bias, one of each per place along an axis. */
function scaleAlong(x: NdArray, axis: number, scale: NdArray, bias: NdArray | undefined): NdArray {
  const place = placeAlong(x.shape, axis);
  const data = x.data.map((value, i) => value * (scale.data[place(i)] as number) + (bias?.data[place(i)] ?? 0));
  return ndArray(x.dtype, x.shape, data);
}

/** With statistics of its own, or in training mode the batch's; these are the other outputs. */
const batchNormalization: Evaluate = (call) => {
  const { attributes, input, outputCount } = call;
  const [x, scale, bias, mean, variance] = [0, 1, 2, 3, 4].map(input) as [NdArray, NdArray, NdArray, NdArray, NdArray];
  const isPerElement = attributes.number("spatial", 1) === 0;
  const size = x.data.length / (x.shape[0] ?? 1);
  const channel = isPerElement ? (i: number) => i % size : placeAlong(x.shape, 1);
  const values = scale.data.map(() => 0);
  const [batchMean, batchVariance] = [values.slice(), values.slice()];
  const trains = outputCount > 1 || attributes.flag("training_mode", false);
  if (trains) {
    const share = scale.data.length / x.data.length;
    x.data.forEach((value, i) => {
      batchMean[channel(i)] = (batchMean[channel(i)] as number) + value * share;
    });
    x.data.forEach((value, i) => {
      const c = channel(i);
      batchVariance[c] = (batchVariance[c] as number) + (value - (batchMean[c] as number)) ** 2 * share;
    });
  }
  const [usedMean, usedVariance] = trains ? [batchMean, batchVariance] : [mean.data, variance.data];
  const deviation = (c: number) => Math.sqrt((usedVariance[c] as number) + epsilonOf(call));
  const y = x.data.map((value, i) => {
    const c = channel(i);
    return ((value - (usedMean[c] as number)) / deviation(c)) * (scale.data[c] as number) + (bias.data[c] as number);
  });
  const keep = attributes.number("momentum", 0.9);
  const running = (before: NdArray, now: Float64Array) =>
    ndArray(
      before.dtype,
      before.shape,
      before.data.map((value, c) => value * keep + (now[c] as number) * (1 - keep)),
    );
  const saved = [batchMean, batchVariance.map((_, c) => 1 / deviation(c))].map((data) => ndArray(mean.dtype, mean.shape, data));
  return [ndArray(x.dtype, x.shape, y), running(mean, batchMean), running(variance, batchVariance), ...saved].slice(0, outputCount);
};

const instanceNormalization: Evaluate = (call) => {
  const x = call.input(0);
  const standard = mapRows(x, axesFrom(2, x.shape.length), (row) => standardized(row, epsilonOf(call)));
  return scaleAlong(standard, 1, call.input(1), call.input(2));
};

/** Before opset 21 scale and bias are those of a group, from then on of a channel. */
const groupNormalization: Evaluate = (call) => {
  const x = call.input(0);
  const [batch = 1, channels = 1, ...spatial] = x.shape;
  const groups = call.attributes.number("num_groups");
  const apart = reshape(x, [batch, groups, channels / groups, ...spatial]);
  const standard = mapRows(apart, axesFrom(2, apart.shape.length), (row) => standardized(row, epsilonOf(call)));
  const [scale, bias] = [call.input(1), call.input(2)];
  if (scale.data.length === channels) return scaleAlong(reshape(standard, x.shape), 1, scale, bias);
  return reshape(scaleAlong(standard, 1, scale, bias), x.shape);
};

/** The mean of each row and 1 / √(variance + ε) are its other outputs. */
const layerNormalization: Evaluate = (call) => {
  const x = call.input(0);
  const first = normalizeAxis(call.attributes.number("axis", -1), x.shape.length);
  const standard = mapRows(x, axesFrom(first, x.shape.length), (row) => standardized(row, epsilonOf(call)));
  const [scale, bias] = [call.input(1), call.inputs[2]].map((one) => one && repeatTo(one, x.shape));
  const y = standard.data.map((value, i) => value * (scale?.[i] ?? 1) + (bias?.[i] ?? 0));
  const axes = axesFrom(first, x.shape.length);
  const mean = reduceRows(x, axes, true, meanOf);
  const inverse = reduceRows(x, axes, true, (row) => 1 / Math.sqrt(varianceOf(row) + epsilonOf(call)));
  return [ndArray(x.dtype, x.shape, y), mean, inverse];
};

/** y_c = x_c / (bias + alpha / size · Σ x²)^beta over the `size` channels around c. */
const lrn: Evaluate = ({ attributes, input }) => {
  const x = input(0);
  const size = attributes.number("size");
  const [alpha, beta, bias] = [attributes.number("alpha", 1e-4), attributes.number("beta", 0.75), attributes.number("bias", 1)];
  const [before, after] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
  return mapRows(x, [1], (channels) =>
    channels.map((value, c) => {
      const around = channels.subarray(Math.max(0, c - before), c + after + 1);
      const squares = around.reduce((total, one) => total + one * one, 0);
      return value / (bias + (alpha / size) * squares) ** beta;
    }),
  );
};

/** y = x / the norm of its row; 0 where the norm is 0. */
const lpNormalization: Evaluate = ({ attributes, input }) => {
  const x = input(0);
  const p = attributes.number("p", 2);
  const axis = normalizeAxis(attributes.number("axis", -1), x.shape.length);
  return mapRows(x, [axis], (row) => {
    const norm = row.reduce((total, value) => total + Math.abs(value) ** p, 0) ** (1 / p);
    return row.map((value) => (norm === 0 ? 0 : value / norm));
  });
};

/** Before opset 13 a row has all axes from `axis` on. */
function softmaxAxes({ attributes, input, opset }: Call): readonly number[] {
  const rank = input(0).shape.length;
  const axis = normalizeAxis(attributes.number("axis", opset >= 13 ? -1 : 1), rank);
  return opset >= 13 ? [axis] : axesFrom(axis, rank);
}

function softmax(row: Float64Array): Float64Array {
  const most = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const powers = row.map((value) => Math.exp(value - most));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / total);
}

function logSoftmax(row: Float64Array): Float64Array {
  const most = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const total = row.reduce((sum, value) => sum + Math.exp(value - most), 0);
  return row.map((value) => value - most - Math.log(total));
}

export const normalization: Operators = {
  BatchNormalization: batchNormalization,
  InstanceNormalization: instanceNormalization,
  GroupNormalization: groupNormalization,
  LayerNormalization: layerNormalization,
  LRN: lrn,
  LpNormalization: lpNormalization,
  Softmax: (call) => mapRows(call.input(0), softmaxAxes(call), softmax),
  LogSoftmax: (call) => mapRows(call.input(0), softmaxAxes(call), logSoftmax),
};
