// How an array from a file becomes a network's input: which input takes it, in which order its axes are read, and why it is refused. Pure.
import { ModelError } from "../../engine/errors.ts";
import { denseStrides, sameShape, sizeOf } from "../../engine/shapes.ts";
import { type DataType, isFloat, Tensor } from "../../engine/tensor.ts";

interface Shaped {
  readonly dtype: DataType;
  readonly shape: readonly number[];
}

export interface ArrayTaker extends Shaped {
  readonly name: string;
}

/** Of arrays with channels last for an input with channels first, and the other way round; with a batch before them or not. */
const orders: readonly (readonly number[])[] = [
  [2, 0, 1],
  [1, 2, 0],
  [0, 3, 1, 2],
  [0, 2, 3, 1],
];

/**
 * The array as the input's tensor: its numbers as they are, in the input's type. The input is the one that the file is named for, else the first of
 * that shape. Axes of one element may be there or not, and channels may come first or last.
 *
 * @param name of the file
 * @throws ModelError that says which shapes are taken
 */
export function fitArray(array: Tensor, inputs: readonly ArrayTaker[], name = ""): { readonly input: ArrayTaker; readonly tensor: Tensor } {
  const named = inputs.filter((input) => plain(input.name) === plain(name.replace(/\.npy$/i, "")));
  const candidates = named.length > 0 ? named : inputs;
  for (const input of candidates) {
    const numbers = arranged(array, input.shape);
    if (numbers) return { input, tensor: tensorOf(numbers, array, input) };
  }
  const takes = candidates.map((input) => `input '${input.name}' takes ${shapesFor(input.shape)}`).join("; ");
  throw new ModelError(`The array is ${describe(array)}, and ${takes || "this network has no inputs"}.`);
}

/** Names of files cannot hold all that names of inputs can. */
function plain(name: string): string {
  return name.replace(/[^\w.-]/g, "_");
}

function describe({ dtype, shape }: Shaped): string {
  return `[${shape.join(", ")}] of ${dtype}`;
}

/** "[1, 3, 8, 8], [3, 8, 8] or [8, 8, 3]" */
function shapesFor(shape: readonly number[]): string {
  const short = shape.filter((extent) => extent !== 1);
  const moved = orders.filter(({ length }) => length === short.length).map((order) => inverse(order).map((axis) => short[axis] as number));
  // Of a picture with channels first they may come last; who has them last has few of them there.
  const isFirst = (short[0] ?? 0) <= (short.at(-1) ?? 0);
  const other = short.length === 3 ? moved[isFirst ? 0 : 1] : undefined;
  const texts = [...new Set([shape, short, ...(other ? [other] : [])].map((one) => `[${one.join(", ")}]`))];
  return texts.length > 1 ? `${texts.slice(0, -1).join(", ")} or ${texts.at(-1)}` : (texts[0] ?? "");
}

/** order[i] is the axis of the array that becomes the input's i-th; this says where each of the array's axes goes. */
function inverse(order: readonly number[]): number[] {
  return order.map((_, axis) => order.indexOf(axis));
}

/** The numbers in the input's order; undefined where the shapes do not agree. */
function arranged(array: Tensor, wanted: readonly number[]): ArrayLike<number> | undefined {
  const long = (shape: readonly number[]) => shape.filter((extent) => extent !== 1);
  const [from, to] = [long(array.shape), long(wanted)];
  if (sameShape(from, to)) return array.toNumbers();
  const order = orders.find(
    (one) =>
      one.length === from.length &&
      sameShape(
        one.map((axis) => from[axis] as number),
        to,
      ),
  );
  return order && transposed(array.toNumbers(), from, order);
}

function transposed(numbers: ArrayLike<number>, shape: readonly number[], order: readonly number[]): Float64Array {
  const strides = denseStrides(shape);
  const extents = order.map((axis) => shape[axis] as number);
  const steps = order.map((axis) => strides[axis] as number);
  const result = new Float64Array(sizeOf(shape));
  let at = 0;
  const visit = (axis: number, source: number): void => {
    if (axis === extents.length) result[at++] = numbers[source] as number;
    else for (let i = 0; i < (extents[axis] as number); i++) visit(axis + 1, source + i * (steps[axis] as number));
  };
  visit(0, 0);
  return result;
}

/** What integers can hold; larger types hold all that a number is exact for. */
const ranges: { readonly [T in DataType]?: readonly [least: number, most: number] } = {
  bool: [0, 1],
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
};

/** @throws ModelError where the input's type does not hold a number as it is */
function tensorOf(numbers: ArrayLike<number>, array: Shaped, { name, dtype, shape }: ArrayTaker): Tensor {
  if (!isFloat(dtype)) {
    const [least, most] = ranges[dtype] ?? [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];
    const wrong = Array.from(numbers).find((number) => !(Number.isInteger(number) && number >= least && number <= most));
    if (wrong !== undefined)
      throw new ModelError(
        `The array is of ${array.dtype} and holds ${wrong}, and input '${name}' takes ${dtype}: whole numbers from ${least} to ${most}.`,
      );
  }
  const isWide = dtype === "int64" || dtype === "uint64";
  return Tensor.from(dtype, shape, isWide ? Array.from(numbers, BigInt) : numbers);
}
