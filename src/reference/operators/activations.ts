// Functions of one value, element by element.
// https://onnx.ai/onnx/operators/
import type { AttributeReader } from "../../engine/graph/attributes.ts";
import { map, zip } from "../array.ts";
import type { Evaluate, Operators } from "../operator.ts";

type Unary = (value: number) => number;

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);
const sigmoid: Unary = (x) => 1 / (1 + Math.exp(-x));
/** log(1 + e^x), without overflow. */
const softplus: Unary = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!!, whose terms all have one sign; beyond 6 the rest is less than a double tells. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

function roundHalfToEven(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

const plain: Readonly<Record<string, Unary>> = {
  Abs: Math.abs,
  Acos: Math.acos,
  Acosh: Math.acosh,
  Asin: Math.asin,
  Asinh: Math.asinh,
  Atan: Math.atan,
  Atanh: Math.atanh,
  Ceil: Math.ceil,
  Cos: Math.cos,
  Cosh: Math.cosh,
  Erf: erf,
  Exp: Math.exp,
  Floor: Math.floor,
  HardSwish: (x) => x * clamp(x / 6 + 0.5, 0, 1),
  Identity: (x) => x,
  Log: Math.log,
  Mish: (x) => x * Math.tanh(softplus(x)),
  Neg: (x) => -x,
  Reciprocal: (x) => 1 / x,
  Relu: (x) => Math.max(x, 0),
  Round: roundHalfToEven,
  Sigmoid: sigmoid,
  Sign: Math.sign,
  Sin: Math.sin,
  Sinh: Math.sinh,
  Softplus: softplus,
  Softsign: (x) => x / (1 + Math.abs(x)),
  Sqrt: Math.sqrt,
  Tan: Math.tan,
  Tanh: Math.tanh,
};

/** Functions with attributes. */
const shaped: Readonly<Record<string, (attributes: AttributeReader) => Unary>> = {
  Celu: (attributes) => {
    const alpha = attributes.number("alpha", 1);
    return (x) => Math.max(x, 0) + Math.min(0, alpha * Math.expm1(x / alpha));
  },
  Elu: (attributes) => {
    const alpha = attributes.number("alpha", 1);
    return (x) => (x < 0 ? alpha * Math.expm1(x) : x);
  },
  Gelu: (attributes) => {
    if (attributes.string("approximate", "none") === "none") return (x) => 0.5 * x * (1 + erf(x / Math.SQRT2));
    return (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
  },
  HardSigmoid: (attributes) => {
    const [alpha, beta] = [attributes.number("alpha", 0.2), attributes.number("beta", 0.5)];
    return (x) => clamp(alpha * x + beta, 0, 1);
  },
  LeakyRelu: (attributes) => {
    const alpha = attributes.number("alpha", 0.01);
    return (x) => (x < 0 ? alpha * x : x);
  },
  Selu: (attributes) => {
    const [alpha, gamma] = [attributes.number("alpha", 1.6732631921768188), attributes.number("gamma", 1.0507010221481323)];
    return (x) => gamma * (x > 0 ? x : alpha * Math.expm1(x));
  },
  Swish: (attributes) => {
    const alpha = attributes.number("alpha", 1);
    return (x) => x * sigmoid(alpha * x);
  },
  ThresholdedRelu: (attributes) => {
    const alpha = attributes.number("alpha", 1);
    return (x) => (x > alpha ? x : 0);
  },
};

const clip: Evaluate = ({ attributes, input, inputs }) => {
  const low = attributes.has("min") ? attributes.number("min") : (inputs[1]?.data[0] ?? Number.NEGATIVE_INFINITY);
  const high = attributes.has("max") ? attributes.number("max") : (inputs[2]?.data[0] ?? Number.POSITIVE_INFINITY);
  return map(input(0), (x) => clamp(x, low, high));
};

/** The gradient of an activation's input, from that of its output and from the output. */
const activationGradient: Evaluate = ({ attributes, input, unsupported }) => {
  const kind = attributes.string("gradient", "");
  const [alpha, beta] = [attributes.number("gradient_alpha", 0), attributes.number("gradient_beta", 0)];
  const slopes: Readonly<Record<string, Unary>> = {
    above: (y) => (y > alpha ? 1 : 0),
    between: (y) => (y > alpha && y < beta ? 1 : 0),
    leaky: (y) => (y > 0 ? 1 : alpha),
    sigmoid: (y) => y * (1 - y),
    tanh: (y) => 1 - y * y,
  };
  const slope = slopes[kind] ?? unsupported(`the gradient '${kind}'`);
  return zip(input(0), input(1), (dy, y) => dy * slope(y));
};

export const activations: Operators = {
  ActivationGradient: activationGradient,
  ...Object.fromEntries(Object.entries(plain).map(([name, f]): [string, Evaluate] => [name, ({ input }) => map(input(0), f)])),
  ...Object.fromEntries(
    Object.entries(shaped).map(([name, make]): [string, Evaluate] => [name, ({ attributes, input }) => map(input(0), make(attributes))]),
  ),
  Clip: clip,
  PRelu: ({ input }) => zip(input(0), input(1), (x, slope) => (x < 0 ? slope * x : x)),
};
