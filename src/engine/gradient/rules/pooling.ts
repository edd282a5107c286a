// Pools, and means and extremes over axes.
import { normalizeAxis, type Shape, sizeOf } from "../../shapes.ts";
import { type DataType, Tensor } from "../../tensor.ts";
import { resolveWindow, type Window } from "../../window.ts";
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

/** |x|^(p − 1) with the sign of x: what the p-norm's slope has of each element. */
function powerOf({ emit, x }: RuleContext, p: number): string {
  if (p === 2) return x;
  const sign = emit.node("Sign", [x]);
  return p === 1 ? sign : emit.multiply(sign, emit.node("Pow", [emit.node("Abs", [x]), emit.number(p - 1, x)]));
}

/** dy / y^(p − 1): what it has of the norm, 0 where that is 0. */
function normShare({ dy, emit, y }: RuleContext, p: number): string {
  if (p === 1) return dy;
  return emit.quotient(dy, p === 2 ? y : emit.node("Pow", [y, emit.number(p - 1, y)]), y);
}

/** y = (Σ |x|^p)^(1/p). The gradient of an average hands out shares; times their number in each window they are wholes. */
const lpPool: Rule = (context) => {
  const { attributes, emit, shape, x } = context;
  const p = attributes.number("p", 2);
  const counts = emit.constant(tapCounts(context, emit.typeOf(x).dtype));
  const wholes = emit.multiply(normShare(context, p), counts);
  const spread = emit.own("PoolGradient", [wholes], { ...pickWindow(context), input_shape: shape(0) });
  return [emit.multiply(spread, powerOf(context, p))];
};

/** How many elements of the input each window has, [1, 1, …output]. */
function tapCounts({ attributes, shape }: RuleContext, dtype: DataType): Tensor {
  const window = resolveWindow(shape(0).slice(2), {
    kernel: attributes.numbers("kernel_shape", []),
    strides: attributes.numbers("strides"),
    dilations: attributes.numbers("dilations"),
    pads: attributes.numbers("pads"),
    autoPad: attributes.string("auto_pad", "NOTSET"),
    ceilMode: attributes.flag("ceil_mode", false),
  });
  let counts: readonly number[] = [1];
  window.output.forEach((count, axis) => {
    const own = Array.from({ length: count }, (_, at) => tapsInside(window, axis, at, shape(0)[axis + 2] as number));
    counts = counts.flatMap((one) => own.map((other) => one * other));
  });
  return Tensor.from(dtype, [1, 1, ...window.output], counts);
}

function tapsInside({ kernel, strides, dilations, padsBegin }: Window, axis: number, at: number, extent: number): number {
  const start = at * (strides[axis] as number) - (padsBegin[axis] as number);
  const places = Array.from({ length: kernel[axis] as number }, (_, tap) => start + tap * (dilations[axis] as number));
  return places.filter((place) => place >= 0 && place < extent).length;
}

const globalLpPool: Rule = (context) => {
  const p = context.attributes.number("p", 2);
  return [context.emit.multiply(powerOf(context, p), normShare(context, p))];
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
    return [emit.expand(kept(context, emit.scale(dy, factor(count), x), axes), shape(0))];
  };

/** dx = dy / count at the extremes, shared where several are. */
const reduceExtreme: Rule = (context) => {
  const { dy, emit, x, y } = context;
  const axes = reducedAxes(context);
  const is = emit.castTo(emit.node("Equal", [x, kept(context, y, axes)]), emit.typeOf(x).dtype);
  return [emit.multiply(is, emit.divide(kept(context, dy, axes), emit.sum(is, axes)))];
};

/** The product of all others: of those that are not 0, unless another one is. */
const reduceProduct: Rule = (context) => {
  const { dy, emit, node, x } = context;
  const axes = reducedAxes(context);
  const [zero, one] = [emit.number(0, x), emit.number(1, x)];
  const isZero = emit.node("Equal", [x, zero]);
  const zeros = emit.sum(emit.castTo(isZero, emit.typeOf(x).dtype), axes);
  const rest = emit.where(isZero, one, x);
  const product = kept(context, emit.node("ReduceProd", [rest, ...node.inputs.slice(1)], Object.fromEntries(node.attributes)), axes);
  const atZero = emit.where(emit.node("Equal", [zeros, one]), product, zero);
  const elsewhere = emit.divide(emit.where(emit.node("Equal", [zeros, zero]), product, zero), rest);
  return [emit.multiply(kept(context, dy, axes), emit.where(isZero, atZero, elsewhere))];
};

const globalAverage: Rule = ({ dy, emit, shape, x }) => [emit.expand(emit.scale(dy, 1 / sizeOf(shape(0).slice(2)), x), shape(0))];

export const pooling: Rules = {
  MaxPool: maxPool,
  AveragePool: averagePool,
  LpPool: lpPool,
  GlobalMaxPool: globalMaxPool,
  GlobalAveragePool: globalAverage,
  GlobalLpPool: globalLpPool,
  ReduceSum: spread(() => 1),
  ReduceMean: spread((count) => 1 / count),
  ReduceMax: reduceExtreme,
  ReduceMin: reduceExtreme,
  // y = √Σx², so dx = dy · x / y, and 0 where all are 0.
  ReduceL2: (context) => {
    const { dy, emit, x, y } = context;
    return [emit.multiply(x, kept(context, emit.quotient(dy, y, y), reducedAxes(context)))];
  },
  // dx = dy / Σx = dy · e^−y
  ReduceLogSum: (context) => {
    const { dy, emit, shape, y } = context;
    const share = emit.multiply(dy, emit.node("Exp", [emit.negate(y)]));
    return [emit.expand(kept(context, share, reducedAxes(context)), shape(0))];
  },
  ReduceProd: reduceProduct,
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
