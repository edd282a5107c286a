// Pools, and means and extremes over axes.
import { normalizeAxis, type Shape, sizeOf } from "../../shapes.ts";
import type { Rule, RuleContext, Rules } from "../rule.ts";

const windowNames = ["kernel_shape", "strides", "pads", "dilations", "auto_pad", "ceil_mode", "count_include_pad"];

function pickWindow({ node }: RuleContext): Record<string, number | string | readonly number[]> {
  const given = windowNames.flatMap((name) => {
    const value = node.attributes.get(name);
    return value === undefined ? [] : [[name, value as number | string | readonly number[]] as const];
  });
  return Object.fromEntries(given);
}

/** Of equal elements the first gets all, as it does in the forward pool's indices. */
const maxPool: Rule = (context) => {
  const { attributes, dy, emit, node, shape, x } = context;
  const window = pickWindow(context);
  // Indices in another order are of no use here.
  const indices = attributes.flag("storage_order", false) ? emit.nodes("MaxPool", [x], 2, window)[1] : emit.secondOutput(node);
  return [emit.own("PoolGradient", [dy, indices ?? ""], { ...window, input_shape: shape(0) })];
};

const averagePool: Rule = (context) => {
  const { dy, emit, shape } = context;
  return [emit.own("PoolGradient", [dy], { ...pickWindow(context), input_shape: shape(0) })];
};

const globalMaxPool: Rule = ({ dy, emit, shape, x }) => {
  const window = { kernel_shape: shape(0).slice(2) };
  const [, indices = ""] = emit.nodes("MaxPool", [x], 2, window);
  return [emit.own("PoolGradient", [dy, indices], { ...window, input_shape: shape(0) })];
};

/** The axes that a reduction goes over; all where none are named. */
function reducedAxes(context: RuleContext): readonly number[] {
  const { attributes, constant, node, shape } = context;
  const rank = shape(0).length;
  const given = node.inputs[1] ? constant(1)?.toNumbers() : attributes.numbers("axes");
  if (node.inputs[1] && !given) context.unsupported("axes that are computed have no rule for their gradient.");
  if (given?.length) return given.map((axis) => normalizeAxis(axis, rank));
  return attributes.flag("noop_with_empty_axes", false) ? [] : Array.from({ length: rank }, (_, i) => i);
}

/** A value of the output's shape, as it was before axes of extent 1 were dropped. */
function kept({ emit, shape }: RuleContext, value: string, axes: readonly number[]): string {
  return emit.reshape(value, keptShape(shape(0), axes));
}

function keptShape(shape: Shape, axes: readonly number[]): readonly number[] {
  return shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
}

/** dx = dy · factor wherever the element was. */
const spread =
  (factor: (count: number) => number): Rule =>
  (context) => {
    const { dy, emit, shape, x } = context;
    const axes = reducedAxes(context);
    const count = sizeOf(axes.map((axis) => shape(0)[axis] as number));
    return [emit.expand(kept(context, emit.scale(dy, factor(count), x), axes), shape(0), x)];
  };

/** dx = dy / count at the extremes, shared where several are. */
const reduceExtreme: Rule = (context) => {
  const { dy, emit, x, y } = context;
  const axes = reducedAxes(context);
  const is = emit.castTo(emit.node("Equal", [x, kept(context, y, axes)]), emit.typeOf(x).dtype);
  return [emit.multiply(is, emit.divide(kept(context, dy, axes), emit.sum(is, axes)))];
};

const globalAverage: Rule = ({ dy, emit, shape, x }) => [emit.expand(emit.scale(dy, 1 / sizeOf(shape(0).slice(2)), x), shape(0), x)];

export const pooling: Rules = {
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalMaxPool: globalMaxPool,
  GlobalAveragePool: globalAverage,
  ReduceSum: spread(() => 1),
  ReduceMean: spread((count) => 1 / count),
  ReduceMax: reduceExtreme,
  ReduceMin: reduceExtreme,
  // y = √Σx², so dx = dy · x / y, and 0 where all are 0.
  ReduceL2: (context) => {
    const { dy, emit, x, y } = context;
    return [emit.multiply(x, kept(context, emit.quotient(dy, y, y), reducedAxes(context)))];
  },
  // dx = dy · e^(x − y)
  ReduceLogSumExp: (context) => {
    const { dy, emit, x, y } = context;
    const axes = reducedAxes(context);
    return [emit.multiply(kept(context, dy, axes), emit.node("Exp", [emit.subtract(x, kept(context, y, axes))]))];
  },
  ReduceSumSquare: (context) => {
    const { dy, emit, x } = context;
    return [emit.multiply(x, kept(context, emit.scale(dy, 2, x), reducedAxes(context)))];
  },
  ReduceL1: (context) => [context.emit.multiply(context.emit.node("Sign", [context.x]), kept(context, context.dy, reducedAxes(context)))],
};
