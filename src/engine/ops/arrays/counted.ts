// Operators whose results are as many as their inputs' elements say: NonZero and Unique. Their inputs must be known: a run reads them first.
// https://onnx.ai/onnx/operators/onnx__NonZero.html, onnx__Unique.html
import { denseStrides, normalizeAxis, type Shape, sizeOf } from "../../shapes.ts";
import { Tensor } from "../../tensor.ts";
import { aroundAxis } from "../axes.ts";
import { computed } from "../on-demand/shapes.ts";
import { defineOperator, type Operator, type OperatorContext } from "../operator.ts";
import { known } from "../reshaping.ts";

/** Elements that are gone through on the CPU. */
const mostElements = 1 << 24;

function knownInput(context: OperatorContext): Tensor {
  const { shape } = context.input(0);
  const size = sizeOf(shape);
  if (size > mostElements) context.unsupported(`an input of ${size} elements. Up to ${mostElements} are gone through`);
  return context.constant(0, "input") as Tensor;
}

const nonZero = defineOperator("NonZero", { since: 9 }, (context) => {
  const x = knownInput(context);
  const places: number[] = [];
  for (const [i, value] of x.toNumbers().entries()) if (value !== 0) places.push(i);
  // A single element has one place, the first.
  const shape: Shape = x.shape.length === 0 ? [1] : x.shape;
  const rowOf = (stride: number, axis: number) => places.map((place) => Math.floor(place / stride) % (shape[axis] as number));
  return computed("int64", [shape.length, places.length], () => denseStrides(shape).flatMap(rowOf));
});

const unique = defineOperator("Unique", { since: 11 }, (context) => {
  const { attributes } = context;
  const given = attributes.has("axis") ? attributes.integer("axis") : undefined;
  const isSorted = attributes.flag("sorted", true);
  const input = knownInput(context);
  const x = given === undefined ? input.reshape([input.size]) : input;
  const axis = normalizeAxis(given ?? 0, x.shape.length);
  const { extent, inner } = aroundAxis(x.shape, axis);
  const outer = sizeOf(x.shape.slice(0, axis));
  const elements = x.data as unknown as ArrayLike<number | bigint>;
  const numbers = x.dtype === "float16" || x.dtype === "bfloat16" ? x.toNumbers() : elements;
  const length = outer * inner;
  const at = (slice: number, i: number) => (Math.floor(i / inner) * extent + slice) * inner + (i % inner);
  const order = (a: number, b: number) => {
    for (let i = 0; i < length; i++) {
      const difference = compare(numbers[at(a, i)] as number | bigint, numbers[at(b, i)] as number | bigint);
      if (difference !== 0) return difference;
    }
    return 0;
  };
  const sorted = Array.from({ length: extent }, (_, i) => i).sort((a, b) => order(a, b) || a - b);
  /** The first slice of each kind, and how many there are. */
  const kinds: { readonly first: number; readonly members: number[] }[] = [];
  for (const [i, slice] of sorted.entries()) {
    if (i > 0 && order(sorted[i - 1] as number, slice) === 0) kinds.at(-1)?.members.push(slice);
    else kinds.push({ first: slice, members: [slice] });
  }
  if (!isSorted) kinds.sort((a, b) => a.first - b.first);
  const inverse = new Array<number>(extent);
  for (const [kind, { members }] of kinds.entries()) for (const slice of members) inverse[slice] = kind;
  const values: (number | bigint)[] = [];
  for (let i = 0; i < outer; i++)
    for (const { first } of kinds) for (let k = 0; k < inner; k++) values.push(elements[at(first, i * inner + k)] as number | bigint);
  const shape = x.shape.with(axis, kinds.length);
  const integers = (list: readonly number[]) => Tensor.int64([list.length], list);
  return known(
    ofElements(x, shape, values),
    integers(kinds.map(({ first }) => first)),
    integers(inverse),
    integers(kinds.map(({ members }) => members.length)),
  );
});

/** NaN comes last. */
function compare(a: number | bigint, b: number | bigint): number {
  if (a === b) return 0;
  if (Number.isNaN(a as number) || Number.isNaN(b as number)) return Number(Number.isNaN(a as number)) - Number(Number.isNaN(b as number));
  return a < b ? -1 : 1;
}

/** @param values as the tensor holds them: 16-bit floats as their bits */
function ofElements({ dtype, data }: Tensor, shape: Shape, values: readonly (number | bigint)[]): Tensor {
  const array = data.slice(0, values.length) as Uint8Array;
  for (const [i, value] of values.entries()) array[i] = value as number;
  return new Tensor(dtype, shape, new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
}

export default [nonZero, unique] satisfies Operator[];
