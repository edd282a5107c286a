// Operators whose results are as many as their inputs' elements say: NonZero and Unique. Their inputs must be known: a run reads them first.
// https://onnx.ai/onnx/operators/onnx__NonZero.html, onnx__Unique.html
import { denseStrides, normalizeAxis, type Shape, sizeOf } from "../../shapes.ts";
import { Tensor, type TypedArray } from "../../tensor.ts";
import { aroundAxis } from "../axes.ts";
import { computed } from "../on-demand/shapes.ts";
import { defineOperator, type Operator, type OperatorContext } from "../operator.ts";
import { known } from "../reshaping.ts";
import { held } from "./held.ts";

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
  let count = 0;
  visitNonZero(x, () => count++);
  return computed("int64", [shape.length, count], () => {
    const places: number[] = [];
    visitNonZero(x, (place) => places.push(place));
    return denseStrides(shape).flatMap((stride, axis) => places.map((place) => Math.floor(place / stride) % (shape[axis] as number)));
  });
});

/** Goes through the places of the elements that are not zero, in order. */
function visitNonZero(x: Tensor, visit: (place: number) => void): void {
  const values = elementsOf(x);
  for (let i = 0; i < values.length; i++) if (Number(values[i]) !== 0) visit(i);
}

/** The elements where they lie, but for those of 16 bits, which are held as bits. */
function elementsOf(x: Tensor): TypedArray {
  return x.dtype.endsWith("float16") ? x.toFloat32() : x.data;
}

const unique = defineOperator("Unique", { since: 11 }, (context) => {
  const { attributes } = context;
  const given = attributes.has("axis") ? attributes.integer("axis") : undefined;
  const isSorted = attributes.flag("sorted", true);
  const input = knownInput(context);
  const shape = given === undefined ? [input.size] : input.shape;
  const axis = normalizeAxis(given ?? 0, shape.length);
  const find = () => kindsOf(input, shape, axis, isSorted);
  const found = find();
  const count = found.reduce((most, kind) => Math.max(most, kind + 1), 0);
  const kinds = held(context, found, find);
  const integers = (length: number, list: (kinds: Int32Array) => Int32Array) =>
    new Tensor("int64", [length], () => Tensor.from("int64", [length], list(kinds())).bytes);
  return known(
    new Tensor(input.dtype, shape.with(axis, count), () => slicesOf(input, shape, axis, firstsOf(kinds(), count)).bytes),
    integers(count, (kinds) => firstsOf(kinds, count)),
    integers(shape[axis] as number, (kinds) => kinds),
    integers(count, (kinds) => {
      const sizes = new Int32Array(count);
      for (const kind of kinds) sizes[kind] = (sizes[kind] as number) + 1;
      return sizes;
    }),
  );
});

/** The first slice of each kind. */
function firstsOf(kinds: Int32Array, count: number): Int32Array {
  const firsts = new Int32Array(count);
  for (let slice = kinds.length - 1; slice >= 0; slice--) firsts[kinds[slice] as number] = slice;
  return firsts;
}

/** Where the elements of a slice along `axis` lie. */
function placeIn(shape: Shape, axis: number): (slice: number, i: number) => number {
  const { extent, inner } = aroundAxis(shape, axis);
  return (slice, i) => (Math.floor(i / inner) * extent + slice) * inner + (i % inner);
}

/** The kind of each slice, by number. @param shape what `x` is read as */
function kindsOf(x: Tensor, shape: Shape, axis: number, isSorted: boolean): Int32Array {
  const { extent } = aroundAxis(shape, axis);
  const numbers = elementsOf(x);
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
  const kinds = new Int32Array(extent);
  let last = 0;
  for (const [i, slice] of sorted.entries()) {
    if (i > 0 && order(sorted[i - 1] as number, slice) !== 0) last++;
    kinds[slice] = last;
  }
  if (isSorted) return kinds;
  const met = new Map<number, number>();
  return kinds.map((kind) => {
    const number = met.get(kind) ?? met.size;
    met.set(kind, number);
    return number;
  });
}

/** The first slice of each kind, as the tensor holds them: 16-bit floats as their bits. */
function slicesOf({ dtype, data }: Tensor, shape: Shape, axis: number, firsts: Int32Array): Tensor {
  const { inner } = aroundAxis(shape, axis);
  const outer = sizeOf(shape.slice(0, axis));
  const at = placeIn(shape, axis);
  const array = data.slice(0, outer * firsts.length * inner) as Uint8Array;
  let end = 0;
  for (let i = 0; i < outer; i++)
    for (const first of firsts) for (let k = 0; k < inner; k++) array[end++] = data[at(first, i * inner + k)] as number;
  return new Tensor(dtype, shape.with(axis, firsts.length), new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
}

/** NaN comes last. */
function compare(a: number | bigint, b: number | bigint): number {
  if (a === b) return 0;
  if (Number.isNaN(a as number) || Number.isNaN(b as number)) return Number(Number.isNaN(a as number)) - Number(Number.isNaN(b as number));
  return a < b ? -1 : 1;
}

export default [nonZero, unique] satisfies Operator[];
