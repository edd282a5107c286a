// The rarer operators that work element by element: powers, trigonometry, unusual activations, comparisons and logic.
import { fusedDomain } from "../../graph/graph.ts";
import { gpuTypeOf, roundToEven } from "../../tensor.ts";
import { floatInput } from "../checks.ts";
import { both, defineRow, type ElementWiseRow, elementWise, tanhWgsl } from "../element-wise.ts";
import { defineOperator } from "../operator.ts";
import { add, defineVariadic, type VariadicRow } from "../variadic.ts";

// Abramowitz and Stegun 7.1.26, largest error 1.5e-7.
const erfHelper = `fn erf(x: f32) -> f32 {
  let t = 1.0 / (1.0 + 0.3275911 * abs(x));
  let tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return sign(x) * (1.0 - tail * exp(-x * x));
}`;

function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - tail * Math.exp(-x * x));
}

// A power with a negative base and a fraction is NaN. 1 to any power is 1, and any base to the power of 0 too, NaN included.
const powHelper = `fn power(x: f32, y: f32, nan: f32) -> f32 {
  let magnitude = select(pow(abs(x), y), abs(x) * abs(x), y == 2.0);
  let is_odd = abs(y % 2.0) == 1.0;
  let signed = select(magnitude, -magnitude, (x < 0.0) & is_odd);
  let real = select(signed, nan, (x < 0.0) & (abs(x) <= 3.4028234e38) & (y != floor(y)));
  return select(select(select(real, x, is_nan(x)), y, is_nan(y)), 1.0, (y == 0.0) | (x == 1.0));
}
fn power_i32(x: i32, y: i32) -> i32 {
  // With a negative exponent only 1 and −1 have a power that is not a fraction, which rounds towards zero.
  var exponent = select(y, -y & 1, (y < 0) & (abs(x) == 1));
  var square = x;
  var result = select(1, 0, exponent < 0);
  for (; exponent > 0; exponent = exponent >> 1u) {
    result *= select(1, square, (exponent & 1) == 1);
    square *= square;
  }
  return result;
}`;

const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const softplusWgsl = "max(a, 0.0) + log(1.0 + exp(-abs(a)))";

const unary: Readonly<Record<string, ElementWiseRow>> = {
  Abs: { wgsl: { f32: "abs(a)", i32: "abs(a)", u32: "a" }, js: Math.abs, nanOf: "" },
  Neg: { wgsl: { f32: "-a", i32: "-a" }, js: (a) => -a, nanOf: "" },
  Exp: { wgsl: "exp(a)", js: Math.exp },
  // log(0) is −∞ and the log of less is NaN. WGSL can write neither, and some drivers answer −88 and other numbers.
  Log: {
    wgsl: "select(select(log(a), lowest, a == 0.0), nan, a < 0.0)",
    js: Math.log,
    constants: { lowest: Number.NEGATIVE_INFINITY, nan: Number.NaN },
  },
  Sqrt: { wgsl: "sqrt(a)", js: Math.sqrt },
  Reciprocal: { wgsl: "1.0 / a", js: (a) => 1 / a },
  Elu: {
    wgsl: "select(a, alpha * (exp(min(a, 0.0)) - 1.0), a < 0.0)",
    js: (a, alpha = 0) => (a < 0 ? alpha * Math.expm1(a) : a),
    scalars: { alpha: 1 },
  },
  Celu: {
    wgsl: "max(a, 0.0) + min(alpha * (exp(min(a, 0.0) / alpha) - 1.0), 0.0)",
    js: (a, alpha = 1) => Math.max(a, 0) + Math.min(alpha * Math.expm1(a / alpha), 0),
    scalars: { alpha: 1 },
    since: 12,
  },
  Selu: {
    wgsl: "gamma * select(a, alpha * (exp(min(a, 0.0)) - 1.0), a < 0.0)",
    js: (a, alpha = 0, gamma = 0) => gamma * (a < 0 ? alpha * Math.expm1(a) : a),
    scalars: { alpha: 1.6732631921768188, gamma: 1.0507010221481323 },
  },
  Mish: { wgsl: `a * ${tanhWgsl(softplusWgsl)}`, js: (a) => a * Math.tanh(softplus(a)), since: 18 },
  Softplus: { wgsl: softplusWgsl, js: softplus },
  Softsign: { wgsl: "a / (1.0 + abs(a))", js: (a) => a / (1 + Math.abs(a)) },
  // ONNX says of these two what the result is outside of the bounds; NaN is always outside.
  ThresholdedRelu: { wgsl: "select(0.0, a, a > alpha)", js: (a, alpha = 0) => (a > alpha ? a : 0), scalars: { alpha: 1 }, nanOf: "" },
  Shrink: {
    wgsl: "select(select(0.0, a - bias, a > lambd), a + bias, a < -lambd)",
    js: (a, lambd = 0, bias = 0) => (a > lambd ? a - bias : a < -lambd ? a + bias : 0),
    scalars: { lambd: 0.5, bias: 0 },
    nanOf: "",
  },
  Swish: { wgsl: "a / (1.0 + exp(-alpha * a))", js: (a, alpha = 1) => a / (1 + Math.exp(-alpha * a)), scalars: { alpha: 1 }, since: 24 },
  Floor: { wgsl: "floor(a)", js: Math.floor },
  Ceil: { wgsl: "ceil(a)", js: Math.ceil },
  Round: { wgsl: "round(a)", js: roundToEven, since: 11 },
  Sign: { wgsl: { f32: "sign(a)", i32: "sign(a)", u32: "min(a, 1u)" }, js: Math.sign },
  Sin: { wgsl: "sin(a)", js: Math.sin },
  Cos: { wgsl: "cos(a)", js: Math.cos },
  Tan: { wgsl: "tan(a)", js: Math.tan },
  Asin: { wgsl: "asin(a)", js: Math.asin },
  Acos: { wgsl: "acos(a)", js: Math.acos },
  Atan: { wgsl: "atan(a)", js: Math.atan },
  Sinh: { wgsl: "sinh(a)", js: Math.sinh },
  Cosh: { wgsl: "cosh(a)", js: Math.cosh },
  Asinh: { wgsl: "sign(a) * log(abs(a) + sqrt(a * a + 1.0))", js: Math.asinh },
  Acosh: { wgsl: "select(log(a + sqrt(a * a - 1.0)), nan, a < 1.0)", js: Math.acosh, constants: { nan: Number.NaN } },
  Atanh: {
    wgsl: "select(0.5 * log((1.0 + a) / (1.0 - a)), nan, abs(a) > 1.0)",
    js: Math.atanh,
    constants: { nan: Number.NaN },
  },
  Erf: { wgsl: "erf(a)", js: erf, helpers: erfHelper },
  Not: { wgsl: { bool: "1u - a" }, js: (a) => 1 - a },
};

const boolean = { output: "bool", operands: 2 } as const;
const compared = (operator: string) => both(`select(0u, 1u, a ${operator} b)`);
const compare = (operator: string, js: ElementWiseRow["js"]): ElementWiseRow => ({ wgsl: compared(operator), js, ...boolean });
const logic = (operator: string, js: ElementWiseRow["js"]): ElementWiseRow => ({ wgsl: { bool: `a ${operator} b` }, js, ...boolean });

const binary: Readonly<Record<string, ElementWiseRow>> = {
  PRelu: { wgsl: { f32: "select(a, a * b, a < 0.0)" }, js: (a, b = 0) => (a < 0 ? a * b : a), operands: 2, nanOf: "a" },
  Equal: { wgsl: { ...compared("=="), bool: "1u - (a ^ b)" }, js: (a, b) => Number(a === b), ...boolean },
  Less: compare("<", (a, b = 0) => Number(a < b)),
  LessOrEqual: compare("<=", (a, b = 0) => Number(a <= b)),
  Greater: compare(">", (a, b = 0) => Number(a > b)),
  GreaterOrEqual: compare(">=", (a, b = 0) => Number(a >= b)),
  And: logic("&", (a, b = 0) => a & b),
  Or: logic("|", (a, b = 0) => a | b),
  Xor: logic("^", (a, b = 0) => a ^ b),
};

const variadic: Readonly<Record<string, VariadicRow>> = {
  Max: { fold: (x, y) => `max(${x}, ${y})`, js: Math.max, isMaximum: true },
  Min: { fold: (x, y) => `min(${x}, ${y})`, js: Math.min },
  Mean: { ...add, isMean: true },
};

const pow = defineOperator("Pow", { since: 7 }, (context) => {
  const [x, y] = [context.input(0), context.input(1)];
  const [base, exponent] = [gpuTypeOf(x.dtype), gpuTypeOf(y.dtype)];
  if (base !== "f32" && !/^int(32|64)$/.test(x.dtype))
    return context.invalid(`the base is ${x.dtype}; expected int32, int64 or floating point`);
  if (y.dtype === "bool") return context.invalid("the exponent is bool, no number");
  // A float of 24 bits does not hold all powers of whole numbers.
  const whole = "power_i32(a, i32(b))";
  const real = `${base}(power(f32(a), f32(b), nan))`;
  const expression = base === "f32" ? real : exponent === "f32" ? `select(${real}, ${whole}, b == floor(b))` : whole;
  return elementWise(context, [x, y], {
    expression,
    // JavaScript has NaN for 1 to a power that is infinite or NaN.
    js: (a, b = 0) => (a === 1 ? 1 : a ** b),
    dtype: x.dtype,
    helpers: powHelper,
    scalars: { nan: Number.NaN },
    nanOf: "",
    sameType: [],
  });
});

const mod = defineOperator("Mod", { since: 10 }, (context) => {
  const [x, y] = [context.input(0), context.input(1)];
  const isFmod = context.attributes.flag("fmod", false);
  const type = gpuTypeOf(x.dtype);
  if (x.dtype === "bool") return context.unsupported("bool elements. Cast to int32 before it");
  if (!isFmod && type === "f32") return context.invalid("fmod must be 1 for floating point");
  return elementWise(context, [x, y], {
    // The sum could be more than 32 bits hold where both have one sign.
    expression: isFmod || type === "u32" ? "a % b" : "a % b + select(0, b, (a % b != 0) & ((a < 0) != (b < 0)))",
    js: (a, b = 1) => (isFmod ? a % b : ((a % b) + b) % b),
    dtype: x.dtype,
  });
});

const where = defineOperator("Where", { since: 9 }, (context) => {
  const [condition, x, y] = [context.input(0), context.input(1), context.input(2)];
  if (condition.dtype !== "bool") return context.invalid(`the condition must be bool, got ${condition.dtype}`);
  const operation = elementWise(context, [condition, x, y], {
    sameType: [1, 2],
    expression: "select(c, b, a != 0u)",
    js: (a, b = 0, c = 0) => (a ? b : c),
    dtype: x.dtype,
    nanOf: "",
  });
  return { ...operation, nonnegative: () => ({ whereAll: [1, 2] }) };
});

const gelu = defineOperator("Gelu", { since: 20 }, (context) => {
  const x = floatInput(context, 0);
  const isTanh = context.attributes.choice("approximate", ["none", "tanh"], "none") === "tanh";
  const inner = "0.7978845608 * (a + 0.044715 * a * a * a)";
  return elementWise(context, [x], {
    expression: isTanh ? `0.5 * a * (1.0 + ${tanhWgsl(inner)})` : "0.5 * a * (1.0 + erf(a * 0.7071067811865476))",
    js: (a) =>
      isTanh ? 0.5 * a * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (a + 0.044715 * a ** 3))) : 0.5 * a * (1 + erf(a * Math.SQRT1_2)),
    dtype: x.dtype,
    helpers: erfHelper,
  });
});

export default [
  ...Object.entries({ ...unary, ...binary }).map(([name, row]) => defineRow(name, row)),
  ...Object.entries(variadic).map(([name, row]) => defineVariadic(name, row)),
  pow,
  mod,
  where,
  gelu,
  // For passes, which write them into files of any opset.
  ...[gelu, defineRow("Mish", unary["Mish"] as ElementWiseRow)].map((operator) => ({ ...operator, domain: fusedDomain, since: 1 })),
];
