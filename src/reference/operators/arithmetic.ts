// Arithmetic and comparisons of several values, and products of matrices.
import { broadcastShapes, sizeOf } from "../../engine/shapes.ts";
import { isFloat } from "../../engine/tensor.ts";
import { map, type NdArray, ndArray, repeatTo, reshape, transpose, zip } from "../array.ts";
import type { Call, Evaluate, Operators } from "../operator.ts";

type Binary = (a: number, b: number) => number;

const binary =
  (f: Binary): Evaluate =>
  ({ input }) =>
    zip(input(0), input(1), f);

const comparison =
  (f: (a: number, b: number) => boolean): Evaluate =>
  ({ input }) =>
    zip(input(0), input(1), (a, b) => Number(f(a, b)), "bool");

/** From the first input to the last. */
const fold =
  (f: Binary): Evaluate =>
  ({ inputs }) =>
    (inputs as readonly NdArray[]).reduce((a, b) => zip(a, b, f));

const add: Binary = (a, b) => a + b;

const mean: Evaluate = (call) => {
  const total = fold(add)(call) as NdArray;
  return map(total, (value) => value / call.inputs.length);
};

/** Whole numbers divide without a remainder. */
const divide: Evaluate = ({ input }) => {
  const isWhole = !isFloat(input(0).dtype);
  return zip(input(0), input(1), (a, b) => (isWhole ? Math.trunc(a / b) : a / b));
};

/** The remainder has the divisor's sign; with `fmod`, the dividend's. */
const mod: Evaluate = ({ attributes, input }) => {
  const isPlain = attributes.flag("fmod", false);
  return zip(input(0), input(1), (a, b) => (isPlain ? a % b : a - b * Math.floor(a / b)));
};

const where: Evaluate = ({ input }) => {
  const [condition, a, b] = [input(0), input(1), input(2)];
  const shape = broadcastShapes(condition.shape, a.shape, b.shape);
  const [which, left, right] = [repeatTo(condition, shape), repeatTo(a, shape), repeatTo(b, shape)];
  return ndArray(
    a.dtype,
    shape,
    which.map((holds, i) => (holds ? left[i] : right[i]) as number),
  );
};

/** y[…, i, j] = Σ a[…, i, k] · b[…, k, j], where leading axes broadcast. A vector is one row on the left, one column on the right. */
function product(a: NdArray, b: NdArray): NdArray {
  const left = a.shape.length === 1 ? reshape(a, [1, ...a.shape]) : a;
  const right = b.shape.length === 1 ? reshape(b, [...b.shape, 1]) : b;
  const batch = broadcastShapes(left.shape.slice(0, -2), right.shape.slice(0, -2));
  const [rows = 1, inner = 1] = left.shape.slice(-2);
  const [, columns = 1] = right.shape.slice(-2);
  const leftData = repeatTo(left, [...batch, rows, inner]);
  const rightData = repeatTo(right, [...batch, inner, columns]);
  const data = new Float64Array(sizeOf(batch) * rows * columns);
  for (let n = 0; n < sizeOf(batch); n++)
    for (let i = 0; i < rows; i++) {
      const to = (n * rows + i) * columns;
      for (let k = 0; k < inner; k++) {
        const factor = leftData[(n * rows + i) * inner + k] as number;
        const from = (n * inner + k) * columns;
        for (let j = 0; j < columns; j++) data[to + j] = (data[to + j] as number) + factor * (rightData[from + j] as number);
      }
    }
  const shape = [...batch, ...(a.shape.length === 1 ? [] : [rows]), ...(b.shape.length === 1 ? [] : [columns])];
  return ndArray(a.dtype, shape, data);
}

/** y = alpha · A' · B' + beta · C */
const gemm: Evaluate = ({ attributes, input, inputs }: Call) => {
  const turned = (index: number, name: string): NdArray => (attributes.flag(name, false) ? transpose(input(index), [1, 0]) : input(index));
  const [alpha, beta] = [attributes.number("alpha", 1), attributes.number("beta", 1)];
  const scaled = map(product(turned(0, "transA"), turned(1, "transB")), (value) => alpha * value);
  return inputs[2] ? zip(scaled, inputs[2], (value, c) => value + beta * c) : scaled;
};

export const arithmetic: Operators = {
  Add: binary(add),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b),
  Div: divide,
  Mod: mod,
  Pow: binary((a, b) => a ** b),
  Sum: fold(add),
  Mean: mean,
  Min: fold(Math.min),
  Max: fold(Math.max),
  MatMul: ({ input }) => product(input(0), input(1)),
  Gemm: gemm,
  Where: where,
  Equal: comparison((a, b) => a === b),
  Greater: comparison((a, b) => a > b),
  GreaterOrEqual: comparison((a, b) => a >= b),
  Less: comparison((a, b) => a < b),
  LessOrEqual: comparison((a, b) => a <= b),
  And: comparison((a, b) => a !== 0 && b !== 0),
  Or: comparison((a, b) => a !== 0 || b !== 0),
  Xor: comparison((a, b) => (a !== 0) !== (b !== 0)),
  Not: ({ input }) => map(input(0), (a) => Number(a === 0)),
};
