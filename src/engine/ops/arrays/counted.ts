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
  // A single element has one place, the first.
  const shape: Shape = x.shape.length === 0 ? [1] : x.shape;
  // Only how many there are is kept. A list of millions of places would be held for each such node, which no budget counts.
  const count = placesOf(x).length;
  return computed("int64", [shape.length, count], () => {
    const places = placesOf(x);
    return denseStrides(shape).flatMap((stride, axis) => places.map((place) => Math.floor(place / stride) % (shape[axis] as number)));
  });
});

/** Of the elements that are not zero. */
function placesOf(x: Tensor): number[] {
  const places: number[] = [];
  for (const [i, value] of x.toNumbers().entries()) if (value !== 0) places.push(i);
  return places;
}

const unique = defineOperator("Unique", { since: 11 }, (context) => {
  const { attributes } = context;
  const given = attributes.has("axis") ? attributes.integer("axis") : undefined;
  const isSorted = attributes.flag("sorted", true);
  const input = knownInput(context);
  const shape = given === undefined ? [input.size] : input.shape;
  const axis = normalizeAxis(given ?? 0, shape.length);
  // As of NonZero, only how many there are is kept.
  const find = () => kindsOf(input, shape, axis, isSorted);
  const count = find().length;
  const integers = (length: number, list: (kinds: readonly Kind[]) => readonly number[]) =>
    new Tensor("int64", [length], () => Tensor.int64([length], list(find())).bytes);
  const kept = shape.with(axis, count);
  return known(
    new Tensor(input.dtype, kept, () => slicesOf(input, shape, axis, find()).bytes),
    integers(count, (kinds) => kinds.map(({ first }) => first)),
    integers(shape[axis] as number, (kinds) => {
      const inverse = new Array<number>(shape[axis] as number);
      for (const [kind, { members }] of kinds.entries()) for (const slice of members) inverse[slice] = kind;
      return inverse;
    }),
    integers(count, (kinds) => kinds.map(({ members }) => members.length)),
  );
});

/** Slices that are alike: the first one, and all of them. */
interface Kind {
  readonly first: number;
  readonly members: number[];
}

/** Where the elements of a slice along `axis` lie. */
function placeIn(shape: Shape, axis: number): (slice: number, i: number) => number {
  const { extent, inner } = aroundAxis(shape, axis);
  return (slice, i) => (Math.floor(i / inner) * extent + slice) * inner + (i % inner);
}

/** @param shape what `x` is read as */
function kindsOf(x: Tensor, shape: Shape, axis: number, isSorted: boolean): readonly Kind[] {
  const { extent } = aroundAxis(shape, axis);
  const numbers = x.dtype === "float16" || x.dtype === "bfloat16" ? x.toNumbers() : (x.data as unknown as ArrayLike<number | bigint>);
  const length = sizeOf(shape.with(axis, 1));
  const at = placeIn(shape, axis);
  const order = (a: number, b: number) => {
    for (let i = 0; i < length; i++) {
      const difference = compare(numbers[at(a, i)] as number | bigint, numbers[at(b, i)] as number | bigint);
      if (difference !== 0) return difference;
    }
    return 0;
  };
  const sorted = Array.from({ length: extent }, (_, i) => i).sort((a, b) => order(a, b) || a - b);
  const kinds: Kind[] = [];
  for (const [i, slice] of sorted.entries()) {
    if (i > 0 && order(sorted[i - 1] as number, slice) === 0) kinds.at(-1)?.members.push(slice);
    else kinds.push({ first: slice, members: [slice] });
  }
  return isSorted ? kinds : kinds.sort((a, b) => a.first - b.first);
}

/** The first slice of each kind, as the tensor holds them: 16-bit floats as their bits. */
function slicesOf({ dtype, data }: Tensor, shape: Shape, axis: number, kinds: readonly Kind[]): Tensor {
  const { inner } = aroundAxis(shape, axis);
  const outer = sizeOf(shape.slice(0, axis));
  const at = placeIn(shape, axis);
  const array = data.slice(0, outer * kinds.length * inner) as Uint8Array;
  let end = 0;
  for (let i = 0; i < outer; i++)
    for (const { first } of kinds) for (let k = 0; k < inner; k++) array[end++] = data[at(first, i * inner + k)] as number;
  return new Tensor(dtype, shape.with(axis, kinds.length), new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
}

/** NaN comes last. */
function compare(a: number | bigint, b: number | bigint): number {
  if (a === b) return 0;
  if (Number.isNaN(a as number) || Number.isNaN(b as number)) return Number(Number.isNaN(a as number)) - Number(Number.isNaN(b as number));
  return a < b ? -1 : 1;
}

export default [nonZero, unique] satisfies Operator[];
