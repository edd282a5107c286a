// Functions of one number, in float64, each with its formula as it is shown.
import { roundToEven } from "../tensor.ts";
import type { Facts } from "./facts.ts";

export interface FunctionRow {
  /** Over x and the names of the constants. */
  readonly formula: string;
  readonly f: (x: number, ...constants: number[]) => number;
  /** Attributes that the formula names, with what they are where a node has none. */
  readonly constants?: Readonly<Record<string, number>>;
}

const clamp = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
/** log(1 + e^x), without overflow. */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** By the series erf(x) = 2/√π · Σ (−1)ⁿ x^(2n+1) / (n! (2n+1)) near 0, and by the continued fraction of 1 − erf beyond it. */
function erf(x: number): number {
  const size = Math.abs(x);
  if (size < 2.5) {
    let [power, sum] = [x, x];
    for (let n = 1; Math.abs(power) > 1e-17 * Math.abs(sum); n++) {
      power *= (-x * x) / n;
      sum += power / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (size + fraction);
  return Math.sign(x) * (1 - Math.exp(-size * size) / (Math.sqrt(Math.PI) * (size + fraction)));
}

const gelu: FunctionRow = { formula: "x / 2 · (1 + erf(x / √2))", f: (x) => (x / 2) * (1 + erf(x / Math.SQRT2)) };
const geluByTanh: FunctionRow = {
  formula: "x / 2 · (1 + tanh(√(2 / π) · (x + 0.044715 · x³)))",
  f: (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
};

const functions: Readonly<Record<string, FunctionRow>> = {
  Abs: { formula: "|x|", f: Math.abs },
  Acos: { formula: "acos(x)", f: Math.acos },
  Acosh: { formula: "acosh(x)", f: Math.acosh },
  Asin: { formula: "asin(x)", f: Math.asin },
  Asinh: { formula: "asinh(x)", f: Math.asinh },
  Atan: { formula: "atan(x)", f: Math.atan },
  Atanh: { formula: "atanh(x)", f: Math.atanh },
  Ceil: { formula: "ceil(x)", f: Math.ceil },
  Celu: {
    formula: "max(0, x) + min(0, alpha · (e^(x / alpha) − 1))",
    f: (x, alpha = 1) => Math.max(x, 0) + Math.min(0, alpha * Math.expm1(x / alpha)),
    constants: { alpha: 1 },
  },
  Cos: { formula: "cos(x)", f: Math.cos },
  Cosh: { formula: "cosh(x)", f: Math.cosh },
  Elu: {
    formula: "x where x ≥ 0, else alpha · (e^x − 1)",
    f: (x, alpha = 1) => (x < 0 ? alpha * Math.expm1(x) : x),
    constants: { alpha: 1 },
  },
  Erf: { formula: "erf(x)", f: erf },
  Exp: { formula: "e^x", f: Math.exp },
  Floor: { formula: "floor(x)", f: Math.floor },
  HardSigmoid: {
    formula: "min(1, max(0, alpha · x + beta))",
    f: (x, alpha = 0, beta = 0) => clamp(alpha * x + beta, 0, 1),
    constants: { alpha: 0.2, beta: 0.5 },
  },
  HardSwish: { formula: "x · min(1, max(0, x / 6 + 1 / 2))", f: (x) => x * clamp(x / 6 + 0.5, 0, 1) },
  LeakyRelu: { formula: "x where x ≥ 0, else alpha · x", f: (x, alpha = 0) => (x < 0 ? alpha * x : x), constants: { alpha: 0.01 } },
  Log: { formula: "log(x)", f: Math.log },
  Mish: { formula: "x · tanh(log(1 + e^x))", f: (x) => x * Math.tanh(softplus(x)) },
  Neg: { formula: "−x", f: (x) => -x },
  Not: { formula: "1 − x", f: (x) => Number(x === 0) },
  Reciprocal: { formula: "1 / x", f: (x) => 1 / x },
  Relu: { formula: "max(0, x)", f: (x) => Math.max(0, x) },
  Round: { formula: "round(x), halves to even", f: roundToEven },
  Selu: {
    formula: "gamma · (x where x > 0, else alpha · (e^x − 1))",
    f: (x, alpha = 0, gamma = 0) => gamma * (x > 0 ? x : alpha * Math.expm1(x)),
    constants: { alpha: 1.6732631921768188, gamma: 1.0507010221481323 },
  },
  Shrink: {
    formula: "x − bias where x > lambd, x + bias where x < −lambd, else 0",
    f: (x, lambd = 0, bias = 0) => (x < -lambd ? x + bias : x > lambd ? x - bias : 0),
    constants: { lambd: 0.5, bias: 0 },
  },
  Sigmoid: { formula: "1 / (1 + e^−x)", f: sigmoid },
  Sign: { formula: "sign(x)", f: Math.sign },
  Sin: { formula: "sin(x)", f: Math.sin },
  Sinh: { formula: "sinh(x)", f: Math.sinh },
  Softplus: { formula: "log(1 + e^x)", f: softplus },
  Softsign: { formula: "x / (1 + |x|)", f: (x) => x / (1 + Math.abs(x)) },
  Sqrt: { formula: "√x", f: Math.sqrt },
  Swish: { formula: "x / (1 + e^(−alpha · x))", f: (x, alpha = 1) => x * sigmoid(alpha * x), constants: { alpha: 1 } },
  Tan: { formula: "tan(x)", f: Math.tan },
  Tanh: { formula: "tanh(x)", f: Math.tanh },
  ThresholdedRelu: { formula: "x where x > alpha, else 0", f: (x, alpha = 0) => (x > alpha ? x : 0), constants: { alpha: 1 } },
};

/** Operators that are functions of one number, whatever their attributes. */
export const functionOperators: readonly string[] = [...Object.keys(functions), "Gelu"];

/** The function that a node computes. */
export function functionRow({ node, attributes }: Facts): FunctionRow {
  if (node.operator === "Gelu") return attributes.string("approximate", "none") === "tanh" ? geluByTanh : gelu;
  return functions[node.operator] as FunctionRow;
}

/** What it names, with the node's attributes. */
export function constantsOfRow({ attributes }: Facts, { constants = {} }: FunctionRow): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(constants).map(([name, fallback]) => [name, attributes.number(name, fallback)]));
}
