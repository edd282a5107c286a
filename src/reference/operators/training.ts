// Losses, normalizations over a batch, masks and steps of optimisers, as Convcam's own operators of training name them.
// https://onnx.ai/onnx/operators/onnx__SoftmaxCrossEntropyLoss.html
import { type NdArray, ndArray } from "../array.ts";
import type { Call, Evaluate, Operators } from "../operator.ts";

/** The elements of a loss's rows: of scores [outer, classes, …], the class that is right for each row, and what the row counts. */
function rowsOf(call: Call, first: number) {
  const scores = call.input(first);
  const labels = call.input(first + 1);
  const weights = call.inputs[first + 2]?.data;
  const [, classes = 1, ...places] = scores.shape;
  const inner = places.reduce((a, b) => a * b, 1);
  const ignored = call.attributes.has("ignore_index") ? call.attributes.number("ignore_index") : undefined;
  return Array.from(labels.data, (label, row) => {
    const base = Math.floor(row / inner) * classes * inner + (row % inner);
    const at = Array.from({ length: classes }, (_, i) => base + i * inner);
    return { at, label, weight: label === ignored ? 0 : (weights?.[label] ?? 1), x: at.map((index) => scores.data[index] as number) };
  });
}

function logSumExp(x: readonly number[]): number {
  const highest = Math.max(...x);
  return highest + Math.log(x.reduce((sum, value) => sum + Math.exp(value - highest), 0));
}

function loss(isOfScores: boolean): Evaluate {
  return (call) => {
    const [scores, labels] = [call.input(0), call.input(1)];
    const rows = rowsOf(call, 0);
    const losses = rows.map(({ x, label, weight }) =>
      weight === 0 ? 0 : weight * ((isOfScores ? logSumExp(x) : 0) - (x[label] as number)),
    );
    const reduction = call.attributes.string("reduction", "mean");
    const sum = losses.reduce((a, b) => a + b, 0);
    const total = reduction === "sum" ? sum : sum / rows.reduce((all, { weight }) => all + weight, 0);
    const first =
      reduction === "none"
        ? ndArray(scores.dtype, labels.shape, Float64Array.from(losses))
        : ndArray(scores.dtype, [], Float64Array.of(total));
    const logarithms = new Float64Array(scores.data.length);
    for (const { at, x } of rows)
      at.forEach((index, i) => {
        logarithms[index] = (x[i] as number) - logSumExp(x);
      });
    return [first, ndArray(scores.dtype, scores.shape, logarithms)];
  };
}

const lossGradient: Evaluate = (call) => {
  const [slope, scores] = [call.input(0), call.input(1)];
  const rows = rowsOf(call, 1);
  const isOfScores = call.attributes.number("of_scores", 1) === 1;
  const reduction = call.attributes.string("reduction", "mean");
  const all = reduction === "mean" ? rows.reduce((sum, { weight }) => sum + weight, 0) : 1;
  const dx = new Float64Array(scores.data.length);
  rows.forEach(({ at, x, label, weight }, row) => {
    const scale = ((slope.data[reduction === "none" ? row : 0] as number) * weight) / all;
    const total = logSumExp(x);
    at.forEach((index, i) => {
      dx[index] = scale * ((isOfScores ? Math.exp((x[i] as number) - total) : 0) - (i === label ? 1 : 0));
    });
  });
  return ndArray(scores.dtype, scores.shape, dx);
};

/** For each channel, the places of its elements. */
function channelsOf({ shape }: NdArray): readonly (readonly number[])[] {
  const [batch = 1, channels = 1, ...places] = shape;
  const inner = places.reduce((a, b) => a * b, 1);
  return Array.from({ length: channels }, (_, c) =>
    Array.from({ length: batch * inner }, (_, i) => (Math.floor(i / inner) * channels + c) * inner + (i % inner)),
  );
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** y, and mean and variance of the batch. */
const batchNormalization: Evaluate = (call) => {
  const [x, scale, bias] = [call.input(0), call.input(1), call.input(2)];
  const epsilon = call.attributes.number("epsilon", 1e-5);
  const [y, means, variances] = [new Float64Array(x.data.length), new Float64Array(scale.data.length), new Float64Array(scale.data.length)];
  channelsOf(x).forEach((places, c) => {
    const values = places.map((at) => x.data[at] as number);
    const middle = mean(values);
    const variance = mean(values.map((value) => (value - middle) ** 2));
    [means[c], variances[c]] = [middle, variance];
    places.forEach((at, i) => {
      y[at] = ((scale.data[c] as number) * ((values[i] as number) - middle)) / Math.sqrt(variance + epsilon) + (bias.data[c] as number);
    });
  });
  const vector = (data: Float64Array) => ndArray(x.dtype, scale.shape, data);
  return [ndArray(x.dtype, x.shape, y), vector(means), vector(variances)];
};

/** dx = scale / √(variance + ε) · (dy − mean(dy) − x̂ · mean(dy · x̂)), and the gradients of scale and bias. */
const batchNormalizationGradient: Evaluate = (call) => {
  const [dy, x, scale, means, variances] = [call.input(0), call.input(1), call.input(2), call.input(3), call.input(4)];
  const epsilon = call.attributes.number("epsilon", 1e-5);
  const [dx, dscale, dbias] = [new Float64Array(x.data.length), new Float64Array(scale.data.length), new Float64Array(scale.data.length)];
  channelsOf(x).forEach((places, c) => {
    const deviation = Math.sqrt((variances.data[c] as number) + epsilon);
    const standard = places.map((at) => ((x.data[at] as number) - (means.data[c] as number)) / deviation);
    const slopes = places.map((at) => dy.data[at] as number);
    const products = slopes.map((slope, i) => slope * (standard[i] as number));
    dbias[c] = slopes.reduce((a, b) => a + b, 0);
    dscale[c] = products.reduce((a, b) => a + b, 0);
    places.forEach((at, i) => {
      dx[at] = ((scale.data[c] as number) / deviation) * ((slopes[i] as number) - mean(slopes) - (standard[i] as number) * mean(products));
    });
  });
  const vector = (data: Float64Array) => ndArray(x.dtype, scale.shape, data);
  return [ndArray(x.dtype, x.shape, dx), vector(dscale), vector(dbias)];
};

/**
 * One step of an optimiser. The rates are [learning rate, 1 / (1 − β₁ᵗ), 1 / (1 − β₂ᵗ), …, whether a part of a step goes on with what was gathered,
 * whether it takes the step, …].
 */
const update: Evaluate = (call) => {
  const { attributes, inputs } = call;
  const [state, rates] = [call.input(0), call.input(1).data];
  const number = (name: string) => attributes.number(name, 0);
  const [rate = 0, forMean = 1, forSquare = 1, , goesOn = 0, takes = 0] = rates;
  if (number("waits") !== 0 && takes < 0.5) return state;
  const step: Readonly<Record<string, (s: number, a: number, b: number) => number>> = {
    gather: (s, a) => (goesOn > 0.5 ? s : 0) + number("gain") * a,
    average: (s, a) => number("keep") * s + number("gain") * a,
    squares: (s, a) => number("keep") * s + number("gain") * a * a,
    descend: (s, a) => s - rate * a,
    nesterov: (s, a, b) => s - rate * (a + number("keep") * b),
    adam: (s, a, b) => s - rate * ((a * forMean) / (Math.sqrt(b * forSquare) + number("epsilon")) + number("decay") * s),
    adagrad: (s, a, b) => s - (rate * a) / (Math.sqrt(b) + number("epsilon")),
  };
  const kind = attributes.string("kind");
  const next = step[kind] ?? call.unsupported(`a step of kind '${kind}'.`);
  return ndArray(
    state.dtype,
    state.shape,
    state.data.map((s, i) => next(s, inputs[2]?.data[i] ?? 0, inputs[3]?.data[i] ?? 0)),
  );
};

export const training: Operators = {
  SoftmaxCrossEntropyLoss: loss(true),
  NegativeLogLikelihoodLoss: loss(false),
  CrossEntropy: loss(true),
  CrossEntropyGradient: lossGradient,
  LossGradient: lossGradient,
  BatchNormalizationOfBatch: batchNormalization,
  BatchNormalizationGradient: batchNormalizationGradient,
  Update: update,
};
