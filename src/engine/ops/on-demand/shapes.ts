// The operators of exporters' shape arithmetic: Shape, Size and the like, and Unsqueeze.
import { normalizeAxis, type Shape, sizeOf } from "../../shapes.ts";
import { type DataType, Tensor } from "../../tensor.ts";
import { defineOperator, type Operation } from "../operator.ts";
import { axesOf, known, view } from "../reshaping.ts";

/** An Operation whose output is known at load by a formula. It takes memory only when, and each time, its elements are read. */
export function computed(dtype: DataType, shape: Shape, values: () => ArrayLike<number>): Operation {
  return known(new Tensor(dtype, shape, () => Tensor.from(dtype, shape, values()).bytes));
}

const unsqueeze = defineOperator("Unsqueeze", { since: 1 }, (context) => {
  const { shape } = context.input(0);
  const axes = axesOf(context) ?? context.invalid("axes are required");
  const rank = shape.length + axes.length;
  const added = new Set(axes.map((axis) => normalizeAxis(axis, rank)));
  const rest = [...shape];
  return view(
    context,
    Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : (rest.shift() as number))),
  );
});

const constantOfShape = defineOperator("ConstantOfShape", { since: 9 }, (context) => {
  const shape = context.constant(0, "input")?.toNumbers() ?? context.invalid("a shape is required");
  const value = context.attributes.tensor("value") ?? Tensor.from("float32", [1], [0]);
  if (value.size !== 1) return context.invalid(`value must be one element, got [${value.shape}]`);
  return known(Tensor.filled(value.dtype, shape, value.toNumbers()[0] as number));
});

const shapeOperator = defineOperator("Shape", { since: 1 }, (context) => {
  const { shape } = context.input(0);
  const rank = shape.length;
  const bound = (axis: number) => Math.min(rank, Math.max(0, axis < 0 ? axis + rank : axis));
  const start = bound(context.attributes.integer("start", 0));
  const end = bound(context.attributes.integer("end", rank));
  const extents = shape.slice(start, Math.max(start, end));
  return known(Tensor.int64([extents.length], extents));
});

const size = defineOperator("Size", { since: 1 }, (context) => known(Tensor.int64([], [sizeOf(context.input(0).shape)])));

/** Numbers of one Range. */
const mostRange = 1 << 20;

const range = defineOperator("Range", { since: 11 }, (context) => {
  const [start, limit, delta] = ["start", "limit", "delta"].map(
    (name, i) => context.constant(i, name)?.toNumbers()[0] ?? context.invalid(`${name} is required`),
  );
  if (!delta) return context.invalid(`delta is ${delta}`);
  const count = Math.max(0, Math.ceil(((limit as number) - (start as number)) / delta));
  if (!(count <= mostRange)) return context.unsupported(`a range of ${count} numbers. Make it at most ${mostRange}`);
  return computed(context.input(0).dtype, [count], () =>
    Array.from({ length: count }, (_, i) => (start as number) + i * (delta as number)),
  );
});

export default [unsqueeze, constantOfShape, shapeOperator, size, range];
