// Operators that rename the axes of the same elements, and Constant.
import { normalizeAxis, type Shape, sizeOf } from "../shapes.ts";
import { type DataType, Tensor } from "../tensor.ts";
import { defineOperator, type Operation, type OperatorContext } from "./operator.ts";

/** Input 0 under another shape. */
export function view(context: OperatorContext, shape: Shape): Operation {
  const x = context.input(0);
  if (sizeOf(shape) !== sizeOf(x.shape)) return context.invalid(`[${x.shape}] cannot become [${shape}]`);
  return {
    outputs: [{ dtype: x.dtype, shape }],
    isView: true,
    nonnegative: () => ({ whereAll: [0] }),
    evaluate: (inputs) => [(inputs[0] as Tensor).reshape(shape)],
  };
}

const reshape = defineOperator("Reshape", { since: 5 }, (context) => {
  const x = context.input(0);
  const allowZero = context.attributes.flag("allowzero", false);
  const target = context.constant(1, "shape")?.toNumbers() ?? context.invalid("a shape is required");
  const shape = target.map((extent, axis) => (extent === 0 && !allowZero ? (x.shape[axis] ?? 0) : extent));
  const unknown = shape.indexOf(-1);
  if (unknown >= 0) shape[unknown] = sizeOf(x.shape) / sizeOf(shape.filter((_, axis) => axis !== unknown));
  if (shape.some((extent) => !Number.isInteger(extent) || extent < 0)) return context.invalid(`[${x.shape}] cannot become [${target}]`);
  return view(context, shape);
});

const flatten = defineOperator("Flatten", { since: 1 }, (context) => {
  const { shape } = context.input(0);
  const axis = context.attributes.integer("axis", 1);
  const at = axis === shape.length ? axis : normalizeAxis(axis, shape.length);
  return view(context, [sizeOf(shape.slice(0, at)), sizeOf(shape.slice(at))]);
});

/** The axes of Squeeze and Unsqueeze: an attribute before opset 13, an input since. */
export function axesOf(context: OperatorContext): readonly number[] | undefined {
  return context.opset < 13 ? context.attributes.numbers("axes") : context.constant(1, "axes")?.toNumbers();
}

const squeeze = defineOperator("Squeeze", { since: 1 }, (context) => {
  const { shape } = context.input(0);
  const axes =
    axesOf(context)?.map((axis) => normalizeAxis(axis, shape.length)) ?? shape.flatMap((extent, axis) => (extent === 1 ? [axis] : []));
  if (axes.some((axis) => shape[axis] !== 1)) return context.invalid(`axes [${axes}] of [${shape}] are not all 1`);
  return view(
    context,
    shape.filter((_, axis) => !axes.includes(axis)),
  );
});

const identity = defineOperator("Identity", { since: 1 }, (context) => view(context, context.input(0).shape));

const dropout = defineOperator("Dropout", { since: 1 }, (context) => {
  context.attributes.ignore("ratio", "seed");
  const x = context.input(0);
  const first = (index: number, what: string) => context.constant(index, what)?.toNumbers()[0];
  // With a ratio of 0 training drops nothing either.
  if (context.opset >= 12 && first(2, "training_mode") && first(1, "ratio") !== 0)
    return context.unsupported("training_mode=1. Export the model in evaluation mode");
  const operation = view(context, x.shape);
  if (context.outputCount < 2) return operation;
  // Without training nothing is dropped: the mask is a constant. Before opset 10 it had the type of the data.
  const mask = Tensor.filled(context.opset < 10 ? x.dtype : "bool", x.shape, 1);
  return { ...operation, outputs: [...operation.outputs, mask], constantOutputs: [undefined, mask] };
});

/** An Operation whose outputs are known at load. */
export function known(...tensors: readonly Tensor[]): Operation {
  return { outputs: tensors, constantOutputs: tensors };
}

const constant = defineOperator("Constant", { since: 1 }, (context) => {
  const { attributes } = context;
  const tensor = attributes.tensor("value");
  if (tensor) return known(tensor);
  const list = (name: string, dtype: DataType) => {
    const values = attributes.numbers(name);
    return values && known(Tensor.from(dtype, [values.length], values));
  };
  if (attributes.has("value_float")) return known(Tensor.from("float32", [], [attributes.number("value_float")]));
  if (attributes.has("value_int")) return known(Tensor.int64([], [attributes.number("value_int")]));
  return list("value_floats", "float32") ?? list("value_ints", "int64") ?? context.unsupported("a string or sparse value");
});

export default [reshape, flatten, squeeze, identity, dropout, constant];
