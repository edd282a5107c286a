// Sums of products of whole numbers, to the last unit, on kernels that compute in float32: where a sum could be too large for it, operands are taken
// apart into digits.
import { fusedDomain } from "../../graph/graph.ts";
import { sameShape, sizeOf } from "../../shapes.ts";
import { Tensor } from "../../tensor.ts";
import type { Attributes, Writer } from "../on-demand/composed.ts";
import type { Operand, OperatorContext } from "../operator.ts";
import { rangeOf } from "./grid.ts";

/** Up to here float32 has every whole number. */
const mostExact = 2 ** 24;

/** Which inputs have two operands and their zero points, and which sums their products are of. */
export interface Products {
  readonly left: readonly [at: number, zeroAt: number];
  readonly right: readonly [at: number, zeroAt: number];
  /** The axis along which rows of the left operand, and columns of the right one, may have zero points of their own; none where there is one only. */
  readonly axes: readonly [left: number | undefined, right: number | undefined];
  /** How many products a sum has. */
  readonly depth: number;
  /** For the index of an element of the right operand, to which sum it belongs. */
  readonly sumAt: (index: number) => number;
}

export interface Sums extends Pick<Products, "axes" | "depth" | "sumAt"> {
  /** Whether products along an axis of an operand are summed: its zero points do not change along it. */
  readonly isSummed: readonly [left: (axis: number) => boolean, right: (axis: number) => boolean];
}

/** The largest size of a quantised number less its zero point. */
function largest(context: OperatorContext, { dtype }: Operand): number {
  const [lowest, highest] = rangeOf(context, dtype);
  return highest - lowest;
}

/** What is known of the right operand makes its sums smaller than what its type allows. */
function largestWeights(context: OperatorContext, { left: [left], right: [at, zeroAt], depth, sumAt }: Products): number {
  const [w, zero] = [context.input(at), context.inputs[zeroAt]];
  const most = largest(context, w) * depth;
  const isExactAnyway = largest(context, context.input(left)) * most <= mostExact;
  if (isExactAnyway || !w.constant || (zero && zero.constant?.size !== 1)) return most;
  const start = Number(zero?.constant?.data[0] ?? 0);
  const sums: number[] = [];
  const { data } = w.constant;
  let found = 0;
  for (let i = 0; i < data.length; i++) {
    const sum = (sums[sumAt(i)] ?? 0) + Math.abs(Number(data[i]) - start);
    sums[sumAt(i)] = sum;
    if (sum > found) found = sum;
  }
  return found;
}

/** The largest size that a sum may have. */
function largestSum(context: OperatorContext, products: Products): number {
  return largest(context, context.input(products.left[0])) * largestWeights(context, products);
}

/** More products have no digits small enough. */
export function checkDepth(context: OperatorContext, depth: number): void {
  if (depth * 4 > mostExact) context.unsupported(`sums of ${depth} products; up to ${mostExact / 4} are supported`);
}

/**
 * Whether a sum in float32 may be off by a quarter of an output's step or more. Roundings are taken to be independent of each other.
 *
 * @param scales which inputs have the scales of both operands and of the output
 */
export function losesSteps(context: OperatorContext, products: Products, scales: readonly [number, number, number]): boolean {
  if ([products.left, products.right].some(([at]) => largest(context, context.input(at)) > 255)) return false;
  const sum = largestSum(context, products);
  if (sum <= mostExact) return false;
  const [a, b, y] = scales.map((at) => context.inputs[at]?.constant?.toNumbers());
  if (!a || !b || !y) return true;
  const most = (numbers: readonly number[]) => numbers.reduce((size, one) => Math.max(size, Math.abs(one)), 0);
  return sum * Math.sqrt(products.depth) * most(a) * most(b) > 0.25 * mostExact * most(y);
}

/** Bases of digits of both operands, the cheapest first. Every type of 8 bits fits one digit to the base 256. */
const bases = [
  [256, 256],
  [16, 256],
  [16, 16],
  [4, 16],
  [4, 4],
  [2, 4],
  [2, 2],
] as const;

/**
 * Σ left · right in int32. Like other integers it wraps around.
 *
 * @param names of the node's inputs
 * @param sumOf writes a sum of products that is exact up to 2²⁴
 */
export function exactSum(
  writer: Writer,
  context: OperatorContext,
  products: Products,
  names: readonly string[],
  sumOf: (left: string, right: string) => string,
): string {
  const { depth } = products;
  const [mostLeft, mostRight] = [products.left, products.right].map(([at]) => largest(context, context.input(at))) as [number, number];
  const weights = largestWeights(context, products);
  const fits = ([left, right]: readonly [number, number]) =>
    Math.min(left, mostLeft) * (right > mostRight ? weights : right * depth) <= mostExact;
  const fitting = bases.find(fits) ?? ([2, 2] as const);
  const [lefts, rights] = (["left", "right"] as const).map((side, i) => {
    const value = counted(writer, context, names, products[side], products.axes[i]);
    return digitsOf(writer, value, i === 0 ? mostLeft : mostRight, fitting[i] as number);
  }) as [readonly Digit[], readonly Digit[]];
  const terms = lefts.flatMap((left) =>
    rights.map((right) => {
      const sum = writer.cast(sumOf(left.value, right.value), "int32");
      const weight = left.weight * right.weight;
      return weight === 1 ? sum : writer.multiply(sum, writer.number("int32", weight));
    }),
  );
  return terms.reduce((sum, term) => writer.add(sum, term));
}

interface Digit {
  readonly value: string;
  readonly weight: number;
}

/** Digits of whole numbers, the last one first. The first one has the sign. @param most the largest size of a number */
function digitsOf(writer: Writer, value: string, most: number, base: number, weight = 1): readonly Digit[] {
  if (most <= base) return [{ value, weight }];
  // Bases are powers of two, so that this product has no rounding; a quotient may have one on a GPU.
  const rest = writer.node("Floor", [writer.multiply(value, writer.number("float32", 1 / base))]);
  const digit = writer.subtract(value, writer.multiply(rest, writer.number("float32", base)));
  return [{ value: digit, weight }, ...digitsOf(writer, rest, Math.ceil(most / base), base, weight * base)];
}

/** Whether zero points are a list, one for each index of an axis. */
function isList({ shape }: Operand): boolean {
  return shape.length === 1 && shape[0] !== 1;
}

/** @throws ModelError for zero points that do not fit the numbers from which they are taken away */
export function checkZeros(context: OperatorContext, { left, right, axes, isSummed }: Products & Sums): void {
  for (const [i, [at, zeroAt]] of [left, right].entries()) {
    const [x, zero] = [context.input(at), context.inputs[zeroAt]];
    if (!zero) continue;
    if (zero.dtype !== x.dtype) context.invalid(`input ${zeroAt} is a zero point of ${zero.dtype}, its steps are ${x.dtype}`);
    const [axis, first] = [axes[i], x.shape.length - zero.shape.length];
    const fitsAt = (at: number, extent: number) => extent === 1 || (extent === x.shape[at] && !isSummed[i]?.(at));
    const fits = isList(zero)
      ? axis !== undefined && zero.shape[0] === x.shape[axis]
      : first >= 0 && zero.shape.every((extent, k) => fitsAt(first + k, extent));
    if (!fits) context.invalid(`input ${zeroAt} has zero points of shape [${zero.shape}], which do not fit [${x.shape}]`);
  }
}

/** Quantised numbers less their zero point. */
function counted(
  writer: Writer,
  context: OperatorContext,
  names: readonly string[],
  [at, zeroAt]: readonly [number, number],
  axis: number | undefined,
): string {
  const zero = context.inputs[zeroAt];
  if (zero && zero.shape.length > 1) {
    const [x, taken] = [at, zeroAt].map((index) => writer.cast(names[index] as string, "float32")) as [string, string];
    return writer.subtract(x, taken);
  }
  const ones = Tensor.filled("float32", zero?.shape ?? [], 1);
  const attributes: Attributes = zero && isList(zero) && axis !== undefined ? { axis } : {};
  return writer.node("DequantizeLinear", [names[at] as string, writer.constant(ones), names[zeroAt] ?? ""], attributes);
}

/** The sums of a convolution. */
export function convolutionSums(_: Operand, { shape }: Operand): Sums {
  const depth = sizeOf(shape.slice(1));
  const isBehindFirst = (axis: number) => axis > 0;
  return { axes: [undefined, 0], isSummed: [isBehindFirst, isBehindFirst], depth, sumAt: (i) => Math.floor(i / depth) };
}

/** The sums of a product of matrices. */
export function matrixSums(a: Operand, b: Operand): Sums {
  const [left, right] = [a.shape.length, b.shape.length];
  const [depth = 1, columnCount = 1] = [a.shape.at(-1), right > 1 ? b.shape.at(-1) : 1];
  return {
    axes: [left > 1 ? left - 2 : undefined, right > 1 ? right - 1 : undefined],
    isSummed: [(axis) => axis === left - 1, (axis) => axis === Math.max(0, right - 2)],
    depth,
    sumAt: (i) => Math.floor(i / (depth * columnCount)) * columnCount + (i % columnCount),
  };
}

/** Writes a product on kernels that round nothing while sums are whole and small enough. */
export function exactProduct(writer: Writer, name: "Conv" | "Gemm" | "MatMul", attributes: Attributes) {
  return (left: string, right: string) => writer.nodes(`Exact${name}`, [left, right], attributes, { domain: fusedDomain })[0] as string;
}

interface Scaled {
  /** The operator on numbers. */
  readonly name: "Conv" | "Gemm" | "MatMul";
  readonly attributes: Attributes;
  /** Which input has a bias in int32, where there is one. */
  readonly bias?: number;
  /** How many axes of the result are behind the one along which the left operand, and the right one, have scales. */
  readonly axesBehind: readonly [number, number];
}

/** Sums of quantised numbers, exact and with a bias, times the scales of both operands, which are inputs 1 and 4. */
export function exactNumbers(
  writer: Writer,
  context: OperatorContext,
  products: Products,
  names: readonly string[],
  { name, attributes, bias, axesBehind: [left, right] }: Scaled,
): string {
  const spread = (at: number, axesBehind: number) => {
    const { shape } = context.input(at);
    const wanted = sizeOf(shape) === 1 ? [] : shape.length === 1 ? [...shape, ...new Array<number>(axesBehind).fill(1)] : shape;
    return sameShape(shape, wanted) ? (names[at] as string) : writer.reshape(names[at] as string, wanted);
  };
  const scale = (at: number, axesBehind: number) =>
    context.input(at).dtype === "float32" ? spread(at, axesBehind) : writer.cast(spread(at, axesBehind), "float32");
  const sums = exactSum(writer, context, products, names, exactProduct(writer, name, attributes));
  const whole = bias !== undefined && names[bias] ? writer.add(sums, spread(bias, right)) : sums;
  return writer.multiply(writer.multiply(writer.cast(whole, "float32"), scale(1, left)), scale(4, right));
}
