// Normalizations and softmax.
import { trainsOn } from "../../graph/trains-on.ts";
import { normalizeAxis, type Shape } from "../../shapes.ts";
import type { Rule, RuleContext, Rules } from "../rule.ts";

/** A vector with one element per channel, as it broadcasts over a value of this rank. */
function perChannel({ emit }: RuleContext, vector: string, channels: number, rank: number): string {
  return emit.reshape(vector, [channels, ...new Array<number>(rank - 2).fill(1)]);
}

/**
 * The gradients of a scale and a bias that follow a standardization, where they are wanted: Σ dy · x̂ and Σ dy.
 *
 * @param sum to the shape of the scale and of the bias
 */
function affine({ emit, dy, needs, node }: RuleContext, standard: () => string, sum: (value: string) => string) {
  return [needs(1) ? sum(emit.multiply(dy, standard())) : undefined, node.inputs[2] && needs(2) ? sum(dy) : undefined] as const;
}

/** Sums all but the axis of the channels, to a vector. */
const sumPerChannel = ({ emit, shape }: RuleContext) => {
  const axes = shape(0).flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  return (value: string): string => emit.reshape(emit.sum(value, axes), [shape(0)[1] as number]);
};

/** With running statistics it scales each channel, or with `spatial=0` each element of an example; in training mode x moves the statistics, too. */
const batchNormalization: Rule = (context) => {
  const { attributes, dy, emit, gradient, needs, node, shape, x } = context;
  const [, scale = "", , mean = "", variance = ""] = node.inputs;
  const isPerElement = !attributes.flag("spatial", true);
  const [channels = 1] = shape(1);
  const along = (vector: string) => (isPerElement ? vector : perChannel(context, vector, channels, shape(0).length));
  const sum = isPerElement ? (value: string) => emit.sumTo(value, shape(0), shape(1)) : sumPerChannel(context);
  if (trainsOn(node)) {
    if ([1, 2, 3, 4].some(gradient)) context.unsupported("there is no rule for the gradient of its statistics.");
    const axes = shape(0).flatMap((_, axis) => (axis === 0 || (axis > 1 && !isPerElement) ? [axis] : []));
    const made = standardize(context, x, axes);
    const throughBatch = throughStandardization(context, emit.multiply(dy, along(scale)), made);
    return [throughBatch, ...affine(context, () => made.standard, sum), null, null];
  }
  const deviation = emit.node("Sqrt", [emit.add(variance, emit.number(attributes.number("epsilon", 1e-5), variance))]);
  const standard = () => emit.divide(emit.subtract(x, along(mean)), along(deviation));
  const dx = needs(0) ? emit.multiply(dy, along(emit.divide(scale, deviation))) : undefined;
  return [dx, ...affine(context, standard, sum)];
};

/** x̂ = (x − mean) / √(variance + ε), statistics over some axes. */
interface Standardized {
  readonly standard: string;
  readonly deviation: string;
  readonly axes: readonly number[];
}

function standardize({ attributes, emit, x }: RuleContext, value: string, axes: readonly number[]): Standardized {
  const centred = emit.subtract(value, emit.mean(value, axes));
  const variance = emit.mean(emit.multiply(centred, centred), axes);
  const deviation = emit.node("Sqrt", [emit.add(variance, emit.number(attributes.number("epsilon", 1e-5), x))]);
  return { standard: emit.divide(centred, deviation), deviation, axes };
}

/** dx = (g − mean g − x̂ · mean(g · x̂)) / √(variance + ε), where g is the gradient of x̂. */
function throughStandardization({ emit }: RuleContext, g: string, { standard, deviation, axes }: Standardized): string {
  const share = emit.multiply(standard, emit.mean(emit.multiply(g, standard), axes));
  return emit.divide(emit.subtract(emit.subtract(g, emit.mean(g, axes)), share), deviation);
}

const instanceNormalization: Rule = (context) => {
  const { dy, emit, b, shape, x } = context;
  const rank = shape(0).length;
  const scaled = emit.multiply(dy, perChannel(context, b, shape(0)[1] as number, rank));
  const axes = Array.from({ length: rank - 2 }, (_, i) => i + 2);
  const made = standardize(context, x, axes);
  return [throughStandardization(context, scaled, made), ...affine(context, () => made.standard, sumPerChannel(context))];
};

const layerNormalization: Rule = (context) => {
  const { attributes, b, dy, emit, gradient, shape, x } = context;
  if (gradient(1) || gradient(2)) context.unsupported("there is no rule for the gradient of its statistics.");
  const rank = shape(0).length;
  const first = normalizeAxis(attributes.number("axis", -1), rank);
  const axes = Array.from({ length: rank - first }, (_, i) => first + i);
  const made = standardize(context, x, axes);
  const sum = (value: string) => emit.sumTo(value, shape(0), shape(1));
  return [throughStandardization(context, emit.multiply(dy, b), made), ...affine(context, () => made.standard, sum)];
};

const groupNormalization: Rule = (context) => {
  const { attributes, b, dy, emit, shape, x } = context;
  const whole = shape(0);
  const [n = 1, channels = 1, ...spatial] = whole;
  const groups = attributes.number("num_groups");
  const apart: Shape = [n, groups, channels / groups, ...spatial];
  // Before opset 21 the scale is that of a group.
  const isPerGroup = shape(1)[0] !== channels;
  const scaleShape = [groups, isPerGroup ? 1 : channels / groups, ...spatial.map(() => 1)];
  const g = emit.multiply(emit.reshape(dy, apart), emit.reshape(b, scaleShape));
  const axes = Array.from({ length: apart.length - 2 }, (_, i) => i + 2);
  const made = standardize(context, emit.reshape(x, apart), axes);
  const sum = (value: string) => emit.reshape(emit.sumTo(emit.reshape(value, apart), apart, scaleShape), shape(1));
  return [emit.reshape(throughStandardization(context, g, made), whole), ...affine(context, () => emit.reshape(made.standard, whole), sum)];
};

/**
 * y_c = x_c · s_c^−β with s_c = bias + α / size · Σ x² over the channels around c:
 * dx_c = dy_c · s_c^−β − 2αβ / size · x_c · Σ dy · y / s over the channels whose sum x_c is part of.
 */
const lrn: Rule = (context) => {
  const { attributes, dy, emit, shape, x, y } = context;
  const size = attributes.number("size");
  const [alpha, beta, bias] = [attributes.number("alpha", 1e-4), attributes.number("beta", 0.75), attributes.number("bias", 1)];
  const [n = 1, channels = 1, ...spatial] = shape(0);
  const places = spatial.reduce((a, b) => a * b, 1);
  const [before, after] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
  // A pool over channels, seen as rows.
  const around = (value: string, begin: number, end: number): string => {
    const rows = emit.reshape(value, [n, 1, channels, places]);
    const pool = { kernel_shape: [size, 1], pads: [begin, 0, end, 0], count_include_pad: 1 };
    return emit.reshape(emit.node("AveragePool", [rows], pool), shape(0));
  };
  // The mean of the window is its sum / size.
  const s = emit.add(emit.scale(around(emit.multiply(x, x), before, after), alpha, x), emit.number(bias, x));
  const direct = emit.multiply(dy, emit.node("Pow", [s, emit.number(-beta, x)]));
  const others = around(emit.divide(emit.multiply(dy, y), s), after, before);
  return [emit.subtract(direct, emit.scale(emit.multiply(x, others), 2 * alpha * beta, x))];
};

/** The axes that a softmax adds up over: all from `axis` on before opset 13. */
function softmaxAxes({ attributes, emit, shape }: RuleContext): readonly number[] {
  const rank = shape(0).length;
  const axis = normalizeAxis(attributes.number("axis", emit.opset >= 13 ? -1 : 1), rank);
  return emit.opset >= 13 ? [axis] : Array.from({ length: rank - axis }, (_, i) => axis + i);
}

export const normalization: Rules = {
  BatchNormalization: batchNormalization,
  InstanceNormalization: instanceNormalization,
  LayerNormalization: layerNormalization,
  GroupNormalization: groupNormalization,
  LRN: lrn,
  // dx = y · (dy − Σ dy · y)
  Softmax: (context) => {
    const { dy, emit, y } = context;
    return [emit.multiply(y, emit.subtract(dy, emit.sum(emit.multiply(dy, y), softmaxAxes(context))))];
  },
  // dx = dy − e^y · Σ dy
  LogSoftmax: (context) => {
    const { dy, emit, y } = context;
    return [emit.subtract(dy, emit.multiply(emit.node("Exp", [y]), emit.sum(dy, softmaxAxes(context))))];
  },
};
