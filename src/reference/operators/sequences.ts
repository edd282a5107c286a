// Operators on sequences, and what networks with attention have. https://onnx.ai/onnx/operators/onnx__Attention.html
import { normalizeAxis, sizeOf } from "../../engine/shapes.ts";
import { type NdArray, ndArray, repeatTo, reshape, transpose, zip } from "../array.ts";
import type { Evaluate, Operators } from "../operator.ts";
import { axesFrom, mapRows } from "../rows.ts";

const total = (values: Iterable<number>) => {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
};

const rmsNormalization: Evaluate = ({ attributes, input }) => {
  const x = input(0);
  const axis = normalizeAxis(attributes.number("axis", -1), x.shape.length);
  const epsilon = attributes.number("epsilon", 1e-5);
  const normalized = mapRows(x, axesFrom(axis, x.shape.length), (row) => {
    const root = Math.sqrt(total(row.map((one) => one * one)) / row.length + epsilon);
    return row.map((one) => one / root);
  });
  return zip(normalized, input(1), (a, b) => a * b);
};

const lpNormalization: Evaluate = ({ attributes, input }) => {
  const axis = normalizeAxis(attributes.number("axis", -1), input(0).shape.length);
  const p = attributes.number("p", 2);
  return mapRows(input(0), [axis], (row) => {
    const length = total(row.map((one) => Math.abs(one) ** p)) ** (1 / p);
    return length === 0 ? row : row.map((one) => one / length);
  });
};

const meanVarianceNormalization: Evaluate = ({ attributes, input }) => {
  const axes = attributes.numbers("axes", [0, 2, 3]).map((axis) => normalizeAxis(axis, input(0).shape.length));
  return mapRows(input(0), axes, (row) => {
    const mean = total(row) / row.length;
    const deviation = Math.sqrt(total(row.map((one) => (one - mean) ** 2)) / row.length) + 1e-9;
    return row.map((one) => (one - mean) / deviation);
  });
};

/** [batch, heads, places, size] of either form. */
function heads(x: NdArray, count: number): NdArray {
  if (x.shape.length === 4) return x;
  const [batch = 0, length = 0, width = 0] = x.shape;
  return transpose(reshape(x, [batch, length, count, width / count]), [0, 2, 1, 3]);
}

/** Side by side along axis 2. */
function joined(before: NdArray | undefined, x: NdArray): NdArray {
  if (!before) return x;
  const [batch = 0, count = 0, length = 0, size = 0] = x.shape;
  const past = before.shape[2] as number;
  const shape = [batch, count, past + length, size];
  const data = new Float64Array(sizeOf(shape));
  for (let map = 0; map < batch * count; map++) {
    data.set(before.data.subarray(map * past * size, (map + 1) * past * size), map * (past + length) * size);
    data.set(x.data.subarray(map * length * size, (map + 1) * length * size), (map * (past + length) + past) * size);
  }
  return ndArray(x.dtype, shape, data);
}

const attention: Evaluate = ({ attributes, input, inputs }) => {
  const isFlat = input(0).shape.length === 3;
  const q = heads(input(0), attributes.number("q_num_heads", 1));
  const [k, v] = [1, 2].map((i) => joined(inputs[i + 3], heads(input(i), attributes.number("kv_num_heads", 1)))) as [NdArray, NdArray];
  const [batch = 0, count = 0, rows = 0, size = 0] = q.shape;
  const [, kvCount = 0, length = 0] = k.shape;
  const width = v.shape[3] as number;
  const past = inputs[4]?.shape[2] ?? 0;
  const scale = attributes.number("scale", 1 / Math.sqrt(size));
  const cap = attributes.number("softcap", 0);
  const isCausal = attributes.flag("is_causal", false);
  const shape = [batch, count, rows, length];
  const mask = inputs[3] && repeatTo(inputs[3], shape);
  const kinds = [0, 1, 2, 3].map(() => new Float64Array(sizeOf(shape)));
  const result = new Float64Array(batch * count * rows * width);
  for (let row = 0; row < batch * count * rows; row++) {
    const [n, head, place] = [Math.floor(row / rows / count), Math.floor(row / rows) % count, row % rows];
    const map = n * kvCount + Math.floor(head / (count / kvCount));
    for (let j = 0; j < length; j++) {
      let sum = 0;
      for (let i = 0; i < size; i++) sum += (q.data[row * size + i] as number) * (k.data[(map * length + j) * size + i] as number);
      const raw = sum * scale;
      const capped = cap ? Math.tanh(raw / cap) * cap : raw;
      const own = mask?.[row * length + j];
      const added = own === undefined ? capped : inputs[3]?.dtype === "bool" ? (own ? capped : Number.NEGATIVE_INFINITY) : capped + own;
      const filled = inputs[6]?.data[n];
      // With a cache that is filled so far, the last query is at the place of the last key that counts (onnx/onnx#8068).
      const first = filled === undefined || inputs[4] ? past : filled - rows;
      const isHidden = (isCausal && j > place + first) || (filled !== undefined && j >= filled);
      for (const [kind, value] of [raw, capped, isHidden ? Number.NEGATIVE_INFINITY : added].entries())
        (kinds[kind] as Float64Array)[row * length + j] = value;
    }
    const scores = (kinds[2] as Float64Array).subarray(row * length, (row + 1) * length);
    const largest = scores.reduce((a, b) => Math.max(a, b));
    const powers = scores.map((score) => Math.exp(score - largest));
    // A query that has no key answers with zeros.
    const weights = powers.map((power) => (largest === Number.NEGATIVE_INFINITY ? 0 : power / total(powers)));
    (kinds[3] as Float64Array).set(weights, row * length);
    for (let i = 0; i < width; i++)
      result[row * width + i] = total(weights.map((w, j) => w * (v.data[(map * length + j) * width + i] as number)));
  }
  const apart = ndArray(q.dtype, [batch, count, rows, width], result);
  const output = isFlat ? reshape(transpose(apart, [0, 2, 1, 3]), [batch, rows, count * width]) : apart;
  return [output, k, v, ndArray(q.dtype, shape, kinds[attributes.number("qk_matmul_output_mode", 0)] as Float64Array)];
};

const rotaryEmbedding: Evaluate = ({ attributes, input, inputs }) => {
  const isFlat = input(0).shape.length === 3;
  const x = heads(input(0), attributes.number("num_heads", 1));
  const [batch = 0, count = 0, length = 0, size = 0] = x.shape;
  const turned = attributes.number("rotary_embedding_dim", 0) || size;
  const half = turned / 2;
  const isInterleaved = attributes.flag("interleaved", false);
  const data = x.data.slice();
  for (let row = 0; row < batch * count * length; row++) {
    const place = Math.floor(row / length / count) * length + (row % length);
    const entry = inputs[3] ? (inputs[3].data[place] as number) : place;
    for (let i = 0; i < half; i++) {
      const [a, b] = isInterleaved ? [2 * i, 2 * i + 1] : [i, i + half];
      const [first, second] = [x.data[row * size + a], x.data[row * size + b]] as [number, number];
      const [cos, sin] = [input(1).data[entry * half + i], input(2).data[entry * half + i]] as [number, number];
      data[row * size + a] = first * cos - second * sin;
      data[row * size + b] = first * sin + second * cos;
    }
  }
  const result = ndArray(x.dtype, x.shape, data);
  return isFlat ? reshape(transpose(result, [0, 2, 1, 3]), input(0).shape) : result;
};

const einsum: Evaluate = ({ attributes, inputs }) => {
  const operands = inputs as readonly NdArray[];
  const [left = "", right] = attributes.string("equation").replaceAll(" ", "").split("->");
  const lists = left.split(",").map((text, i) => {
    const [head = "", tail] = text.split("...");
    const dots = tail === undefined ? 0 : (operands[i]?.shape.length ?? 0) - head.length - tail.length;
    return [...head, ...Array.from({ length: dots }, (_, k) => String(dots - 1 - k)), ...(tail ?? "")];
  });
  const extents = new Map<string, number>();
  for (const [i, labels] of lists.entries())
    for (const [axis, label] of labels.entries()) extents.set(label, Math.max(extents.get(label) ?? 1, operands[i]?.shape[axis] as number));
  const dots = [...extents.keys()].filter((label) => /\d/.test(label)).sort((a, b) => Number(b) - Number(a));
  const all = lists.flat();
  const single = [...extents.keys()].filter((label) => !dots.includes(label) && all.indexOf(label) === all.lastIndexOf(label)).sort();
  const output =
    right === undefined ? [...dots, ...single] : right.split(/(\.\.\.)/).flatMap((part) => (part === "..." ? dots : [...part]));
  const order = [...output, ...[...extents.keys()].filter((label) => !output.includes(label))];
  const shape = output.map((label) => extents.get(label) as number);
  const inner = sizeOf(order.slice(output.length).map((label) => extents.get(label) as number));
  const data = new Float64Array(sizeOf(shape));
  for (let i = 0; i < data.length * inner; i++) {
    const at = new Map<string, number>();
    let rest = i;
    for (const label of order.toReversed()) {
      at.set(label, rest % (extents.get(label) as number));
      rest = Math.floor(rest / (extents.get(label) as number));
    }
    const product = operands.reduce((value, { shape: own, data: elements }, k) => {
      const place = (lists[k] ?? []).reduce(
        (sum, label, axis) => sum * (own[axis] as number) + (own[axis] === 1 ? 0 : (at.get(label) as number)),
        0,
      );
      return value * (elements[place] as number);
    }, 1);
    data[Math.floor(i / inner)] = (data[Math.floor(i / inner)] as number) + product;
  }
  return ndArray(operands[0]?.dtype ?? "float32", shape, data);
};

/** Complex numbers of which missing parts are 0, at each of `outputs` frequencies. */
function transform(row: Float64Array, parts: number, period: number, outputs: number, sign: number): Float64Array {
  const result = new Float64Array(2 * outputs);
  for (let k = 0; k < outputs; k++)
    for (let n = 0; n < Math.min(row.length / parts, period); n++) {
      const angle = (sign * 2 * Math.PI * n * k) / period;
      const [re, im] = [row[n * parts] as number, parts > 1 ? (row[n * parts + 1] as number) : 0];
      result[2 * k] = (result[2 * k] as number) + re * Math.cos(angle) - im * Math.sin(angle);
      result[2 * k + 1] = (result[2 * k + 1] as number) + re * Math.sin(angle) + im * Math.cos(angle);
    }
  return result;
}

const dft: Evaluate = ({ attributes, input, inputs, opset }) => {
  const x = input(0);
  const rank = x.shape.length;
  const parts = x.shape[rank - 1] as number;
  const given = opset < 20 ? attributes.number("axis", 1) : (inputs[2]?.data[0] ?? -2);
  const axis = normalizeAxis(given, rank);
  const isInverse = attributes.flag("inverse", false);
  const isOneSided = attributes.flag("onesided", false);
  const isHalf = isInverse && isOneSided;
  const length = x.shape[axis] as number;
  const period = inputs[1]?.data[0] ?? (isHalf ? 2 * (length - 1) : length);
  const outputs = isOneSided && !isInverse ? Math.floor(period / 2) + 1 : period;
  const others = x.shape.map((_, i) => i).filter((i) => i !== axis && i < rank - 1);
  const order = [...others, axis, rank - 1];
  const rows = transpose(x, order).data;
  const outer = others.map((i) => x.shape[i] as number);
  const outputParts = isHalf ? 1 : 2;
  const data = new Float64Array(sizeOf(outer) * outputs * outputParts);
  for (let i = 0; i < sizeOf(outer); i++) {
    let row: Float64Array = rows.slice(i * length * parts, (i + 1) * length * parts);
    let own = parts;
    if (isHalf) {
      // The second half mirrors the first.
      const whole = new Float64Array(2 * period);
      for (let k = 0; k < Math.min(length, Math.floor(period / 2) + 1); k++) {
        const [re, im] = [row[k * parts] as number, parts > 1 ? (row[k * parts + 1] as number) : 0];
        whole.set([re, im], 2 * k);
        if (k > 0 && 2 * k < period) whole.set([re, -im], 2 * (period - k));
      }
      [row, own] = [whole, 2];
    }
    const result = transform(row, own, period, outputs, isInverse ? 1 : -1).map((value) => (isInverse ? value / period : value));
    data.set(isHalf ? result.filter((_, k) => k % 2 === 0) : result, i * outputs * outputParts);
  }
  const back = x.shape.map((_, i) => order.indexOf(i));
  return transpose(ndArray(x.dtype, [...outer, outputs, outputParts], data), back);
};

const stft: Evaluate = ({ attributes, input, inputs }) => {
  const signal = input(0);
  const [batch = 0, length = 0, parts = 1] = signal.shape;
  const step = input(1).data[0] as number;
  const size = inputs[3]?.data[0] ?? (inputs[2]?.shape[0] as number);
  const frames = Math.floor((length - size) / step) + 1;
  const outputs = attributes.flag("onesided", true) ? Math.floor(size / 2) + 1 : size;
  const data = new Float64Array(batch * frames * outputs * 2);
  for (let i = 0; i < batch * frames; i++) {
    const start = Math.floor(i / frames) * length + (i % frames) * step;
    const row = signal.data.slice(start * parts, (start + size) * parts).map((x, k) => x * (inputs[2]?.data[Math.floor(k / parts)] ?? 1));
    data.set(transform(row, parts, size, outputs, -1), i * outputs * 2);
  }
  return ndArray(signal.dtype, [batch, frames, outputs, 2], data);
};

export const sequences: Operators = {
  RMSNormalization: rmsNormalization,
  LpNormalization: lpNormalization,
  MeanVarianceNormalization: meanVarianceNormalization,
  Attention: attention,
  RotaryEmbedding: rotaryEmbedding,
  Einsum: einsum,
  DFT: dft,
  STFT: stft,
};
