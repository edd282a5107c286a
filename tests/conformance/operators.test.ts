// Operators at sizes and layouts that ONNX's small cases do not reach, against plain loops.
import { expect, test } from "vitest";
import { Tensor } from "../../src/engine/tensor.ts";
import { kernelNames, type OperatorRun, runOperator } from "../support/run-operator.ts";
import { withDevice } from "../support/with-device.ts";

/** Reproducible values in [−1, 1). */
function random(shape: readonly number[], seed = 1): Tensor {
  let state = seed;
  const values = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
  return Tensor.from("float32", shape, values);
}

interface Row {
  readonly why: string;
  readonly run: OperatorRun;
  readonly expected: (...inputs: number[][]) => number[];
  readonly maxBindingBytes?: number;
}

function product(rows: number, columns: number, depth: number) {
  return (a: number[], b: number[]) =>
    Array.from({ length: rows * columns }, (_, i) => {
      let sum = 0;
      for (let k = 0; k < depth; k++)
        sum += (a[Math.floor(i / columns) * depth + k] as number) * (b[k * columns + (i % columns)] as number);
      return sum;
    });
}

/** Reduces each row of `length` elements. */
function perRow(length: number, reduce: (row: number[]) => number | number[]) {
  return (x: number[]) => Array.from({ length: x.length / length }, (_, i) => reduce(x.slice(i * length, (i + 1) * length))).flat();
}

const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);

function softmax(row: number[]): number[] {
  const exponentials = row.map((x) => Math.exp(x));
  return exponentials.map((e) => e / sum(exponentials));
}

function normalize(row: number[]): number[] {
  const mean = sum(row) / row.length;
  const variance = sum(row.map((x) => (x - mean) ** 2)) / row.length;
  return row.map((x) => (x - mean) / Math.sqrt(variance + 1e-5));
}

/** Scatters every input through the weights, the way ConvTranspose is defined. */
function scatter([c, h, w]: number[], [o, k]: number[], [oh, ow]: number[], stride: number, pad: number) {
  return (x: number[], weight: number[]) => {
    const y = new Array<number>((o as number) * (oh as number) * (ow as number)).fill(0);
    for (const [i, value] of x.entries()) {
      const [ic, iy, ix] = [
        Math.floor(i / (h as number) / (w as number)),
        Math.floor(i / (w as number)) % (h as number),
        i % (w as number),
      ];
      for (let oc = 0; oc < (o as number); oc++)
        for (let kh = 0; kh < (k as number); kh++)
          for (let kw = 0; kw < (k as number); kw++) {
            const [py, px] = [iy * stride - pad + kh, ix * stride - pad + kw];
            if (ic >= (c as number) || py < 0 || px < 0 || py >= (oh as number) || px >= (ow as number)) continue;
            const at = (oc * (oh as number) + py) * (ow as number) + px;
            y[at] = (y[at] as number) + value * (weight[((ic * (o as number) + oc) * (k as number) + kh) * (k as number) + kw] as number);
          }
    }
    return y;
  };
}

function pool(
  height: number,
  width: number,
  kernel: number,
  stride: number,
  pad: number,
  output: number[],
  combine: (taps: number[]) => number,
) {
  const [oh = 1, ow = 1] = output;
  return perRow(height * width, (plane) =>
    Array.from({ length: oh * ow }, (_, i) => {
      const taps: number[] = [];
      for (let kh = 0; kh < kernel; kh++)
        for (let kw = 0; kw < kernel; kw++) {
          const [y, x] = [Math.floor(i / ow) * stride - pad + kh, (i % ow) * stride - pad + kw];
          if (y >= 0 && x >= 0 && y < height && x < width) taps.push(plane[y * width + x] as number);
        }
      return combine(taps);
    }),
  );
}

/** What Transpose does to the last two of three axes. */
function turn([n, rows, columns]: readonly [number, number, number]) {
  return (x: number[]) =>
    Array.from({ length: n * rows * columns }, (_, i) => {
      const [k, c, r] = [Math.floor(i / (rows * columns)), Math.floor(i / rows) % columns, i % rows];
      return x[(k * rows + r) * columns + c] as number;
    });
}

const manyOperands = [
  { operator: "Sum", of: sum },
  { operator: "Mean", of: (x: number[]) => sum(x) / x.length },
  { operator: "Max", of: (x: number[]) => Math.max(...x) },
  { operator: "Min", of: (x: number[]) => Math.min(...x) },
];

const cases: readonly Row[] = [
  {
    why: "quads, of which the last two overlap",
    run: { operator: "Add", inputs: [random([2, 6, 2]), random([2, 6, 2], 2)] },
    expected: (a, b) => a.map((x, i) => x + (b[i] as number)),
  },
  {
    why: "quads beside an operand that repeats along them and one that repeats across them",
    run: { operator: "Sum", inputs: [random([3, 5, 20]), random([5, 1], 2), random([20], 3)] },
    expected: (a, b, c) => a.map((x, i) => x + (b[Math.floor(i / 20) % 5] as number) + (c[i % 20] as number)),
  },
  // A dispatch binds seven at most: 8 take a second one for one more, 13 fill it, 14 take a third.
  ...[8, 13, 14].flatMap((count): Row[] =>
    manyOperands.slice(0, count === 14 ? undefined : 1).map(({ operator, of }) => ({
      why: `${count} operands, one of which repeats`,
      run: {
        operator,
        inputs: Array.from({ length: count }, (_, i) => random(i === 1 ? [5, 1] : [3, 5, 6], i + 1)),
        bordered: count === 13,
      },
      expected: (...inputs) =>
        (inputs[0] ?? []).map((_, at) => of(inputs.map((x, i) => x[i === 1 ? Math.floor(at / 6) % 5 : at] as number))),
    })),
  ),
  {
    why: "no elements at all",
    run: { operator: "Exp", inputs: [random([2, 0])] },
    expected: () => [],
  },
  {
    why: "overlapping blocks inside a border",
    run: { operator: "Mul", inputs: [random([2, 3, 5, 13]), random([3, 1, 1], 2)], bordered: true },
    expected: (a, b) => a.map((x, i) => x * (b[Math.floor(i / 65) % 3] as number)),
  },
  {
    why: "blocks along an axis that an operand repeats along, across others",
    run: { operator: "Div", inputs: [random([9, 3, 11]), Tensor.from("float32", [3, 1], [2, 3, 4])] },
    expected: (a, b) => a.map((x, i) => x / (b[Math.floor(i / 11) % 3] as number)),
  },
  {
    why: "rows as long as no block",
    run: { operator: "LeakyRelu", attributes: { alpha: 0.5 }, inputs: [random([2, 3, 4, 6])], bordered: true },
    expected: (a) => a.map((x) => (x < 0 ? x / 2 : x)),
  },
  {
    why: "a short last axis, so that another is walked in blocks",
    run: { operator: "Transpose", attributes: { perm: [0, 2, 1] }, inputs: [random([2, 3, 41])] },
    expected: turn([2, 3, 41]),
  },
  {
    why: "rows read backwards",
    run: {
      operator: "Slice",
      inputs: [random([3, 11]), Tensor.int64([1], [-1]), Tensor.int64([1], [-12]), Tensor.int64([1], [1]), Tensor.int64([1], [-1])],
      constants: [1, 2, 3, 4],
    },
    expected: perRow(11, (row) => row.toReversed()),
  },
  {
    why: "a product that ends inside a block of rows and columns",
    run: { operator: "MatMul", inputs: [random([70, 33]), random([33, 45], 2)] },
    expected: product(70, 45, 33),
  },
  {
    why: "a dense layer of one picture with constant weights and a width no multiple of 4",
    run: { operator: "Gemm", inputs: [random([1, 2100]), random([2100, 37], 2)], constants: [1] },
    expected: product(1, 37, 2100),
  },
  {
    why: "a dense layer of more pictures than one block, with a depth no multiple of 4 and a width below 4",
    run: { operator: "Gemm", inputs: [random([11, 1027]), random([1027, 3], 2)], constants: [1] },
    expected: product(11, 3, 1027),
  },
  {
    why: "a dense layer whose matrix is larger than what may be bound",
    run: {
      operator: "Gemm",
      inputs: [random([3, 70]), random([70, 45], 2), random([45], 3)],
      constants: [1],
    },
    maxBindingBytes: 70 * 20 * 4,
    expected: (a, b, c) => product(3, 45, 70)(a, b).map((value, i) => value + (c[i % 45] as number)),
  },
  {
    why: "a dense layer of few pictures, all of it scaled, with an addend",
    run: {
      operator: "Gemm",
      attributes: { alpha: 0.5, beta: 2, transB: 1 },
      inputs: [random([2, 130]), random([50, 130], 2), random([50], 3)],
      constants: [1],
    },
    expected: (a, b, c) =>
      a.slice(0, 100).map((_, i) => {
        const [m, n] = [Math.floor(i / 50), i % 50];
        const terms = Array.from({ length: 130 }, (_, k) => (a[m * 130 + k] as number) * (b[n * 130 + k] as number));
        return sum(terms) / 2 + 2 * (c[n] as number);
      }),
  },
  {
    why: "a dense layer whose matrix is computed",
    run: { operator: "MatMul", inputs: [random([3, 50]), random([50, 72], 2)] },
    expected: product(3, 72, 50),
  },
  {
    why: "a reduction long enough to be shared",
    run: { operator: "ReduceSum", attributes: { keepdims: 0 }, inputs: [random([5, 1300]), Tensor.int64([1], [1])], constants: [1] },
    expected: perRow(1300, sum),
  },
  {
    why: "small planes without gaps",
    run: { operator: "GlobalAveragePool", inputs: [random([2, 5, 7, 7])] },
    expected: perRow(49, (row) => sum(row) / 49),
  },
  {
    why: "a reduction over axes that stay apart",
    run: {
      operator: "ReduceL2",
      attributes: { keepdims: 0 },
      inputs: [random([3, 4, 5]), Tensor.int64([2], [0, 2])],
      constants: [1],
    },
    expected: (x) => Array.from({ length: 4 }, (_, c) => Math.hypot(...x.filter((_, i) => Math.floor(i / 5) % 4 === c))),
  },
  {
    why: "global pools over one large plane each, inside a border",
    run: { operator: "GlobalMaxPool", inputs: [random([2, 3, 31, 29])], bordered: true },
    expected: perRow(31 * 29, (row) => Math.max(...row)),
  },
  {
    why: "rows long enough to be shared",
    run: { operator: "Softmax", inputs: [random([3, 1000])] },
    expected: perRow(1000, softmax),
  },
  {
    why: "instances inside a border",
    run: {
      operator: "InstanceNormalization",
      inputs: [random([2, 3, 17, 19]), Tensor.from("float32", [3], [1, 1, 1]), Tensor.from("float32", [3], [0, 0, 0])],
      bordered: true,
    },
    expected: perRow(17 * 19, normalize),
  },
  {
    why: "more output channels and columns than one block, and a stride above 1",
    run: {
      operator: "ConvTranspose",
      attributes: { strides: [2, 2], pads: [1, 1, 1, 1] },
      inputs: [random([1, 3, 7, 13]), random([3, 6, 4, 4], 2)],
      bordered: true,
    },
    expected: scatter([3, 7, 13], [6, 4], [14, 26], 2, 1),
  },
  {
    why: "maxima of negative values beside the padding, inside a border",
    run: {
      operator: "MaxPool",
      attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
      inputs: [
        Tensor.from(
          "float32",
          [1, 2, 9, 12],
          random([1, 2, 9, 12])
            .toNumbers()
            .map((x) => x - 5),
        ),
      ],
      bordered: true,
    },
    expected: pool(9, 12, 3, 2, 1, [5, 6], (taps) => Math.max(...taps)),
  },
  {
    why: "ceil_mode that adds a column but no row",
    run: {
      operator: "AveragePool",
      attributes: { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 },
      inputs: [random([1, 2, 9, 12])],
      bordered: true,
    },
    expected: pool(9, 12, 3, 2, 0, [4, 6], (taps) => sum(taps) / taps.length),
  },
];

for (const { why, run, expected, maxBindingBytes } of cases)
  test(`${run.operator}: ${why}`, () =>
    withDevice(async (device) => {
      const wanted = expected(...run.inputs.map((input) => input?.toNumbers() ?? []));
      for (const target of [{ maxBindingBytes }, { ...device.target, maxBindingBytes }])
        for (const kernel of kernelNames({ ...run, target })) {
          const [output] = await runOperator(device, { ...run, kernel, target });
          const actual = output?.toNumbers() ?? [];
          expect(actual.length, kernel).toBe(wanted.length);
          const worst = Math.max(...actual.map((value, i) => Math.abs(value - (wanted[i] as number))));
          expect(worst, `${kernel}: largest error`).toBeLessThan(1e-4);
        }
    }));
