// Activations and other functions of one value, element by element. Where a derivative can be told from the output it is, so that the
// forward graph stays fused: the value before the activation then has no other reader.
import type { ActivationGradientKind } from "../../ops/on-demand/activation-gradient.ts";
import type { Rule, RuleContext, Rules } from "../rule.ts";

type Slope = (context: RuleContext) => string;

/** dx = dy · slope */
const times =
  (slope: Slope): Rule =>
  (context) => [context.emit.multiply(context.dy, slope(context))];

/** `value` where a > b, else 0 or `otherwise`. */
function whereGreater({ emit, y }: RuleContext, a: string, b: string, value: string, otherwise = emit.number(0, y)): string {
  return emit.where(emit.node("Greater", [a, b]), value, otherwise);
}

/** `value` where low < a < high, else 0. A bound that is absent does not bind. */
export function whereBetween(context: RuleContext, a: string, low: string | undefined, high: string | undefined, value: string): string {
  const above = low === undefined ? value : whereGreater(context, a, low, value);
  return high === undefined ? above : whereGreater(context, high, a, above);
}

/** The gradient of an activation, told from its output, in one node. */
function fromOutput(context: RuleContext, gradient: ActivationGradientKind, alpha = 0, beta = 0, output = context.y): string {
  return context.emit.own("ActivationGradient", [context.dy, output], { gradient, gradient_alpha: alpha, gradient_beta: beta });
}

/** dy · low where the value is not above 0, which `signOf` tells. */
function leaky(context: RuleContext, signOf: string, low: (dy: string) => string): string {
  return whereGreater(context, signOf, context.emit.number(0, context.y), context.dy, low(context.dy));
}

const square = ({ emit }: RuleContext, a: string): string => emit.multiply(a, a);

/** A number minus a value. */
const minus = ({ emit, y }: RuleContext, number: number, a: string): string => emit.subtract(emit.number(number, y), a);

/** A value and a number. */
const plus = ({ emit, y }: RuleContext, number: number, a: string): string => emit.add(a, emit.number(number, y));

/** 1 / √a */
const inverseRoot = ({ emit }: RuleContext, a: string): string => emit.node("Reciprocal", [emit.node("Sqrt", [a])]);

/** 1 / (1 + e^−x) */
const sigmoid = ({ emit }: RuleContext, a: string): string => emit.node("Sigmoid", [a]);

/** e^(−x²/2) / √(2π), the density of the normal distribution. */
function normalDensity(context: RuleContext, a: string): string {
  const { emit, x } = context;
  const exponent = emit.scale(square(context, a), -0.5, x);
  return emit.scale(emit.node("Exp", [exponent]), 1 / Math.sqrt(2 * Math.PI), x);
}

const gelu: Slope = (context) => {
  const { attributes, emit, x } = context;
  if (attributes.string("approximate", "none") === "tanh") {
    // y = x/2 · (1 + t), t = tanh(√(2/π) · (x + 0.044715 x³))
    const [root, cubic] = [Math.sqrt(2 / Math.PI), 0.044715];
    const x2 = square(context, x);
    const inner = emit.multiply(x, emit.add(emit.scale(x2, root * cubic, x), emit.number(root, x)));
    const t = emit.node("Tanh", [inner]);
    const slope = emit.add(emit.scale(x2, 3 * root * cubic, x), emit.number(root, x));
    const ofTanh = emit.multiply(emit.multiply(x, minus(context, 1, square(context, t))), slope);
    return emit.scale(emit.add(emit.add(t, emit.number(1, x)), ofTanh), 0.5, x);
  }
  const share = emit.node("Erf", [emit.scale(x, Math.SQRT1_2, x)]);
  const distribution = emit.scale(emit.add(share, emit.number(1, x)), 0.5, x);
  return emit.add(distribution, emit.multiply(x, normalDensity(context, x)));
};

/** Derivatives by the value before the function. */
const ofInput: Readonly<Record<string, Slope>> = {
  Gelu: gelu,
  Erf: (context) => {
    const { emit, x } = context;
    return emit.scale(emit.node("Exp", [emit.negate(square(context, x))]), 2 / Math.sqrt(Math.PI), x);
  },
  Softplus: (context) => sigmoid(context, context.x),
  Softsign: (context) => {
    const { emit, x } = context;
    const size = emit.add(emit.node("Abs", [x]), emit.number(1, x));
    return emit.node("Reciprocal", [square(context, size)]);
  },
  // y = x · t, t = tanh(softplus(x))
  Mish: (context) => {
    const { emit, x } = context;
    const t = emit.node("Tanh", [emit.node("Softplus", [x])]);
    return emit.add(t, emit.multiply(emit.multiply(x, sigmoid(context, x)), minus(context, 1, square(context, t))));
  },
  // y = x · s, s = sigmoid(αx)
  Swish: (context) => {
    const { attributes, emit, x } = context;
    const alpha = attributes.number("alpha", 1);
    const s = sigmoid(context, emit.scale(x, alpha, x));
    return emit.add(s, emit.scale(emit.multiply(emit.multiply(x, s), minus(context, 1, s)), alpha, x));
  },
  // From −3 on the slope is x / 3 + 1/2, from 3 on it is 1.
  HardSwish: (context) => {
    const { emit, x } = context;
    const between = emit.add(emit.scale(x, 1 / 3, x), emit.number(0.5, x));
    const below = whereGreater(context, emit.number(-3, x), x, emit.number(0, x), between);
    return whereGreater(context, emit.number(3, x), x, below, emit.number(1, x));
  },
  Abs: ({ emit, x }) => emit.node("Sign", [x]),
  Sin: ({ emit, x }) => emit.node("Cos", [x]),
  Cos: ({ emit, x }) => emit.negate(emit.node("Sin", [x])),
  Log: ({ emit, x }) => emit.node("Reciprocal", [x]),
  Asin: (context) => inverseRoot(context, minus(context, 1, square(context, context.x))),
  Acos: (context) => context.emit.negate(inverseRoot(context, minus(context, 1, square(context, context.x)))),
  Atan: (context) => context.emit.node("Reciprocal", [plus(context, 1, square(context, context.x))]),
  Sinh: ({ emit, x }) => emit.node("Cosh", [x]),
  Cosh: ({ emit, x }) => emit.node("Sinh", [x]),
  Asinh: (context) => inverseRoot(context, plus(context, 1, square(context, context.x))),
  Acosh: (context) => inverseRoot(context, plus(context, -1, square(context, context.x))),
  Atanh: (context) => context.emit.node("Reciprocal", [minus(context, 1, square(context, context.x))]),
};

/** Derivatives by what the function answered. */
const ofOutput: Readonly<Record<string, Slope>> = {
  Exp: ({ y }) => y,
  Sqrt: ({ emit, y }) => emit.divide(emit.number(0.5, y), y),
  Reciprocal: (context) => context.emit.negate(square(context, context.y)),
  Tan: (context) => plus(context, 1, square(context, context.y)),
};

const fromSlopes = Object.fromEntries(Object.entries({ ...ofInput, ...ofOutput }).map(([name, slope]) => [name, times(slope)]));

export const activations: Rules = {
  ...fromSlopes,
  // 0 at 0, as everywhere.
  Relu: (context) => [fromOutput(context, "above")],
  LeakyRelu: (context) => {
    const { attributes, x, y } = context;
    const alpha = attributes.number("alpha", 0.01);
    // A negative slope turns signs round, so that the output no longer tells them.
    return [fromOutput(context, "leaky", alpha, 0, alpha < 0 ? x : y)];
  },
  Sigmoid: (context) => [fromOutput(context, "sigmoid")],
  Tanh: (context) => [fromOutput(context, "tanh")],
  PRelu: (context) => {
    const { b, emit, node, shape, x } = context;
    if (context.needs(1)) {
      const part = whereGreater(context, emit.number(0, x), x, emit.multiply(context.dy, x));
      return [leaky(context, x, (dy) => emit.multiply(dy, b)), emit.sumTo(part, emit.shapeOf(node.outputs[0] ?? ""), shape(1))];
    }
    return [leaky(context, x, (dy) => emit.multiply(dy, b))];
  },
  Shrink: (context) => {
    const { attributes, emit, x } = context;
    return [whereGreater(context, emit.node("Abs", [x]), emit.number(attributes.number("lambd", 0.5), x), context.dy)];
  },
  ThresholdedRelu: (context) => {
    const alpha = context.emit.number(context.attributes.number("alpha", 1), context.x);
    return [whereGreater(context, context.x, alpha, context.dy)];
  },
  // 0 at the bounds: a file does not tell whether they came from ReLU6, which has 0 there, or from clamp, which has 1.
  Clip: (context) => {
    const { attributes, constant, emit, node, y } = context;
    const known = (name: string, input: number): number | undefined =>
      attributes.has(name) ? attributes.number(name) : constant(input)?.toNumbers()[0];
    const [low, high] = [known("min", 1), known("max", 2)];
    if (low !== undefined && high !== undefined) return [fromOutput(context, "between", low, high)];
    const bound = (name: string, input: number): string | undefined => {
      if (attributes.has(name)) return emit.number(attributes.number(name), y);
      return node.inputs[input] || undefined;
    };
    return [whereBetween(context, y, bound("min", 1), bound("max", 2), context.dy)];
  },
  HardSigmoid: (context) => {
    const { attributes, dy, emit, y } = context;
    const slope = emit.scale(dy, attributes.number("alpha", 0.2), y);
    return [whereBetween(context, y, emit.number(0, y), emit.number(1, y), slope)];
  },
  // Below 0, y = α (e^x − 1), and α e^x = y + α.
  Elu: (context) => {
    const { attributes, emit, x, y } = context;
    const alpha = attributes.number("alpha", 1);
    return [leaky(context, alpha < 0 ? x : y, (dy) => emit.multiply(dy, emit.add(y, emit.number(alpha, y))))];
  },
  // Below 0, y = α (e^(x/α) − 1), and e^(x/α) = y / α + 1.
  Celu: (context) => {
    const { attributes, emit, y } = context;
    const slope = () => emit.add(emit.scale(y, 1 / attributes.number("alpha", 1), y), emit.number(1, y));
    return [leaky(context, y, (dy) => emit.multiply(dy, slope()))];
  },
  Selu: (context) => {
    const { attributes, dy, emit, x, y } = context;
    const [alpha, gamma] = [attributes.number("alpha", 1.6732632423543772), attributes.number("gamma", 1.0507009873554805)];
    const below = emit.multiply(dy, emit.add(y, emit.number(alpha * gamma, y)));
    return [whereGreater(context, alpha < 0 || gamma < 0 ? x : y, emit.number(0, y), emit.scale(dy, gamma, y), below)];
  },
  Neg: ({ emit, dy }) => [emit.negate(dy)],
};
